"""Weighted votes: raters who agree with the rest count more."""

from __future__ import annotations

from typing import Literal

import numpy as np

from nuclarium.raters.fit import Coded, Fit, Floats, normalised, skill_of
from nuclarium.raters.majority import mean_over_items, vote_counts, winners

Rule = Literal["iterative", "wawa"]


def weighted_vote(codes: Coded, *, rule: Rule = "iterative", iterations: int = 100) -> Fit:
    """Vote, weigh raters by their agreement with the winners, and vote again.

    Parameters
    ----------
    codes : Coded
        The answers.
    rule : {"iterative", "wawa"}
        ``iterative`` is the iterative weighted majority vote [1]_: a rater whose answers agree
        with a share s of the winners weighs K s - 1, where K is the number of labels, so that
        guessing counts nothing and worse than guessing counts against; until the winners stay.
        ``wawa`` (worker agreement with aggregate) weighs by s, once. In both, the first label wins
        a tie. Votes against are taken out before shares are made.
    iterations : int
        Most rounds of ``iterative``.

    Returns
    -------
    fit : Fit
        Shares of the weight stand as probabilities; they are no posterior. Skill is agreement with
        the winners.

    References
    ----------
    .. [1] Li and Yu, 2014, https://arxiv.org/abs/1411.4086.
    """
    counts = vote_counts(codes)
    nobody = counts.sum(axis=1) == 0
    winner, converged = counts.argmax(axis=1), rule == "wawa"
    for _ in range(1 if rule == "wawa" else max(iterations, 1)):
        weight = _agreement(codes, winner)
        if rule == "iterative":
            weight = weight * codes.n_labels - 1 if codes.n_labels > 1 else weight
        votes = vote_counts(codes, weight[codes.rater])
        before, winner = winner, _winner(votes, counts)
        if (winner == before).all():
            converged = True
            break
    probabilities = _shares(votes, winner)
    probabilities[nobody] = np.nan
    prior = mean_over_items(probabilities)
    return Fit(
        probabilities,
        prior,
        skill_of(codes, winners(winner, codes.n_labels), prior),
        converged=converged,
        extra={"weight": weight},
        remarks=() if converged else (f"Winners still changed after {iterations} rounds.",),
    )


def _agreement(codes: Coded, winner: np.ndarray) -> Floats:
    right = (codes.label == winner[codes.item]).astype(np.float64)
    given = np.bincount(codes.rater, minlength=codes.n_raters)
    share: Floats = np.bincount(codes.rater, right, minlength=codes.n_raters) / np.maximum(given, 1)
    return share


def _winner(votes: Floats, counts: Floats) -> np.ndarray:
    """Return the label with most weight; plain votes where all weights are 0."""
    # Sums in another order must not break a tie.
    best: np.ndarray = votes.round(9).argmax(axis=1)
    weightless = np.abs(votes).max(axis=1) < 1e-9
    return np.where(weightless, counts.argmax(axis=1), best)


def _shares(votes: Floats, winner: np.ndarray) -> Floats:
    return normalised(np.maximum(votes, 0), winners(winner, votes.shape[1]))
