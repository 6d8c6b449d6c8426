"""The figures of a consensus: skills, confusions, agreement, the map of raters, the simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.report.curve_plot import CurvePlot, curve_plot
from nuclarium.report.disputed import DisputedCard, DisputedItem, disputed_card, label_looks
from nuclarium.report.heat_map import HeatMap, heat_map
from nuclarium.report.interval_plot import Estimate, IntervalPlot, interval_plot
from nuclarium.report.rater_map import RaterMap, rater_map

MOST_RATERS = 40
MOST_LABELS = 20
_MOST_NUMBERS = 14
_UNKNOWN = (np.nan, np.nan, np.nan)
PANELS = {
    "accuracy": "Right class",
    "mcc": "Classes, MCC",
    "detection_f1": "Detection, F1",
}
CURVES = {
    "detection_f1": "detection, F1",
    "classification_mcc": "classes, MCC",
    "auroc_micro": "classes, AUROC",
    "accuracy": "right labels",
}


@dataclass(frozen=True, eq=False)
class ConsensusNumbers:
    """What the figures of a consensus are drawn from.

    Parameters
    ----------
    raters : DataFrame
        One row a rater, the best first: rater, group, n_answers, and as far as known each of
        `PANELS` with ``_low`` and ``_high``.
    labels : tuple of str
        Of the confusions.
    confusion : ndarray of float64, shape (n_raters, K, K), or None
        ``[rater, truth, answer]`` in the order of `raters`; rows add up to 1, nan where unknown.
    overall : ndarray of float64, shape (K, K), or None
        Of all raters together.
    agreement : DataFrame
        group, level, version, coefficient, value, low, high.
    kappa : ndarray of float64, shape (n_raters, n_raters), or None
        Of pairs, in the order of `raters`.
    places : ndarray of float64, shape (n_raters, 2), or None
        Of raters on the map.
    simulation : DataFrame
        score, k, mean, low, high.
    disputed : tuple of DisputedItem
        The most disputed first.
    """

    raters: pd.DataFrame
    labels: tuple[str, ...]
    confusion: npt.NDArray[np.float64] | None
    overall: npt.NDArray[np.float64] | None
    agreement: pd.DataFrame
    kappa: npt.NDArray[np.float64] | None
    places: npt.NDArray[np.float64] | None
    simulation: pd.DataFrame
    disputed: tuple[DisputedItem, ...] = ()


@dataclass(frozen=True)
class ConsensusFigures:
    """Everything that is drawn, None or empty where there is nothing to draw."""

    skills: IntervalPlot | None
    overall: HeatMap | None
    confusions: tuple[HeatMap, ...]
    kappa: HeatMap | None
    map: RaterMap | None
    agreement: IntervalPlot | None
    curves: CurvePlot | None
    cards: tuple[DisputedCard, ...]


def consensus_figures(numbers: ConsensusNumbers) -> ConsensusFigures:
    """Lay out all figures; of many raters the first 40, of many labels the 20 most used."""
    names, groups = _columns(numbers.raters.head(MOST_RATERS))
    n = len(names)
    kappa = None
    if numbers.kappa is not None and n > 1:
        kappa = _kappa(numbers.kappa[:n, :n], names)
    places = None if numbers.places is None else rater_map(numbers.places[:n], names, groups)
    labels, looks = numbers.labels, label_looks(numbers.disputed)
    return ConsensusFigures(
        skills=_skills(numbers.raters.head(MOST_RATERS), names, groups),
        overall=_overall(numbers.overall, labels),
        confusions=tuple(_confusions(numbers.confusion, names, labels)),
        kappa=kappa,
        map=places,
        agreement=_agreement(numbers.agreement),
        curves=_curves(numbers.simulation),
        cards=tuple(disputed_card(item, looks) for item in numbers.disputed),
    )


def _columns(raters: pd.DataFrame) -> tuple[list[str], list[str]]:
    groups = raters["group"] if "group" in raters else [""] * len(raters)
    return [str(name) for name in raters["rater"]], [str(name) for name in groups]


def _skills(raters: pd.DataFrame, names: list[str], groups: list[str]) -> IntervalPlot | None:
    panels = {title: _estimates(raters, column) for column, title in PANELS.items()}
    notes = [f"n = {int(count):,}" for count in raters["n_answers"]]
    return interval_plot(names, panels, groups=groups, notes=notes)


def _estimates(table: pd.DataFrame, column: str) -> list[Estimate]:
    if column not in table:
        return [_UNKNOWN] * len(table)
    empty = pd.Series(np.nan, table.index)
    parts = [table.get(name, empty) for name in (column, f"{column}_low", f"{column}_high")]
    return [(float(a), float(b), float(c)) for a, b, c in zip(*parts, strict=True)]


def _kept(labels: Sequence[str], matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the places of the labels that are drawn: those most sure of a row, in their order."""
    if len(labels) <= MOST_LABELS:
        return np.arange(len(labels))
    weight = np.nansum(np.nan_to_num(matrix), axis=tuple(range(matrix.ndim - 1)))
    return np.sort(np.argsort(-weight, kind="stable")[:MOST_LABELS])


