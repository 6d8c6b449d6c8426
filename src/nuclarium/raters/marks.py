"""What raters marked in fields of view: boxes, outlines and points, and who looked at what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.io.rows import by_row, refuse_mistakes
from nuclarium.raters.mark_columns import Columns, read_columns

KINDS = ("outline", "box", "point")
OUTLINE, BOX, POINT = range(3)

Codes = npt.NDArray[np.int32]
Corners = npt.NDArray[np.float64]

_SHOWN = 5


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


def read_marks(table: pd.DataFrame, *, drop_bad: bool = False) -> RaterMarks:
    """Read a long table of marks, and say by row what is wrong with it.

    Parameters
    ----------
    table : DataFrame
        Columns ``field, rater`` and ``xmin, ymin, xmax, ymax`` (pixels, half-open) or
        ``outline_x, outline_y`` (numbers joined by commas); as far as there are ``label, kind,
        arm, time, suggestion, accepted, group, id``. Without ``kind``, a row with an outline is an
        outline, and a box of no width or no height is a point. A row without box, outline and
        label says that the rater saw the field and marked nothing.
    drop_bad : bool
        Leave out rows that cannot be used, and say so in the remarks, instead of refusing the
        table.

    Returns
    -------
    marks : RaterMarks
        In the order of the rows. Rows that repeat another in all but time are left out.

    Raises
    ------
    SettingsError
        If columns are missing; if rows have no field or no rater, a box with a number missing, not
        finite or of negative size, an outline that is none, a label without a place, or an unknown
        kind; or if a rater is in two groups.
    """
    columns = read_columns(table)
    bad = np.zeros(len(table), bool)
    bad[[row for row, _ in columns.mistakes]] = True
    told = by_row((columns.number(row), text) for row, text in columns.mistakes)
    if not drop_bad:
        refuse_mistakes(told, "The table of marks")
    remarks = [f"{_count(bad.sum(), 'row')} left out: {_some(told)}."] if bad.any() else []
    good = np.flatnonzero(~bad)
    marked = good[columns.is_mark[good]]
    kept, repeats = _without_repeats(columns, marked)
    if len(repeats):
        remarks.append(
            f"{_count(len(repeats), 'row')} said again what another row of the same rater says, "
            f"and left out: {_rows(columns, repeats)}."
        )
    return _marks(columns, good, kept, remarks)


def _marks(
    columns: Columns, good: npt.NDArray[np.int64], kept: npt.NDArray[np.int64], remarks: list[str]
) -> RaterMarks:
    names, codes = {}, {}
    for name in ("field", "rater", "arm"):
        code, unique = pd.factorize(columns.text[name][good], sort=True)
        full = np.full(len(columns.is_mark), -1, np.int32)
        full[good] = code
        codes[name], names[name] = full, tuple(map(str, unique))
    label, labels = pd.factorize(columns.text["label"][kept], sort=True, use_na_sentinel=True)
    if len(labels) and labels[0] == "":
        label, labels = label - 1, labels[1:]
    seen = np.stack([codes[name][good] for name in ("field", "rater", "arm")], axis=1)
    flat = columns.is_flat[kept]
    if flat.any():
        remarks.append(
            f"{_count(flat.sum(), 'box', 'boxes')} without width or height taken as points: "
            f"{_rows(columns, kept[flat])}."
        )
    marks = RaterMarks(
        field=codes["field"][kept],
        rater=codes["rater"][kept],
        arm=codes["arm"][kept],
        label=label.astype(np.int32),
        fields=names["field"],
        raters=names["rater"],
        arms=names["arm"],
        labels=tuple(map(str, labels)),
        boxes=columns.boxes[kept],
        kind=columns.kind[kept],
        outlines=tuple(columns.outlines.get(row) for row in kept.tolist()),
        suggestion=tuple(map(str, columns.text["suggestion"][kept])),
        accepted=columns.accepted[kept],
        time=columns.time[kept],
        ids=tuple(map(str, columns.text["id"][kept])),
        row=kept,
        seen=np.unique(seen, axis=0).astype(np.int32).reshape(-1, 3),
        groups=_groups(columns, good, codes["rater"][good], names["rater"]),
    )
    remarks += _contradictions(columns, marks)
    return replace(marks, remarks=tuple(remarks))


def _place_key(columns: Columns, rows: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Columns that are the same for two marks of one rater in one arm at exactly one place."""
    frame: dict[str, npt.NDArray[Any]] = {
        name: columns.text[name][rows] for name in ("field", "rater", "arm")
    }
    frame |= {f"edge{i}": columns.boxes[rows, i] for i in range(4)}
    frame["kind"] = columns.kind[rows]
    frame["outline"] = columns.text["outline_x"][rows] + "/" + columns.text["outline_y"][rows]
    return pd.DataFrame(frame)


def _without_repeats(
    columns: Columns, rows: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    frame = _place_key(columns, rows)
    for name in ("label", "suggestion"):
        frame[name] = columns.text[name][rows]
    frame["accepted"] = columns.accepted[rows]
    repeated = frame.duplicated().to_numpy(bool)
    return rows[~repeated], rows[repeated]


def _contradictions(columns: Columns, marks: RaterMarks) -> list[str]:
    twice = _place_key(columns, marks.row).duplicated(keep=False).to_numpy(bool)
    if not twice.any():
        return []
    return [
        f"{_count(twice.sum(), 'row')} of one rater at exactly one place with different labels: "
        f"{_rows(columns, marks.row[twice])}. They count as marks of different nuclei."
    ]


def _groups(
    columns: Columns, good: npt.NDArray[np.int64], rater: Codes, raters: tuple[str, ...]
) -> tuple[str, ...]:
    pairs = pd.DataFrame({"rater": rater, "group": columns.text["group"][good]})
    pairs = pairs[pairs["group"] != ""].drop_duplicates()
    double = pairs[pairs["rater"].duplicated(keep=False)]
    if len(double):
        who = int(double["rater"].iloc[0])
        among = " and ".join(sorted(double["group"][double["rater"] == who]))
        raise SettingsError(
            f"Each rater must be in one group, but rater {raters[who]} is in {among}. "
            "Write one group in all rows of a rater."
        )
    groups = [""] * len(raters)
    for who, name in zip(pairs["rater"], pairs["group"], strict=True):
        groups[int(who)] = str(name)
    return tuple(groups)


def _rows(columns: Columns, rows: npt.NDArray[np.int64]) -> str:
    return _some([f"row {columns.number(row)}" for row in rows.tolist()])


def _some(texts: Sequence[str]) -> str:
    more = len(texts) - _SHOWN
    return "; ".join(texts[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
