"""Large tables of NuCLS as files: plain or compressed, with the columns that a reader needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from nuclarium.core.errors import InputNotFoundError, SettingsError


def read_nucls_table(
    path: Path,
    needed: Sequence[str],
    *,
    what: str = "A table of NuCLS",
    dtype: type[str] | None = None,
) -> pd.DataFrame:
    """Read a table; an empty cell is an empty text.

    Parameters
    ----------
    path : Path
    needed : sequence of str
        Columns that it must have.
    what : str
        What it is, for messages.
    dtype : type, optional
        Of all columns; found from the cells where it is left out.

    Raises
    ------
    InputNotFoundError, SettingsError
        If there is no such file, or it is no table with these columns.
    """
    if not path.is_file():
        raise InputNotFoundError(
            f"{what} was expected at {path}, but there is nothing. Check the spelling."
        )
    try:
        table = pd.read_csv(path, dtype=dtype, keep_default_na=False, low_memory=False)
    except (OSError, EOFError, ValueError, pd.errors.ParserError) as error:
        raise SettingsError(
            f"{path.name} must be a table with columns separated by commas, but reading failed: "
            f"{error}. Copy it again."
        ) from error
    missing = [name for name in needed if name not in table]
    if missing:
        raise SettingsError(
            f"{path.name} must have the columns {', '.join(needed)}, but has no "
            f"{', '.join(missing)}. Is it {what[0].lower()}{what[1:]}?"
        )
    return table
