"""What a comparison depends on beside the nuclei."""

from __future__ import annotations

from dataclasses import dataclass

from nuclarium.analysis.design import Test


@dataclass(frozen=True)
class CompareSettings:
    """What a comparison depends on.

    Parameters
    ----------
    by : str
        Column of the sheet with the conditions.
    group : str or None
        Column with the groups; None takes ``group`` if it is there.
    reference : str or None
        Condition that others are compared with; the smallest, or the first by name, when None.
    features : tuple of str or None
        What is compared, with or without units; a usual choice when None.
    test : str
        ``groups`` or ``model``; see `compare_conditions`.
    with_cut : bool
        Take nuclei at the border of their image too.
    radius_um, closing_um : float or None
        Within which neighbours are counted, and the radius that closes gaps in a colony; pixels
        where there is no spacing. None takes the columns of the table, and 10 µm.
    seed : int
        Of everything that is drawn.
    """

    by: str = "condition"
    group: str | None = None
    reference: str | None = None
    features: tuple[str, ...] | None = None
    test: Test = "groups"
    with_cut: bool = False
    radius_um: float | None = None
    closing_um: float | None = None
    seed: int = 0
