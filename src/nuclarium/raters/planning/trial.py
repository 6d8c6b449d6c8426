"""What an order of questions to an expert saves, tried where the truth is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.raters.planning.next_question import Floats, after_answer, expected_gain
from nuclarium.raters.planning.with_expert import fit_with_expert
from nuclarium.raters.truth.fit import Coded

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
    trial = _Trial(codes, truth, answers, supposed, shuffled, start, learn)
    return {order: trial.accuracy(order, steps) for order in orders}


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


@dataclass(frozen=True, eq=False)
class _Trial:
    """All that every order of questions has in common."""

    codes: Coded
    truth: Codes
    answers: Codes
    supposed: Floats
    shuffled: npt.NDArray[np.int64]
    start: Floats
    learn: bool

    def accuracy(self, order: str, steps: int) -> Floats:
        """Ask about all items in an order, and return the share of right labels after each step."""
        asked = np.full(len(self.truth), -1, np.int32)
        known = self.start
        accuracy = [self._right(known)]
        for batch in np.array_split(np.arange(len(asked)), steps):
            urgency = _urgency(known, self.supposed, order)
            urgency[asked >= 0] = -np.inf
            most = np.argsort(-urgency[self.shuffled], kind="stable")[: len(batch)]
            chosen = self.shuffled[most]
            asked[chosen] = self.answers[chosen]
            known = self._after(asked, known)
            accuracy.append(self._right(known))
        return np.array(accuracy)

    def _after(self, asked: Codes, known: Floats) -> Floats:
        if self.learn:
            return fit_with_expert(self.codes, asked, self.supposed, known)
        return after_answer(self.start, self.supposed, asked)

    def _right(self, known: Floats) -> float:
        return float((known.argmax(axis=1) == self.truth).mean())


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
