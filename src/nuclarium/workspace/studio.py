"""What the annotation studio opens: a project, or a plain folder or file that becomes one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nuclarium.core.errors import InputNotFoundError, NuclariumError, SettingsError
from nuclarium.io import open_image
from nuclarium.workspace.import_images import import_images
from nuclarium.workspace.project import Project
from nuclarium.workspace.project_settings import SETTINGS_FILE

_MOST_TRIED = 5_000


def open_workspace(
    path: Path, *, made_by: str = "", say: Callable[[str], None] = lambda sentence: None
) -> Project:
    """Open a project; a plain folder or file of images becomes one that lies beside it.

    Parameters
    ----------
    path : Path
        A project or a folder in one, a folder of images, or an image.
    made_by : str
        The command, for the record.
    say : callable
        Told in sentences what a person should know.

    Raises
    ------
    InputNotFoundError
        If there is nothing at `path`.
    SettingsError
        If there is no image in it.
    """
    if not path.exists():
        raise InputNotFoundError(
            f"A project, a folder or an image was expected at {path}, but there is nothing. Check "
            "the spelling."
        )
    is_image = path.is_file() or path.name.lower().endswith(".zarr")
    around = None if is_image else Project.around(path)
    if around is not None:
        return around
    files = [path] if is_image else _images_in(path)
    if not files:
        raise SettingsError(
            f"{path} must be a project or hold images, but none of its files is an image that we "
            "read. Begin a project with: nuclarium init DIR"
        )
    whole = path.absolute()
    stem = whole.name if path.is_dir() else whole.name.partition(".")[0] or whole.name
    folder = whole.with_name(f"{stem}_nuclarium")
    if (folder / SETTINGS_FILE).is_file():
        project = Project.open(folder)
        say(f"{path.name} is plain; its project is {folder.name}, beside it.")
    else:
        project = Project.create(folder, name=stem)
        say(f"{path.name} is plain; a project was made beside it: {folder.name}")
    result = import_images(project, files, made_by=made_by)
    for failure in result.failures:
        say(f"{failure.path}: {failure.reason}")
    return project


def _images_in(folder: Path) -> list[Path]:
    """Return the files of a folder that a reader opens, by name; nothing within its folders."""
    found = []
    for path in sorted(folder.iterdir())[:_MOST_TRIED]:
        if path.name.startswith(".") or (path.is_dir() and path.suffix.lower() != ".zarr"):
            continue
        try:
            with open_image(path):
                found.append(path)
        except NuclariumError:
            continue
    return found
