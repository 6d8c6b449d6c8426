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
    """The part of a plane that nuclei and the gaps between them take up.

    Parameters
    ----------
    inside : ndarray of bool, shape (H, W)
    area : float
        In the squared unit of the spacing.
    depth : ndarray of float64, shape (H, W)
        Distance from the centre of each pixel to the edge, 0 outside; nan everywhere where no edge
        is in view.
    """

    inside: npt.NDArray[np.bool_]
    area: float
    depth: Floats

    def depth_at(self, places: Floats) -> Floats:
        """Look up the depth at places (y, x) in pixels, shape (n, 2), of the nearest pixel."""
        last = np.array(self.depth.shape) - 1
        y, x = np.clip(np.round(places), 0, last).astype(np.int64).T
        found: Floats = self.depth[y, x]
        return found


def find_colony(labels: Labels, spacing: Spacing | None, radius: float | None = None) -> Colony:
    """Find the colony of a plane: the morphological closing of the union of its nuclei.

    A point belongs to the colony unless a disc of the given radius can be laid over it that
    touches no nucleus; what is then enclosed on all sides, such as the lumen of a hollow colony,
    belongs to it too. Several colonies of a plane have one edge together. The border of the image
    is no edge, as nobody knows what lies beyond.

    Parameters
    ----------
    labels : ndarray of int32, shape (H, W)
        Nuclei of the plane.
    spacing : Spacing or None
        The depth is in µm, or in pixels where it is None.
    radius : float, optional
        Radius of the disc in the same unit; 10 µm or 20 pixels when left out.
    """
    unit = spacing or Spacing(1.0, 1.0)
    radius = radius if radius is not None else (CLOSING_UM if spacing else CLOSING_PX)
    inside = ndimage.binary_fill_holes(_closed(labels > 0, unit, radius))
    depth = np.full(labels.shape, np.nan)
    if not inside.all() and inside.any():
        # From the centre of a pixel to that of the nearest one outside; the edge is half way.
        to_outside = ndimage.distance_transform_edt(inside, sampling=(unit.y, unit.x))
        half = (unit.y + unit.x) / 4
        depth = np.maximum(to_outside - half, 0)
    return Colony(inside, float(inside.sum()) * unit.pixel_area, depth)


def _closed(mask: npt.NDArray[np.bool_], unit: Spacing, radius: float) -> npt.NDArray[np.bool_]:
    """Return the closing by a disc, with as much room around the plane as the disc needs."""
    if radius <= 0 or not mask.any():
        return mask
    room = [int(np.ceil(radius / step)) + 1 for step in (unit.y, unit.x)]
    padded = np.pad(mask, [(n, n) for n in room])
    sampling = (unit.y, unit.x)
    grown = ndimage.distance_transform_edt(~padded, sampling=sampling) <= radius
    closed = ndimage.distance_transform_edt(grown, sampling=sampling) > radius
    inner: npt.NDArray[np.bool_] = (closed | padded)[
        room[0] : room[0] + mask.shape[0], room[1] : room[1] + mask.shape[1]
    ]
    return inner
