"""The raw NuCLS database: fields, annotation documents and elements of every annotator."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.core.marks import Marks
from nuclarium.io.interchange.nucls_csv import BOX, COORDS
from nuclarium.io.interchange.nucls_names import FieldName
from nuclarium.io.interchange.nucls_tables import NuclsTables, checked_tables
from nuclarium.io.interchange.nucls_vocabulary import clean_group

_TABLES = {
    "fov_meta": ("fov_id", "fovname", "slide_name"),
    "annotation_elements": ("fov_id", "group", "type", *BOX),
}
_DOCUMENTS = "annotation_docs"
_PLACE = ("maybe-xmin", "maybe-ymin", "maybe-xmax", "maybe-ymax")


def read_nucls_sqlite(path: Path, *, drop_wrong: bool = True) -> NuclsTables:
    """Read the raw database; the file is opened for reading only and never changed.

    Texts of annotators are cleaned to classes (`clean_group`). Elements that draw the field of
    view go to ``fields`` as ``xmin, ymin, xmax, ymax`` (half-open) and ``fov_group``; those with
    texts that mean nothing or are not known are left out, and said.

    Parameters
    ----------
    path : Path
    drop_wrong : bool
        The data is raw: elements with impossible boxes are left out with a remark. False refuses
        them.

    Returns
    -------
    tables : NuclsTables
        ``fields`` has a column ``subset`` where the annotation documents tell the study arm of a
        slide, and ``elements`` its own ``group_text`` beside the cleaned ``group``.

    Raises
    ------
    InputNotFoundError, SettingsError
        If there is no such file, it is no such database, or (without `drop_wrong`) rows are wrong.
    """
    if not path.is_file():
        raise InputNotFoundError(f"A database was expected at {path}, but there is nothing.")
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as base:
            found = {row[0] for row in base.execute("SELECT name FROM sqlite_master")}
            tables = {name: _table(base, name, found, path.name) for name in _TABLES}
            documents = _documents(base, found)
    except (sqlite3.Error, pd.errors.DatabaseError) as error:
        raise SettingsError(
            f"{path.name} must be an SQLite database, but reading failed: {error}. Copy it again."
        ) from error
    fields = _with_subsets(tables["fov_meta"], documents)
    elements, remarks = _cleaned(tables["annotation_elements"])
    is_fov = elements["group"].str.startswith("fov")
    return checked_tables(
        _with_places(fields, elements[is_fov]),
        elements[~is_fov].reset_index(drop=True),
        names=(f"{path.name}, fov_meta,", f"{path.name}, annotation_elements,"),
        drop_wrong=drop_wrong,
        remarks=remarks,
    )


def write_nucls_sqlite(path: Path, tables: NuclsTables) -> None:
    """Write fields and elements as a database of the raw form, without annotation documents.

    Raises
    ------
    SettingsError
        If there is a file already.
    """
    if path.exists():
        raise SettingsError(f"{path} must not exist yet, but it does. Choose another name.")
    with closing(sqlite3.connect(path)) as base:
        tables.fields.to_sql("fov_meta", base, index=False)
        tables.elements.to_sql("annotation_elements", base, index=False)
        base.commit()


def rater_table(tables: NuclsTables, *, only_complete: bool = True) -> pd.DataFrame:
    """Return the marks of all annotators as one long table, in pixels of the slide.

    Marks of several annotators of one place can be laid over each other only on the slide, since
    each annotator's image was cut around his own marks: ``x_slide = x / sf + XMIN``. The original
    cuts fractions off; they are kept here.

    Parameters
    ----------
    tables : NuclsTables
        With ``sf``, ``XMIN``, ``YMIN``, ``maybe-xmin`` to ``maybe-ymax`` (the place that all were
        given, in pixels of the slide), and names that carry participant and set.
    only_complete : bool
        Leave out fields whose ``QC_label`` is not COMPLETE, as the original does.

    Returns
    -------
    table : DataFrame
        ``field`` (slide and place), ``rater``, ``arm``, ``label``, ``xmin, ymin, xmax, ymax``
        (half-open), ``kind``, ``outline_x``, ``outline_y`` (comma-joined). A field that a rater
        saw without a mark has one row without label and box.

    Raises
    ------
    SettingsError
        If columns are missing, or the name of a field has no participant.
    """
    needed = ("sf", "XMIN", "YMIN", *_PLACE)
    missing = [name for name in needed if name not in tables.fields]
    if missing:
        raise SettingsError(
            f"The table of fields must have the columns {', '.join(needed)}, but has no "
            f"{', '.join(missing)}. Only the raw database of many raters has them."
        )
    rows: list[list[object]] = []
    for field, (name, marks) in zip(
        tables.fields.to_dict("records"), tables.iter_marks(), strict=True
    ):
        if not only_complete or field.get("QC_label", "COMPLETE") == "COMPLETE":
            rows += _rows_of(name, marks, {str(key): value for key, value in field.items()})
    columns = ["field", "rater", "arm", "label", *BOX, "kind", "outline_x", "outline_y"]
    return pd.DataFrame(rows, columns=columns)


def _rows_of(name: FieldName, marks: Marks, field: Mapping[str, Any]) -> list[list[object]]:
    if name.participant is None:
        raise SettingsError(
            f"The name of a field must begin with participant_#_set_#_, but is '{name.text}'."
        )
    scale, top, left = (float(field[key]) for key in ("sf", "YMIN", "XMIN"))
    if not (scale > 0 and np.isfinite([scale, top, left]).all()):
        raise SettingsError(
            f"The field {name.text} must have a positive sf, and XMIN and YMIN, but has {scale}, "
            f"{left} and {top}."
        )
    who = [_place(name, field), name.participant, field.get("subset") or name.evalset]
    boxes = marks.boxes / scale + [top, left, top, left]
    rows: list[list[object]] = []
    for label, kind, box, outline in zip(
        marks.labels, marks.kinds, boxes.tolist(), marks.outlines, strict=True
    ):
        line = np.zeros((0, 2)) if outline is None else outline / scale + [top, left]
        y, x = (",".join(f"{value:.2f}" for value in part) for part in line.T)
        rows.append([*who, label, box[1], box[0], box[3], box[2], kind, x, y])
    return rows or [[*who, "", *[np.nan] * 4, "", "", ""]]


def _place(name: FieldName, field: Mapping[str, Any]) -> str:
    """Return the name of a place on a slide that is the same for all its annotators."""
    sides = [pd.to_numeric(field[key], errors="coerce") for key in _PLACE]
    if not np.isfinite(sides).all():
        raise SettingsError(
            f"The field {name.text} must have {', '.join(_PLACE)}, the place that all annotators "
            f"were given, but has {sides}."
        )
    xmin, ymin, xmax, ymax = (int(side) for side in sides)
    return f"{name.slide}_left-{xmin}_top-{ymin}_bottom-{ymax}_right-{xmax}"


def _table(base: sqlite3.Connection, name: str, found: set[str], file: str) -> pd.DataFrame:
    if name not in found:
        raise SettingsError(
            f"{file} must have the tables {', '.join(_TABLES)}, but has no {name}. "
            "Is it a database of NuCLS?"
        )
    table = pd.read_sql_query(f'SELECT * FROM "{name}"', base)
    missing = [column for column in _TABLES[name] if column not in table]
    if missing:
        raise SettingsError(
            f"The table {name} of {file} must have the columns {', '.join(_TABLES[name])}, but "
            f"has no {', '.join(missing)}."
        )
    return table


def _documents(base: sqlite3.Connection, found: set[str]) -> pd.DataFrame:
    if _DOCUMENTS in found:
        return pd.read_sql_query(f'SELECT * FROM "{_DOCUMENTS}"', base)
    return pd.DataFrame({"itemId": [], "subset": []})


def _with_subsets(fields: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """Study arm of each slide, where its documents all have one."""
    if "slide_id" not in fields or not {"itemId", "subset"} <= set(documents):
        return fields
    arms = documents.dropna(subset=["subset"]).groupby("itemId")["subset"].agg(["nunique", "first"])
    one = arms.loc[arms["nunique"] == 1, "first"]
    return fields.assign(subset=_text(fields["slide_id"].map(one)))


def _with_places(fields: pd.DataFrame, drawn: pd.DataFrame) -> pd.DataFrame:
    """Field of view of each field, from the first rectangle that draws it."""
    first = drawn.drop_duplicates("fov_id").set_index("fov_id")
    places = {name: fields["fov_id"].map(first[name]) for name in BOX if name not in fields}
    return fields.assign(**places, fov_group=_text(fields["fov_id"].map(first["group"])))


def _cleaned(elements: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    text = _text(elements["group"])
    meant = {one: clean_group(one) for one in text.unique()}
    remarks = []
    for result, what in (("", "means no nucleus"), (None, "is not known")):
        counts = text[text.isin([one for one, group in meant.items() if group == result])]
        remarks += [
            f"left out: {count} elements whose text {what}: '{one}'"
            for one, count in counts.value_counts().items()
        ]
    kept = text.map(meant).fillna("")
    table = elements.assign(group=kept, group_text=text)[kept != ""]
    columns = {name: _text(table[name]) for name in COORDS if name in table}
    return table.assign(**columns).reset_index(drop=True), remarks


def _text(column: pd.Series[Any]) -> pd.Series[str]:
    """Return a column as text, empty where there is nothing."""
    return column.astype(object).where(column.notna(), "").astype(str)
