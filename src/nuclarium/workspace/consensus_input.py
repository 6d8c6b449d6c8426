"""Find and read the ratings of a study: a long table, or a folder that holds one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.io import hash_file
from nuclarium.io.long_table import SUFFIXES, read_long_table
from nuclarium.workspace.project import Project

FOLDER = "ratings"
BOX = ("xmin", "ymin", "xmax", "ymax")
ANSWERS = ("item", "rater", "label")
MARKS = ("field", "rater", "label", *BOX)
OUTLINES = ("field", "rater", "label", "outline_x", "outline_y")
TAKEN = {*ANSWERS, *MARKS, *OUTLINES, "kind", "arm", "time", "suggestion", "accepted", "group"}
_MOST_SHOWN = 20


@dataclass(frozen=True, eq=False)
class Ratings:
    """The table of a study as it was read.

    Parameters
    ----------
    path : Path
    sha256 : str
    table : DataFrame of str
        Columns by the names of `TAKEN` as far as there are, and no others.
    kind : "answers" or "marks"
        Whether a row is the answer to an item, or a mark in a field.
    project : Project or None
        That the table lies in.
    remarks : tuple of str
        Of rows that were left out.
    """

    path: Path
    sha256: str
    table: pd.DataFrame
    kind: Literal["answers", "marks"]
    project: Project | None
    remarks: tuple[str, ...]


def read_ratings(source: Path, columns: Mapping[str, str]) -> Ratings:
    """Read the ratings of a table, or of the one table that a folder holds.

    Parameters
    ----------
    source : Path
        The table; or a project or any folder with the table in it or in its folder ``ratings``.
    columns : mapping of str to str
        Name that is needed → name in the table.

    Raises
    ------
    InputNotFoundError, SettingsError
        If there is no table, several, or one without rows or the columns that are needed.
    """
    path = _only_table(source, columns) if source.is_dir() else source
    raw, mistakes = read_long_table(path)
    table = _renamed(raw, columns, path.name)
    kind = _kind(table)
    if kind is None:
        raise SettingsError(_lacking(table, path.name))
    if not len(table):
        raise SettingsError(
            f"{path.name} must have at least one row below its column names, but it has none. "
            "Add the answers of the raters."
        )
    kept = [name for name in table.columns if name in TAKEN]
    return Ratings(
        path,
        hash_file(path),
        table[kept],
        kind,
        Project.around(path.parent),
        tuple(_left_out(mistakes, path.name)),
    )


def chosen_columns(pairs: list[str] | None) -> dict[str, str]:
    """Read options such as ``item=task``."""
    chosen = {}
    for pair in pairs or []:
        needed, sign, name = (part.strip() for part in pair.partition("="))
        if not sign or needed not in TAKEN or not name:
            raise SettingsError(
                f"--column must be a column that is needed, = and its name in the table, such as "
                f"item=task, but got {pair}. Columns are: {', '.join(sorted(TAKEN))}."
            )
        chosen[needed] = name
    return chosen


def listed(names: str | None) -> tuple[str, ...]:
    """Read names with commas between."""
    return tuple(filter(None, map(str.strip, (names or "").split(","))))


def _only_table(folder: Path, columns: Mapping[str, str]) -> Path:
    """Return the table of ratings in a folder; those without the columns are other tables."""
    places = (folder / FOLDER, folder)
    seen: list[str] = []
    for place in places:
        files = sorted(p for p in place.glob("*") if p.name.lower().endswith(SUFFIXES))
        fitting = [path for path in files if _fits(path, columns)]
        seen += [path.relative_to(folder).as_posix() for path in files]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            names = ", ".join(path.relative_to(folder).as_posix() for path in fitting)
            raise SettingsError(
                f"{folder} must hold one table of ratings, but it holds {len(fitting)}: {names}. "
                "Give the path of one of them."
            )
    looked = f"only {', '.join(seen)}, which lack them" if seen else "no table at all"
    raise InputNotFoundError(
        f"{folder} must hold a table of ratings, in it or in its folder {FOLDER}, with the columns "
        f"{_joined(ANSWERS)}, or {_joined(MARKS)}, but it holds {looked}. Give the path of a table."
    )


def _fits(path: Path, columns: Mapping[str, str]) -> bool:
    try:
        return _kind(_renamed(read_long_table(path)[0], columns, path.name)) is not None
    except SettingsError:
        return False


def _renamed(table: pd.DataFrame, columns: Mapping[str, str], name: str) -> pd.DataFrame:
    for needed, given in columns.items():
        if given not in table.columns:
            raise SettingsError(
                f"--column {needed}={given} must name a column of {name}, but its columns are "
                f"{_some(table)}. Check the spelling."
            )
    table = table.rename(columns=lambda c: c.lower() if c.lower() in TAKEN else c)
    new = {given: needed for needed, given in columns.items() if given != needed}
    return table.drop(columns=[c for c in new.values() if c in table.columns]).rename(columns=new)


def _kind(table: pd.DataFrame) -> Literal["answers", "marks"] | None:
    found = set(table.columns)
    if set(ANSWERS) <= found:
        return "answers"
    return "marks" if set(MARKS) <= found or set(OUTLINES) <= found else None


def _lacking(table: pd.DataFrame, name: str) -> str:
    wanted = MARKS if {*BOX, "field"} & set(table.columns) else ANSWERS
    missing = [column for column in wanted if column not in table.columns]
    return (
        f"{name} must have the columns {_joined(ANSWERS)}, or for marks {_joined(MARKS)}, but it "
        f"has {_some(table)}: {_joined(missing)} {'is' if len(missing) == 1 else 'are'} missing. "
        f"If a column has another name, say --column {missing[0]}=NAME."
    )


def _left_out(mistakes: tuple[tuple[int, str], ...], name: str) -> list[str]:
    if not mistakes:
        return []
    first = "; ".join(f"row {number} {text}" for number, text in mistakes[:3])
    more = f", and {len(mistakes) - 3} more" if len(mistakes) > 3 else ""
    return [f"Rows of {name} that cannot be read were left out: {first}{more}."]


def _some(table: pd.DataFrame) -> str:
    names = [str(name) for name in table.columns]
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return ", ".join(names[:_MOST_SHOWN]) + more


def _joined(names: tuple[str, ...] | list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
