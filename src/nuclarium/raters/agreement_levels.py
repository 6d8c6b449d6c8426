"""Answers and truths at a coarser level of a hierarchy of classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nuclarium.core.classes import Hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.raters.answer_codes import UNDETECTED, Answers
from nuclarium.raters.truth import Truth


def answers_at(
    answers: Answers, hierarchy: Hierarchy, level: str, *, ambiguous: bool = True
) -> Answers:
    """Return answers with the classes of a level.

    Parameters
    ----------
    answers : Answers
        Labels of this level or a finer one; ``undetected`` stays.
    hierarchy : Hierarchy
    level : str
        Name of a level.
    ambiguous : bool
        Whether answers of the ambiguous class stay; they are left out otherwise, since that class
        is in no score.

    Raises
    ------
    SettingsError
        If a label belongs to no class of the level.
    """
    rolled = hierarchy.roll_up_many(answers.labels, level, keep=(UNDETECTED, ""))
    names = _ordered(hierarchy, level, rolled)
    if not ambiguous:
        names = tuple(name for name in names if name != hierarchy.ambiguous)
    code = {name: k for k, name in enumerate(names)}
    place = np.array([code.get(name, -1) for name in rolled], np.int32)[answers.label]
    kept = place >= 0
    return replace(
        answers,
        item=answers.item[kept],
        rater=answers.rater[kept],
        label=place[kept],
        labels=names,
    )


def truth_at(truth: Truth, hierarchy: Hierarchy, level: str) -> Truth:
    """Return a truth with the classes of a level: probabilities and prior added up.

    Confusion, skill, intervals and what only a method knows belong to the finer labels: confusion
    and intervals are left out, skill stays as it was.
    """
    probabilities, names = hierarchy.roll_up_probabilities(truth.probabilities, truth.labels, level)
    prior, _ = hierarchy.roll_up_probabilities(truth.prior[None], truth.labels, level)
    return replace(
        truth,
        labels=names,
        probabilities=probabilities,
        prior=prior[0],
        confusion=None,
        intervals=None,
    )


def detected_by(answers: Answers, at_least: int) -> Answers:
    """Return the answers to items that so many raters detected, as a class of any name.

    Agreement on these is higher by selection: see docs/agreement.md.

    Raises
    ------
    SettingsError
        If there is no such item.
    """
    detections = np.bincount(answers.item[~is_undetected(answers)], minlength=len(answers.items))
    chosen = np.flatnonzero(detections >= at_least)
    if not len(chosen):
        raise SettingsError(
            f"No item was detected by {at_least} raters; at most {detections.max(initial=0)} did."
        )
    return answers.only(items=chosen)


def is_undetected(answers: Answers) -> np.typing.NDArray[np.bool_]:
    """Return which answers say ``undetected``."""
    if UNDETECTED not in answers.labels:
        return np.zeros(len(answers), bool)
    return np.asarray(answers.label == answers.labels.index(UNDETECTED))


def _ordered(hierarchy: Hierarchy, level: str, names: tuple[str, ...]) -> tuple[str, ...]:
    known = [name for name in hierarchy.level(level).classes if name in names]
    return (*known, *(name for name in dict.fromkeys(names) if name not in known))
