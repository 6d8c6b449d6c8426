"""Heat maps of a consensus: what raters took for what, and kappa of every two raters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from nuclarium.raters.accuracy.confusion import Confusions
from nuclarium.report.heat_map import HeatMap, heat_map

MOST_LABELS = 20
_MOST_NUMBERS = 14


def _shown(found: Confusions) -> tuple[list[int], list[int], list[str], list[str]]:
    """Return places and names of the rows and columns that are drawn: those used most."""
    use = found.counts.sum(axis=0)
    rows = _most(use.sum(axis=1), [name in found.answers for name in found.labels])
    names = [found.labels[i] for i in rows]
    columns = [
        j for j, name in enumerate(found.answers) if name in names or name not in found.labels
    ]
    return rows, columns, names, [found.answers[j] for j in columns]


def _most(use: npt.NDArray[np.int64], allowed: Sequence[bool]) -> list[int]:
    order = np.argsort(-np.where(allowed, use, -1), kind="stable")[:MOST_LABELS]
    return sorted(int(i) for i in order)


def overall_confusions(found: Confusions) -> HeatMap | None:
    """Draw what all raters together took for what; None for a single label."""
    if len(found.labels) < 2:
        return None
    rows, columns, truth, answers = _shown(found)
    together = replace(found, counts=found.counts.sum(axis=0, keepdims=True))
    few = len(columns) <= _MOST_NUMBERS + 2
    return heat_map(
        together.shares[0][np.ix_(rows, columns)],
        truth,
        answers,
        title="All raters",
        size=30 if few else 20,
        with_numbers=few,
    )


def confusions_of_raters(found: Confusions, names: Sequence[str]) -> list[HeatMap]:
    """Draw what each rater took for what, small and beside each other."""
    if len(found.labels) < 2:
        return []
    rows, columns, truth, answers = _shown(found)
    size = max(5.0, min(40.0, 132 / len(columns)))
    return [
        heat_map(
            found.shares[i][np.ix_(rows, columns)],
            truth,
            answers,
            title=name,
            size=size,
            with_names=False,
            with_numbers=len(columns) <= 4,
        )
        for i, name in enumerate(names)
        if found.counts[i].any()
    ]


def kappa_of_pairs(kappa: npt.NDArray[np.float64], names: Sequence[str]) -> HeatMap | None:
    """Draw Cohen's kappa of every two raters; None where no two can be compared."""
    shown = kappa.copy()
    np.fill_diagonal(shown, np.nan)
    if not np.isfinite(shown).any():
        return None
    few = len(names) <= _MOST_NUMBERS
    return heat_map(
        shown, names, names, title="Cohen's kappa", size=30 if few else 20, with_numbers=few
    )
