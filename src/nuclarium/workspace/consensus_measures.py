"""Everything that a consensus measures: truth, raters, agreement, pairs, how many are enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.raters.agreement import agreement
from nuclarium.raters.agreement_pairs import PairwiseKappa, pairwise_kappa
from nuclarium.raters.answers import UNDETECTED, Answers
from nuclarium.raters.truth import Truth, infer_truth
from nuclarium.workspace.consensus_settings import ConsensusSettings
from nuclarium.workspace.consensus_study import Study, at_level, levels_of

Advance = Callable[[int], None]
COEFFICIENTS = {"krippendorff": "alpha", "gwet": "AC1"}
VERSIONS = {"value": "detection and classes", "missing": "classes"}


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
        Of the raters that are judged, at that level.
    raters : DataFrame
        One row a judged rater, the most skilled first.
    agreement : DataFrame
    pairs : PairwiseKappa or None
        None for one rater.
    simulation : DataFrame
    """

    truth: Truth
    level: str
    judged: Answers
    raters: pd.DataFrame
    agreement: pd.DataFrame
    pairs: PairwiseKappa | None
    simulation: pd.DataFrame


def truth_of(answers: Answers, settings: ConsensusSettings) -> Truth:
    """Infer the truth from the answers of the group that it is to come from."""
    return infer_truth(answers.only(groups=settings.truth_group or None), settings.method)


def judged_answers(study: Study, settings: ConsensusSettings, level: str | None) -> Answers:
    """Return the answers of the raters that are judged, at the level that was asked for."""
    answers = study.answers.only(groups=settings.group or None)
    return at_level(answers, study.hierarchy, level)


def agreement_table(
    study: Study, settings: ConsensusSettings, rng: np.random.Generator, advance: Advance
) -> pd.DataFrame:
    """Return coefficients with intervals: of all judged raters and of each group, by level."""
    rows = []
    answers = judged_answers(study, settings, None)
    levels = levels_of(answers, study.hierarchy) or ("",)
    versions = VERSIONS if UNDETECTED in answers.labels else {"value": "classes"}
    for group, part in _parts(answers).items():
        for level in levels:
            rolled = at_level(part, study.hierarchy, level or None)
            for version, words in versions.items():
                for name, short in COEFFICIENTS.items():
                    found = agreement(
                        rolled, name, undetected=version, rng=rng, draws=settings.resamples
                    )
                    rows.append(
                        {
                            "group": group,
                            "level": level or "labels",
                            "version": words,
                            "coefficient": short,
                            "value": found.value,
                            "low": found.low,
                            "high": found.high,
                            "n_items": found.n_items,
                            "n_raters": found.n_raters,
                            "remark": found.remark,
                        }
                    )
            advance(1)
    return pd.DataFrame(rows)


def _parts(answers: Answers) -> Mapping[str, Answers]:
    """Return all raters, and each group that has two or more where there are several."""
    parts = {"all raters": answers}
    groups = [name for name in dict.fromkeys(answers.group or ()) if name]
    if len(groups) > 1:
        for name in groups:
            part = answers.only(groups=[name])
            if len(part.raters) > 1:
                parts[name] = part
    return parts


def pairs_of(
    answers: Answers, settings: ConsensusSettings, rng: np.random.Generator
) -> PairwiseKappa | None:
    """Return kappa of every two raters, or None for one."""
    if len(answers.raters) < 2:
        return None
    return pairwise_kappa(answers, rng=rng, draws=settings.resamples)
