"""Where a nucleus lies in its colony: the distance to the colony's edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from nuclarium.core.geometry import Spacing
from nuclarium.core.labels import Labels
from nuclarium.measurement.regions import Floats

CLOSING_UM = 10.0
CLOSING_PX = 20.0
"""Radius of the disc that closes gaps between nuclei: µm, or pixels where there is no spacing."""


@dataclass(frozen=True, eq=False)
class Colony:
    """The part of a plane or stack that nuclei and the gaps between them take up.

    Parameters
    ----------
    inside : ndarray of bool, shape (H, W) or (Z, H, W)
    size : float
        Area or volume, in the unit of the spacing.
    depth : ndarray of float64, shape as `inside`
        Distance from the centre of each pixel to the edge, 0 outside; nan everywhere where no edge
        is in view.
    """

    inside: npt.NDArray[np.bool_]
    size: float
    depth: Floats

    def depth_at(self, places: Floats) -> Floats:
        """Look up the depth of the pixels nearest to places ``(y, x)`` or ``(z, y, x)``.

        Parameters
        ----------
        places : ndarray of float64, shape (n, 2) or (n, 3)
            In pixels, their centres at integers.
        """
        last = np.array(self.depth.shape) - 1
        index = np.clip(np.round(places), 0, last).astype(np.int64)
        found: Floats = self.depth[tuple(index.T)]
        return found


def find_colony(labels: Labels, spacing: Spacing | None, radius: float | None = None) -> Colony:
    """Find the colony of a plane or stack: the morphological closing of the union of its nuclei.

    A point belongs to the colony unless a disc, in a stack a ball, of the given radius can be laid
    over it that touches no nucleus; what is then enclosed on all sides, such as the lumen of a
    hollow colony, belongs to it too. Several colonies have one edge together. The border of the
    image is no edge, as nobody knows what lies beyond.

    Parameters
    ----------
    labels : ndarray of int32, shape (H, W) or (Z, H, W)
        Nuclei of the plane or stack.
    spacing : Spacing or None
        The depth is in µm, or in pixels where it is None. A stack needs the distance of slices.
    radius : float, optional
        Radius of the disc in the same unit; 10 µm or 20 pixels when left out.

    Raises
    ------
    ValueError
        If the distance of the slices of a stack is not known but that of pixels is.
    """
    sampling = _sampling(labels.ndim, spacing)
    radius = radius if radius is not None else (CLOSING_UM if spacing else CLOSING_PX)
    inside = ndimage.binary_fill_holes(_closed(labels > 0, sampling, radius))
    depth = np.full(labels.shape, np.nan)
    if not inside.all() and inside.any():
        # From the centre of a pixel to that of the nearest one outside; the edge is half way.
        to_outside = ndimage.distance_transform_edt(inside, sampling=sampling)
        depth = np.maximum(to_outside - np.mean(sampling) / 2, 0)
    return Colony(inside, float(inside.sum() * np.prod(sampling)), depth)


def _sampling(dimensions: int, spacing: Spacing | None) -> tuple[float, ...]:
    if spacing is None:
        return (1.0,) * dimensions
    if dimensions == 2:
        return spacing.y, spacing.x
    if spacing.z is None:
        raise ValueError("The distance of the slices of a stack must be known, but z is None.")
    return spacing.z, spacing.y, spacing.x


def _closed(
    mask: npt.NDArray[np.bool_], sampling: tuple[float, ...], radius: float
) -> npt.NDArray[np.bool_]:
    """Return the closing by a ball, with as much room around the image as the ball needs."""
    if radius <= 0 or not mask.any():
        return mask
    room = [int(np.ceil(radius / step)) + 1 for step in sampling]
    padded = np.pad(mask, [(n, n) for n in room])
    grown = ndimage.distance_transform_edt(~padded, sampling=sampling) <= radius
    closed = ndimage.distance_transform_edt(grown, sampling=sampling) > radius
    middle = tuple(slice(n, n + side) for n, side in zip(room, mask.shape, strict=True))
    inner: npt.NDArray[np.bool_] = (closed | padded)[middle]
    return inner
