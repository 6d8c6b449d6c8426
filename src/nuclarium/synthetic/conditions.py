"""What is planted in synthetic organoids: every number that a study may look for, in one place."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Condition:
    """A stiffness of the ground, and what it does to nuclei; everything else is left alone by it.

    Parameters
    ----------
    name : str
        As it stands in tables, such as ``250Pa``.
    stiffness_pa : float
    volume_um3 : float
        Geometric mean of the volume of interphase nuclei.
    elongation : float
        Geometric mean of the longest by the middle axis.
    """

    name: str
    stiffness_pa: float
    volume_um3: float
    elongation: float


CONDITIONS: tuple[Condition, ...] = (
    Condition("250Pa", 250.0, volume_um3=450.0, elongation=1.25),
    Condition("950Pa", 950.0, volume_um3=486.0, elongation=1.32),
    Condition("1200Pa", 1200.0, volume_um3=513.0, elongation=1.38),
    Condition("1800Pa", 1800.0, volume_um3=562.0, elongation=1.48),
)
"""Volumes are 1, 1.08, 1.14 and 1.25 times, elongations 1, 1.06, 1.10 and 1.18 times the first."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard deviations of the logarithm of a quantity, between colonies and inside one."""

    colony: float
    nucleus: float


VOLUME = Spread(colony=0.06, nucleus=0.16)
ELONGATION = Spread(colony=0.03, nucleus=0.09)
FLATNESS = Spread(colony=0.03, nucleus=0.08)
INTENSITY = Spread(colony=0.15, nucleus=0.15)
TEXTURE = Spread(colony=0.10, nucleus=0.15)

MEAN_FLATNESS = 1.20
"""Middle by shortest axis; no condition changes it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A state of a nucleus, how often it comes, and how it differs from one in interphase."""

    name: str
    fraction: float
    volume: float
    intensity: float
    elongation: float
    flatness: float


KINDS: tuple[Kind, ...] = (
    Kind("interphase", 0.94, volume=1.0, intensity=1.0, elongation=1.0, flatness=1.0),
    Kind("mitotic", 0.025, volume=0.55, intensity=1.7, elongation=1.15, flatness=1.7),
    Kind("pyknotic", 0.035, volume=0.30, intensity=1.9, elongation=0.9, flatness=0.9),
)
"""Fractions are the same in all conditions."""


def conditions(*, null: bool = False) -> tuple[Condition, ...]:
    """Return the four conditions, or with `null` four that differ in name and stiffness only.

    Examples
    --------
    >>> [c.volume_um3 for c in conditions()], {c.elongation for c in conditions(null=True)}
    ([450.0, 486.0, 513.0, 562.0], {1.25})
    """
    if not null:
        return CONDITIONS
    first = CONDITIONS[0]
    return tuple(
        replace(c, volume_um3=first.volume_um3, elongation=first.elongation) for c in CONDITIONS
    )
