"""A project: one folder with its images by hash, everything made of them, and the record of it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pandas as pd

import nuclarium
from nuclarium.core.errors import OutputError, SettingsError
from nuclarium.io import hash_file
from nuclarium.io.rows import by_row, read_rows, refuse_mistakes
from nuclarium.io.write import write_table, write_text
from nuclarium.workspace.layout import STATE
from nuclarium.workspace.project_settings import (
    DEFAULT_CLASSES,
    SETTINGS_FILE,
    ClassChoice,
    ProjectSettings,
    read_settings,
    settings_text,
)
from nuclarium.workspace.record import utc_now
from nuclarium.workspace.records import append_record, read_records

IMAGES_TABLE = "images.csv"
RECORDS = "records.jsonl"
IMAGE_COLUMNS = ("name", "file", "sha256", "condition", "group", "patient", "slide", "rater")


@dataclass(frozen=True)
class Project:
    """A folder with ``nuclarium.toml``.

    Parameters
    ----------
    folder : Path
        Absolute.
    settings : ProjectSettings
        As the file says when the project is opened.
    """

    folder: Path
    settings: ProjectSettings

    @classmethod
    def open(cls, path: Path | str = ".") -> Self:
        """Find the project that a path lies in: the path itself, or the nearest folder above.

        Raises
        ------
        SettingsError
            If there is none, or its settings file is wrong.
        """
        start = Path(path).absolute()
        for folder in (start, *start.parents):
            if (folder / SETTINGS_FILE).is_file():
                return cls(folder, read_settings(folder / SETTINGS_FILE))
        raise SettingsError(
            f"{start} must lie in a project, but neither it nor a folder above has a "
            f"{SETTINGS_FILE}. Make one with: nuclarium init DIR"
        )

    @classmethod
    def around(cls, path: Path | str) -> Self | None:
        """Return the project that a path lies in, or None where it lies in none."""
        start = Path(path).absolute()
        is_in_one = any((folder / SETTINGS_FILE).is_file() for folder in (start, *start.parents))
        return cls.open(path) if is_in_one else None

    @classmethod
    def create(
        cls,
        folder: Path | str,
        *,
        name: str | None = None,
        classes: ClassChoice = DEFAULT_CLASSES,
    ) -> Self:
        """Make a new project; files that lie in the folder stay as they are.

        `classes` are names, or the name of a shipped hierarchy.

        Raises
        ------
        OutputError
            If the folder is a project already, or cannot be written.
        """
        folder = Path(folder).absolute()
        if folder.exists() and not folder.is_dir():
            raise OutputError(
                f"A project must be a folder, but {folder} is a file. Choose another name."
            )
        if (folder / SETTINGS_FILE).exists():
            raise OutputError(
                f"{folder} is a project already. Add images: nuclarium import FILES "
                f"--project {folder.name}"
            )
        write_table(folder / IMAGES_TABLE, pd.DataFrame(columns=list(IMAGE_COLUMNS)))
        text = settings_text(name or folder.resolve().name, utc_now()[:10], classes)
        write_text(folder / SETTINGS_FILE, text)  # last: from now on the folder is a project
        project = cls.open(folder)
        project.record("init")
        return project

    def images(self) -> pd.DataFrame:
        """Return one row an image, in the order of import; all text, empty where unknown.

        Columns are `IMAGE_COLUMNS`, then those that the user added.

        Raises
        ------
        SettingsError
            If somebody edited the table so that a name is missing, doubled or no name of a file.
        """
        path = self.folder / IMAGES_TABLE
        if not path.exists():
            return pd.DataFrame(columns=list(IMAGE_COLUMNS), dtype=str)
        table = read_rows(path)
        names = Counter(row.cells.get("name", "") for row in table.rows)
        mistakes = [
            (row.number, wrong)
            for row in table.rows
            if (wrong := _wrong_name(row.cells.get("name", ""), names))
        ]
        refuse_mistakes(by_row([*table.mistakes, *mistakes]), str(path))
        columns = list(dict.fromkeys([*IMAGE_COLUMNS, *table.columns]))
        values = [[row.cells.get(column, "") for column in columns] for row in table.rows]
        return pd.DataFrame(values, columns=columns, dtype=str)

    @property
    def file_states(self) -> Path:
        """Where sizes and times of files are kept, so that nothing is hashed twice."""
        return self.folder / STATE / "files.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other commands from changing the tables meanwhile, where the system can."""
        with ExitStack() as stack:
            with suppress(ImportError, OSError):
                import fcntl  # not on Windows, where two imports at once are not kept apart

                (self.folder / STATE).mkdir(exist_ok=True)
                lock = stack.enter_context((self.folder / STATE / "lock").open("w"))
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def write_images(self, table: pd.DataFrame) -> None:
        """Replace the table of images, whole."""
        write_table(self.folder / IMAGES_TABLE, table)

    def locate(self, file: str) -> Path:
        """Return where a file of the tables is; relative ones are relative to the project."""
        return self.folder / file

    def name_of(self, path: Path) -> str:
        """Return how a path is written in the tables: relative where it lies in the project."""
        absolute = Path(os.path.normpath(path.absolute()))
        for folder in (self.folder, self.folder.resolve()):
            if absolute.is_relative_to(folder):
                return absolute.relative_to(folder).as_posix()
        return absolute.as_posix()

    def record(
        self,
        what: str,
        *,
        settings: Mapping[str, Any] | None = None,
        inputs: Mapping[str, str] | Iterable[Path] = (),
        outputs: Mapping[str, str] | Iterable[Path] = (),
        made_by: str = "",
    ) -> None:
        """Add a line to the record: what was made, of what, by what.

        Parameters
        ----------
        what : str
            The step, such as ``slices``.
        settings : mapping, optional
            What the result depends on beside the inputs.
        inputs, outputs : mapping of str to str, or iterable of Path
            SHA-256 by file as `name_of` writes it; paths are hashed here.
        made_by : str
            The command; the step's when left out.
        """
        append_record(
            self.folder / RECORDS,
            {
                "what": what,
                "made_by": made_by or f"nuclarium {what}",
                "settings": dict(settings or {}),
                "inputs": self._hashes(inputs),
                "outputs": self._hashes(outputs),
                "version": nuclarium.__version__,
                "when": utc_now(),
            },
        )

    def records(self) -> list[dict[str, Any]]:
        """Return everything that was recorded, oldest first."""
        return read_records(self.folder / RECORDS)

    def recorded_outputs(self, what: str) -> set[str]:
        """Return the files that one kind of step made, as `name_of` writes them."""
        records = [record for record in self.records() if record.get("what") == what]
        return {name for record in records for name in record.get("outputs", {})}

    def _hashes(self, files: Mapping[str, str] | Iterable[Path]) -> dict[str, str]:
        if isinstance(files, Mapping):
            return dict(files)
        return {self.name_of(path): hash_file(path) for path in files}


def record_around(
    path: Path,
    what: str,
    *,
    settings: Mapping[str, Any] | None = None,
    inputs: Iterable[Path] = (),
    outputs: Iterable[Path] = (),
    made_by: str = "",
) -> None:
    """Add a line to the record of the project that a path lies in; nothing if it lies in none."""
    project = Project.around(path)
    if project is not None:
        project.record(what, settings=settings, inputs=inputs, outputs=outputs, made_by=made_by)


def _wrong_name(name: str, names: Mapping[str, int]) -> str:
    """Return what is wrong with the name of an image, if anything is."""
    if not name:
        return "has no name"
    if name.startswith(".") or set(name) & set("/\\"):
        return f"has the name {name}, of which no file can be made"
    return f"has the name {name} of another row" if names[name] > 1 else ""
