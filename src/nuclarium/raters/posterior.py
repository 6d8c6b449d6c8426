"""Draws of the posterior of confusions: intervals of labels, skills and confusions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nuclarium.raters.fit import Floats, Intervals, check_size
from nuclarium.raters.tally import Tally, log_of

_CELLS = 1 << 23
"""Numbers that are held at once while intervals of labels are computed."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of all parameters: prior, shape (S, K), and confusion ``[draw, rater, truth, answer]``.

    Parameters
    ----------
    prior, confusion : ndarray of float64
    """

    prior: Floats
    confusion: Floats

    @property
    def skills(self) -> Floats:
        """Probability of a right answer, averaged over the prior, shape (S, n_raters)."""
        right = np.diagonal(self.confusion, axis1=2, axis2=3)
        skills: Floats = np.einsum("swk,sk->sw", right, self.prior)
        return skills


def check_draws(draws: int, counted: Tally) -> None:
    """Raise a sentence where draws would not fit in memory."""
    check_size(
        f"{draws} draws of all confusions",
        (draws, counted.n_raters, counted.n_labels, counted.n_labels),
        "Ask for fewer draws, or roll labels up to fewer classes.",
    )


def intervals_of(counted: Tally, draws: Draws, level: float) -> tuple[Intervals, Floats]:
    """Return intervals with equal tails, and the mean posterior of rows, shape (P, K).

    The interval of a label is that of its probability given the item's answers, as confusions and
    prior vary over the draws: how sure the probability itself is.
    """
    low, high, mean = _of_rows(counted, draws, level)
    ends = [(1 - level) / 2, (1 + level) / 2]
    skill = np.quantile(draws.skills, ends, axis=0)
    confusion = np.quantile(draws.confusion, ends, axis=0)
    prior = np.quantile(draws.prior, ends, axis=0)
    rows = low[counted.row], high[counted.row]
    return Intervals(level, *rows, *skill, *confusion, *prior), mean


def _of_rows(counted: Tally, draws: Draws, level: float) -> tuple[Floats, Floats, Floats]:
    """Return low, high and mean of the posterior of each row over the draws, shape (P, K)."""
    number, labels = draws.prior.shape
    # [rater * K + answer, draw * K + truth]: one product for all draws.
    logs = log_of(draws.confusion).transpose(1, 3, 0, 2).reshape(-1, number * labels)
    log_prior = log_of(draws.prior)
    size = len(counted.weight), labels
    low, high, mean = np.empty(size), np.empty(size), np.empty(size)
    chunk = max(1, _CELLS // (number * labels))
    for begin in range(0, size[0], chunk):
        rows = slice(begin, begin + chunk)
        joint = (counted.counts[rows] @ logs).reshape(-1, number, labels) + log_prior
        joint -= joint.max(axis=2, keepdims=True)
        np.exp(joint, out=joint)
        joint /= joint.sum(axis=2, keepdims=True)
        mean[rows] = joint.mean(axis=1)
        joint.sort(axis=1)
        low[rows], high[rows] = (_at(joint, q) for q in ((1 - level) / 2, (1 + level) / 2))
    return low, high, mean


def _at(ordered: Floats, share: float) -> Floats:
    """Return the quantile of values that are in order along axis 1, between the two nearest."""
    place = share * (ordered.shape[1] - 1)
    below = int(place)
    above = min(below + 1, ordered.shape[1] - 1)
    result: Floats = ordered[:, below] + (place - below) * (ordered[:, above] - ordered[:, below])
    return result


def split_r_hat(values: Floats) -> float:
    """Return the largest ratio of spreads of the halves of a chain [1]_; 1 where settled.

    Parameters
    ----------
    values : ndarray of float64, shape (S, n)
        A draw a row; at least four.

    References
    ----------
    .. [1] Gelman et al., Bayesian Data Analysis, 3rd edition, 2013, section 11.4.
    """
    half = len(values) // 2
    parts = np.stack([values[:half], values[half : 2 * half]])
    within = parts.var(axis=1, ddof=1).mean(axis=0)
    between = parts.mean(axis=1).var(axis=0, ddof=1)
    moves = within > 0
    if not moves.any():
        return 1.0
    ratio = (half - 1) / half + between[moves] / within[moves]
    return float(np.sqrt(ratio.max()))