def _overall(
    matrix: npt.NDArray[np.float64] | None, labels: Sequence[str]
) -> HeatMap | None:
    if matrix is None or not np.isfinite(matrix).any() or len(labels) < 2:
        return None
    kept = _kept(labels, matrix)
    names = [labels[k] for k in kept]
    return heat_map(
        matrix[np.ix_(kept, kept)],
        names,
        names,
        title="All raters",
        across="answer",
        down="truth",
        size=30 if len(kept) <= _MOST_NUMBERS else 20,
        with_numbers=len(kept) <= _MOST_NUMBERS,
    )


def _confusions(
    matrices: npt.NDArray[np.float64] | None, names: Sequence[str], labels: Sequence[str]
) -> list[HeatMap]:
    if matrices is None or len(labels) < 2:
        return []
    kept = _kept(labels, matrices)
    short = [labels[k] for k in kept]
    size = max(5.0, min(40.0, 132 / len(kept)))
    with_numbers = len(kept) <= 4
    return [
        heat_map(
            matrices[i][np.ix_(kept, kept)],
            short,
            short,
            title=name,
            size=size,
            with_names=False,
            with_numbers=with_numbers,
        )
        for i, name in enumerate(names)
        if np.isfinite(matrices[i]).any()
    ]


def _kappa(kappa: npt.NDArray[np.float64], names: Sequence[str]) -> HeatMap | None:
    shown = kappa.copy()
    np.fill_diagonal(shown, np.nan)
    if not np.isfinite(shown).any():
        return None
    few = len(names) <= _MOST_NUMBERS
    return heat_map(
        shown, names, names, title="Cohen's kappa", size=30 if few else 17, with_numbers=few
    )


def _agreement(table: pd.DataFrame) -> IntervalPlot | None:
    if not len(table):
        return None
    keys = table[["group", "level"]].drop_duplicates()
    many_groups = table["group"].nunique() > 1
    levels = [str(level) for level in keys["level"]]
    names = [
        f"{group}, {level}" if many_groups and group else level
        for group, level in zip(keys["group"], levels, strict=True)
    ]
    panels: dict[str, list[Estimate]] = {}
    alpha = table[table["coefficient"] == "alpha"]
    for version, part in alpha.groupby("version", sort=False):
        found = part.set_index(["group", "level"])[["value", "low", "high"]]
        told = found.reindex(pd.MultiIndex.from_frame(keys))
        panels[f"Alpha, {version}"] = [
            (float(a), float(b), float(c)) for a, b, c in told.to_numpy(float)
        ]
    return interval_plot(names, panels, groups=list(keys["group"]) if many_groups else ())


def _curves(table: pd.DataFrame) -> CurvePlot | None:
    if not len(table):
        return None
    at = sorted(int(k) for k in table["k"].unique())
    curves: dict[str, list[Estimate]] = {}
    for score, part in table.groupby("score", sort=False):
        told = part.set_index("k")[["mean", "low", "high"]].reindex(at).to_numpy(float)
        curves[CURVES.get(str(score), str(score))] = [(float(a), float(b), float(c)) for a, b, c in told]
    return curve_plot("Scores over the number of raters", "raters", at, curves)
