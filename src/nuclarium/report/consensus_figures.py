"""The figures of a consensus: skills, confusions, agreement, the map of raters, the simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.raters.accuracy_confusion import Confusions
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
    confusions : Confusions or None
        Of the raters, in their order.
    agreement : DataFrame
        group, level, version, coefficient, value, low, high.
    repeats : DataFrame
        Of raters with themselves: other_arm, rater, group, kappa, low, high; may be empty.
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
    confusions: Confusions | None
    agreement: pd.DataFrame
    repeats: pd.DataFrame
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
    repeats: IntervalPlot | None
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
    looks, found = label_looks(numbers.disputed), numbers.confusions
    return ConsensusFigures(
        skills=_skills(numbers.raters.head(MOST_RATERS), names, groups),
        overall=None if found is None else _overall(found),
        confusions=() if found is None else tuple(_confusions(found, names)),
        kappa=kappa,
        map=places,
        agreement=_agreement(numbers.agreement),
        repeats=_repeats(numbers.repeats, names, groups),
        curves=_curves(numbers.simulation),
        cards=tuple(disputed_card(item, looks) for item in numbers.disputed),
    )


def _columns(raters: pd.DataFrame) -> tuple[list[str], list[str]]:
    groups = raters["group"] if "group" in raters else [""] * len(raters)
    return [str(name) for name in raters["rater"]], [str(name) for name in groups]


def _skills(raters: pd.DataFrame, names: list[str], groups: list[str]) -> IntervalPlot | None:
    panels = {title: _estimates(raters, column) for column, title in PANELS.items()}
    if "skill_low" in raters or "accuracy" not in raters:
        panels = {"Skill, inferred": _estimates(raters, "skill")} | panels
    notes = [f"n = {int(count):,}" for count in raters["n_answers"]]
    return interval_plot(names, panels, groups=groups, notes=notes)


def _estimates(table: pd.DataFrame, column: str) -> list[Estimate]:
    if column not in table:
        return [_UNKNOWN] * len(table)
    empty = pd.Series(np.nan, table.index)
    parts = [table.get(name, empty) for name in (column, f"{column}_low", f"{column}_high")]
    return [(float(a), float(b), float(c)) for a, b, c in zip(*parts, strict=True)]


def _shown(found: Confusions) -> tuple[list[int], list[int], list[str], list[str]]:
    """Return places and names of the rows and columns that are drawn: those used most."""
    use = found.counts.sum(axis=0)
    rows = _most(use.sum(axis=1), [name in found.answers for name in found.labels])
    names = [found.labels[i] for i in rows]
    columns = [j for j, name in enumerate(found.answers) if name in names or name not in found.labels]
    return rows, columns, names, [found.answers[j] for j in columns]


def _most(use: npt.NDArray[np.int64], allowed: Sequence[bool]) -> list[int]:
    order = np.argsort(-np.where(allowed, use, -1), kind="stable")[:MOST_LABELS]
    return sorted(int(i) for i in order)


def _overall(found: Confusions) -> HeatMap | None:
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


def _confusions(found: Confusions, names: Sequence[str]) -> list[HeatMap]:
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


def _kappa(kappa: npt.NDArray[np.float64], names: Sequence[str]) -> HeatMap | None:
    shown = kappa.copy()
    np.fill_diagonal(shown, np.nan)
    if not np.isfinite(shown).any():
        return None
    few = len(names) <= _MOST_NUMBERS
    return heat_map(
        shown, names, names, title="Cohen's kappa", size=30 if few else 20, with_numbers=few
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


def _repeats(
    table: pd.DataFrame, names: Sequence[str], groups: Sequence[str]
) -> IntervalPlot | None:
    """Lay out kappa of raters with themselves, a panel for each other arm."""
    if not len(table):
        return None
    told = set(table["rater"])
    kept = [i for i, name in enumerate(names) if name in told]
    shown = [names[i] for i in kept]
    panels = {}
    for arm, part in table.groupby("other_arm", sort=False):
        found = part.set_index("rater")[["kappa", "low", "high"]].reindex(shown).to_numpy(float)
        panels[f"Kappa with {arm}"] = [(float(a), float(b), float(c)) for a, b, c in found]
    return interval_plot(shown, panels, groups=[groups[i] for i in kept])


def _curves(table: pd.DataFrame) -> CurvePlot | None:
    if not len(table):
        return None
    at = sorted(int(k) for k in table["k"].unique())
    curves: dict[str, list[Estimate]] = {}
    for score, part in table.groupby("score", sort=False):
        told = part.set_index("k")[["mean", "low", "high"]].reindex(at).to_numpy(float)
        curves[CURVES.get(str(score), str(score))] = [(float(a), float(b), float(c)) for a, b, c in told]
    return curve_plot("Scores over the number of raters", "raters", at, curves)
