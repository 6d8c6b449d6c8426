"""P values corrected for how many were looked at."""

from __future__ import annotations

import numpy as np

from nuclarium.analysis.grouped import Floats


def holm(p: Floats) -> Floats:
    """Bound the chance of any false finding: Holm's step-down correction.

    Parameters
    ----------
    p : ndarray of float64, shape (n,)
        nan where there is no test; these do not count, and stay nan.

    References
    ----------
    .. [1] Holm, 1979, https://www.jstor.org/stable/4615733.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, np.nan, 0.03])).round(3)
    array([0.03, 0.06,  nan, 0.06])
    """
    order, number = _ascending(p)
    corrected = np.full(len(p), np.nan)
    factor = number - np.arange(number)
    corrected[order] = np.minimum(np.maximum.accumulate(p[order] * factor), 1)
    return corrected


def benjamini_hochberg(p: Floats) -> Floats:
    """Bound the expected share of false findings among the findings.

    Parameters
    ----------
    p : ndarray of float64, shape (n,)
        nan where there is no test; these do not count, and stay nan.

    References
    ----------
    .. [1] Benjamini and Hochberg, 1995, doi:10.1111/j.2517-6161.1995.tb02031.x.

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, np.nan, 0.03])).round(3)
    array([0.03, 0.04,  nan, 0.04])
    """
    order, number = _ascending(p)
    corrected = np.full(len(p), np.nan)
    raised = p[order] * number / np.arange(1, number + 1)
    corrected[order] = np.minimum.accumulate(raised[::-1])[::-1]
    return corrected


def _ascending(p: Floats) -> tuple[np.typing.NDArray[np.int64], int]:
    """Return the places of the known p values from the smallest on, and how many they are."""
    number = int(np.isfinite(p).sum())
    return np.argsort(p, kind="stable")[:number].astype(np.int64), number
