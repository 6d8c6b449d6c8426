"""The agreement of the raters of a study: by group, level of classes and version."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from nuclarium.raters.agreement import agreement
from nuclarium.raters.agreement_counts import Undetected
from nuclarium.raters.agreement_repeats import intra_rater
from nuclarium.raters.answers import UNDETECTED, Answers
from nuclarium.workspace.consensus_settings import ConsensusSettings
from nuclarium.workspace.consensus_study import Study, at_level, levels_of

COEFFICIENTS = {"krippendorff": "alpha", "gwet": "AC1"}
VERSIONS: Mapping[Undetected, str] = {"value": "detection and classes", "missing": "classes"}
EVERYONE = "all raters"
_CHANCE = 0.1


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


def repeats_table(
    study: Study, settings: ConsensusSettings, level: str, rng: np.random.Generator
) -> pd.DataFrame:
    """Return how each judged rater agrees with himself in every other arm: kappa, intervals.

    Columns are arm, other_arm, rater, group, kappa, low, high, percent, n_items, remark.
    """
    parts = []
    for other, answers in study.arms.items():
        if other == study.arm:
            continue
        both = [
            at_level(one.only(groups=settings.group or None), study.hierarchy, level)
            for one in (study.arms[study.arm], answers)
        ]
        if not {*both[0].raters} & {*both[1].raters}:
            continue
        table = intra_rater(*both, rng=rng, draws=settings.resamples)
        table.insert(0, "arm", study.arm)
        table.insert(1, "other_arm", other)
        parts.append(table[table["n_items"] > 0])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def remarks_on_agreement(table: pd.DataFrame) -> tuple[str, ...]:
    """Return a remark where raters agree in everything, or no better than by chance."""
    alpha = table[(table["group"] == EVERYONE) & (table["coefficient"] == "alpha")]
    if not len(alpha) or not np.isfinite(alpha["value"]).any():
        return ()
    best = alpha.loc[alpha["value"].idxmax()]
    if best["value"] > 1 - 1e-12:
        return (
            "All raters gave the same answers: that is rare among people who work on their own. "
            "Make sure that they did.",
        )
    if not best["low"] > 0 and best["value"] < _CHANCE:
        return (
            "Raters agree no better than by chance, so the inferred truth and every score that is "
            "judged by it mean little.",
        )
    return ()


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
