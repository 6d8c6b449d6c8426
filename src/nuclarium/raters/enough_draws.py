"""Draw raters, infer the truth from them, score it; repetitions in several processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nuclarium.raters.enough_scores import SCORES, Reference, scores_against
from nuclarium.raters.fit import Coded
from nuclarium.raters.truth import METHODS

Floats = npt.NDArray[np.float64]
Draw = Literal["field", "study"]
_CHUNK = 10
"""Repetitions that a process does at once."""


@dataclass(frozen=True, eq=False)
class Plan:
    """All that a repetition depends on, apart from its number.

    Parameters
    ----------
    codes : Coded
        Answers of all raters.
    field : ndarray of int32, shape (n_items,)
    seen : ndarray of bool, shape (n_fields, n_raters)
        Who looked at which field.
    reference : Reference
    ks : tuple of int
    seed : int
    draw : {"field", "study"}
    method : str
    settings : dict
    """

    codes: Coded
    field: npt.NDArray[np.int32]
    seen: npt.NDArray[np.bool_]
    reference: Reference
    ks: tuple[int, ...]
    seed: int
    draw: Draw
    method: str
    settings: dict[str, object]


def run_plan(plan: Plan, repetitions: int, workers: int, advance: Callable[[int], None]) -> Floats:
    """Do all repetitions; shape (len(ks), repetitions, scores). `workers` does not change them."""
    scores = np.empty((len(plan.ks), repetitions, len(SCORES)))
    parts = [range(i, min(i + _CHUNK, repetitions)) for i in range(0, repetitions, _CHUNK)]
    if workers == 1 or len(parts) == 1:
        for part in parts:
            scores[:, part.start : part.stop] = _scores_of_part(plan, part)
            advance(len(part))
        return scores
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(parts)), context, _begin, (plan,)) as pool:
        running = {pool.submit(_part_of_plan, part): part for part in parts}
        for done in as_completed(running):
            part = running[done]
            scores[:, part.start : part.stop] = done.result()
            advance(len(part))
    return scores


def ranks(plan: Plan, repetition: int) -> npt.NDArray[np.int64]:
    """Return the place of each rater in the draw of each field, from 0; shape (n_fields, n_raters).

    Raters with a place below k are drawn. Who did not look at a field comes last in it, or keeps
    his place where one draw holds for the study.
    """
    rng = np.random.default_rng([plan.seed, repetition])
    if plan.draw == "study":
        return np.broadcast_to(rng.permutation(plan.seen.shape[1]), plan.seen.shape)
    keys = np.where(plan.seen, rng.random(plan.seen.shape), 2.0)
    return np.asarray(keys.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable"))


def scores_of(plan: Plan, drawn: npt.NDArray[np.bool_]) -> Floats:
    """Infer the truth from the answers of drawn raters, (n_fields, n_raters), and score it."""
    codes = plan.codes
    kept = drawn[plan.field[codes.item], codes.rater]
    part = Coded(
        codes.item[kept],
        codes.rater[kept],
        codes.label[kept],
        codes.n_items,
        codes.n_raters,
        codes.n_labels,
    )
    if not kept.any():
        return np.full(len(SCORES), np.nan)
    settings: dict[str, Any] = plan.settings
    probabilities = METHODS[plan.method](part, **settings).probabilities
    answered = np.bincount(part.item, minlength=codes.n_items) > 0
    label = np.nan_to_num(probabilities.round(12)).argmax(axis=1).astype(np.int32)
    return scores_against(plan.reference, np.where(answered, label, np.int32(-1)), probabilities)


def _scores_of_part(plan: Plan, part: range) -> Floats:
    scores = np.empty((len(plan.ks), len(part), len(SCORES)))
    for column, repetition in enumerate(part):
        place = ranks(plan, repetition)
        for row, k in enumerate(plan.ks):
            scores[row, column] = scores_of(plan, (place < k) & plan.seen)
    return scores


_PLAN: list[Plan] = []
"""The plan of this process, so that it is sent once."""


def _begin(plan: Plan) -> None:
    _PLAN[:] = [plan]


def _part_of_plan(part: range) -> Floats:
    return _scores_of_part(_PLAN[0], part)
