"""What raters answered: one row an answer, as codes with their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError

UNDETECTED = "undetected"
"""Label of a rater who saw the field and marked nothing at this place."""

_MATRIX_CELLS = 1 << 28

Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers of raters to items; items and raters without an answer are allowed.

    Parameters
    ----------
    item, rater, label : ndarray of int32, shape (n,)
        Who said what of which item, as places in the names below. One rater may answer one item
        several times.
    items, raters, labels : tuple of str
        The names; a label that nobody gave may be among them.
    field : ndarray of int32, shape (n_items,), optional
        The field of view that an item is in, as a place in `fields`: the unit of a bootstrap.
    fields : tuple of str
        Names of fields.
    group : tuple of str, optional
        Group of each rater, such as ``pathologist``; empty where unknown.

    Raises
    ------
    ValueError
        If lengths differ or a code has no name.
    """

    item: Codes
    rater: Codes
    label: Codes
    items: tuple[str, ...]
    raters: tuple[str, ...]
    labels: tuple[str, ...]
    field: Codes | None = None
    fields: tuple[str, ...] = ()
    group: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for name, names in (("item", self.items), ("rater", self.raters), ("label", self.labels)):
            codes = np.asarray(getattr(self, name), np.int32)
            object.__setattr__(self, name, codes)
            _check_codes(name, codes, (len(self.item),), len(names))
        if self.field is not None:
            object.__setattr__(self, "field", np.asarray(self.field, np.int32))
            _check_codes("field", self.field, (len(self.items),), len(self.fields))
        if self.group is not None and len(self.group) != len(self.raters):
            raise ValueError(
                f"group must name the group of each of {len(self.raters)} raters, "
                f"but got {len(self.group)} names."
            )

    def __len__(self) -> int:
        return len(self.item)

    @property
    def answers_of_items(self) -> npt.NDArray[np.int64]:
        """Number of answers to each item, shape (n_items,)."""
        return np.bincount(self.item, minlength=len(self.items))

    @property
    def answers_of_raters(self) -> npt.NDArray[np.int64]:
        """Number of answers of each rater, shape (n_raters,)."""
        return np.bincount(self.rater, minlength=len(self.raters))

    def matrix(self) -> Codes:
        """Return the label of each item by each rater, shape (n_items, n_raters); -1 missing.

        The last answer counts where a rater gave several.

        Raises
        ------
        SettingsError
            If it would have more than 2^28 cells.
        """
        cells = len(self.items) * len(self.raters)
        if cells > _MATRIX_CELLS:
            raise SettingsError(
                f"A table of {len(self.items)} items by {len(self.raters)} raters does not fit in "
                "memory. Choose fewer items or raters."
            )
        table = np.full((len(self.items), len(self.raters)), -1, np.int32)
        place = self.item.astype(np.int64) * len(self.raters) + self.rater
        # The last of each place: the first in reverse.
        kept, last = np.unique(place[::-1], return_index=True)
        table.ravel()[kept] = self.label[::-1][last]
        return table

    def only(
        self,
        raters: Sequence[str] | npt.NDArray[np.integer] | None = None,
        items: Sequence[str] | npt.NDArray[np.integer] | None = None,
        groups: Sequence[str] | None = None,
    ) -> Answers:
        """Return the answers of some raters to some items.

        Choosing raters leaves all items in their places, even those that then have no answer, so
        that truths of several groups of raters can be laid side by side. Labels stay as they are.

        Parameters
        ----------
        raters, items : sequence of str or ndarray of int, optional
            Names or codes of those to keep, in their new order; all when left out.
        groups : sequence of str, optional
            Keep raters of these groups only.

        Raises
        ------
        SettingsError
            If a name is unknown, or no rater is in the groups.
        """
        who = _chosen("rater", self.raters, raters)
        if groups is not None:
            own = self.group or ("",) * len(self.raters)
            who = np.array([w for w in who if own[w] in groups], np.int32)
            if not len(who):
                raise SettingsError(
                    f"No rater is in group {', '.join(groups)}; groups are "
                    f"{', '.join(sorted(set(own)))}."
                )
        what = _chosen("item", self.items, items)
        new_rater, new_item = _places(who, len(self.raters)), _places(what, len(self.items))
        kept = (new_rater[self.rater] >= 0) & (new_item[self.item] >= 0)
        return Answers(
            new_item[self.item[kept]],
            new_rater[self.rater[kept]],
            self.label[kept],
            self.items if items is None else tuple(self.items[i] for i in what),
            tuple(self.raters[w] for w in who),
            self.labels,
            None if self.field is None else self.field[what],
            self.fields,
            None if self.group is None else tuple(self.group[w] for w in who),
        )


def _check_codes(name: str, codes: Codes | None, shape: tuple[int], names: int) -> None:
    if codes is None or codes.shape != shape:
        raise ValueError(
            f"{name} must have shape {shape}, but got {getattr(codes, 'shape', None)}."
        )
    if codes.size and not 0 <= codes.min() <= codes.max() < names:
        raise ValueError(
            f"{name} must be codes from 0 to {names - 1}, "
            f"but got {codes.min()} to {codes.max()}. Leave missing answers out."
        )


def _chosen(
    what: str, names: tuple[str, ...], wanted: Sequence[str] | npt.NDArray[np.integer] | None
) -> Codes:
    if wanted is None:
        return np.arange(len(names), dtype=np.int32)
    if isinstance(wanted, np.ndarray) and wanted.dtype.kind in "iu":
        return wanted.astype(np.int32)
    place = {name: i for i, name in enumerate(names)}
    unknown = [str(name) for name in wanted if name not in place]
    if unknown:
        raise SettingsError(f"There is no {what} '{unknown[0]}' among the {len(names)} {what}s.")
    return np.array([place[name] for name in wanted], np.int32)


def _places(chosen: Codes, total: int) -> Codes:
    """Return the new code of each old one, -1 where it was not chosen."""
    places = np.full(total, -1, np.int32)
    places[chosen] = np.arange(len(chosen), dtype=np.int32)
    return places
