"""The figures of a consensus: skills, confusions, agreement, the map of raters, the simulation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.raters.accuracy.confusion import Confusions
from nuclarium.report.consensus_maps import confusions_of_raters, kappa_of_pairs, overall_confusions
from nuclarium.report.consensus_plots import (
    agreement_plot,
    groups_plot,
    repeats_plot,
    score_curves,
    skill_plot,
)
from nuclarium.report.curve_plot import CurvePlot
from nuclarium.report.disputed import DisputedCard, DisputedItem, disputed_card, label_looks
from nuclarium.report.heat_map import HeatMap
from nuclarium.report.interval_plot import IntervalPlot
from nuclarium.report.rater_map import RaterMap, rater_map

MOST_RATERS = 40


@dataclass(frozen=True, eq=False)
class ConsensusNumbers:
    """What the figures of a consensus are drawn from.

    Parameters
    ----------
    raters : DataFrame
        One row a rater, the best first: rater, group, n_answers, and as far as known each of
        `consensus_plots.PANELS` with ``_low`` and ``_high``.
    confusions : Confusions or None
        Of the raters, in their order.
    agreement : DataFrame
        group, level, version, coefficient, value, low, high.
    of_groups : DataFrame
        Scores of the truth of each other group: group, score, label, value, low, high.
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
    of_groups: pd.DataFrame
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
    of_groups: IntervalPlot | None
    repeats: IntervalPlot | None
    curves: CurvePlot | None
    cards: tuple[DisputedCard, ...]


def consensus_figures(numbers: ConsensusNumbers) -> ConsensusFigures:
    """Lay out all figures; of many raters the first 40, of many labels the 20 most used."""
    names, groups = _columns(numbers.raters.head(MOST_RATERS))
    n = len(names)
    kappa = None
    if numbers.kappa is not None and n > 1:
        kappa = kappa_of_pairs(numbers.kappa[:n, :n], names)
    places = None if numbers.places is None else rater_map(numbers.places[:n], names, groups)
    looks, found = label_looks(numbers.disputed), numbers.confusions
    return ConsensusFigures(
        skills=skill_plot(numbers.raters.head(MOST_RATERS), names, groups),
        overall=None if found is None else overall_confusions(found),
        confusions=() if found is None else tuple(confusions_of_raters(found, names)),
        kappa=kappa,
        map=places,
        agreement=agreement_plot(numbers.agreement, list(dict.fromkeys(groups))),
        of_groups=groups_plot(numbers.of_groups),
        repeats=repeats_plot(numbers.repeats, names, groups),
        curves=score_curves(numbers.simulation),
        cards=tuple(disputed_card(item, looks) for item in numbers.disputed),
    )


def _columns(raters: pd.DataFrame) -> tuple[list[str], list[str]]:
    groups = raters["group"] if "group" in raters else [""] * len(raters)
    return [str(name) for name in raters["rater"]], [str(name) for name in groups]
