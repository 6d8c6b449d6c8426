"""Nuclei of a colony as a table, drawn before anything is placed or rendered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.synthetic.conditions import (
    CONDITIONS,
    ELONGATION,
    FLATNESS,
    INTENSITY,
    KINDS,
    MEAN_FLATNESS,
    TEXTURE,
    VOLUME,
    Condition,
    Spread,
)
from nuclarium.synthetic.shell import NUCLEUS_UM2, ellipsoid_area
from nuclarium.synthetic.spec import OrganoidSpec

Floats = npt.NDArray[np.float64]


def planted_table(spec: OrganoidSpec, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the nuclei of one colony: their number, kinds, sizes, shapes, intensities.

    A colony has its own mean of every quantity, so that nuclei of one colony are alike; see
    `nuclarium.synthetic.conditions` for how much. `organoid` with the same `rng` begins with this
    table, so that a study of power needs no images.

    Returns
    -------
    table : DataFrame
        One row a nucleus: ``label`` from 1, ``condition``, ``stiffness_pa``, ``kind``,
        ``planted_volume_um3``, ``elongation`` (longest by middle axis), ``flatness`` (middle by
        shortest), the three axes in µm from end to end, ``intensity`` and ``texture`` (both 1 on
        average over colonies).

    Examples
    --------
    >>> table = planted_table(OrganoidSpec(nuclei=(3, 3)), np.random.default_rng(0))
    >>> table["label"].tolist(), sorted(set(table["condition"]))
    ([1, 2, 3], ['250Pa'])
    """
    condition = spec.condition
    n = int(rng.integers(*nuclei_range(spec), endpoint=True))
    kinds = rng.choice(len(KINDS), n, p=[kind.fraction for kind in KINDS])
    volume = condition.volume_um3 * _drawn(VOLUME, n, rng) * _by_kind("volume", kinds)
    elongation = condition.elongation * _drawn(ELONGATION, n, rng) * _by_kind("elongation", kinds)
    elongation = np.maximum(elongation, 1.0)
    flatness = MEAN_FLATNESS * _drawn(FLATNESS, n, rng) * _by_kind("flatness", kinds)
    flatness = np.maximum(flatness, 1.0)
    # Volume is π/6 of the product of the axes, which are middle × (elongation, 1, 1 / flatness).
    middle = np.cbrt(6 * volume * flatness / (np.pi * elongation))
    return pd.DataFrame(
        {
            "label": np.arange(1, n + 1),
            "condition": condition.name,
            "stiffness_pa": condition.stiffness_pa,
            "kind": [KINDS[index].name for index in kinds],
            "planted_volume_um3": volume,
            "elongation": elongation,
            "flatness": flatness,
            "axis_major_um": middle * elongation,
            "axis_middle_um": middle,
            "axis_minor_um": middle / flatness,
            "intensity": _drawn(INTENSITY, n, rng) * _by_kind("intensity", kinds),
            "texture": _drawn(TEXTURE, n, rng),
        }
    )


def planted_study(
    colonies: int,
    rng: np.random.Generator,
    *,
    conditions: Sequence[Condition] = CONDITIONS,
    **settings: Any,
) -> pd.DataFrame:
    """Draw the nuclei of a whole study, `colonies` of them a condition, without any image.

    Parameters
    ----------
    colonies : int
    rng : numpy.random.Generator
    conditions : sequence of Condition
        `conditions(null=True)` plants nothing.
    **settings
        Of `OrganoidSpec`, such as ``nuclei=(60, 90)``.

    Returns
    -------
    table : DataFrame
        The tables of `planted_table`, with ``colony`` in front, such as ``250Pa_colony01``.
    """
    tables = []
    for condition in conditions:
        spec = OrganoidSpec(condition, **settings)
        for number in range(1, colonies + 1):
            table = planted_table(spec, rng)
            table.insert(0, "colony", f"{condition.name}_colony{number:02d}")
            tables.append(table)
    return pd.concat(tables, ignore_index=True)


def nuclei_range(spec: OrganoidSpec) -> tuple[int, int]:
    """Return least and most nuclei of a colony: as asked, or 45 to 75 % of what the stack holds."""
    if spec.nuclei is not None:
        return spec.nuclei
    places = ellipsoid_area(np.array(spec.half_um)) / NUCLEUS_UM2
    return max(4, int(0.45 * places)), max(4, int(0.75 * places))


def _drawn(spread: Spread, n: int, rng: np.random.Generator) -> Floats:
    """Draw factors around 1, log-normal: one of the colony, and one of each nucleus."""
    return np.asarray(np.exp(rng.normal(0, spread.colony) + rng.normal(0, spread.nucleus, n)))


def _by_kind(quantity: str, kinds: npt.NDArray[np.int64]) -> Floats:
    return np.array([getattr(kind, quantity) for kind in KINDS])[kinds]
