"""What is compared: nuclei in groups, groups in conditions, one condition the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nuclarium.analysis.grouped import GroupSums, Ints, group_sums
from nuclarium.analysis.quantities import Dose, dose_of, ordered

Test = Literal["groups", "model"]


@dataclass(frozen=True, eq=False)
class Design:
    """Which nucleus is of which group, and which group of which condition.

    Parameters
    ----------
    conditions : tuple of str
        In the order of the page.
    groups : tuple of str
        Name of each group.
    condition : ndarray of int64, shape (G,)
        Index of the condition of each group.
    owner : ndarray of int64, shape (n,)
        Index of the group of each nucleus.
    reference : int
        Index of the condition that others are compared with.
    """

    conditions: tuple[str, ...]
    groups: tuple[str, ...]
    condition: Ints
    owner: Ints
    reference: int = 0

    @property
    def dose(self) -> Dose | None:
        """The conditions as numbers, if they are."""
        return dose_of(self.conditions)

    @property
    def others(self) -> tuple[int, ...]:
        """Conditions that are compared with the reference."""
        return tuple(i for i in range(len(self.conditions)) if i != self.reference)

    def sums(
        self,
        nuclei: Mapping[str, npt.NDArray[Any]],
        groups: Mapping[str, npt.NDArray[Any]] | None = None,
    ) -> GroupSums:
        """Sum up features of nuclei, and then features that a group has once.

        Parameters
        ----------
        nuclei : mapping of str to ndarray, shape (n,)
        groups : mapping of str to ndarray, shape (G,), optional
        """
        of_nuclei = group_sums(_rows(nuclei, len(self.owner)), self.owner, self.condition)
        each = np.arange(len(self.groups))
        of_groups = group_sums(_rows(groups or {}, len(self.groups)), each, self.condition)
        return GroupSums(
            np.concatenate([of_nuclei.count, of_groups.count]),
            np.concatenate([of_nuclei.mean, of_groups.mean]),
            np.concatenate([of_nuclei.within, of_groups.within]),
            self.condition,
        )


def design(
    condition: Sequence[str], group: Sequence[str], owner: Ints, reference: str | None = None
) -> Design:
    """Put conditions and groups in order.

    Parameters
    ----------
    condition, group : sequence of str
        Of each unit, such as an image; a group of one name in two conditions is two groups.
    owner : ndarray of int64, shape (n,)
        Index of the unit of each nucleus.
    reference : str, optional
        The first condition when left out.

    Raises
    ------
    ValueError
        If there is no unit, or `reference` is no condition.
    """
    conditions = ordered(condition)
    if reference is not None and reference not in conditions:
        raise ValueError(
            f"reference must be one of the conditions {', '.join(conditions)}, but got {reference}."
        )
    number = {name: i for i, name in enumerate(conditions)}
    pairs = list(zip((number[c] for c in condition), group, strict=True))
    places = sorted(set(pairs), key=lambda pair: (pair[0], ordered_key(pair[1])))
    place = {pair: i for i, pair in enumerate(places)}
    of_unit = np.array([place[pair] for pair in pairs], np.int64)
    return Design(
        tuple(conditions),
        tuple(name for _, name in places),
        np.array([i for i, _ in places], np.int64),
        of_unit[owner],
        number[reference] if reference is not None else 0,
    )


def ordered_key(name: str) -> tuple[str, str]:
    """Key that sorts names of groups, whatever their case."""
    return name.casefold(), name


def _rows(columns: Mapping[str, npt.NDArray[Any]], width: int) -> npt.NDArray[np.float64]:
    if not columns:
        return np.zeros((0, width))
    return np.stack([np.asarray(column, np.float64) for column in columns.values()])
