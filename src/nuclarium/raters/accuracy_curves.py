"""Curves of a score against a truth, and the areas under them, with fields that are weighted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from nuclarium.evaluate.counts import ratio
from nuclarium.raters.agreement_bootstrap import Statistic
from nuclarium.raters.agreement_distances import Floats


class RankedScores:
    """Positives and negatives at each value of a score, from the highest on, by field.

    Parameters
    ----------
    score : ndarray of float64, shape (n,)
        Finite; higher speaks for positive.
    is_positive : ndarray of bool, shape (n,)
    field : ndarray of int64, shape (n,)
    n_fields : int
    """

    def __init__(
        self,
        score: Floats,
        is_positive: npt.NDArray[np.bool_],
        field: npt.NDArray[np.int64],
        n_fields: int,
    ) -> None:
        values, place = np.unique(-score, return_inverse=True)
        self.thresholds: Floats = -values
        shape = len(values), n_fields
        ones = np.ones(len(score))
        self._positive, self._negative = (
            sparse.coo_array((ones[part], (place[part], field[part])), shape=shape).tocsr()
            for part in (is_positive, ~is_positive)
        )

    def counts(self, weight: Floats) -> tuple[Floats, Floats]:
        """Return weighted positives and negatives at each value, shape (B, n_values) each."""
        found = (np.asarray((part @ weight.T).T) for part in (self._positive, self._negative))
        positive, negative = found
        return positive, negative

    @property
    def auroc(self) -> Statistic:
        """Area under the ROC curve: the chance that a positive scores above a negative; ties half.

        References
        ----------
        .. [1] Hanley and McNeil, 1982, doi:10.1148/radiology.143.1.7063747.
        """

        def area(weight: Floats) -> Floats:
            positive, negative = self.counts(weight)
            above = np.cumsum(positive, axis=1) - positive / 2
            pairs = positive.sum(axis=1) * negative.sum(axis=1)
            found: Floats = ratio((negative * above).sum(axis=1), pairs)
            return found

        return area

    @property
    def average_precision(self) -> Statistic:
        """Mean precision over positives, each at its own threshold; steps, not interpolated."""

        def area(weight: Floats) -> Floats:
            positive, negative = self.counts(weight)
            hits = np.cumsum(positive, axis=1)
            precision = np.nan_to_num(ratio(hits, hits + np.cumsum(negative, axis=1)))
            found: Floats = ratio((positive * precision).sum(axis=1), positive.sum(axis=1))
            return found

        return area

    def curve(self) -> pd.DataFrame:
        """Return one row a threshold, from the highest on: precision, recall, false_positive_rate.

        What scores at least `threshold` is called positive.
        """
        positive, negative = (x[0] for x in self.counts(np.ones((1, self._positive.shape[1]))))
        hits, alarms = np.cumsum(positive), np.cumsum(negative)
        return pd.DataFrame(
            {
                "threshold": self.thresholds,
                "precision": ratio(hits, hits + alarms),
                "recall": ratio(hits, np.full(len(hits), positive.sum())),
                "false_positive_rate": ratio(alarms, np.full(len(hits), negative.sum())),
            }
        )
