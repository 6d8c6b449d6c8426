"""Where the store of annotations of a project is, its backup, and the way back."""

from __future__ import annotations

from pathlib import Path

from nuclarium.annotate import backup as copies
from nuclarium.annotate.store import Store
from nuclarium.core.errors import InputNotFoundError
from nuclarium.workspace.project import Project, record_around

STORE = "annotations/store.sqlite"
"""In the folder of a project."""


def store_of(place: Path | str) -> Path | str:
    """Return the store that a place names.

    Parameters
    ----------
    place : Path or str
        A URL, a SQLite file, or a project or a folder in one.

    Raises
    ------
    SettingsError
        If it is a folder that lies in no project.
    """
    if isinstance(place, str) and "://" in place:
        return place
    path = Path(place)
    return Project.open(path).folder / STORE if path.is_dir() else path


def open_store(place: Path | str) -> Store:
    """Open the store of a project, a file or a URL; InputNotFoundError where there is none yet."""
    store = store_of(place)
    if isinstance(store, Path) and not store.is_file():
        raise InputNotFoundError(
            f"A store of annotations was expected, but there is no {store}. Begin one with: "
            "nuclarium annotate PROJECT"
        )
    return Store.open(store)


def single_person(store: Store) -> str:
    """Return the alias of whoever works alone: the first admin, made if needed."""
    admins = [user for user in store.users() if user.role == "admin" and user.active]
    return (admins[0] if admins else store.add_user("me", "admin")).alias


def backup(place: Path | str, out: Path, *, made_by: str = "") -> int:
    """Copy the store of a place as it is at one moment, and record it in its project.

    Returns
    -------
    edits : int
        Number of edits in the copy.
    """
    store = store_of(place)
    edits = copies.backup(store, out)
    if isinstance(store, Path):
        settings = {"edits": edits}
        record_around(store, "backup", settings=settings, outputs=[out], made_by=made_by)
    return edits


def restore(file: Path, place: Path | str, *, made_by: str = "") -> Path | None:
    """Put a backup in the place of a store, and record it in its project.

    Returns
    -------
    former : Path or None
        Where the store lies that was there before.
    """
    store = store_of(place)
    former = copies.restore(file, store)
    if isinstance(store, Path):
        record_around(store, "restore", inputs=[file], made_by=made_by)
    return former
