"""Scores of the truth that k raters give, as curves with bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from nuclarium.core.errors import SettingsError
from nuclarium.raters.planning.scores import SCORES

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Enough:
    """Scores of the truth that k raters give, for every k and repetition.

    Parameters
    ----------
    ks : tuple of int
    scores : ndarray, shape (len(ks), repetitions, len(SCORES))
        nan where a score is not defined.
    fields : tuple of str
        Fields that had enough raters; items where there are no fields.
    remarks : tuple of str
        A sentence on each thing to know before the curves are trusted.
    """

    ks: tuple[int, ...]
    scores: Floats
    fields: tuple[str, ...]
    remarks: tuple[str, ...]

    def curves(self, level: float = 0.95) -> pd.DataFrame:
        """Return one row a score and k.

        Returns
        -------
        curves : DataFrame
            ``score, k, mean``; ``mean_low, mean_high``, an interval for the mean over an endless
            number of repetitions with these raters and fields; ``median, low, high``, between which
            a `level` of the repetitions lie; ``repetitions`` in which the score is defined.
        """
        rows = []
        tails = [(1 - level) / 2, 0.5, (1 + level) / 2]
        for s, name in enumerate(SCORES):
            for k, values in zip(self.ks, self.scores[:, :, s], strict=True):
                values = values[~np.isnan(values)]
                row = {"score": name, "k": k} | _mean_and_interval(values, level)
                ends = np.quantile(values, tails) if len(values) else np.full(3, np.nan)
                row |= dict(zip(("low", "median", "high"), map(float, ends), strict=True))
                rows.append(row | {"repetitions": len(values)})
        return pd.DataFrame(rows)

    def smallest(self, score: str, at_least: float) -> int | None:
        """Return the smallest k from which on the mean is at least this; None if no k is enough."""
        means = np.array(
            [_mean_and_interval(v[~np.isnan(v)], 0.95)["mean"] for v in self._of(score)]
        )
        short = np.flatnonzero(~(means >= at_least))
        first = 0 if not len(short) else int(short[-1]) + 1
        return self.ks[first] if first < len(self.ks) else None

    def _of(self, score: str) -> Floats:
        if score not in SCORES:
            raise SettingsError(f"score must be one of {', '.join(SCORES)}, but got '{score}'.")
        return self.scores[:, :, SCORES.index(score)]


def _mean_and_interval(values: Floats, level: float) -> dict[str, float]:
    """Return the mean with a normal interval from the spread of repetitions."""
    if not len(values):
        return {"mean": np.nan, "mean_low": np.nan, "mean_high": np.nan}
    mean = float(values.mean())
    if len(values) < 2:
        return {"mean": mean, "mean_low": np.nan, "mean_high": np.nan}
    reach = float(norm.ppf((1 + level) / 2) * values.std(ddof=1) / np.sqrt(len(values)))
    return {"mean": mean, "mean_low": mean - reach, "mean_high": mean + reach}
