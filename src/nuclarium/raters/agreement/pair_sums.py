"""Sums over fields of which kappas of pairs of raters are made, for any weights of fields."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.evaluate.counts import ratio
from nuclarium.raters.agreement.bootstrap import (
    Estimate,
    Method,
    Statistic,
    estimate,
)
from nuclarium.raters.agreement.counts import Told
from nuclarium.raters.agreement.distances import Distance, Floats


@dataclass(frozen=True, eq=False)
class PairSums:
    """Sums over fields of items with two labels, of P pairs of raters.

    Parameters
    ----------
    active : ndarray of int64, shape (F,)
        Fields with such items; the others have no weight.
    apart, n_items : ndarray of float64, shape (F, P)
        Sum of distances of the two labels, and number of common items.
    own, other : ndarray of float64, shape (F, P, K)
        The one and the other labels of these items.
    metric : Distance
    """

    active: npt.NDArray[np.int64]
    apart: Floats
    n_items: Floats
    own: Floats
    other: Floats
    metric: Distance

    def kappas(self) -> Statistic:
        """Return kappa of each pair as a function of weights of fields, shape (B, P)."""
        fields, pairs, labels = self.own.shape
        own, other = (part.reshape(fields, pairs * labels) for part in (self.own, self.other))

        def kappa(weight: Floats) -> Floats:
            weight = weight[:, self.active]
            shape = len(weight) * pairs, labels
            p, q = ((weight @ part).reshape(shape) for part in (own, other))
            expected = self.metric.expected(p, q).reshape(len(weight), pairs)
            observed = (weight @ self.apart) * (weight @ self.n_items)
            found: Floats = 1 - ratio(observed, expected)
            return found

        return kappa

    def estimate(
        self,
        n_fields: int,
        rng: np.random.Generator,
        draws: int,
        interval: Method,
        weights: Floats | None = None,
    ) -> Estimate:
        """Return kappa of each pair with its interval."""
        width = 2 * self.own.shape[1] * self.own.shape[2]
        return estimate(
            self.kappas(),
            n_fields,
            rng=rng,
            draws=draws,
            method=interval,
            width=width,
            weights=weights,
        )


def pair_sums(rows: Told, metric: Distance, first: int) -> PairSums:
    """Add up what kappas of one rater with those of higher number are made of; at least one."""
    own = np.full(len(rows.field), -1, np.int64)
    mine = rows.rater == first
    own[rows.item[mine]] = rows.label[mine]
    common = np.flatnonzero((rows.rater > first) & (own[rows.item] >= 0))
    item = rows.item[common]
    other = rows.rater[common].astype(np.int64) - first - 1
    shape = rows.n_raters - first - 1, len(rows.labels)
    return added_up(rows.field[item], other, (own[item], rows.label[common]), shape, metric)


def added_up(
    field: npt.NDArray[np.int64],
    pair: npt.NDArray[np.int64],
    labels: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    shape: tuple[int, int],
    metric: Distance,
) -> PairSums:
    """Add up items with two labels over their field and pair; `shape` is (P, K)."""
    active, code = np.unique(field, return_inverse=True)
    pairs, k = shape
    place = code * pairs + pair
    cells = len(active) * pairs
    apart = np.bincount(place, metric.between(*labels), cells).astype(np.float64)
    n_items = np.bincount(place, minlength=cells).astype(np.float64)
    own, other = (
        np.bincount(place * k + label, minlength=cells * k)
        .reshape(len(active), pairs, k)
        .astype(np.float64)
        for label in labels
    )
    return PairSums(
        active,
        apart.reshape(len(active), pairs),
        n_items.reshape(len(active), pairs),
        own,
        other,
        metric,
    )
