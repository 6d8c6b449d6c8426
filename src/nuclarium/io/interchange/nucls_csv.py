"""The tables of NuCLS fields: one row a nucleus, in pixels of the field's image."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from nuclarium.core.class_checks import shown
from nuclarium.core.classes import Hierarchy, shipped_hierarchy
from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.io.rows import by_row, refuse_mistakes
from nuclarium.io.write import write_text

CLASS = "raw_classification"
BOX = ("xmin", "ymin", "xmax", "ymax")
COORDS = ("coords_x", "coords_y")
TYPES = ("rectangle", "polyline", "point")
_OLD_CLASS = "group"
_LARGEST = 2**31 - 1
_RECTANGLE_POINTS = 5


def class_columns(hierarchy: Hierarchy) -> tuple[str, ...]:
    """Return the columns of classes: ``raw_classification`` and so on up the levels."""
    return tuple(f"{level.name}_classification" for level in hierarchy.levels)


def read_nucls_csv(path: Path, hierarchy: Hierarchy | None = None) -> pd.DataFrame:
    """Read the table of one field.

    Parameters
    ----------
    path : Path
    hierarchy : Hierarchy, optional
        The classes, of which the finest level must be in the table; NuCLS's own by default.

    Returns
    -------
    table : DataFrame
        The columns of classes, finest first; ``type``; ``xmin``, ``ymin``, ``xmax``, ``ymax`` as
        whole numbers; ``coords_x``, ``coords_y`` as comma-joined whole numbers, empty where there
        are none. The index is that of the file, or counts from 0. Coarser classes are those of the
        file (truths of many raters are inferred at each level, so they need not follow from the
        finest), or follow from the finest where column or cell is empty. Where the type is
        missing, more than 5 coordinates make a polyline, and fewer a rectangle, as in NuCLS.
        The class may stand in a column ``group``, as in earlier exports.

    Raises
    ------
    InputNotFoundError
        If there is no such file.
    SettingsError
        If columns are missing or rows are wrong: every row with what was expected of it.
    """
    hierarchy = hierarchy or shipped_hierarchy()
    header, rows = read_cells(path)
    finest = class_columns(hierarchy)[0]
    if finest not in header and _OLD_CLASS in header:
        header[header.index(_OLD_CLASS)] = finest
    missing = [name for name in (finest, *BOX) if name not in header]
    if missing:
        raise SettingsError(
            f"{path.name} must have the columns {', '.join((finest, *BOX))}, but has no "
            f"{', '.join(missing)}. Is it a table of a NuCLS field?"
        )
    mistakes: list[tuple[int, str]] = []
    values = []
    for number, cells in rows:
        if len(cells) != len(header):
            mistakes.append((number, f"has {len(cells)} values for {len(header)} columns"))
            continue
        row = dict(zip(header, (cell.strip() for cell in cells), strict=True))
        wrong: list[str] = []
        values.append(_row(row, hierarchy, wrong))
        mistakes += [(number, text) for text in wrong]
    refuse_mistakes(by_row(mistakes), path.name)
    columns = [*class_columns(hierarchy), "type", *BOX, *COORDS]
    table = pd.DataFrame(values, columns=columns, index=_index(header, rows))
    return table.astype({**dict.fromkeys(columns, str), **dict.fromkeys(BOX, "int64")})


def write_nucls_csv(path: Path, table: pd.DataFrame) -> None:
    """Write the table of one field, as `read_nucls_csv` gives it, in NuCLS's form.

    A file of NuCLS that is read and written again has the same bytes, as far as it has NuCLS's
    columns in their order, lines that end in a line feed, and the classes of its hierarchy.
    """
    text = io.StringIO()
    table.to_csv(text, lineterminator="\n", index_label="")
    write_text(path, text.getvalue())


def read_cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header, and rows with their numbers as a spreadsheet counts them.

    Empty rows are left out.

    Raises
    ------
    InputNotFoundError, SettingsError
        If there is no such file, or it is no table.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise InputNotFoundError(
            f"The table of a field was expected at {path}, but there is nothing. "
            "Check the spelling."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path.name} must be a table as text in UTF-8, but reading failed: {error}."
        ) from error
    try:
        cells = list(csv.reader(io.StringIO(text.replace("\0", ""), newline=""), strict=True))
    except csv.Error as error:
        raise SettingsError(
            f"{path.name} must be a table with columns separated by commas, but it cannot be "
            f"read: {error}. Copy it again."
        ) from error
    if not cells:
        raise SettingsError(f"{path.name} must begin with column names, but it is empty.")
    header = [name.strip() for name in cells[0]]
    twice = {name for name in header if header.count(name) > 1}
    if twice:
        raise SettingsError(
            f"The columns of {path.name} must have different names, but there are several named "
            f"'{sorted(twice)[0]}'."
        )
    return header, [(n, row) for n, row in enumerate(cells[1:], 2) if any(c.strip() for c in row)]


def _row(row: dict[str, str], hierarchy: Hierarchy, wrong: list[str]) -> list[str | int]:
    """Cells of one row in the order of our columns; `wrong` takes what is wrong with it."""
    classes = _classes(row, hierarchy, wrong)
    box = [whole(row[name], name, wrong) for name in BOX]
    for low, high in ((0, 2), (1, 3)):
        if box[low] > box[high]:
            wrong.append(f"must have {BOX[low]} ≤ {BOX[high]}, but has {box[low]} and {box[high]}")
    coords = [row.get(name, "") for name in COORDS]
    points = [_numbers(text, name, wrong) for text, name in zip(coords, COORDS, strict=True)]
    if len(points[0]) != len(points[1]):
        wrong.append(
            f"must have as many coords_x as coords_y, but has {len(points[0])} and {len(points[1])}"
        )
    kind = row.get("type", "") or _type_of(len(points[0]))
    if kind not in TYPES:
        wrong.append(f"must have a type of {', '.join(TYPES)}, but has '{kind}'")
    if kind == "polyline" and not points[0]:
        wrong.append("is a polyline, which must have coords_x and coords_y, but has none")
    if kind == "point" and (box[0] != box[2] or box[1] != box[3]):
        wrong.append(f"is a point, which must have zero extent, but has {box}")
    return [*classes, kind, *box, *coords]


def _type_of(coordinates: int) -> str:
    return "polyline" if coordinates > _RECTANGLE_POINTS else "rectangle"


def _classes(row: dict[str, str], hierarchy: Hierarchy, wrong: list[str]) -> list[str]:
    finest, *coarser = class_columns(hierarchy)
    label = row[finest]
    found = [label]
    for column, level in zip(coarser, hierarchy.levels[1:], strict=True):
        try:
            expected = hierarchy.roll_up(label, level.name)
        except SettingsError:
            expected = ""
        found.append(row.get(column, "") or expected)
    if hierarchy.level_of(label) != hierarchy.levels[0].name:
        wrong.append(
            f"must have a class of {shown(hierarchy.levels[0].classes)} as {finest}, but has "
            f"'{label}'"
        )
    return found


def whole(text: str, name: str, wrong: list[str]) -> int:
    """Return a cell as a whole number, or 0 and a sentence in `wrong` where it is none."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value != value or abs(value) > _LARGEST or value != int(value):
        wrong.append(f"must have a whole number of pixels as {name}, but has '{text}'")
        return 0
    return int(value)


def _numbers(text: str, name: str, wrong: list[str]) -> list[int]:
    return [whole(part, name, wrong) for part in text.split(",")] if text else []


def _index(header: Sequence[str], rows: Sequence[tuple[int, list[str]]]) -> pd.Index[int]:
    """Return the file's own numbers where its first column, without a name, holds them."""
    if header[0] == "" and all(len(cells) == len(header) for _, cells in rows):
        own = [cells[0].strip() for _, cells in rows]
        if all(text.isdecimal() and len(text) < 10 for text in own) and len(set(own)) == len(own):
            return pd.Index([int(text) for text in own], dtype="int64")
    return pd.RangeIndex(len(rows))
