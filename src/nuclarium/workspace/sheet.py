"""A sheet of the user: which image is of which condition, group, patient."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

import pandas as pd

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.evaluate.pairing import image_stem

_IMAGE_COLUMNS = ("image", "file", "name")


@dataclass(frozen=True, eq=False)
class Sheet:
    """Rows of a sheet.

    Parameters
    ----------
    path : Path
        For messages.
    rows : DataFrame
        All text; "" where empty. The index is the number of the row as a spreadsheet counts: 2 is
        the first below the names.
    """

    path: Path
    rows: pd.DataFrame

    def column(self, name: str) -> pd.Series[str]:
        """Return a column, without spaces around its values.

        Raises
        ------
        SettingsError
            If there is none of that name.
        """
        if name not in self.rows:
            raise SettingsError(
                f"{self.path} must have the column {name}, but it has "
                f"{', '.join(map(str, self.rows.columns))}. Add it, or name another."
            )
        return self.rows[name].str.strip()


def read_sheet(path: Path) -> Sheet:
    """Read a CSV with commas, semicolons or tabs between columns.

    Raises
    ------
    InputNotFoundError, SettingsError
        If there is no such file, or it is no table.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputNotFoundError(
            f"There must be a sheet at {path}, but nothing is there."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} must be a CSV in UTF-8, but it cannot be read as one."
        ) from error
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    lines = [
        row
        for row in csv.reader(text.splitlines(), delimiter=separator)
        if any(map(str.strip, row))
    ]
    if len(lines) < 2:
        raise SettingsError(
            f"{path} must have a line of names and a row for each image, but has {len(lines)} lines."
        )
    names = [name.strip() for name in lines[0]]
    for number, row in enumerate(lines[1:], start=2):
        if len(row) > len(names):
            raise SettingsError(
                f"Row {number} of {path} must have {len(names)} values, but has {len(row)}. Put "
                "quotes around values that hold the separator."
            )
    rows = [row + [""] * (len(names) - len(row)) for row in lines[1:]]
    index = range(2, len(rows) + 2)
    return Sheet(path, pd.DataFrame(rows, columns=names, index=index, dtype=str))


def match_images(
    sheet: Sheet, records: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, int], list[str]]:
    """Find the row of each image of a folder of results.

    A row names its image as the results do, by file, or by a path whose end is that of the file;
    endings such as ``.ome.tif`` may be left out. All scenes of a file belong to its row.

    Parameters
    ----------
    sheet : Sheet
        With the column ``image``, ``file`` or ``name``; if several are there, the first of these.
    records : sequence of dict
        Images as in ``run.json``.

    Returns
    -------
    row_of : dict of str to int
        Number of the row of each image that has one, by the image's name.
    missing : list of str
        Rows that name no image of the results.

    Raises
    ------
    SettingsError
        If a row fits files of several folders, an image has two rows, or no row fits any image.
    """
    column = next((name for name in _IMAGE_COLUMNS if name in sheet.rows), None)
    if column is None:
        raise SettingsError(
            f"{sheet.path} must name images in a column image, file or name, but it has the "
            f"columns {', '.join(map(str, sheet.rows.columns))}."
        )
    by_stem: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for record in records:
        for stem in {image_stem(PurePath(record["file"])), str(record["name"])}:
            by_stem[stem].append(record)
    row_of: dict[str, int] = {}
    missing = []
    for number, named in sheet.column(column).items():
        row = int(str(number))
        found = _named(named, by_stem)
        if len({record["path"] for record in found}) > 1:
            raise SettingsError(
                f"Row {row} of {sheet.path} must name one file, but {named} fits "
                f"{' and '.join(str(record['path']) for record in found[:2])}. Write the folder "
                "too."
            )
        for record in found:
            earlier = row_of.setdefault(record["name"], row)
            if earlier != row:
                raise SettingsError(
                    f"Each image must have one row in {sheet.path}, but {record['name']} has the "
                    f"rows {earlier} and {row}. Remove one."
                )
        if not found:
            missing.append(named)
    if not row_of:
        example = records[0]["file"] if records else "no image"
        raise SettingsError(
            f"{sheet.path} must name images of the results, such as {example}, but none of its "
            f"{len(sheet.rows)} rows does; row 2 names {missing[0] if missing else 'nothing'}."
        )
    return row_of, missing


def _named(
    named: str, by_stem: Mapping[str, Sequence[Mapping[str, Any]]]
) -> list[Mapping[str, Any]]:
    path = PurePosixPath(named.replace("\\", "/"))
    candidates = [*by_stem.get(image_stem(path), ()), *by_stem.get(named, ())]  # type: ignore[arg-type]
    folders = path.parts[:-1] if not path.is_absolute() else path.parts[1:-1]
    exact = [record for record in candidates if record["name"] == named]
    ending = [
        record
        for record in candidates
        if not folders or PurePath(record["path"]).parts[-len(folders) - 1 : -1] == folders
    ]
    chosen = exact or ending
    return list({record["name"]: record for record in chosen}.values())
