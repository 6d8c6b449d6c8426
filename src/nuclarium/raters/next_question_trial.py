"""What an order of questions to an expert saves, tried where the truth is known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from nuclarium.raters.fit import Coded
from nuclarium.raters.next_question import Floats, after_answer, expected_gain
from nuclarium.raters.with_expert import fit_with_expert

Codes = npt.NDArray[np.int32]
ORDERS = ("random", "entropy", "least sure", "gain in entropy", "gain in error")
"""``entropy`` and ``least sure`` (one less the largest probability) know nothing of the expert."""


def tried_orders(
    codes: Coded,
    truth: Codes,
    expert: Floats,
    supposed: Floats,
    steps: int,
    rng: np.random.Generator,
    *,
    learn: bool = True,
    orders: tuple[str, ...] = ORDERS,
) -> Mapping[str, Floats]:
    """Ask about all items in several orders, and score the labels after every batch.

    The expert's answer to an item is drawn once and is the same in every order.

    Parameters
    ----------
    codes : Coded
        Answers of the raters.
    truth : ndarray of int32, shape (n_items,)
        Planted label.
    expert, supposed : ndarray, shape (K, K)
        His confusions as planted, and as they are supposed to be by who asks.
    steps : int
        Batches; the order of what is left is made anew before each.
    rng : numpy.random.Generator
    learn : bool
        Fit the raters anew after every batch with the expert's answers, so that they say something
        of other items too; otherwise his answers change the items that he saw alone.

    Returns
    -------
    accuracy : mapping of str to ndarray, shape (steps + 1,)
        Share of items with the right label, before any question and after each batch.
    """
    answers = _drawn_answers(truth, expert, rng)
    shuffled = rng.permutation(len(truth))
    start = fit_with_expert(codes, np.full(len(truth), -1), supposed)
    return {
        order: _tried(codes, truth, answers, supposed, steps, order, shuffled, start, learn)
        for order in orders
    }


def questions_needed(accuracy: Floats, n_items: int, goal: float) -> float:
    """Return how many questions reach a goal, between batches on a straight line; nan if none do.

    Parameters
    ----------
    accuracy : ndarray, shape (steps + 1,)
    n_items : int
        Items that all batches hold.
    goal : float
    """
    reached = np.flatnonzero(accuracy >= goal)
    if not len(reached):
        return float("nan")
    batch, at = n_items / (len(accuracy) - 1), int(reached[0])
    if at == 0:
        return 0.0
    below, above = accuracy[at - 1], accuracy[at]
    return float(batch * (at - 1 + (goal - below) / (above - below)))


def _drawn_answers(truth: Codes, expert: Floats, rng: np.random.Generator) -> Codes:
    edges = np.cumsum(expert, axis=1)[truth]
    answers = (rng.random(len(truth))[:, None] >= edges[:, :-1]).sum(axis=1)
    return np.asarray(answers, np.int32)


def _tried(
    codes: Coded,
    truth: Codes,
    answers: Codes,
    supposed: Floats,
    steps: int,
    order: str,
    shuffled: npt.NDArray[np.int64],
    start: Floats,
    learn: bool,
) -> Floats:
    asked = np.full(len(truth), -1, np.int32)
    accuracy = [float((start.argmax(axis=1) == truth).mean())]
    known = start
    for batch in np.array_split(np.arange(len(truth)), steps):
        urgency = _urgency(known, supposed, order)
        urgency[asked >= 0] = -np.inf
        chosen = shuffled[np.argsort(-urgency[shuffled], kind="stable")][: len(batch)]
        asked[chosen] = answers[chosen]
        known = (
            fit_with_expert(codes, asked, supposed, known)
            if learn
            else after_answer(start, supposed, asked)
        )
        accuracy.append(float((known.argmax(axis=1) == truth).mean()))
    return np.array(accuracy)


def _urgency(known: Floats, supposed: Floats, order: str) -> Floats:
    """Return how much each item is to be asked; ties are broken at random by who calls."""
    if order == "random":
        return np.zeros(len(known))
    if order == "entropy":
        logs = np.log(known, out=np.zeros_like(known), where=known > 0)
        return np.asarray(-(known * logs).sum(axis=1))
    if order == "least sure":
        return np.asarray(1 - known.max(axis=1))
    return expected_gain(known, supposed, "entropy" if order == "gain in entropy" else "error")
