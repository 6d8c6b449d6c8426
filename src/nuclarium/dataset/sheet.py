"""A sheet (CSV) that says of each image what it is an example of, and what it was cut from."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path, PurePath
from typing import Any

from nuclarium.core.errors import SettingsError
from nuclarium.dataset.item import SPLITS, Item
from nuclarium.dataset.pairs import SPLIT_NAMES, listed, safe_id, without_ending
from nuclarium.io.rows import by_row, read_rows, refuse_mistakes

NAMES = ("id", "image", "patch", "name", "file", "filename", "image_id")
USUAL = ("items.csv", "patches.csv", "sheet.csv", "images.csv", "index.csv")
_TEXT = ("condition", "group", "patient", "slide", "source", "source_sha256", "channel")
_NUMBERS = ("fold", "z", "y0", "x0")
_COMPUTED = {f.name for f in fields(Item)} - {*_TEXT, *_NUMBERS, "split", "spacing_um", "extra"}
_SPACING = ("spacing_y_um", "spacing_x_um")


@dataclass(frozen=True)
class Sheet:
    """Facts of images by their name without folders and endings, in lower case."""

    path: Path
    rows: Mapping[str, Mapping[str, Any]]

    def facts(self, *names: str) -> Mapping[str, Any] | None:
        """Return the facts of the first name that has a row, or None where none has.

        Names are compared whole, with their folders, and then without.
        """
        keys = [*map(_key, names), *(_key(PurePath(name).name) for name in names)]
        return next((self.rows[key] for key in keys if key in self.rows), None)


def find_sheet(folder: Path) -> Path | None:
    """Return the sheet that lies in a folder under one of its usual names, or None."""
    return next((folder / name for name in USUAL if (folder / name).is_file()), None)


def read_sheet(
    path: Path, *, columns: Mapping[str, str] | None = None, where: Mapping[str, str] | None = None
) -> Sheet:
    """Read a sheet: the first column of ``id``, ``image``, ``patch``, ``name``, ``file`` names.

    Columns that are called as the facts of an item become those (``condition``, ``group``, ``z`` …;
    ``spacing_um`` or ``spacing_y_um`` and ``spacing_x_um``), others go into ``extra``.

    Parameters
    ----------
    path : Path
        Table of text with a row of column names, as `read_rows` reads it.
    columns : dict of str to str, optional
        Fact → column that it is taken from, such as ``{"condition": "modality"}``.
    where : dict of str to str, optional
        Column → value that a row must have; others are left out.

    Raises
    ------
    InputNotFoundError, SettingsError
        If the sheet is missing, or a row is wrong: with its number, the header being row 1.
    """
    table = read_rows(path)
    refuse_mistakes(by_row(table.mistakes), path.name)
    header = table.columns
    named = next((name for name in NAMES if name in header), None)
    if named is None:
        raise SettingsError(
            f"{path} must have a column that names the image, one of {', '.join(NAMES[:5])}, but "
            f"has {', '.join(header) or 'no rows'}."
        )
    for column in (*(columns or {}).values(), *(where or {})):
        if column not in header:
            raise SettingsError(
                f"{path} must have the column {column}, but has {', '.join(header)}."
            )
    found: dict[str, Mapping[str, Any]] = {}
    for number, row in ((row.number, row.cells) for row in table.rows):
        if all(row[column] == value for column, value in (where or {}).items()):
            if _key(row[named]) in found:
                raise SettingsError(f"{path}, row {number}: {row[named]} has a row before.")
            found[_key(row[named])] = _facts(row, named, columns or {}, f"{path}, row {number}")
    if not found:
        raise SettingsError(
            f"{path} must name at least one image, but no row has "
            f"{', '.join(f'{c} = {v}' for c, v in (where or {}).items()) or 'a name'}."
        )
    return Sheet(path, found)


def check_rows(sheet: Sheet, names: Sequence[tuple[str, ...]]) -> None:
    """Refuse images that have no row under any of their names.

    Raises
    ------
    SettingsError
        With their names.
    """
    missing = [own[0] for own in names if sheet.facts(*own) is None]
    if missing:
        raise SettingsError(
            f"Every image must have a row in {sheet.path.name}, but {len(missing)} have none: "
            f"{listed(missing)}. Add them, or choose images with --where."
        )


def item_row(item: Item) -> dict[str, str]:
    """Return an item as the row of a sheet that `read_sheet` reads back."""
    spacing = item.spacing_um or ("", "")
    text = {name: item.value(name) for name in ("id", "split", *_TEXT, *_NUMBERS)}
    return {**text, **dict(zip(_SPACING, map(str, spacing), strict=True)), **item.extra}


def write_sheet(path: Path, items: Sequence[Item]) -> None:
    """Write what a manifest knows of its items, besides their pixels, as a sheet."""
    rows = [item_row(item) for item in items]
    header = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, header, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _key(name: str) -> str:
    return safe_id(without_ending(name.replace("\\", "/"))).casefold()


def _facts(
    row: Mapping[str, str], named: str, columns: Mapping[str, str], place: str
) -> dict[str, Any]:
    """Turn the strings of a row into what an item takes."""
    values = {key: value.strip() for key, value in row.items()}
    values |= {fact: values[column] for fact, column in columns.items()}
    facts: dict[str, Any] = {name: values[name] for name in _TEXT if name in values}
    facts |= dict(_numbers(values, place))
    if "split" in values:
        facts["split"] = _split(values["split"], place) if values["split"] else None
    spacing = _spacing_of(values, place)
    if spacing is not None:
        facts["spacing_um"] = spacing
    own = {*_TEXT, *_NUMBERS, *_SPACING, *_COMPUTED, "split", "spacing_um", named}
    extra = {k: v for k, v in values.items() if v and k not in own}
    return {**facts, "extra": extra} if extra else facts


def _numbers(values: Mapping[str, str], place: str) -> Iterator[tuple[str, int]]:
    for name in _NUMBERS:
        if values.get(name):
            try:
                yield name, int(values[name])
            except ValueError as error:
                raise SettingsError(
                    f"{place}: {name} must be a whole number, but is {values[name]}."
                ) from error


def _split(text: str, place: str) -> str:
    split = SPLIT_NAMES.get(text.casefold())
    if split is None:
        raise SettingsError(f"{place}: split must be one of {', '.join(SPLITS)}, but is {text}.")
    return split


def _spacing_of(values: Mapping[str, str], place: str) -> tuple[float, float] | None:
    both = values.get("spacing_um", "")
    y, x = (values.get(name) or both for name in _SPACING)
    if not y or not x:
        return None
    try:
        spacing = float(y), float(x)
    except ValueError:
        spacing = 0.0, 0.0
    if not (0 < spacing[0] < 1e6 and 0 < spacing[1] < 1e6):
        raise SettingsError(f"{place}: the spacing must be positive µm, but is {y}, {x}.")
    return spacing
