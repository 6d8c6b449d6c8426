"""What raters marked in fields of view: boxes, outlines and points, and who looked at what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError

KINDS = ("outline", "box", "point")
OUTLINE, BOX, POINT = range(3)

Codes = npt.NDArray[np.int32]
Corners = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RaterMarks:
    """Marks of raters, one row a mark; names are in alphabetical order, whatever the rows' order.

    Parameters
    ----------
    field, rater, arm : ndarray of int32, shape (n,)
        Where, who and under which condition (such as with suggestions), as places in the names.
    label : ndarray of int32, shape (n,)
        Class that the rater gave, as a place in `labels`; -1 for none.
    fields, raters, arms, labels : tuple of str
        The names. A study without arms has the one arm ``""``.
    boxes : ndarray of float64, shape (n, 4)
        ``y0, x0, y1, x1`` in pixels, half-open; of a point, its place with no size.
    kind : ndarray of int8, shape (n,)
        Place in `KINDS`: ``outline``, ``box`` or ``point``.
    outlines : tuple
        Corners ``(y, x)``, shape (k, 2), of each outline; None for boxes and points.
    suggestion : tuple of str
        Name of the suggested outline that a mark is about; ``""`` for none.
    accepted : ndarray of int8, shape (n,)
        1 where the rater took the suggested outline, 0 where he did not, -1 unknown.
    time : ndarray of float64, shape (n,)
        Seconds; nan unknown.
    ids : tuple of str
        Name of each mark.
    row : ndarray of int64, shape (n,)
        Row of the table that a mark was read from, from 0.
    seen : ndarray of int32, shape (m, 3)
        Every field, rater and arm (codes) where the rater looked, marked or not; sorted.
    groups : tuple of str
        Group of each rater; ``""`` unknown.
    remarks : tuple of str
        What was odd in the table and what was made of it, a sentence each.
    """

    field: Codes
    rater: Codes
    arm: Codes
    label: Codes
    fields: tuple[str, ...]
    raters: tuple[str, ...]
    arms: tuple[str, ...]
    labels: tuple[str, ...]
    boxes: Corners
    kind: npt.NDArray[np.int8]
    outlines: tuple[Corners | None, ...]
    suggestion: tuple[str, ...]
    accepted: npt.NDArray[np.int8]
    time: npt.NDArray[np.float64]
    ids: tuple[str, ...]
    row: npt.NDArray[np.int64]
    seen: Codes
    groups: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.field)

    @property
    def kinds(self) -> tuple[str, ...]:
        """``outline``, ``box`` or ``point`` for each mark."""
        return tuple(KINDS[code] for code in self.kind.tolist())

    def only(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.integer]) -> RaterMarks:
        """Return some marks, by mask or by place; names and `seen` stay as they are."""
        places = np.arange(len(self))[chosen]
        some = places.tolist()
        return replace(
            self,
            field=self.field[places],
            rater=self.rater[places],
            arm=self.arm[places],
            label=self.label[places],
            boxes=self.boxes[places],
            kind=self.kind[places],
            outlines=tuple(self.outlines[i] for i in some),
            suggestion=tuple(self.suggestion[i] for i in some),
            accepted=self.accepted[places],
            time=self.time[places],
            ids=tuple(self.ids[i] for i in some),
            row=self.row[places],
        )

    def of_raters(self, raters: Sequence[str]) -> RaterMarks:
        """Return the marks of some raters, who alone then count as having looked.

        Raises
        ------
        SettingsError
            If a name is unknown.
        """
        codes = codes_of("rater", raters, self.raters)
        kept = self.only(np.isin(self.rater, codes))
        return replace(kept, seen=self.seen[np.isin(self.seen[:, 1], codes)])


def codes_of(what: str, names: Sequence[str], known: Sequence[str]) -> Codes:
    """Return the places of names among those that are known.

    Raises
    ------
    SettingsError
        If a name is unknown; `what` says of what kind it is.
    """
    place = {name: code for code, name in enumerate(known)}
    strange = [name for name in names if name not in place]
    if strange:
        shown = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
        raise SettingsError(f"There is no {what} {strange[0]!r}; the table has {shown or 'none'}.")
    return np.array([place[name] for name in names], np.int32)
