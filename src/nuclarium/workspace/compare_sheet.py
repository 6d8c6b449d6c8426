"""A sheet of the user: which image is of which condition, group, patient."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.evaluate.pairing import image_stem
from nuclarium.io.rows import by_row, read_rows, refuse_mistakes

_IMAGE_COLUMNS = ("file", "image", "name")
_OTHER_ENDINGS = re.compile(r"\.(lsm|czi|svs|ndpi|mrxs|scn|nd2|lif)$", re.I)
_OF_STACK = re.compile(r"_(z\d+|max|best|mean|slice).*$")
"""How planes that were taken from a stack are named after it."""


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
        """Return a column.

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
        return self.rows[name]


def read_sheet(path: Path) -> Sheet:
    """Read a table of text, whichever spreadsheet wrote it.

    Raises
    ------
    InputNotFoundError, SettingsError
        If there is no such file, it is no table, or it has no row.
    """
    table = read_rows(path)
    refuse_mistakes(by_row(table.mistakes), str(path))
    if not table.rows:
        raise SettingsError(f"{path} must have a row for each image, but has none below its names.")
    cells = [[row.cells.get(name, "") for name in table.columns] for row in table.rows]
    index = [row.number for row in table.rows]
    return Sheet(path, pd.DataFrame(cells, columns=list(table.columns), index=index, dtype=str))


def match_images(
    sheet: Sheet, records: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, int], list[str]]:
    """Find the row of each image of a folder of results.

    A row names its image as the results do, by file, or by a path whose end is that of the file;
    endings such as ``.ome.tif`` may be left out. All scenes of a file belong to its row, and so do
    planes that were taken from a stack (``NAME_z012.tif`` from the row of ``NAME.lsm``). A column
    ``sha256`` that knows the file says more than names.

    Parameters
    ----------
    sheet : Sheet
        With the column ``file``, ``image`` or ``name``; if several are there, the first of these.
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
    index = _Index(records)
    row_of: dict[str, int] = {}
    missing = []
    for number, named in sheet.column(column).items():
        row = int(str(number))
        found = index.of_hash(sheet, row) or index.named(named)
        if len({_folder_and_stack(record) for record in found}) > 1:
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


class _Index:
    """Images of the results, by what a sheet may call them."""

    def __init__(self, records: Sequence[Mapping[str, Any]]) -> None:
        self.by_stem: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self.by_hash: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for record in records:
            stem = _stem(record["file"])
            for name in {stem, _OF_STACK.sub("", stem), str(record["name"])}:
                self.by_stem[name].append(record)
            self.by_hash[record["sha256"]].append(record)

    def of_hash(self, sheet: Sheet, row: int) -> list[Mapping[str, Any]]:
        """Images whose file has the hash of a row; none where files are doubled."""
        if "sha256" not in sheet.rows:
            return []
        found = self.by_hash.get(str(sheet.rows.loc[row, "sha256"]), [])
        return found if len({record["path"] for record in found}) == 1 else []

    def named(self, named: str) -> list[Mapping[str, Any]]:
        """Images that a name or the end of a path fits; the same name as in the results wins."""
        path = PurePosixPath(named.replace("\\", "/"))
        stem = _stem(path.name)
        candidates = [*self.by_stem.get(stem, ()), *self.by_stem.get(named, ())]
        exact = [record for record in candidates if record["name"] == named]
        own = [r for r in candidates if _stem(r["file"]) == stem]
        folders = path.parts[1:-1] if path.is_absolute() else path.parts[:-1]
        ending = [r for r in own if _ends(PurePath(r["path"]).parts[:-1], folders)]
        chosen = exact or ending or [record for record in candidates if record not in own]
        return list({record["name"]: record for record in chosen}.values())


def _ends(parts: tuple[str, ...], folders: tuple[str, ...]) -> bool:
    return not folders or parts[-len(folders) :] == folders


def _stem(name: str) -> str:
    return _OTHER_ENDINGS.sub("", image_stem(Path(name)))


def _folder_and_stack(record: Mapping[str, Any]) -> tuple[str, str]:
    path = PurePath(record["path"])
    return str(path.parent), _OF_STACK.sub("", _stem(path.name))
