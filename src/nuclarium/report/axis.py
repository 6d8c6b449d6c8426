"""Axes of figures: a range, round marks on it, and where a value lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nuclarium.report.charts import Tick


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear axis from `low` to `high`, drawn from `start` to `stop`."""

    low: float
    high: float
    start: float
    stop: float

    def at(self, value: float) -> float:
        """Return where a value is drawn."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.stop - self.start), 1)

    def ticks(self, about: int = 5) -> tuple[Tick, ...]:
        """Return marks at round numbers."""
        step = round_step((self.high - self.low) / about)
        first, last = np.ceil(self.low / step - 1e-9), np.floor(self.high / step + 1e-9)
        values = [i * step for i in range(int(first), int(last) + 1)]
        digits = _decimals(step)
        texts = [f"{value:,.{digits}f}".replace("-", "−") for value in values]
        return tuple(Tick(self.at(v), t) for v, t in zip(values, texts, strict=True))


def round_step(step: float) -> float:
    """Return the next of 1, 2, 2.5 and 5, and their powers of ten."""
    power = 10.0 ** np.floor(np.log10(step)) if step > 0 else 1.0
    return float(power * next(m for m in (1, 2, 2.5, 5, 10) if m * power >= step * (1 - 1e-9)))


def _decimals(step: float) -> int:
    """Return how many decimals multiples of a round step need."""
    return next((n for n in range(12) if abs(step * 10**n - round(step * 10**n)) < 1e-6), 12)
