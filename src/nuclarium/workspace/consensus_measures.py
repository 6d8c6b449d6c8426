"""Everything that a consensus measures: truth, raters, agreement, pairs, how many are enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.raters.accuracy.confusion import Confusions
from nuclarium.raters.agreement.levels import truth_at
from nuclarium.raters.agreement.pairs import PairwiseKappa
from nuclarium.raters.agreement.scaling import scaled_places
from nuclarium.raters.answers import Answers
from nuclarium.raters.truth.inference import Truth
from nuclarium.workspace.consensus_agreement import (
    agreement_table,
    remarks_on_agreement,
    repeats_table,
)
from nuclarium.workspace.consensus_disputed import disputed_table
from nuclarium.workspace.consensus_enough import simulation_of
from nuclarium.workspace.consensus_groups import groups_table, inferred
from nuclarium.workspace.consensus_pairs import confusions_of, pairs_of_raters
from nuclarium.workspace.consensus_raters import (
    rater_scores,
    rater_table,
    remarks_on_scores,
)
from nuclarium.workspace.consensus_settings import ConsensusSettings
from nuclarium.workspace.consensus_study import Study, at_level, levels_of

Advance = Callable[[int], None]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Measures:
    """What a consensus comes to.

    Parameters
    ----------
    truth : Truth
        At the level of the labels of the table.
    level : str
        At which raters are judged; empty without a hierarchy.
    judged : Answers
        Of the raters that are judged, at that level, in the order of `raters`.
    raters : DataFrame
        One row a judged rater, the best first.
    scores : DataFrame
        One row a rater, score and class, with intervals.
    agreement : DataFrame
    groups : DataFrame
        Scores of the truth that each other group would give; may be empty.
    repeats : DataFrame
        Of raters with themselves, one row a rater and other arm; empty for one arm.
    pairs : PairwiseKappa or None
        None for one rater, or more than `MOST_PAIRED`.
    places : ndarray of float64, shape (n_raters, 2), or None
        Of raters on the map.
    simulation : DataFrame
        Scores over the number of raters.
    confusions : Confusions or None
        What raters took for what, in the order of `raters`; None for more than 200 labels.
    disputed : DataFrame
        Items, the most disputed first.
    judged_by : str
        What raters are judged by, in words.
    remarks : tuple of str
    """

    truth: Truth
    level: str
    judged: Answers
    raters: pd.DataFrame
    scores: pd.DataFrame
    agreement: pd.DataFrame
    groups: pd.DataFrame
    repeats: pd.DataFrame
    pairs: PairwiseKappa | None
    places: Floats | None
    simulation: pd.DataFrame
    confusions: Confusions | None
    disputed: pd.DataFrame
    judged_by: str
    remarks: tuple[str, ...]

    @property
    def names(self) -> npt.NDArray[np.object_]:
        """Label of each item; empty where nobody answered."""
        labels = np.array([*self.truth.labels, ""], object)
        named: npt.NDArray[np.object_] = labels[self.truth.labels_of_items]
        return named


def measures_of(
    study: Study, settings: ConsensusSettings, rng: np.random.Generator, advance: Advance
) -> Measures:
    """Measure a study; `advance` is called with 1 after each part."""
    truth = inferred(study.answers.only(groups=settings.truth_group or None), study, settings)
    advance(1)
    level = _level(study, settings)
    rolled = truth
    if study.hierarchy is not None:
        rolled = truth_at(truth, study.hierarchy, level)
    everyone = at_level(study.answers, study.hierarchy, level, ambiguous=True)
    scores, of_scores = rater_scores(everyone, rolled, settings, rng)
    advance(1)
    raters = rater_table(everyone, truth, scores, settings)
    judged = everyone.only(raters=list(raters["rater"]))
    pairs, of_pairs = pairs_of_raters(judged, settings, rng)
    advance(1)
    ambiguous = None if study.hierarchy is None else study.hierarchy.ambiguous
    simulation, of_simulation = simulation_of(judged, rolled, ambiguous, settings, advance)
    agreed = agreement_table(study, settings, rng, advance)
    return Measures(
        truth=truth,
        level=level,
        judged=judged,
        raters=raters,
        scores=scores,
        agreement=agreed,
        groups=groups_table(study, everyone, rolled, level, settings, rng),
        repeats=repeats_table(study, settings, level, rng),
        pairs=pairs,
        places=None if pairs is None else scaled_places(1 - pairs.kappa),
        simulation=simulation,
        confusions=confusions_of(everyone, rolled, judged),
        disputed=disputed_table(study.answers, truth),
        judged_by=_judged_by(settings),
        remarks=(
            *truth.remarks,
            *of_scores,
            *remarks_on_scores(scores),
            *of_pairs,
            *of_simulation,
            *remarks_on_agreement(agreed),
        ),
    )


def _judged_by(settings: ConsensusSettings) -> str:
    if settings.truth_group:
        return f"the truth inferred from {' and '.join(settings.truth_group)}"
    return "the truth inferred from all raters"


def _level(study: Study, settings: ConsensusSettings) -> str:
    levels = levels_of(study.answers, study.hierarchy)
    if settings.level is None:
        return levels[0] if levels else ""
    if study.hierarchy is None:
        raise SettingsError(
            "--level needs a hierarchy that has all labels of the table. Name one with --hierarchy."
        )
    if settings.level not in levels:
        raise SettingsError(
            f"--level must be one of {', '.join(levels)}, the levels that all labels have, but "
            f"got {settings.level}."
        )
    return settings.level
