"""What raters took for what, and how every two of them agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nuclarium.raters.accuracy.confusion import Confusions, confusions
from nuclarium.raters.agreement.pairs import PairwiseKappa, pairwise_kappa
from nuclarium.raters.answers import Answers
from nuclarium.raters.truth.inference import Truth
from nuclarium.workspace.consensus_raters import (
    MOST_LABELS,
    affordable_draws,
)
from nuclarium.workspace.consensus_settings import ConsensusSettings

MOST_PAIRED = 200
"""Raters of whom every two are compared."""


def confusions_of(answers: Answers, truth: Truth, judged: Answers) -> Confusions | None:
    """Count what judged raters took for what, in their order."""
    if len(answers.labels) > MOST_LABELS:
        return None
    found = confusions(answers, truth)
    place = [found.raters.index(name) for name in judged.raters]
    return replace(found, raters=judged.raters, counts=found.counts[place])


def pairs_of_raters(
    answers: Answers, settings: ConsensusSettings, rng: np.random.Generator
) -> tuple[PairwiseKappa | None, tuple[str, ...]]:
    """Compare every two raters, unless there are too many of them or of labels; with remarks."""
    if len(answers.raters) < 2 or len(answers.labels) > MOST_LABELS:
        return None, ()
    if len(answers.raters) > MOST_PAIRED:
        return None, (
            f"{len(answers.raters):,} raters are too many to compare every two of them; up to "
            f"{MOST_PAIRED} are. Choose a group with --group.",
        )
    draws, _ = affordable_draws(answers, settings)
    found = pairwise_kappa(answers, rng=rng, draws=draws)
    return found, found.remarks
