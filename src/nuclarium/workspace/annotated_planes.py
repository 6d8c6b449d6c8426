"""Planes with their truth in memory, and what is odd about many of them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Spacing
from nuclarium.core.labels import Labels
from nuclarium.dataset.truth import inspect_truth, labels_of, read_truth
from nuclarium.io import open_image
from nuclarium.workspace.plane_pairs import PlanePair


@dataclass(frozen=True)
class AnnotatedPlane:
    """A plane with its truth.

    Parameters
    ----------
    pixels : ndarray, shape (H, W) or (H, W, 3)
    labels : ndarray of int32, shape (H, W)
    spacing : Spacing or None
    bit_depth : int
    is_mask : bool
        Whether the truth was black and white, and its parts became labels.
    """

    pixels: npt.NDArray[Any]
    labels: Labels
    spacing: Spacing | None
    bit_depth: int
    is_mask: bool


@dataclass(frozen=True, slots=True)
class SeenPlane:
    """What is remembered of a plane when the next one is cut."""

    name: str
    depth: str
    has_spacing: bool
    is_mask: bool
    patches: int

    @classmethod
    def of(cls, name: str, plane: AnnotatedPlane, patches: int) -> SeenPlane:
        """Forget the pixels."""
        depth = f"{plane.bit_depth} bits in {plane.pixels.dtype}"
        return cls(name, depth, plane.spacing is not None, plane.is_mask, patches)


def read_plane(pair: PlanePair) -> AnnotatedPlane:
    """Read a plane with its truth.

    Raises
    ------
    NuclariumError
        If one cannot be read, they differ in size, or the truth is no mask and no label image.
    """
    with open_image(pair.image) as image:
        if image.shape[:3] != (1, 1, 1):
            raise SettingsError(
                f"{pair.image.name} must be one plane of one channel, but it has "
                f"{image.shape[0]} time points, {image.shape[1]} channels and {image.shape[2]} "
                "slices. Make planes of it: nuclarium slices"
            )
        truth = read_truth(pair.mask)
        if truth.shape != image.plane_shape:
            raise SettingsError(
                f"The mask {pair.mask.name} must have the size of its plane, "
                f"{image.plane_shape[0]} × {image.plane_shape[1]}, but it is {truth.shape[0]} × "
                f"{truth.shape[1]}. Make it again on this plane."
            )
        kind = inspect_truth(truth).kind
        told_apart = _told_apart(pair, truth)
        if kind == "binary" and told_apart is not None:
            truth, kind = told_apart, "labels"
        if kind == "grey":
            raise SettingsError(
                f"{pair.mask.name} must be a mask or one number a nucleus, but it is a grey "
                "picture, or was saved as JPEG. Export the labels as TIFF or PNG."
            )
        try:
            labels = labels_of(truth, is_mask=kind == "binary")
        except ValueError as error:
            raise SettingsError(f"{pair.mask.name}: {error}") from error
        is_mask = kind == "binary"
        return AnnotatedPlane(image.read(), labels, image.spacing, image.bit_depth, is_mask)


def _told_apart(pair: PlanePair, mask: npt.NDArray[Any]) -> npt.NDArray[Any] | None:
    """Return the label image of a mask, if it still covers what the mask does."""
    if pair.labels is None:
        return None
    labels = read_truth(pair.labels)
    return labels if np.array_equal(labels > 0, mask > 0) else None


def remarks_on(planes: Sequence[SeenPlane]) -> list[str]:
    """Say what is odd about the planes taken together."""
    found = []
    depths = Counter(plane.depth for plane in planes)
    if len(depths) > 1:
        parts = ", ".join(f"{count} of {depth}" for depth, count in sorted(depths.items()))
        found.append(
            f"The planes have mixed bit depths ({parts}); their values are kept, but do not "
            "compare."
        )
    bare = [plane.name for plane in planes if not plane.has_spacing]
    if bare:
        found.append(
            f"{len(bare)} of {len(planes)} planes do not say how large a pixel is, such as "
            f"{bare[0]}; sizes in µm will be missing."
        )
    masks = sum(plane.is_mask for plane in planes)
    if masks:
        found.append(
            f"{masks} of {len(planes)} masks are black and white; their connected parts were taken "
            "as nuclei, so touching nuclei count as one."
        )
    empty = sum(plane.patches == 0 for plane in planes)
    if empty:
        found.append(f"{empty} of {len(planes)} planes have no patch with enough nuclei.")
    return found
