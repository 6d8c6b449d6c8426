"""Dawid and Skene's model with an expert whose confusions are given and who answers some items."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from nuclarium.raters.fit import Coded, Floats, normalised
from nuclarium.raters.majority import vote_counts
from nuclarium.raters.next_question import checked_expert

_LEAST = 1e-300


def fit_with_expert(
    codes: Coded,
    answers: npt.NDArray[np.integer],
    expert: Floats,
    start: Floats | None = None,
    *,
    smoothing: float = 3.0,
    iterations: int = 200,
    tolerance: float = 1e-6,
) -> Floats:
    """Fit raters and truth by EM, with the expert's confusions held as they are given.

    Without an answer of the expert and with no smoothing it is the model of `dawid_skene`. That
    takes what never came for impossible, and no expert can bring it back: of rare classes this
    undoes most of what he says. So imagined answers are added, a little to everything.

    Parameters
    ----------
    codes : Coded
        Answers of the raters.
    answers : ndarray of int, shape (n_items,)
        The expert's answer, −1 where there is none.
    expert : ndarray, shape (K, K)
        ``[truth, answer]``.
    start : ndarray, shape (n_items, K), optional
        Probabilities to begin with; shares of votes when left out.
    smoothing : float
        Imagined answers of each rater to items of each class, spread evenly over all answers; and
        as many imagined items, spread evenly over classes. 3 did best of 0 to 3 in simulation.
    iterations : int
    tolerance : float
        Stops when the log-likelihood, with that of what is imagined, grows by less than this times
        the number of answers.

    Returns
    -------
    probabilities : ndarray, shape (n_items, K)
        Uniform for an item that nobody answered.
    """
    k = codes.n_labels
    matrix = checked_expert(expert, k)
    column = codes.rater.astype(np.int64) * k + codes.label
    shape = (codes.n_items, codes.n_raters * k)
    counts = sparse.csr_array((np.ones(len(column)), (codes.item, column)), shape=shape)
    turned = counts.T.tocsr()
    known = np.zeros((codes.n_items, k))
    asked = np.flatnonzero(answers >= 0)
    known[asked] = np.log(np.maximum(matrix.T[answers[asked]], _LEAST))
    heard = (np.bincount(codes.item, minlength=codes.n_items) > 0) | (answers >= 0)
    probabilities = normalised(vote_counts(codes), 1 / k) if start is None else start
    before = -np.inf
    for _ in range(iterations):
        prior = normalised(heard @ probabilities + smoothing / k, 1 / k)
        sums = np.asarray(turned @ probabilities).reshape(codes.n_raters, k, k)
        confusion = normalised(np.moveaxis(sums, 1, 2) + smoothing / k, 1 / k)
        logs = np.log(np.maximum(np.moveaxis(confusion, 2, 1), _LEAST)).reshape(-1, k)
        joint = counts @ logs + np.log(np.maximum(prior, _LEAST)) + known
        largest = joint.max(axis=1, keepdims=True)
        weight = np.exp(joint - largest)
        total = weight.sum(axis=1, keepdims=True)
        probabilities = weight / total
        likelihood = float((largest + np.log(total))[heard].sum())
        if smoothing:
            likelihood += smoothing / k * float(logs.sum() + np.log(prior).sum())
        if likelihood - before < tolerance * max(len(column), 1):
            break
        before = likelihood
    probabilities[~heard] = 1 / k
    return probabilities
