"""The table of a colony, completed by where its nuclei lie and what of them is in the stack."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import ndimage

from nuclarium.core.labels import Labels
from nuclarium.synthetic.shell import Placement
from nuclarium.synthetic.spec import OrganoidSpec


def completed(
    planted: pd.DataFrame, placement: Placement, labels: Labels, spec: OrganoidSpec
) -> pd.DataFrame:
    """Return the table with position, direction, volume in voxels, neighbours and border.

    ``distance_to_edge_um`` is that from the centre to the shell that the outer nuclei lie on, along
    the ray from the middle of the colony, negative outside; ``volume_um3`` counts voxels, and is a
    little less than planted where neighbours press.
    """
    count = len(planted)
    voxels = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    volume = voxels * float(np.prod(spec.voxel_um))
    middle = placement.colony.centre
    columns: dict[str, Any] = {
        "volume_um3": volume,
        "voxels": voxels,
        **{f"{axis}_um": placement.centres[:, k] for k, axis in enumerate("zyx")},
        **{f"major_{axis}": placement.frames[:, 0, k] for k, axis in enumerate("zyx")},
        **{f"minor_{axis}": placement.frames[:, 2, k] for k, axis in enumerate("zyx")},
        "distance_to_centre_um": np.linalg.norm(placement.centres - middle, axis=1),
        "distance_to_edge_um": placement.colony.depth(placement.centres),
        "neighbours_touching": touching(labels, count),
        "at_border": at_border(labels, count),
    }
    return planted.assign(**columns)


def touching(labels: Labels, count: int) -> npt.NDArray[np.int64]:
    """How many other nuclei each one touches by a face of a voxel; entry `i` is label ``i + 1``."""
    pairs = np.zeros((count + 1, count + 1), bool)
    for axis in range(labels.ndim):
        ahead = np.moveaxis(labels, axis, 0)
        first, second = ahead[:-1], ahead[1:]
        meet = (first != second) & (first > 0) & (second > 0)
        pairs[first[meet], second[meet]] = True
    return np.asarray((pairs | pairs.T).sum(1)[1:])


def at_border(labels: Labels, count: int) -> npt.NDArray[np.bool_]:
    """Whether each nucleus reaches an outer face of the stack, where it may be cut."""
    found = np.zeros(count + 1, bool)
    for index, box in enumerate(ndimage.find_objects(labels, count), start=1):
        if box is not None:
            found[index] = any(
                s.start == 0 or s.stop == n for s, n in zip(box, labels.shape, strict=True)
            )
    return found[1:]
