"""The rows of a project's table of images while an import adds to them and changes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from nuclarium.workspace.layout import free_name, unique_names
from nuclarium.workspace.project import IMAGE_COLUMNS, Project


@dataclass(frozen=True, slots=True)
class FoundImage:
    """One image of a file that was given.

    Parameters
    ----------
    scene : str
        Its number in a file of several images; empty where there is one.
    suffix : str
        What that scene adds to the name.
    """

    path: Path
    sha256: str
    scene: str = ""
    suffix: str = ""


class ImageEntries:
    """Rows of ``images.csv``, each a dict of text by column.

    Parameters
    ----------
    project : Project
        Its table is read once; `frame` gives the changed one.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        images = project.images()
        self._columns = list(images.columns)
        self.rows: list[dict[str, str]] = [
            dict(zip(self._columns, row, strict=True)) for row in images.to_numpy().tolist()
        ]

    def frame(self) -> pd.DataFrame:
        """Return the table, new columns at its end."""
        columns = list(
            dict.fromkeys([*self._columns, *(name for row in self.rows for name in row)])
        )
        values = [[row.get(column, "") for column in columns] for row in self.rows]
        return pd.DataFrame(values, columns=columns, dtype=str)

    def place(self, found: Sequence[FoundImage]) -> tuple[list[int], list[str]]:
        """Find the row of each image, by its content or else its path; make those that are new.

        Returns
        -------
        places : list of int
            Index of a row, one for each of `found`.
        remarks : list of str
            What is unexpected: content that is in the project already, or that changed.
        """
        by_content = {_content(row): i for i, row in enumerate(self.rows)}
        by_file = {(row["file"], row.get("scene", "")): i for i, row in enumerate(self.rows)}
        names = unique_names([item.path for item in found], [item.suffix for item in found])
        places, remarks = [], []
        for item, name in zip(found, names, strict=True):
            content = (item.sha256, item.scene)
            file = self._project.name_of(item.path)
            index = by_content.get(content, by_file.get((file, item.scene)))
            if index is None:
                index = self._add(item, name, file)
            else:
                remarks += self._again(index, item, file)
            by_content.setdefault(content, index)
            by_file.setdefault((file, item.scene), index)
            places.append(index)
        return places, remarks

    def _add(self, item: FoundImage, name: str, file: str) -> int:
        taken = {row["name"].casefold() for row in self.rows}
        row = dict.fromkeys(IMAGE_COLUMNS, "") | ({"scene": item.scene} if item.scene else {})
        row["name"] = free_name(name, item.path.resolve().parent.name, taken)
        self.rows.append(row | {"file": file, "sha256": item.sha256})
        return len(self.rows) - 1

    def _again(self, index: int, item: FoundImage, file: str) -> list[str]:
        """Take note that an image of the project was given again, and say what is odd about it."""
        row = self.rows[index]
        if _content(row) != (item.sha256, item.scene):
            row["sha256"] = item.sha256
            return [
                f"{row['name']} has other content than when it was imported; what was made of the "
                "old content is out of date."
            ]
        if not self._project.locate(row["file"]).exists():
            row["file"] = file
        elif file != row["file"] and not row["file"].startswith("raw/"):
            return [
                f"{item.path} has the content of {row['name']}, which is in the project already."
            ]
        return []


def _content(row: dict[str, str]) -> tuple[str, str]:
    return row["sha256"], row.get("scene", "")
