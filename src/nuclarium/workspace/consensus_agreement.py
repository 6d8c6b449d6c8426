"""The agreement of the raters of a study: by group, level of classes and version."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from nuclarium.raters.agreement import agreement
from nuclarium.raters.agreement_counts import Undetected
from nuclarium.raters.answers import UNDETECTED, Answers
from nuclarium.workspace.consensus_settings import ConsensusSettings
from nuclarium.workspace.consensus_study import Study, at_level, levels_of

COEFFICIENTS = {"krippendorff": "alpha", "gwet": "AC1"}
VERSIONS: Mapping[Undetected, str] = {"value": "detection and classes", "missing": "classes"}
EVERYONE = "all raters"


def agreement_table(
    study: Study,
    settings: ConsensusSettings,
    rng: np.random.Generator,
    advance: Callable[[int], None],
) -> pd.DataFrame:
    """Return coefficients with intervals, of all judged raters and of each group.

    Columns are group, level, version, coefficient, value, low, high, n_items, n_raters, remark.
    Where nobody left anything undetected, there is one version; without a hierarchy, one level.
    """
    answers = study.answers.only(groups=settings.group or None)
    levels = levels_of(answers, study.hierarchy) or ("",)
    versions = VERSIONS if UNDETECTED in answers.labels else {"value": "classes"}
    rows = []
    for group, part in _parts(answers).items():
        for level in levels:
            rolled = at_level(part, study.hierarchy, level or None)
            for version, words in versions.items():
                names = {"group": group, "level": level or "labels", "version": words}
                rows += [
                    names | _measured(rolled, name, version, settings, rng) for name in COEFFICIENTS
                ]
            advance(1)
    return pd.DataFrame(rows)


def _parts(answers: Answers) -> dict[str, Answers]:
    """Return all raters, and each group that has two or more where there are several."""
    parts = {EVERYONE: answers}
    groups = [name for name in dict.fromkeys(answers.group or ()) if name]
    if len(groups) > 1:
        chosen = {name: answers.only(groups=[name]) for name in groups}
        parts |= {name: part for name, part in chosen.items() if len(part.raters) > 1}
    return parts


def _measured(
    answers: Answers,
    coefficient: str,
    version: Undetected,
    settings: ConsensusSettings,
    rng: np.random.Generator,
) -> dict[str, object]:
    found = agreement(
        answers, coefficient, undetected=version, rng=rng, draws=settings.resamples
    )
    return {
        "coefficient": COEFFICIENTS[coefficient],
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "n_items": found.n_items,
        "n_raters": found.n_raters,
        "remark": found.remark,
    }
