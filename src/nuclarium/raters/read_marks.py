"""Long tables of marks, checked row by row and read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.io.rows import by_row, refuse_mistakes
from nuclarium.raters.mark_columns import Columns, read_columns
from nuclarium.raters.marks import Codes, RaterMarks

_SHOWN = 5


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
