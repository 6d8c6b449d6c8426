"""Copies of a store that people write into meanwhile, and the way back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from nuclarium.annotate.store import Store
from nuclarium.annotate.store_base import shown_as, url_of
from nuclarium.core.errors import InputNotFoundError, OutputError, StoreError
from nuclarium.io.write import written_whole


def backup(store: Path | str, out: Path) -> int:
    """Copy a store as it is at one moment, also while people draw; the copy is checked.

    Parameters
    ----------
    store : Path or str
        A SQLite file.
    out : Path
        File to write; it must not be there yet.

    Returns
    -------
    edits : int
        Number of edits in the copy.

    Raises
    ------
    StoreError
        If the store is on PostgreSQL, which has a tool of its own, or is not sound.
    OutputError
        If `out` is there, or cannot be written.
    """
    source = _file_of(store, "backup", "pg_dump --format=custom --file=FILE URL")
    if out.exists():
        raise OutputError(f"A backup must be a new file, but {out} is there. Choose another name.")
    with written_whole(out) as part:
        _copy(source, part)
        with Store.open(part) as copy:
            edits = copy.check()
        _close_whole(part)
    return edits


def restore(file: Path, store: Path | str) -> Path | None:
    """Put a backup in the place of a store; what was there is kept beside it.

    Parameters
    ----------
    file : Path
        A backup; it stays as it is.
    store : Path or str
        The SQLite file to write, which no program may have open.

    Returns
    -------
    former : Path or None
        Where the store lies that was there before, or None where there was none.

    Raises
    ------
    InputNotFoundError
        If there is no such backup.
    StoreError
        If the backup is not sound, or the store is open.
    """
    target = _file_of(store, "restore", "pg_restore --clean --dbname=URL FILE", must_be=False)
    if not file.is_file():
        raise InputNotFoundError(f"A backup was expected, but there is no file {file}.")
    with written_whole(target) as part:
        _copy(file, part)
        with Store.open(part) as copy:
            copy.check()
            copy.begin_edition()  # by which open pages notice it
        _close_whole(part)
        return _moved_aside(target)


def _file_of(store: Path | str, what: str, tool: str, *, must_be: bool = True) -> Path:
    url = url_of(store)
    if url.get_backend_name() != "sqlite":
        raise StoreError(
            f"nuclarium {what} is for a store in a SQLite file, but got {shown_as(url)}. Use the "
            f"tool of PostgreSQL: {tool}"
        )
    path = Path(url.database or "")
    if must_be and not path.is_file():
        raise InputNotFoundError(f"A store of annotations was expected, but {path} is no file.")
    return path


def _copy(source: Path, part: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as here,
            closing(sqlite3.connect(part)) as there,
        ):
            here.backup(there)
    except sqlite3.Error as error:
        raise StoreError(
            f"{source} must be a store that can be read, but SQLite says: {error}."
        ) from None


def _close_whole(path: Path) -> None:
    """Leave one file without journals beside it; refuse where another program has it open."""
    with closing(sqlite3.connect(path, timeout=0)) as connection:
        mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    if mode != "delete":
        raise sqlite3.OperationalError("database is locked")


def _moved_aside(target: Path) -> Path | None:
    if not target.exists():
        return None
    try:
        _close_whole(target)
    except sqlite3.OperationalError:
        raise StoreError(
            f"The store {target} must be closed to be replaced, but a program has it open. Stop "
            "nuclarium annotate first."
        ) from None
    except sqlite3.DatabaseError:
        for ending in ("-wal", "-shm"):  # a damaged store: its journals must not meet the new one
            target.with_name(target.name + ending).unlink(missing_ok=True)
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    former = target.with_name(f"{target.name}.before-{now}")
    target.rename(former)
    return former
