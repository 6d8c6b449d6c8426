"""Plots of a consensus: skills, agreement and scores with their intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nuclarium.report.curve_plot import CurvePlot, curve_plot
from nuclarium.report.interval_plot import Estimate, IntervalPlot, interval_plot

_UNKNOWN = (np.nan, np.nan, np.nan)
PANELS = {
    "accuracy": "Right class",
    "mcc": "Classes, MCC",
    "detection_f1": "Detection, F1",
}
GROUP_PANELS = {
    "detection_average_precision": "Detection, average precision",
    "auroc_micro": "Classes, AUROC (pooled)",
    "auroc_macro": "Classes, AUROC (mean)",
}
CURVES = {
    "detection_f1": "detection, F1",
    "classification_mcc": "classes, MCC",
    "auroc_micro": "classes, AUROC",
    "accuracy": "right labels",
}


def skill_plot(raters: pd.DataFrame, names: list[str], groups: list[str]) -> IntervalPlot | None:
    """Lay out what each rater reaches, a panel a score."""
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


def agreement_plot(table: pd.DataFrame, kinds: Sequence[str]) -> IntervalPlot | None:
    """Lay out alpha of each group and level, a panel for each version."""
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
    shown = list(keys["group"]) if many_groups else []
    return interval_plot(names, panels, groups=shown, kinds=kinds if many_groups else ())


def repeats_plot(
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
    of = [groups[i] for i in kept]
    return interval_plot(shown, panels, groups=of, kinds=list(dict.fromkeys(groups)))


def groups_plot(table: pd.DataFrame) -> IntervalPlot | None:
    """Lay out the scores of the truths of other groups, a panel a score."""
    if not len(table):
        return None
    names = [str(name) for name in table["group"].unique()]
    panels = {}
    for score, title in GROUP_PANELS.items():
        part = table[(table["score"] == score) & (table["label"] == "")].set_index("group")
        found = part[["value", "low", "high"]].reindex(names).to_numpy(float)
        panels[title] = [(float(a), float(b), float(c)) for a, b, c in found]
    return interval_plot(names, panels)


def score_curves(table: pd.DataFrame) -> CurvePlot | None:
    """Lay out scores over the number of raters."""
    if not len(table):
        return None
    at = sorted(int(k) for k in table["k"].unique())
    curves: dict[str, list[Estimate]] = {}
    for score, part in table.groupby("score", sort=False):
        told = part.set_index("k")[["mean", "low", "high"]].reindex(at).to_numpy(float)
        curves[CURVES.get(str(score), str(score))] = [
            (float(a), float(b), float(c)) for a, b, c in told
        ]
    return curve_plot("Scores over the number of raters", "raters", at, curves)
