"""Scores that are probabilities: of the nuclei with a score of 0.8, four of five are right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_LEAST_IN_BIN = 30
_MOST_BINS = 20


@dataclass(frozen=True, slots=True)
class Calibration:
    """A rising curve from what the network says of a nucleus to how often that is right.

    Parameters
    ----------
    raw : tuple of float
        Mean foreground probabilities, rising, in [0, 1].
    right : tuple of float
        Part of the nuclei of that probability that are right; never falling, in [0, 1].
    """

    raw: tuple[float, ...]
    right: tuple[float, ...]

    def __post_init__(self) -> None:
        raw, right = np.array(self.raw), np.array(self.right)
        if raw.size < 2 or raw.shape != right.shape:
            raise ValueError(
                f"A calibration needs at least two points, but got {raw.size} of raw and "
                f"{right.size} of right."
            )
        if (np.diff(raw) <= 0).any() or (np.diff(right) < 0).any():
            raise ValueError("The curve of a calibration must rise, but it falls or stands still.")
        if min(raw[0], right[0]) < 0 or max(raw[-1], right[-1]) > 1:
            raise ValueError("A calibration must stay within 0 to 1, but it does not.")

    def apply(self, score: Floats) -> Floats:
        """Probability that nuclei of these raw scores are right; straight between the points."""
        return np.interp(score, self.raw, self.right)


def fit_calibration(score: Floats, is_right: Flags) -> Calibration:
    """Learn a calibration from nuclei of which it is known whether they are right.

    Isotonic regression [1]_ over bins of equal counts; the points of the curve are their means.

    Parameters
    ----------
    score : ndarray of float64, shape (n,)
        Mean foreground probabilities.
    is_right : ndarray of bool, shape (n,)
        Whether a true nucleus overlaps it by an IoU of at least 0.5.

    Raises
    ------
    ValueError
        If there are fewer than 60 nuclei, or they differ too little in score.

    References
    ----------
    .. [1] B. Zadrozny and C. Elkan, KDD 2002, doi:10.1145/775047.775151
    """
    bins = min(_MOST_BINS, len(score) // _LEAST_IN_BIN)
    if bins < 2:
        raise ValueError(
            f"A calibration needs at least {2 * _LEAST_IN_BIN} nuclei, but got {len(score)}."
        )
    order = np.argsort(score, kind="stable")
    parts = np.array_split(order, bins)
    raw = np.array([score[part].mean() for part in parts])
    right = np.array([is_right[part].mean() for part in parts])
    rising = isotonic_regression(right, weights=np.array([len(part) for part in parts])).x
    keep = np.flatnonzero(np.diff(raw, prepend=-1) > 1e-6)
    return Calibration(
        tuple(np.round(raw[keep], 5).tolist()), tuple(np.round(rising[keep], 4).tolist())
    )


@dataclass(frozen=True)
class Reliability:
    """What a score promises against what it keeps, bin by bin.

    Parameters
    ----------
    promised, kept : ndarray of float64, shape (b,)
        Mean score, and part of the nuclei that is right, of each bin that is not empty.
    count : ndarray of int64, shape (b,)
    """

    promised: Floats
    kept: Floats
    count: npt.NDArray[np.int64]

    @property
    def error(self) -> float:
        """Mean difference of the two, each bin by its nuclei (expected calibration error)."""
        if not self.count.sum():
            return float("nan")
        return float(np.average(np.abs(self.promised - self.kept), weights=self.count))


def reliability(score: Floats, is_right: Flags, bins: int = 10) -> Reliability:
    """Compare scores with what is right, in bins of equal width over [0, 1].

    Parameters
    ----------
    score : ndarray of float64, shape (n,)
        In [0, 1].
    is_right : ndarray of bool, shape (n,)
    bins : int
    """
    number = np.clip((score * bins).astype(int), 0, bins - 1)
    count = np.bincount(number, minlength=bins)
    filled = np.flatnonzero(count)
    promised = np.bincount(number, score, bins)[filled] / count[filled]
    kept = np.bincount(number, is_right.astype(float), bins)[filled] / count[filled]
    return Reliability(promised, kept, count[filled].astype(np.int64))
