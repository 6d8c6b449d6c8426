"""All comparisons of all features, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from nuclarium.analysis.bootstrap import bootstrap_interval
from nuclarium.analysis.components import Components, effective_nuclei, fit_components, icc_interval
from nuclarium.analysis.contrasts import (
    ConditionMeans,
    Difference,
    means_of_groups,
    mixed_difference,
    welch_difference,
)
from nuclarium.analysis.correction import benjamini_hochberg, holm
from nuclarium.analysis.design import Design, Test
from nuclarium.analysis.effect_size import hedges_g
from nuclarium.analysis.grouped import Floats, GroupSums
from nuclarium.analysis.overall import trend, welch_anova
from nuclarium.analysis.permutation import permutation_test

LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class Comparison:
    """Conditions compared in every feature.

    Parameters
    ----------
    design : Design
    features : tuple of str
        Names of columns, those of nuclei first.
    sums : GroupSums
        Rows in the order of `features`.
    summary : DataFrame
        One row a feature and condition.
    comparisons : DataFrame
        One row a feature and condition that is not the reference; `p` is that of `test`.
    overall : DataFrame
        One row a feature: any difference, trend, share of the variance between groups.
    test : str
        ``groups`` or ``model``.
    """

    design: Design
    features: tuple[str, ...]
    sums: GroupSums
    summary: pd.DataFrame
    comparisons: pd.DataFrame
    overall: pd.DataFrame
    test: Test


def compare_conditions(
    design: Design,
    nuclei: Mapping[str, npt.NDArray[Any]],
    groups: Mapping[str, npt.NDArray[Any]] | None = None,
    *,
    rng: np.random.Generator,
    test: Test = "groups",
) -> Comparison:
    """Compare every condition with the reference, with groups as the units.

    Parameters
    ----------
    design : Design
        Who belongs where.
    nuclei : mapping of str to ndarray, shape (n,)
        Features of nuclei; what is not finite is left out.
    groups : mapping of str to ndarray, shape (G,), optional
        Features that a group has once, such as its number of nuclei.
    rng : numpy.random.Generator
        Draws groups for the bootstrap, and arrangements where there are too many to look at all.
    test : str
        ``groups``: Welch's t of the means of groups. ``model``: the random-intercept model of all
        nuclei; features that a group has once are tested as by ``groups``. Both are in the table;
        `test` says whose p is corrected and believed.

    Notes
    -----
    Corrections are over all features and all conditions with a p value.
    """
    features = (*nuclei, *(groups or {}))
    sums = design.sums(nuclei, groups)
    means, components = means_of_groups(sums), fit_components(sums)
    parts = [
        _compared(features, design, sums, means, components, index, rng, test)
        for index in design.others
    ]
    comparisons = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if len(comparisons):
        order = comparisons["feature"].map({name: i for i, name in enumerate(features)})
        comparisons = comparisons.iloc[np.argsort(order.to_numpy(), kind="stable")]
        comparisons = comparisons.reset_index(drop=True)
        p = comparisons["p"].to_numpy(np.float64)
        place = comparisons.columns.get_loc("p")
        comparisons.insert(int(place) + 1, "p_holm", holm(p))  # type: ignore[arg-type]
        comparisons.insert(int(place) + 2, "p_bh", benjamini_hochberg(p))  # type: ignore[arg-type]
    return Comparison(
        design,
        features,
        sums,
        _summary(features, design, sums, means, components),
        comparisons,
        _overall(features, design, sums, means, components),
        test,
    )


def _compared(
    features: tuple[str, ...],
    design: Design,
    sums: GroupSums,
    means: ConditionMeans,
    components: Components,
    index: int,
    rng: np.random.Generator,
    test: Test,
) -> pd.DataFrame:
    reference = design.reference
    by_groups = welch_difference(means, index, reference, level=LEVEL)
    by_model = mixed_difference(sums, index, reference, components, level=LEVEL)
    chosen = _chosen(by_groups, by_model) if test == "model" else by_groups
    g, g_low, g_high = hedges_g(sums, means, index, reference, level=LEVEL)
    boot_low, boot_high = bootstrap_interval(sums, index, reference, rng=rng, level=LEVEL)
    spread = np.sqrt(components.between + components.within)
    with np.errstate(divide="ignore", invalid="ignore"):
        in_spreads = chosen.difference / spread
    shuffled = permutation_test(sums, index, reference, rng=rng)
    return pd.DataFrame(
        {
            "feature": features,
            "condition": design.conditions[index],
            "reference": design.conditions[reference],
            "groups": sums.groups[:, index].astype(int),
            "groups_reference": sums.groups[:, reference].astype(int),
            "nuclei": sums.nuclei[:, index].astype(int),
            "nuclei_reference": sums.nuclei[:, reference].astype(int),
            **_columns(chosen),
            "hedges_g": g,
            "hedges_g_low": g_low,
            "hedges_g_high": g_high,
            "d_nuclei": in_spreads,
            "bootstrap_low": boot_low,
            "bootstrap_high": boot_high,
            "p_permutation": shuffled.p,
            "p_groups": by_groups.p,
            "model_difference": by_model.difference,
            "model_low": by_model.low,
            "model_high": by_model.high,
            "p_model": by_model.p,
        }
    )


def _columns(found: Difference) -> dict[str, Floats]:
    with np.errstate(divide="ignore", invalid="ignore"):
        percent = 100 * (found.value / found.reference - 1)
    percent = np.where(found.reference > 0, percent, np.nan)
    return {
        "mean": found.value,
        "mean_reference": found.reference,
        "difference": found.difference,
        "low": found.low,
        "high": found.high,
        "percent": percent,
        "percent_low": 100 * (found.ratio_low - 1),
        "percent_high": 100 * (found.ratio_high - 1),
        "standard_error": found.standard_error,
        "df": found.df,
        "p": found.p,
    }


def _chosen(by_groups: Difference, by_model: Difference) -> Difference:
    """Take the model where it says something, and the means of groups elsewhere."""
    told = np.isfinite(by_model.difference)
    fields = Difference.__dataclass_fields__
    return Difference(
        **{k: np.where(told, getattr(by_model, k), getattr(by_groups, k)) for k in fields}
    )


def _summary(
    features: tuple[str, ...],
    design: Design,
    sums: GroupSums,
    means: ConditionMeans,
    components: Components,
) -> pd.DataFrame:
    error = np.sqrt(means.variance)
    reach = stats.t.ppf((1 + LEVEL) / 2, means.df) * error
    nuclei, groups = sums.nuclei, sums.groups
    with np.errstate(divide="ignore", invalid="ignore"):
        of_nuclei = np.where(nuclei > 0, (sums.count * sums.mean) @ sums.indicator / nuclei, np.nan)
        inside = sums.within @ sums.indicator / (nuclei - groups)
    within = np.sqrt(np.where(nuclei > groups, inside, np.nan))
    columns = {
        "groups": groups.astype(int),
        "nuclei": nuclei.astype(int),
        "effective_nuclei": effective_nuclei(sums, components),
        "mean": means.mean,
        "mean_low": means.mean - reach,
        "mean_high": means.mean + reach,
        "sd_between_groups": error * np.sqrt(groups),
        "sd_within_groups": within,
        "mean_of_nuclei": of_nuclei,
    }
    n = len(design.conditions)
    return pd.DataFrame(
        {
            "feature": np.repeat(np.array(features, object), n),
            "condition": np.tile(np.array(design.conditions, object), len(features)),
            **{name: values.ravel() for name, values in columns.items()},
        }
    )


def _overall(
    features: tuple[str, ...],
    design: Design,
    sums: GroupSums,
    means: ConditionMeans,
    components: Components,
) -> pd.DataFrame:
    anova, share = welch_anova(means), icc_interval(sums, level=LEVEL)
    table = pd.DataFrame(
        {
            "feature": features,
            "icc": components.icc,
            "icc_low": share[0],
            "icc_high": share[1],
            "variance_between": components.between,
            "variance_within": components.within,
            "f": anova.f,
            "df_between": anova.df_between,
            "df_within": anova.df_within,
            "p": anova.p,
            "p_holm": holm(anova.p),
            "p_bh": benjamini_hochberg(anova.p),
        }
    )
    if design.dose is not None:
        line = trend(sums, np.array(design.dose.numbers), level=LEVEL)
        table["trend"], table["trend_low"], table["trend_high"] = line.slope, line.low, line.high
        table["trend_unit"] = f"per {design.dose.unit}" if design.dose.unit else "per 1"
        table["p_trend"], table["p_trend_holm"] = line.p, holm(line.p)
    return table
