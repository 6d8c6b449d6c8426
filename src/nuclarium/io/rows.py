"""Rows of a table that a person made: commas, semicolons or tabs, with what spreadsheets add."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nuclarium.core.errors import InputNotFoundError, SettingsError

if TYPE_CHECKING:
    import pandas as pd

_DELIMITERS = ",;\t"
_MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Parameters
    ----------
    number : int
        As a spreadsheet counts it: the header is row 1.
    cells : dict of str to str
        By column; text without surrounding spaces, empty where the cell is.
    """

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Rows:
    """A table of text: its columns in order, its rows, and what is wrong with rows, by number."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    mistakes: tuple[tuple[int, str], ...] = ()


def read_rows(path: Path) -> Rows:
    """Read a table of text, whichever spreadsheet wrote it.

    Columns are separated by commas, semicolons or tabs, whichever the header has most of. UTF-8
    with and without a byte order mark, UTF-16 with one, and Windows-1252 are read; so are Excel's
    first line ``sep=;``, cells such as ``="007"``, and files compressed by gzip. Empty rows and
    columns without a name and without values are left out.

    Raises
    ------
    InputNotFoundError
        If there is no such file.
    SettingsError
        If it is no table: no header, a column twice, values without a column name.
    """
    header, cells, mistakes = _cells(path)
    rows = tuple(
        Row(number, {name: value for name, value in zip(header, values, strict=True) if name})
        for number, values in cells
    )
    return Rows(tuple(name for name in header if name), rows, tuple(mistakes))


def read_columns(path: Path) -> tuple[pd.DataFrame, tuple[tuple[int, str], ...]]:
    """Read what `read_rows` reads as a data frame, for tables of a million rows.

    Returns
    -------
    table : DataFrame of str
        Empty text where a cell is; the index is the number of the row as a spreadsheet counts.
    mistakes : tuple of (int, str)
        Rows that were left out, and why.
    """
    import pandas as pd

    header, cells, mistakes = _cells(path)
    named = [place for place, name in enumerate(header) if name]
    columns = {header[place]: [values[place] for _, values in cells] for place in named}
    numbers = [number for number, _ in cells]
    return pd.DataFrame(columns, index=numbers, dtype=object), tuple(mistakes)


def _cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]], list[tuple[int, str]]]:
    """Return the header, the rows by number with a cell for every column, and wrong rows."""
    delimiter, text = _dialect(_text(path))
    try:
        cells = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise SettingsError(
            f"{path.name} must be a table with columns separated by commas, semicolons or tabs, "
            f"but it cannot be read: {error}. Save it as CSV again."
        ) from error
    if not cells or not any(_cleaned(cell) for cell in cells[0]):
        raise SettingsError(
            f"{path.name} must begin with a row of column names, but it has none. Add one."
        )
    header = [_cleaned(cell) for cell in cells[0]]
    _check_header(header, cells[1:], path.name)
    rows, mistakes = [], []
    for number, row in enumerate(cells[1:], 2):
        values = _without_empty_end([_cleaned(cell) for cell in row])
        if len(values) > len(header):
            mistakes.append((number, f"has {len(values)} values for {len(header)} columns"))
        elif values:
            rows.append((number, values + [""] * (len(header) - len(values))))
    return header, rows, mistakes


def by_row(mistakes: Iterable[tuple[int, str]]) -> list[str]:
    """Return mistakes as texts that begin with their row, in the order of rows."""
    return [f"row {number} {text}" for number, text in sorted(mistakes, key=lambda item: item[0])]


def refuse_mistakes(mistakes: Sequence[str], name: str) -> None:
    """Raise one SettingsError that lists what is wrong in a table, if anything is."""
    if not mistakes:
        return
    shown = "; ".join(mistakes[:_MOST_LISTED])
    more = len(mistakes) - _MOST_LISTED
    raise SettingsError(
        f"{name} has {len(mistakes)} {'mistake' if len(mistakes) == 1 else 'mistakes'}: {shown}"
        + (f"; and {more} more" if more > 0 else "")
        + ". Nothing was changed; correct it and repeat the command."
    )


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise InputNotFoundError(
            f"A table was expected at {path}, but there is nothing. Check the spelling."
        ) from error
    except OSError as error:
        raise SettingsError(
            f"{path} must be a table that can be read, but the system says: "
            f"{error.strerror or error}. Check the path."
        ) from error
    if data.startswith(b"\x1f\x8b"):
        data = _unpacked(data, path.name)
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise SettingsError(
            f"{path.name} must be a table as text, but it is a spreadsheet of Excel or "
            "LibreOffice. Save it as CSV from there."
        )
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("cp1252", errors="replace")


def _unpacked(data: bytes, name: str) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise SettingsError(
            f"{name} must be a whole file of gzip, but it is cut short or damaged: {error}. "
            "Copy it again."
        ) from error


def _dialect(text: str) -> tuple[str, str]:
    """Return the delimiter, and the text without Excel's line that names it."""
    first, _, rest = text.partition("\n")
    named = first.strip().strip('"').lower()
    if named.startswith("sep=") and len(first.strip().strip('"')) <= 5:
        return (first.rstrip("\r").strip('"')[4:5] or "\t"), rest
    unquoted = "".join(first.split('"')[::2])
    return max(_DELIMITERS, key=unquoted.count), text


def _cleaned(cell: str) -> str:
    cell = cell.replace("\0", "").strip()
    if cell.startswith('="') and cell.endswith('"') and len(cell) > 2:
        cell = cell[2:-1]
    return cell.strip()


def _without_empty_end(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _check_header(header: list[str], rows: list[list[str]], name: str) -> None:
    doubled = [column for column, n in Counter(header).items() if n > 1 and column]
    if doubled:
        raise SettingsError(
            f"The columns of {name} must have different names, but there are several named "
            f"{', '.join(doubled)}. Rename them."
        )
    for index, column in enumerate(header):
        if not column and any(_cleaned(row[index]) for row in rows if index < len(row)):
            raise SettingsError(
                f"Every column of {name} must have a name, but column {index + 1} has values "
                "without one. Name it in the first row."
            )
