"""How far two labels are apart: what a disagreement counts, on a scale of labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError

Floats = npt.NDArray[np.float64]
_BLOCK_CELLS = 1 << 20


def _nominal(a: Floats, b: Floats) -> Floats:
    apart: Floats = (a != b).astype(np.float64)
    return apart


def _linear(a: Floats, b: Floats) -> Floats:
    apart: Floats = np.abs(a - b)
    return apart


def _quadratic(a: Floats, b: Floats) -> Floats:
    apart: Floats = (a - b) ** 2
    return apart


def _ratio(a: Floats, b: Floats) -> Floats:
    total = np.where(a + b == 0, 1, a + b)
    apart: Floats = ((a - b) / total) ** 2
    return apart


_BETWEEN: dict[str, Callable[[Floats, Floats], Floats]] = {
    "nominal": _nominal,
    "linear": _linear,
    "quadratic": _quadratic,
    "interval": _quadratic,
    "ratio": _ratio,
}
_NEED_NUMBERS = ("interval", "ratio")


@dataclass(frozen=True, eq=False)
class Distance:
    """What a disagreement counts; 0 for the same label.

    Parameters
    ----------
    level : str
        ``nominal`` (1 for any two labels), ``linear``, ``quadratic`` or ``interval`` (squared
        difference), or ``ratio`` (squared difference over squared sum).
    values : ndarray of float64, shape (K,)
        Place of each label on its scale.
    """

    level: str
    values: Floats

    def between(self, a: npt.NDArray[np.integer], b: npt.NDArray[np.integer]) -> Floats:
        """Return the distance of labels `a` and `b`, given as codes of one shape."""
        return _BETWEEN[self.level](self.values[a], self.values[b])

    def expected(self, p: Floats, q: Floats) -> Floats:
        """Return ``sum over k and l of p_k q_l d_kl`` of each row; p and q have shape (n, K)."""
        if self.level == "nominal":
            same: Floats = p.sum(axis=1) * q.sum(axis=1) - (p * q).sum(axis=1)
            return np.maximum(same, 0)
        if _BETWEEN[self.level] is _quadratic:
            return _expected_squares(p, q, self.values)
        total = np.zeros(len(p))
        step = max(1, _BLOCK_CELLS // max(len(self.values), 1))
        for begin in range(0, len(self.values), step):
            part = slice(begin, begin + step)
            apart = _BETWEEN[self.level](self.values[:, None], self.values[None, part])
            total += ((p @ apart) * q[:, part]).sum(axis=1)
        return total

    @property
    def largest(self) -> float:
        """Distance of the two ends of the scale; 0 when there is one label."""
        if not len(self.values):
            return 0.0
        ends = self.values.min(), self.values.max()
        return float(_BETWEEN[self.level](np.array(ends[0]), np.array(ends[1])))


def _expected_squares(p: Floats, q: Floats, values: Floats) -> Floats:
    v = values - values.mean() if len(values) else values
    a, b = p.sum(axis=1), q.sum(axis=1)
    found: Floats = (p @ v**2) * b + (q @ v**2) * a - 2 * (p @ v) * (q @ v)
    return np.maximum(found, 0)


def distance(level: str, labels: Sequence[str], is_ordered: bool) -> Distance:
    """Return the distance of labels at a level.

    Labels that are numbers stand at their number; others at their place in the order given.

    Parameters
    ----------
    level : str
        A level of `Distance`, or ``ordinal``, whose distances depend on the answers: labels then
        stand at their places.
    labels : sequence of str
        From low to high.
    is_ordered : bool
        Whether somebody said that this is their order.

    Raises
    ------
    SettingsError
        If the level needs numbers or an order, and there is none.
    """
    places = np.arange(len(labels), dtype=np.float64)
    if level == "nominal":
        return Distance(level, places)
    numbers = _numbers(labels)
    if level in _NEED_NUMBERS and numbers is None:
        raise SettingsError(
            f"Level '{level}' needs labels that are numbers, but there is "
            f"'{_first_word(labels)}'. Take level 'nominal', or 'ordinal' with a scale."
        )
    if level == "ratio" and numbers is not None and numbers.min(initial=0) < 0:
        raise SettingsError(
            f"Level 'ratio' needs labels from 0 on, but there is {numbers.min():g}. "
            "Take level 'interval'."
        )
    if numbers is None and not is_ordered:
        raise SettingsError(
            f"Level '{level}' needs an order of labels. Give all labels from low to high as scale."
        )
    if level == "ordinal":
        return Distance("quadratic", places)
    return Distance(level, places if numbers is None else numbers)


def _numbers(labels: Sequence[str]) -> Floats | None:
    try:
        numbers = np.array([float(label) for label in labels])
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None


def _first_word(labels: Sequence[str]) -> str:
    return next(label for label in labels if _numbers([label]) is None)
