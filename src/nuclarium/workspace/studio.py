"""What the annotation studio opens: a project, or a plain folder or file that becomes one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nuclarium.core.errors import InputNotFoundError, NuclariumError, OutputError, SettingsError
from nuclarium.io import open_image
from nuclarium.workspace.file_states import Told
from nuclarium.workspace.import_images import import_images
from nuclarium.workspace.project import Project
from nuclarium.workspace.project_settings import SETTINGS_FILE

_MOST_TRIED = 5_000


def open_workspace(
    path: Path,
    *,
    into: Path | None = None,
    made_by: str = "",
    say: Callable[[str], None] = lambda sentence: None,
    told: Told | None = None,
) -> Project:
    """Open a project; a plain folder or file of images becomes one that lies beside it.

    Parameters
    ----------
    path : Path
        A project or a folder in one, a folder of images, or an image.
    into : Path, optional
        Folder of the project that a plain folder or file becomes; beside it when left out.
    made_by : str
        The command, for the record.
    say : callable
        Told in sentences what a person should know.
    told : callable, optional
        Called while a file is hashed, with its path, bytes that were read, and its size.

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
    around = Project.around(path.parent if is_image else path)
    if around is not None and (not is_image or _has(around, path)):
        if is_image:
            say(f"{path.name} is an image of the project {around.settings.name}, which is opened.")
        return around
    files = [path] if is_image else _images_in(path)
    if not files:
        raise SettingsError(
            f"{path} must be a project or hold images, but none of its files is an image that we "
            "read. Begin a project with: nuclarium init DIR"
        )
    whole = path.absolute()
    stem = whole.name if path.is_dir() else whole.name.partition(".")[0] or whole.name
    folder = whole.with_name(f"{stem}_nuclarium") if into is None else into.absolute()
    project = _opened(path, folder, stem, say)
    result = import_images(project, files, made_by=made_by, told=told)
    for failure in result.failures:
        say(f"{failure.path}: {failure.reason}")
    return project


def _opened(path: Path, folder: Path, name: str, say: Callable[[str], None]) -> Project:
    """Open the project of plain images, or begin it."""
    if (folder / SETTINGS_FILE).is_file():
        say(f"{path.name} is plain; its project is {folder}")
        return Project.open(folder)
    try:
        project = Project.create(folder, name=name)
    except OutputError as error:
        raise OutputError(
            f"What is drawn in {path.name} is kept in a project, but {folder} cannot be made: "
            f"{error} Choose another place with --project FOLDER."
        ) from error
    say(f"{path.name} is plain; a project was made for what is drawn in it: {folder}")
    return project


def _has(project: Project, path: Path) -> bool:
    wanted = path.resolve()
    return any(project.locate(file).resolve() == wanted for file in project.images()["file"])


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
