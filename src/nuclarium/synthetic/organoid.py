"""A synthetic colony of nuclei: a confocal stack, its truth in 3-D, and what was planted."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.labels import Labels
from nuclarium.synthetic.conditions import CONDITIONS, Condition, conditions
from nuclarium.synthetic.nucleus import Nucleus
from nuclarium.synthetic.optics import recorded
from nuclarium.synthetic.planted import planted_study, planted_table
from nuclarium.synthetic.shell import Placement, placed
from nuclarium.synthetic.spec import Optics, OrganoidSpec
from nuclarium.synthetic.surroundings import surroundings
from nuclarium.synthetic.truth import completed
from nuclarium.synthetic.volume import label_volume, light_volume

__all__ = [
    "CONDITIONS",
    "Condition",
    "Optics",
    "OrganoidSpec",
    "conditions",
    "organoid",
    "planted_study",
    "planted_table",
]


def organoid(
    spec: OrganoidSpec, rng: np.random.Generator
) -> tuple[npt.NDArray[np.uint16], Labels, pd.DataFrame]:
    """Make a colony and look at it through a confocal microscope.

    The same spec and generator give the same result, whatever else runs; other versions of numpy or
    scipy and other processors may round the last digit differently.

    Parameters
    ----------
    spec : OrganoidSpec
    rng : numpy.random.Generator

    Returns
    -------
    pixels : ndarray of uint16, shape (Z, Y, X)
        12 bits, 0 to 4095; slice 0 is nearest to the objective.
    labels : ndarray of int32, shape (Z, Y, X)
        The truth: 0 background, ``1..n`` nuclei, on the same grid. Every nucleus is in one piece.
    table : DataFrame
        What `planted_table` drew, and what became of it: see docs/synthetic.md.
    """
    planted = planted_table(spec, rng)
    placement = placed(planted, spec, rng)
    nuclei = _nuclei(planted, placement, rng)
    labels = label_volume(nuclei, spec.shape, spec.voxel_um)
    light = light_volume(nuclei, labels, spec.voxel_um, rng)
    light += surroundings(labels, placement, spec, rng)
    pixels = recorded(light, spec.optics, spec.voxel_um, rng)
    return pixels, labels, completed(planted, placement, labels, spec)


def _nuclei(planted: pd.DataFrame, placement: Placement, rng: np.random.Generator) -> list[Nucleus]:
    rows: Any = planted.itertuples()
    return [
        Nucleus.drawn(row, centre, frame, rng)
        for row, centre, frame in zip(rows, placement.centres, placement.frames, strict=True)
    ]
