"""Words that a coefficient of agreement is often given."""

from __future__ import annotations

import numpy as np

BANDS = ((0.2, "slight"), (0.4, "fair"), (0.6, "moderate"), (0.8, "substantial"))


def band(value: float) -> str:
    """Return the word that a coefficient is often given: slight, fair, … near perfect.

    The borders are a habit without a derivation; see docs/agreement.md.

    References
    ----------
    .. [1] Landis and Koch, 1977, doi:10.2307/2529310.

    Examples
    --------
    >>> band(0.55), band(0.8)
    ('moderate', 'substantial')
    """
    if np.isnan(value):
        return "undefined"
    if value < 0:
        return "poor"
    return next((word for limit, word in BANDS if value <= limit), "near perfect")
