"""A difference between two arms that the same raters did on the same fields."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from nuclarium.core.errors import SettingsError


@dataclass(frozen=True, slots=True)
class CrossedDifference:
    """Mean difference over raters and fields, for raters and fields like these.

    Parameters
    ----------
    mean, low, high : float
        With its interval.
    p_value : float
        Of no difference, two-sided.
    degrees : float
        Of freedom.
    """

    mean: float
    low: float
    high: float
    p_value: float
    degrees: float


def crossed_difference(
    differences: npt.NDArray[np.float64], level: float = 0.95
) -> CrossedDifference:
    """Test whether the mean difference is 0 where both raters and fields are samples.

    The variance of the mean adds those that raters and that fields bring, and not what is left over
    twice: ``(MS_raters + max(MS_fields − MS_rest, 0)) / (R F)``, as in studies of readers and cases
    [1]_, with degrees of freedom by Satterthwaite [2]_ over all three. Its conclusion holds for
    raters and fields of the same kinds.

    Parameters
    ----------
    differences : ndarray, shape (R, F)
        Score in one arm less score in the other, of every rater on every field.
    level : float
        Of the interval.

    Raises
    ------
    SettingsError
        With fewer than two raters or two fields, or with an empty cell.

    References
    ----------
    .. [1] Dorfman, Berbaum and Metz, 1992, doi:10.1097/00004424-199209000-00015.
    .. [2] Satterthwaite, 1946, doi:10.2307/3002019.
    """
    if differences.ndim != 2 or min(differences.shape) < 2 or np.isnan(differences).any():
        raise SettingsError(
            "A difference of arms needs at least two raters who all did at least two fields in "
            f"both arms, but got a table of {' by '.join(map(str, differences.shape))} with "
            f"{int(np.isnan(differences).sum())} empty cells. Leave raters or fields out."
        )
    raters, fields = differences.shape
    mean = float(differences.mean())
    by_rater = differences.mean(axis=1, keepdims=True) - mean
    by_field = differences.mean(axis=0, keepdims=True) - mean
    rest = differences - mean - by_rater - by_field
    of_raters = fields * float((by_rater**2).sum()) / (raters - 1)
    of_fields = raters * float((by_field**2).sum()) / (fields - 1)
    of_rest = float((rest**2).sum()) / ((raters - 1) * (fields - 1))
    spread, degrees = _spread_and_degrees(of_raters, of_fields, of_rest, raters - 1, fields - 1)
    error = float(np.sqrt(spread / differences.size))
    if error == 0:
        return CrossedDifference(mean, mean, mean, 1.0 if mean == 0 else 0.0, degrees)
    reach = float(student.ppf((1 + level) / 2, degrees)) * error
    p_value = float(2 * student.sf(abs(mean) / error, degrees))
    return CrossedDifference(mean, mean - reach, mean + reach, p_value, degrees)


def _spread_and_degrees(
    of_raters: float, of_fields: float, of_rest: float, raters: int, fields: int
) -> tuple[float, float]:
    """Return the mean square of the mean, and its degrees of freedom from those of its parts."""
    if of_fields <= of_rest:
        return of_raters, float(raters)
    spread = of_raters + of_fields - of_rest
    parts = of_raters**2 / raters + of_fields**2 / fields + of_rest**2 / (raters * fields)
    return spread, spread**2 / parts
