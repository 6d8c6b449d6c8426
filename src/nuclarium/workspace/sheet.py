"""A sheet that gives condition, group, patient … for many images; mistakes are named by row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from nuclarium.core.errors import SettingsError
from nuclarium.io.rows import Row, Rows, by_row, read_rows

_KEYS = ("file", "image", "name", "filename", "path")
_KNOWN = ("condition", "group", "patient", "slide", "rater")
_OWN = ("name", "file", "sha256", "scene")
"""Columns of the project itself; a sheet tells images by them, but does not set them."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An image that a row of a sheet can mean."""

    path: Path
    name: str
    scene: str = ""


@dataclass(frozen=True)
class Sheet:
    """A sheet with its columns under their known names."""

    path: Path
    key: str
    table: Rows

    def existing_files(self) -> list[Path]:
        """Return the files that the rows name, from the sheet's folder, as far as they exist."""
        named = dict.fromkeys(row.cells[self.key] for row in self.table.rows)
        paths = [self.path.parent / _posix(text) for text in named if text]
        return [path for path in paths if path.exists()]


def read_sheet(path: Path) -> Sheet:
    """Read a sheet.

    Raises
    ------
    SettingsError
        If no column says which image a row is about.
    """
    found = read_rows(path)
    names = {column: _known_name(column) for column in found.columns}
    if len(set(names.values())) < len(names):
        raise SettingsError(
            f"The columns of {path.name} must differ by more than upper and lower case, but got "
            f"{', '.join(names)}. Rename one."
        )
    key = next((key for key in _KEYS if key in names.values()), None)
    if key is None:
        raise SettingsError(
            f"{path.name} must have a column named file, with the file of each image, but it has "
            f"{', '.join(found.columns)}. Rename the column with the files."
        )
    rows = tuple(
        Row(row.number, {names[column]: cell for column, cell in row.cells.items()})
        for row in found.rows
    )
    return Sheet(path, key, Rows(tuple(names.values()), rows, found.mistakes))


def match_sheet(
    sheet: Sheet, candidates: Sequence[Candidate]
) -> tuple[dict[int, dict[str, str]], list[str]]:
    """Find the image of every row.

    A row means the image at its path (from the folder of the sheet), or else the only one whose
    path ends in what it says, or whose name it is, with or without the extension.

    Returns
    -------
    values : dict of int to dict
        What the sheet says of a candidate, by its index; empty cells say nothing.
    mistakes : list of str
        Each begins with its row.
    """
    values: dict[int, dict[str, str]] = {}
    said_in: dict[int, int] = {}
    mistakes = list(sheet.table.mistakes)
    finder = _Finder(sheet.path.parent, candidates)
    for row in sheet.table.rows:
        text = row.cells[sheet.key]
        if not text:
            mistakes.append((row.number, f"has no {sheet.key}"))
            continue
        found = finder.find(text, row.cells.get("scene", ""))
        if not found:
            mistakes.append((row.number, f"names an unknown file, {text}"))
        elif len({candidates[index].path for index in found}) > 1:
            paths = " and ".join(str(candidates[index].path) for index in found[:2])
            mistakes.append((row.number, f"names {text}, which can be {paths}"))
            continue
        said = {
            name: value
            for name, value in row.cells.items()
            if value and name not in _OWN and name != sheet.key
        }
        for index in found:
            if index in values:
                mistakes.append((row.number, _repeated(said, values[index], said_in[index])))
            values[index], said_in[index] = said, row.number
    return values, by_row(mistakes)


def _repeated(said: dict[str, str], earlier: dict[str, str], at: int) -> str:
    for name in said.keys() & earlier.keys():
        if said[name] != earlier[name]:
            return f"contradicts row {at}: {name} is {said[name]} and {earlier[name]}"
    return f"is about the same image as row {at}"


class _Finder:
    """Candidates by everything that a row can call them."""

    def __init__(self, folder: Path, candidates: Iterable[Candidate]) -> None:
        self._folder = folder
        self._candidates = list(candidates)
        self._by_path: dict[Path, list[int]] = defaultdict(list)
        self._by_name: dict[str, list[int]] = defaultdict(list)
        for index, candidate in enumerate(self._candidates):
            self._by_path[candidate.path.resolve()].append(index)
            parts = candidate.path.parts
            for name in {candidate.name, candidate.path.stem, candidate.path.name}:
                self._by_name[name].append(index)
            for depth in range(2, len(parts)):
                self._by_name["/".join(parts[-depth:])].append(index)

    def find(self, text: str, scene: str) -> list[int]:
        path = _posix(text)
        by_path = self._by_path.get((self._folder / path).resolve(), [])
        found = by_path or self._by_name.get(path, [])
        return [i for i in found if not scene or self._candidates[i].scene == scene]


def _known_name(column: str) -> str:
    plain = column.strip().lower()
    return plain if plain in (*_KEYS, *_KNOWN, *_OWN) else column


def _posix(text: str) -> str:
    """Return a path as it may come from Windows with slashes."""
    return PureWindowsPath(text).as_posix() if "\\" in text else text.removeprefix("./")
