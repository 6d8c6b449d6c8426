"""How good the truth of each group of raters is, judged by the truth of the study."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nuclarium.raters.accuracy.inferred import inferred_accuracy
from nuclarium.raters.agreement.levels import truth_at
from nuclarium.raters.answers import Answers
from nuclarium.raters.truth.inference import Truth, infer_truth
from nuclarium.raters.truth.prior import shared_levels
from nuclarium.workspace.consensus_settings import ConsensusSettings
from nuclarium.workspace.consensus_study import Study


def inferred(answers: Answers, study: Study, settings: ConsensusSettings) -> Truth:
    """Infer the truth by the method of the settings; a prior knows which classes are near."""
    if settings.method != "bayes":
        return infer_truth(answers, settings.method)
    near = shared_levels(answers.labels, study.hierarchy)
    return infer_truth(answers, settings.method, near=near, seed=settings.seed)


def groups_table(
    study: Study,
    everyone: Answers,
    truth: Truth,
    level: str,
    settings: ConsensusSettings,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return scores of the truth that each group outside the truth's would give by itself.

    Parameters
    ----------
    study : Study
    everyone : Answers
        At the level at which raters are judged.
    truth : Truth
        At that level.
    level : str
    settings : ConsensusSettings
    rng : numpy.random.Generator

    Returns
    -------
    table : DataFrame
        group, score, label, value, low, high, n, remark; empty unless the truth is of some groups
        alone and there are others.
    """
    if not settings.truth_group:
        return pd.DataFrame()
    parts = []
    for group in dict.fromkeys(study.answers.group or ()):
        own = study.answers.only(groups=[group])
        if group in settings.truth_group or len(own.raters) < 2 or not len(own):
            continue
        found = inferred(own, study, settings)
        if study.hierarchy is not None:
            found = truth_at(found, study.hierarchy, level)
        table = inferred_accuracy(found, truth, everyone, rng=rng, draws=settings.resamples).scores
        table.insert(0, "group", group)
        parts.append(table)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
