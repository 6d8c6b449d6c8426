"""Long tables, one row an answer or a mark: CSV from any spreadsheet, or Parquet."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.io.rows import read_columns

SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".parquet")


def read_long_table(path: Path) -> tuple[pd.DataFrame, tuple[tuple[int, str], ...]]:
    """Read a long table as text, whichever program wrote it.

    Numbers that are whole lose their decimal point (``1.0`` becomes ``1``) where all of a column
    are, since spreadsheets and data frames add it to names that are numbers.

    Parameters
    ----------
    path : Path
        ``.parquet``, or text as `read_columns` reads it.

    Returns
    -------
    table : DataFrame of str
        Empty text where there is no value; the index is the number of the row, the first being 2
        as in a spreadsheet.
    mistakes : tuple of (int, str)
        Rows that were left out, and why.

    Raises
    ------
    InputNotFoundError, SettingsError
        If there is no such file, or it is no table.
    """
    if path.suffix.lower() == ".parquet":
        table, mistakes = _read_parquet(path), ()
    else:
        table, mistakes = read_columns(path)
    return table.apply(_whole_numbers), mistakes


def _read_parquet(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputNotFoundError(
            f"A table was expected at {path}, but there is nothing. Check the spelling."
        )
    try:
        table = pd.read_parquet(path)
    except Exception as error:  # noqa: BLE001 - whatever the library says of a damaged file
        raise SettingsError(
            f"{path.name} must be a Parquet file, but it cannot be read: {error}. Write it again, "
            "or give a CSV."
        ) from error
    text = table.astype(object).where(table.notna(), "").astype(str)
    text.columns = [str(name).strip() for name in table.columns]
    doubled = text.columns[text.columns.duplicated()]
    if len(doubled):
        raise SettingsError(
            f"The columns of {path.name} must have different names, but there are several named "
            f"{', '.join(sorted(set(doubled)))}. Rename them."
        )
    text.index = pd.RangeIndex(2, len(text) + 2)
    return text


def _whole_numbers(column: pd.Series[str]) -> pd.Series[str]:
    """Take ``.0`` off the values of a column that has nothing but whole numbers with it."""
    given = column[column != ""].drop_duplicates()
    if len(given) and given.str.fullmatch(r"-?\d+\.0+").all():
        return column.str.replace(r"\.0+$", "", regex=True)
    return column
