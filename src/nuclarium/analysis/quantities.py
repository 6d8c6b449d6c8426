"""Conditions that are numbers with a unit, such as 250 Pa or 1.2 kPa, and the order of any."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NUMBER = re.compile(
    r"^\s*([+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:e[+-]?\d+)?)\s*([^\d\s].*?)?\s*$", re.I
)
_MICRO = dict.fromkeys(("u", "µ", "μ"), 1e-6)
_PREFIXES = {"p": 1e-12, "n": 1e-9, **_MICRO, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9}


@dataclass(frozen=True, slots=True)
class Dose:
    """Conditions on one axis: their values in one unit, in the order of the conditions."""

    numbers: tuple[float, ...]
    unit: str


def dose_of(conditions: Sequence[str]) -> Dose | None:
    """Read conditions as numbers of one unit; None unless all are, and differ.

    A decimal comma is taken as a point. Prefixes from pico to giga are understood where the rest of
    the unit is that of another condition; the unit is then the one without a prefix.

    Examples
    --------
    >>> dose_of(["250Pa", "1.2 kPa"])
    Dose(numbers=(250.0, 1200.0), unit='Pa')
    >>> dose_of(["control", "10 nM"]) is None
    True
    """
    found = [_NUMBER.match(condition) for condition in conditions]
    matches = [match for match in found if match is not None]
    if len(matches) < len(conditions) or not matches:
        return None
    numbers = [float(match[1].replace(",", ".")) for match in matches]
    units = [match[2] or "" for match in matches]
    base = _common_unit(units)
    if base is None:
        return None
    values = tuple(
        number * (1 if unit == base else _PREFIXES[unit[0]])
        for number, unit in zip(numbers, units, strict=True)
    )
    return Dose(values, base) if len(set(values)) == len(values) else None


def ordered(conditions: Sequence[str]) -> list[str]:
    """Sort conditions by their value where they have one, and else as people sort names.

    Examples
    --------
    >>> ordered(["1800Pa", "250Pa"]), ordered(["day 10", "Day 9", "control"])
    (['250Pa', '1800Pa'], ['control', 'Day 9', 'day 10'])
    """
    names = list(dict.fromkeys(conditions))
    dose = dose_of(names)
    if dose is None:
        return sorted(names, key=_natural)
    return [name for _, name in sorted(zip(dose.numbers, names, strict=True))]


def _common_unit(units: Sequence[str]) -> str | None:
    """Return the unit that all have, but for prefixes; None where there is no such unit."""
    if len(set(units)) == 1:
        return units[0]
    bases = {unit[1:] if len(unit) > 1 and unit[0] in _PREFIXES else unit for unit in units}
    for base in (*units, *sorted(bases)):
        if base and all(u == base or (u[:1] in _PREFIXES and u[1:] == base) for u in units):
            return base
    return None


def _natural(name: str) -> list[tuple[int, int, str]]:
    parts = re.findall(r"\d+|\D+", name.casefold())
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
