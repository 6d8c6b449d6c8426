"""NuCLS's tables of all fields and all elements, as its database and its exports hold them."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.core.marks import Marks
from nuclarium.io.interchange.nucls_csv import BOX, COORDS, TYPES
from nuclarium.io.interchange.nucls_marks import marks_of_table
from nuclarium.io.interchange.nucls_names import FieldName, parse_field_name
from nuclarium.io.interchange.nucls_remarks import listed
from nuclarium.io.interchange.nucls_table_file import read_nucls_table
from nuclarium.io.rows import refuse_mistakes
from nuclarium.io.write import written_whole

ELEMENTS, FIELDS = "annotation_elements.csv.gz", "fov_meta.csv.gz"
_ELEMENT_COLUMNS = ("fov_id", "group", "type", *BOX)
_FIELD_COLUMNS = ("fov_id", "fovname", "slide_name")
_IDS = ("element_girder_id", "ann_id")
_SHOWN = 20


@dataclass(frozen=True, eq=False)
class NuclsTables:
    """All fields and all elements of a set; no pixels.

    Parameters
    ----------
    fields : DataFrame
        One row a field: ``fov_id``, ``fovname``, ``slide_name``, and as far as there are,
        ``xmin, ymin, xmax, ymax`` of the field of view in its image (half-open), ``sf``, ``XMIN``,
        ``YMIN``, ``subset``, ``QC_label`` and others as they stand.
    elements : DataFrame
        One row an element: its id (``element_girder_id`` or ``ann_id``; where there is none of its
        own, its row, counted from 0), ``fov_id``, ``group`` (the raw class, with prefix), ``type``,
        ``xmin, ymin, xmax, ymax`` (pixels of the image, both ends included), and ``coords_x``,
        ``coords_y`` where the source has them.
    remarks : tuple of str
        What is odd, such as fields that are stored twice.
    """

    fields: pd.DataFrame
    elements: pd.DataFrame
    remarks: tuple[str, ...] = ()

    def name(self, fov_id: int) -> FieldName:
        """Return what the name of a field says."""
        row = self.fields.loc[self.fields["fov_id"] == fov_id, "fovname"]
        return parse_field_name(str(row.iloc[0]))

    def marks(self, fov_id: int) -> Marks:
        """Return the marks of a field; polylines become boxes where vertices are not stored."""
        return _marks(self.elements[self.elements["fov_id"] == fov_id])

    def iter_marks(self) -> Iterator[tuple[FieldName, Marks]]:
        """Yield name and marks of every field, in the order of the fields."""
        rows = self.elements.groupby("fov_id").indices
        marks = _marks(self.elements)
        for fov_id, name in zip(self.fields["fov_id"], self.fields["fovname"], strict=True):
            yield (
                parse_field_name(str(name)),
                marks.only(np.asarray(rows.get(fov_id, []), np.int64)),
            )

    def once(self) -> NuclsTables:
        """Return the tables with each field once: of those with one name, the first is kept.

        NuCLS's core table holds two fields twice; without them it has the 1,744 fields and 59,485
        nuclei that were published.
        """
        fields = self.fields[~self.fields["fovname"].duplicated()]
        kept = self.elements["fov_id"].isin(fields["fov_id"])
        elements = self.elements[kept]
        return NuclsTables(fields, elements, tuple(_odd(fields, elements)))


def read_core_tables(folder: Path) -> NuclsTables:
    """Read ``annotation_elements.csv.gz`` and ``fov_meta.csv.gz`` of a folder.

    Raises
    ------
    InputNotFoundError
        If one of them is not there.
    SettingsError
        If columns are missing, or rows are wrong: each with what was expected.
    """
    fields = read_nucls_table(folder / FIELDS, _FIELD_COLUMNS)
    elements = read_nucls_table(folder / ELEMENTS, _ELEMENT_COLUMNS)
    return checked_tables(fields, elements, names=(FIELDS, ELEMENTS))


def write_core_tables(folder: Path, tables: NuclsTables) -> None:
    """Write both tables as `read_core_tables` reads them; the same tables give the same bytes."""
    for name, table in ((FIELDS, tables.fields), (ELEMENTS, tables.elements)):
        text = table.to_csv(index=False, lineterminator="\n")
        with written_whole(folder / name) as part:
            part.write_bytes(gzip.compress(text.encode(), mtime=0))


def checked_tables(
    fields: pd.DataFrame,
    elements: pd.DataFrame,
    *,
    names: tuple[str, str],
    drop_wrong: bool = False,
    remarks: Sequence[str] = (),
) -> NuclsTables:
    """Check both tables, and say what is odd.

    Parameters
    ----------
    fields, elements : DataFrame
        With the columns of `NuclsTables`; boxes may still be text.
    names : (str, str)
        Of the two tables, for sentences.
    drop_wrong : bool
        Leave elements out that are wrong, with a remark, instead of refusing them all.
    remarks : sequence of str
        Said before.
    """
    twice = fields["fov_id"].duplicated()
    if twice.any():
        raise SettingsError(
            f"{names[0]} must have each fov_id once, but {fields['fov_id'][twice].iloc[0]} comes "
            "twice."
        )
    boxes = elements[list(BOX)].apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    wrong = _wrong(elements, boxes, fields)
    bad = np.zeros(len(elements), bool)
    said = list(remarks)
    for rule, rows in wrong.items():
        bad |= rows
        if rows.any() and drop_wrong:
            said.append(f"left out: {listed(f'elements, which {rule}', elements.index[rows])}")
    if bad.any() and not drop_wrong:
        refuse_mistakes(_mistakes(wrong), names[1])
    kept = elements[~bad].reset_index(drop=True)
    kept[list(BOX)] = boxes[~bad].astype(np.int64)
    return NuclsTables(fields.reset_index(drop=True), kept, (*said, *_odd(fields, kept)))


def _marks(rows: pd.DataFrame) -> Marks:
    own = (rows[name] for name in _IDS if name in rows and rows[name].is_unique)
    ids = next(own, rows.index.to_series())
    columns = {"group": rows["group"], **{name: rows[name] for name in ("type", *BOX)}}
    columns |= {name: rows[name] for name in COORDS if name in rows}
    table = pd.DataFrame({name: column.to_numpy() for name, column in columns.items()})
    for name in COORDS:
        table[name] = table.get(name, "")
    return marks_of_table(table.set_index(pd.Index(ids.to_numpy())))


def _wrong(
    elements: pd.DataFrame, boxes: npt.NDArray[np.float64], fields: pd.DataFrame
) -> dict[str, npt.NDArray[np.bool_]]:
    xmin, ymin, xmax, ymax = boxes.T
    finite = np.isfinite(boxes).all(axis=1)
    return {
        "must have whole numbers as xmin, ymin, xmax, ymax": ~finite
        | (np.floor(np.where(np.isfinite(boxes), boxes, 0.5)) != boxes).any(axis=1),
        "must have xmin ≤ xmax and ymin ≤ ymax": finite & ((xmin > xmax) | (ymin > ymax)),
        f"must have a type of {', '.join(TYPES)}": (~elements["type"].isin(TYPES)).to_numpy(),
        "must be in a field that is there": (~elements["fov_id"].isin(fields["fov_id"])).to_numpy(),
        "must have a class as group": (elements["group"].fillna("") == "").to_numpy(),
    }


def _mistakes(wrong: dict[str, npt.NDArray[np.bool_]]) -> list[str]:
    pairs = [(int(row), rule) for rule, rows in wrong.items() for row in np.flatnonzero(rows)]
    return [f"row {row + 2} {rule}" for row, rule in sorted(pairs)]


def _odd(fields: pd.DataFrame, elements: pd.DataFrame) -> list[str]:
    again = fields["fovname"].duplicated()
    empty = ~fields["fov_id"].isin(elements["fov_id"])
    points = int((elements["type"] == "point").sum())
    remarks = []
    if again.any():
        ids = fields["fov_id"][again].tolist()
        more = int(elements["fov_id"].isin(ids).sum())
        remarks.append(
            f"{len(ids)} fields are stored twice under one name, with {more} elements: fov_id "
            f"{', '.join(map(str, ids[:_SHOWN]))}"
        )
    if empty.any():
        remarks.append(f"{int(empty.sum())} fields have no element")
    if points:
        remarks.append(f"{points} elements are points without extent")
    return remarks
