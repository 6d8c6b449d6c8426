"""What is true of each item when raters are judged: a nucleus of a class, nothing, or unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError
from nuclarium.raters.answer_codes import UNDETECTED, Answers
from nuclarium.raters.truth import Truth

IGNORED, NOTHING, NUCLEUS = -1, 0, 1
NO_CLASS = "(no class)"
"""Column of answers that are no class: ambiguous ones, and those that truth does not know."""


@dataclass(frozen=True, eq=False)
class TrueItems:
    """The truth of the items of answers.

    Parameters
    ----------
    state : ndarray of int8, shape (n_items,)
        1: a nucleus; 0: nothing, so that who marked it invented it; -1: not judged.
    label : ndarray of int64, shape (n_items,)
        Class of a nucleus as a place in `labels`; -1 elsewhere.
    labels : tuple of str
        Classes, without ``undetected`` and ambiguous ones.
    place : ndarray of int64, shape (len(answers.labels),)
        Class of each label of the answers; ``len(labels)`` for one that is no class, -1 for
        ``undetected``.
    has_detection : bool
        Whether anybody, or the truth, ever said ``undetected``; else detection is not judged.
    """

    state: npt.NDArray[np.int8]
    label: npt.NDArray[np.int64]
    labels: tuple[str, ...]
    place: npt.NDArray[np.int64]
    has_detection: bool


def true_items(
    answers: Answers,
    truth: Truth,
    *,
    ambiguous: Sequence[str] = (),
    min_detections: int | None = None,
) -> TrueItems:
    """Judge each item as NuCLS does.

    A nucleus is an item whose true label is a class. Nothing is an item whose true label is
    ``undetected``, or which fewer than `min_detections` raters of the truth detected. Items of an
    ambiguous class, or without truth, are not judged.

    Parameters
    ----------
    answers : Answers
        Of those who are judged; where the raters of the truth are among them, their detections are
        counted.
    truth : Truth
        Its items are found by their names.
    ambiguous : sequence of str
        Labels that are no class; ``AMBIGUOUS`` of NuCLS.
    min_detections : int, optional
        2 when left out, or fewer where fewer raters made the truth.

    Raises
    ------
    SettingsError
        If truth and answers have no item in common.
    """
    label = _true_labels(answers, truth)
    left_out = {UNDETECTED, *ambiguous}
    names = dict.fromkeys([*truth.labels, *answers.labels])
    labels = tuple(name for name in names if name not in left_out)
    code = {name: k for k, name in enumerate(labels)}
    of_truth = np.array([code.get(name, -1) for name in truth.labels] + [-1], np.int64)
    of_item = of_truth[label]
    state = np.full(len(label), IGNORED, np.int8)
    state[of_item >= 0] = NUCLEUS
    has_detection = UNDETECTED in truth.labels or UNDETECTED in answers.labels
    if has_detection:
        if UNDETECTED in truth.labels:
            state[label == truth.labels.index(UNDETECTED)] = NOTHING
        few = _too_few(answers, truth, min_detections)
        state[few & (label >= 0)] = NOTHING
    no_class = len(labels)
    place = [-1 if n == UNDETECTED else code.get(n, no_class) for n in answers.labels]
    return TrueItems(
        state,
        np.where(state == NUCLEUS, of_item, -1),
        labels,
        np.array(place, np.int64),
        has_detection,
    )


def _true_labels(answers: Answers, truth: Truth) -> npt.NDArray[np.int64]:
    """Return the label of the truth of each item of the answers, -1 where there is none."""
    label = truth.labels_of_items.astype(np.int64)
    if truth.items == answers.items:
        return label
    place = {name: i for i, name in enumerate(truth.items)}
    found = np.array([place.get(name, -1) for name in answers.items], np.int64)
    if not (found >= 0).any():
        raise SettingsError(
            "Truth and answers must have items in common, but none of "
            f"{len(answers.items)} answered items has a truth. Check the names of items."
        )
    return np.where(found >= 0, label[found], -1)


def _too_few(answers: Answers, truth: Truth, min_detections: int | None) -> npt.NDArray[np.bool_]:
    """Return which items too few raters of the truth detected; none where these are not there."""
    judges = np.isin(np.array(answers.raters, object), np.array(truth.raters, object))
    limit = min(2, int(judges.sum())) if min_detections is None else min_detections
    if not judges.any():
        return np.zeros(len(answers.items), bool)
    detected = judges[answers.rater]
    if UNDETECTED in answers.labels:
        detected &= answers.label != answers.labels.index(UNDETECTED)
    pairs = np.unique(
        answers.item[detected].astype(np.int64) * len(judges) + answers.rater[detected]
    )
    few: npt.NDArray[np.bool_] = (
        np.bincount(pairs // len(judges), minlength=len(answers.items)) < limit
    )
    return few
