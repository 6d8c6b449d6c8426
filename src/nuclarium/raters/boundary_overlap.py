"""How well two outlines of each nucleus agree: shared pixels, IoU and Dice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nuclarium.raters.marks import Corners
from nuclarium.raters.outline_runs import Runs


def outline_overlap(
    first: Sequence[Corners | None], second: Sequence[Corners | None]
) -> pd.DataFrame:
    """Compare pairs of outlines by the pixels whose centres they enclose.

    Parameters
    ----------
    first, second : sequence of ndarray, shape (c, 2), or None
        Corners ``(y, x)``; such as the suggested outline and the one drawn by hand of each anchor.

    Returns
    -------
    table : DataFrame
        One row a pair: ``intersect`` (pixels in both), ``sums`` (pixels of the one and pixels of
        the other), ``iou = intersect / (sums - intersect)`` and ``dice = 2 · intersect / sums``
        [1]_; nan where one of the two outlines is missing, or both enclose no pixel.

    Raises
    ------
    ValueError
        If there are not as many of the one as of the other.

    References
    ----------
    .. [1] Amgad et al., 2022, doi:10.1093/gigascience/giac037.

    Examples
    --------
    >>> square = np.array([[0, 0], [0, 2], [2, 2], [2, 0]], float)
    >>> outline_overlap([square], [square + [0, 1]]).iloc[0].round(3).to_dict()
    {'intersect': 2.0, 'sums': 8.0, 'iou': 0.333, 'dice': 0.5}
    """
    if len(first) != len(second):
        raise ValueError(f"Pairs are needed, but got {len(first)} and {len(second)} outlines.")
    n = len(first)
    runs = Runs.of([*first, *second])
    shared = runs.shared(np.arange(n), np.arange(n) + n).astype(np.float64)
    sums = (runs.area[:n] + runs.area[n:]).astype(np.float64)
    known = np.array([a is not None and b is not None for a, b in zip(first, second, strict=True)])
    known = known.astype(bool) & (sums > 0)
    shared, sums = np.where(known, shared, np.nan), np.where(known, sums, np.nan)
    return pd.DataFrame(
        {
            "intersect": shared,
            "sums": sums,
            "iou": shared / (sums - shared),
            "dice": 2 * shared / sums,
        }
    )
