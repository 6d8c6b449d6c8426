"""What raters take for what: answers counted against a truth that has probabilities."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.raters.answers import Answers
from nuclarium.raters.fit import Floats, check_size
from nuclarium.raters.truth import Truth


def counted_confusions(answers: Answers, truth: Truth) -> Floats:
    """Count how often each rater answered what, by truth.

    Each answer counts in every row of its rater, by the probability of that truth; so counts are
    no whole numbers where the truth is not sure. Raters need not be those of the truth.

    Parameters
    ----------
    answers : Answers
        Items are those of the truth, in its order.
    truth : Truth
        Labels that the answers lack are rows of nobody's answers; a label that the truth lacks has
        no row of its own.

    Returns
    -------
    counts : ndarray of float64, shape (n_raters, K, K)
        ``[rater, truth, answer]``, in the order of `answers.labels`. Answers to items without a
        truth are left out.

    Raises
    ------
    SettingsError
        If that would be more than 2^28 numbers.
    """
    k, n = len(answers.labels), len(answers.raters)
    check_size("Confusions of all raters", (n, k, k), "Roll labels up to fewer classes.")
    place = {name: column for column, name in enumerate(truth.labels)}
    counts = np.zeros((n, k, k))
    cell = answers.rater.astype(np.int64) * k + answers.label
    for row, name in enumerate(answers.labels):
        if name in place:
            chance = np.nan_to_num(truth.probabilities[:, place[name]])[answers.item]
            counts[:, row] = np.bincount(cell, chance, n * k).reshape(n, k)
    return counts


def confusion_shares(counts: Floats) -> Floats:
    """Return counts as shares of their row; nan in rows of fewer than half an answer."""
    total = counts.sum(axis=-1, keepdims=True)
    shares = np.full(counts.shape, np.nan)
    np.divide(counts, total, out=shares, where=total >= 0.5)
    return shares


def confusion_table(counts: Floats, answers: Answers) -> pd.DataFrame:
    """Return one row a cell that has anything: rater, truth, answer, count, share of the row."""
    shares = confusion_shares(counts)
    rater, row, column = np.nonzero(counts > 0)
    labels: npt.NDArray[np.object_] = np.array(answers.labels, object)
    return pd.DataFrame(
        {
            "rater": np.array(answers.raters, object)[rater],
            "truth": labels[row],
            "answer": labels[column],
            "count": counts[rater, row, column],
            "share": shares[rater, row, column],
        }
    )
