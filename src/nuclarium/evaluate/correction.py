"""Correction of p values for the number of comparisons."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p: Sequence[float]) -> list[float]:
    """Adjust p values so that one false finding among all is as rare as each was by itself [1]_.

    Parameters
    ----------
    p : sequence of float
        One a comparison; nan is no comparison, and stays.

    References
    ----------
    .. [1] S. Holm, Scand. J. Stat. 6, 65 (1979)

    Examples
    --------
    >>> [round(value, 3) for value in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p, np.float64)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted = values.copy()
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(factors * values[order]))
    return [float(value) for value in adjusted]
