"""Raters as points on a plane, near where they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.report.interval_plot import SHAPES
from nuclarium.report.palette import category_colour

SIDE = 420
_MARGIN = 34


@dataclass(frozen=True, slots=True)
class Point:
    """A rater; the name is written beside it unless it would lie on another."""

    x: float
    y: float
    name: str
    shape: str
    colour: str
    is_named: bool


@dataclass(frozen=True)
class RaterMap:
    """The plane, ready to be drawn."""

    points: tuple[Point, ...]
    groups: tuple[tuple[str, str, str], ...]
    bar: tuple[float, str]
    side: int = SIDE


def rater_map(
    places: npt.NDArray[np.float64], names: Sequence[str], groups: Sequence[str] = ()
) -> RaterMap | None:
    """Lay out raters; None for fewer than three, of whom no map can be made.

    Parameters
    ----------
    places : ndarray of float64, shape (n, 2)
        Distances between them are to be those of the raters; nan leaves a rater out.
    names, groups : sequence of str
        One a rater; groups are told by shape and colour.
    """
    known = np.isfinite(places).all(axis=1)
    if known.sum() < 3:
        return None
    groups = list(groups) or [""] * len(names)
    kinds = list(dict.fromkeys(groups))
    kept = places[known]
    middle = (kept.min(axis=0) + kept.max(axis=0)) / 2
    reach = float((kept.max(axis=0) - kept.min(axis=0)).max()) or 1.0
    scale = (SIDE - 2 * _MARGIN) / reach
    spots = SIDE / 2 + (kept - middle) * scale
    points: list[Point] = []
    for spot, i in zip(spots.tolist(), np.flatnonzero(known).tolist(), strict=True):
        kind = kinds.index(groups[i])
        free = all(abs(p.y - spot[1]) > 11 or abs(p.x - spot[0]) > 42 for p in points if p.is_named)
        point = Point(
            round(spot[0], 1),
            round(spot[1], 1),
            names[i],
            SHAPES[kind % len(SHAPES)],
            category_colour(kind),
            free,
        )
        points.append(point)
    legend = tuple(
        (kind, SHAPES[i % len(SHAPES)], category_colour(i)) for i, kind in enumerate(kinds) if kind
    )
    step = next(s for s in (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 1e-9) if s <= reach / 2 or s < 0.01)
    return RaterMap(tuple(points), legend, (round(step * scale, 1), f"{step:g}"))
