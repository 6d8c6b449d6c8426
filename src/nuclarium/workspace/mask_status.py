"""Status of every mask of a folder, with who and when; what was said before is never erased."""

from __future__ import annotations

import csv
import getpass
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal, get_args

from nuclarium.core.errors import InputNotFoundError, OutputError, SettingsError
from nuclarium.io.files import hash_file
from nuclarium.io.rows import read_rows
from nuclarium.workspace.record import utc_now

Status = Literal["preliminary", "verified", "rejected"]
STATUSES: tuple[Status, ...] = get_args(Status)
PRELIMINARY: Status = "preliminary"
SHEET = "masks.csv"
_ENDINGS = (".tif", ".tiff", ".ome.tif", ".png")


@dataclass(frozen=True)
class MaskEvent:
    """One row of the sheet: at that time, this person gave this mask this status.

    Parameters
    ----------
    name : str
        Of the mask, its file without the ending.
    status : str
    who, when : str
        When is ISO 8601 in UTC.
    made_by : str
        Command that made the mask or gave the status.
    sha256 : str
        Of the mask's file at that time.
    note : str
    """

    name: str
    status: str
    who: str = ""
    when: str = ""
    made_by: str = ""
    sha256: str = ""
    note: str = ""


_COLUMNS = tuple(f.name for f in fields(MaskEvent))


class MaskStatuses:
    """The sheet of a folder of masks; rows are only ever added, and the last one of a mask counts.

    Parameters
    ----------
    folder : Path
        Holds the masks and ``masks.csv``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def sheet(self) -> Path:
        """File of the rows."""
        return self.folder / SHEET

    def history(self) -> list[MaskEvent]:
        """All rows, oldest first; none where there is no sheet.

        Raises
        ------
        SettingsError
            If a row lacks its name or its status is not known.
        """
        if not self.sheet.exists():
            return []
        return [self._event(row.number, row.cells) for row in read_rows(self.sheet).rows]

    def current(self) -> dict[str, MaskEvent]:
        """Last row of each mask, in the order in which masks first came."""
        last: dict[str, MaskEvent] = {}
        for event in self.history():
            last[event.name] = event
        return last

    def file(self, name: str) -> Path | None:
        """File of a mask, or None where it is gone."""
        files = (self.folder / f"{name}{ending}" for ending in _ENDINGS)
        return next((file for file in files if file.is_file()), None)

    def is_changed(self, event: MaskEvent) -> bool:
        """Whether the mask's file is another one than when the row was written."""
        file = self.file(event.name)
        return file is not None and event.sha256 != "" and hash_file(file) != event.sha256

    def is_protected(self, name: str) -> bool:
        """Whether work of a person is in a mask: it is verified, or was changed by hand."""
        event = self.current().get(name)
        if event is None:
            return self.file(name) is not None
        return event.status == "verified" or self.is_changed(event)

    def append(
        self, name: str, status: Status, *, who: str = "", made_by: str = "", note: str = ""
    ) -> MaskEvent:
        """Add a row, with the time and the hash of the mask as it is now."""
        file = self.file(name)
        digest = hash_file(file) if file else ""
        event = MaskEvent(name, status, who or user_name(), utc_now(), made_by, digest, note)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            is_new = not self.sheet.exists() or self.sheet.stat().st_size == 0
            with self.sheet.open("a", encoding="utf-8", newline="") as out:
                out.write(_line(_COLUMNS) if is_new else "")
                out.write(_line([getattr(event, column) for column in _COLUMNS]))
        except OSError as error:
            raise OutputError(
                f"{self.sheet} must be writable, but the system says: {error.strerror or error}. "
                "Free some space, or ask for permission."
            ) from error
        return event

    def _event(self, number: int, row: Mapping[str, str]) -> MaskEvent:
        values = {column: row.get(column, "") for column in _COLUMNS}
        values["name"] = _mask_name(values["name"])
        values["status"] = values["status"].lower()
        if not values["name"] or values["status"] not in STATUSES:
            raise SettingsError(
                f"Row {number} of {self.sheet} must have a name and one of "
                f"{', '.join(STATUSES)}, but has '{values['name']}' and '{values['status']}'. "
                "Correct the row."
            )
        return MaskEvent(**values)


def set_status(
    folder: Path,
    names: Sequence[str],
    status: Status,
    *,
    who: str = "",
    made_by: str = "",
    note: str = "",
) -> list[MaskEvent]:
    """Give masks a status; nothing is written unless all of them are there.

    Parameters
    ----------
    names : sequence of str
        Names of masks, or their files.

    Raises
    ------
    InputNotFoundError
        If a mask is not in the folder.
    """
    statuses = MaskStatuses(folder)
    wanted = [_mask_name(name) for name in names]
    for name in wanted:
        if statuses.file(name) is None:
            raise InputNotFoundError(
                f"A mask {name}.tif was expected in {folder}, but there is none. "
                f"See what there is with: nuclarium masks list {folder}"
            )
    return [statuses.append(n, status, who=who, made_by=made_by, note=note) for n in wanted]


def listed(folder: Path, *, history: bool = False) -> list[dict[str, str]]:
    """Rows of the sheet for people, with a remark where file and row do not agree.

    Parameters
    ----------
    history : bool
        All rows, oldest first, instead of the last one of each mask.
    """
    if not folder.is_dir():
        raise InputNotFoundError(
            f"A folder of masks was expected at {folder}, but there is none. Check the spelling."
        )
    statuses = MaskStatuses(folder)
    if history:
        return [asdict(event) | {"remark": ""} for event in statuses.history()]
    return [asdict(e) | {"remark": _remark(statuses, e)} for e in statuses.current().values()]


def _remark(statuses: MaskStatuses, event: MaskEvent) -> str:
    if statuses.file(event.name) is None:
        return "the file is gone"
    return f"changed since it was {event.status}" if statuses.is_changed(event) else ""


def user_name() -> str:
    """Return the name that the system knows the user by, or ``unknown``."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"


def _mask_name(name: str) -> str:
    text = Path(name).name
    ending = next((e for e in sorted(_ENDINGS, key=len)[::-1] if text.lower().endswith(e)), "")
    return text[: len(text) - len(ending)]


def _line(values: Sequence[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue()
