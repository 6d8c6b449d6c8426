"""How many raters would have been enough, from the answers of a study."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.raters.answers import Answers
from nuclarium.raters.enough import raters_enough
from nuclarium.raters.truth import Truth
from nuclarium.workspace.consensus_settings import ConsensusSettings

_MOST = 15
_MOST_ANSWERS = 200_000
_MOST_LABELS = 200
_SLOW = {"bayes": "dawid-skene", "glad": "dawid-skene", "mace": "dawid-skene"}
COLUMNS = ("score", "k", "mean", "low", "high", "repetitions")


def simulation_of(
    answers: Answers,
    truth: Truth,
    ambiguous: str | None,
    settings: ConsensusSettings,
    advance: Callable[[int], None],
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return curves of scores over the number of raters, and what limits them.

    Parameters
    ----------
    answers : Answers
        Of the raters that are judged.
    truth : Truth
        Of the same items, with labels of the same level.
    ambiguous : str or None
        Label that is in no score.
    settings : ConsensusSettings
    advance : callable
        Called with the number of repetitions that were finished.
    """
    empty = pd.DataFrame(columns=list(COLUMNS))
    if not settings.simulate:
        return empty, ()
    if len(answers) > _MOST_ANSWERS or len(answers.labels) > _MOST_LABELS:
        return empty, (
            f"How many raters are enough was not simulated for {len(answers):,} answers with "
            f"{len(answers.labels):,} labels: at most are {_MOST_ANSWERS:,} and {_MOST_LABELS}.",
        )
    most = _most_raters(answers)
    if most < 3:
        return empty, (
            "How many raters are enough was not simulated: most "
            f"{'items' if answers.field is None else 'fields'} have fewer than three raters.",
        )
    named = np.array([*truth.labels, ""], object)[truth.labels_of_items]
    reference = [name if name in answers.labels else "" for name in named]
    method = _SLOW.get(settings.method, settings.method)
    try:
        found = raters_enough(
            answers,
            reference,
            range(1, most + 1),
            repetitions=settings.repetitions,
            seed=settings.seed,
            method=method,
            ignored=() if ambiguous is None else (ambiguous,),
            workers=settings.workers,
            advance=advance,
        )
    except SettingsError as error:
        return empty, (f"How many raters are enough was not simulated: {error}",)
    said = (
        ()
        if method == settings.method
        else (f"The simulation of fewer raters used {method}, since {settings.method} is slow.",)
    )
    told = (f"In the simulation of fewer raters: {text}" for text in found.remarks)
    return found.curves()[list(COLUMNS)], (*said, *told)


def _most_raters(answers: Answers) -> int:
    """Return the number of raters that half of the fields, or items, have at least."""
    unit = answers.item if answers.field is None else answers.field[answers.item]
    pairs = np.unique(unit.astype(np.int64) * len(answers.raters) + answers.rater)
    counts = np.bincount(pairs // len(answers.raters))
    return min(_MOST, int(np.quantile(counts[counts > 0], 0.5, method="lower")))
