"""Nuclei of one patch laid over another: crowds, and nuclei on other ground than their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.labels import Labels
from nuclarium.models.targets import foreground_and_distance

Pixels = npt.NDArray[np.float32]

MOST_COVERED = 0.2
_SOFT_EDGE_PX = 0.7


@dataclass(frozen=True)
class Patch:
    """A piece of an image with its nuclei.

    Parameters
    ----------
    pixels : ndarray of float32, shape (H, W) or (H, W, 3)
    labels : ndarray of int32, shape (H, W)
    largest : ndarray of float32, shape (n + 1,)
        Largest distance to the outside of each nucleus, uncut, in pixels of the patch.
    """

    pixels: Pixels
    labels: Labels
    largest: Pixels

    @cached_property
    def targets(self) -> Pixels:
        """Foreground and distance, shape (2, H, W)."""
        return foreground_and_distance(self.labels, self.largest)

    def with_pixels(self, pixels: Pixels) -> Patch:
        """Return a patch of other pixels with the same nuclei."""
        other = replace(self, pixels=pixels)
        if "targets" in vars(self):
            vars(other)["targets"] = self.targets
        return other


def pasted(patch: Patch, other: Patch) -> tuple[Patch, Pixels]:
    """Lay those nuclei of another patch over a patch that hide little of its own.

    A nucleus of which more than a fifth would lie on another is left out, so that what is laid on
    top hides little of what is below.

    Parameters
    ----------
    patch, other : Patch
        Of one height and width.

    Returns
    -------
    patch : Patch
        With the labels of both; its pixels are not changed yet.
    alpha : ndarray of float32, shape (H, W)
        Where the other's nuclei lie, 1 within and falling to 0 over about a pixel.
    """
    top = _fitting(patch.labels, other.labels)
    labels = np.where(top > 0, top + np.int32(len(patch.largest) - 1), patch.labels)
    largest = np.concatenate([patch.largest, other.largest[1:]])
    alpha = cv2.GaussianBlur((top > 0).astype(np.float32), (0, 0), _SOFT_EDGE_PX)
    return Patch(patch.pixels, labels, largest), np.asarray(alpha, np.float32)


def _fitting(below: Labels, above: Labels) -> Labels:
    """Keep the labels of `above` of which little lies on a label of `below`."""
    count = int(above.max(initial=0)) + 1
    areas = np.bincount(above.ravel(), minlength=count)
    hidden = np.bincount(above[below > 0].ravel(), minlength=count)
    keeps = hidden <= MOST_COVERED * areas
    keeps[0] = False
    return np.asarray(np.where(keeps[above], above, 0), np.int32)


def add_light(pixels: Pixels, other: Pixels, alpha: Pixels) -> Pixels:
    """Add the light of another's nuclei; arrays of shape (H, W), the other's ground is near 0."""
    return np.asarray(pixels + alpha * np.maximum(other, 0), np.float32)


def add_stain(pixels: Pixels, other: Pixels, alpha: Pixels) -> Pixels:
    """Let the light also pass through another's nuclei; colours of shape (H, W, 3)."""
    white = np.percentile(other.reshape(-1, 3)[::7], 95, axis=0).astype(np.float32)
    passed: npt.NDArray[Any] = np.clip(other / np.maximum(white, 0.2), 0.01, 1.0)
    weight = alpha[..., None]
    return np.asarray(pixels * (1 - weight + weight * passed), np.float32)
