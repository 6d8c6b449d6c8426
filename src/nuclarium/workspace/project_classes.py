"""The classes of a project: what the studio offers, chosen at any time, kept in the settings."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nuclarium.core.class_lists import content_of, plain_hierarchy
from nuclarium.core.classes import Hierarchy, read_hierarchy, shipped_hierarchy, shipped_names
from nuclarium.core.errors import SettingsError
from nuclarium.io.write import write_text
from nuclarium.workspace.project import Project
from nuclarium.workspace.project_settings import (
    SETTINGS_FILE,
    ClassChoice,
    class_choice,
    classes_line,
    read_settings,
)

CLASSES_FILE = "classes.toml"
"""Where a hierarchy that comes from elsewhere is kept in the project."""


def project_hierarchy(project: Project) -> Hierarchy:
    """Return the classes that the settings file names now.

    Raises
    ------
    SettingsError, InputNotFoundError
        If there is no such hierarchy or file, or it does not hold together.
    """
    return hierarchy_of_choice(
        read_settings(project.folder / SETTINGS_FILE).classes, project.folder
    )


def hierarchy_of_choice(choice: ClassChoice, folder: Path) -> Hierarchy:
    """Return the hierarchy that a setting stands for; files lie in `folder`."""
    if not isinstance(choice, str):
        return plain_hierarchy(choice)
    return read_hierarchy(folder / choice) if _is_file(choice) else shipped_hierarchy(choice)


def typed_choice(words: Sequence[str]) -> ClassChoice:
    """Return what somebody typed: names, each a word or between commas, a hierarchy, or a file.

    Examples
    --------
    >>> typed_choice(["mitotic, apoptotic", "other"]), typed_choice(["nucls"])
    (('mitotic', 'apoptotic', 'other'), 'nucls')
    """
    names = [name.strip() for word in words for name in word.split(",") if name.strip()]
    if len(names) == 1 and (_is_file(names[0]) or names[0] in shipped_names()):
        return names[0]
    return class_choice(names)


def begin_project(folder: Path, choice: ClassChoice, *, name: str | None = None) -> Project:
    """Make a new project with its classes; nothing is made where they do not hold together."""
    if not isinstance(choice, str) or not _is_file(choice):
        hierarchy_of_choice(choice, folder)
        return Project.create(folder, name=name, classes=choice)
    read_hierarchy(choice)
    return choose_classes(Project.create(folder, name=name), choice)


def choose_classes(project: Project, choice: ClassChoice, *, made_by: str = "") -> Project:
    """Keep other classes in the settings, and record it; the rest of the file stays as it is.

    Studies keep the classes that they were begun with, and nuclei keep theirs.

    Parameters
    ----------
    project : Project
    choice : tuple of str, or str
        Names; the name of a shipped hierarchy; or a file, which is copied into the project as
        ``classes.toml`` where it lies elsewhere.
    made_by : str
        The command, for the record.

    Returns
    -------
    project : Project
        As its settings are now.

    Raises
    ------
    SettingsError, InputNotFoundError
        If these are no classes. Then nothing is changed.
    """
    with project.locked():
        kept = _kept(project, class_choice(choice))
        hierarchy = hierarchy_of_choice(kept, project.folder)
        path = project.folder / SETTINGS_FILE
        write_text(path, _changed(path.read_text(encoding="utf-8-sig"), kept, path))
        project.record(
            "classes",
            settings={"classes": kept, "hierarchy": content_of(hierarchy)},
            made_by=made_by,
        )
    return replace(project, settings=read_settings(path))


def _kept(project: Project, choice: ClassChoice) -> ClassChoice:
    """Return a choice that holds within the project: a file from elsewhere is copied into it."""
    if not isinstance(choice, str) or not _is_file(choice):
        return choice
    path = project.folder / choice if (project.folder / choice).is_file() else Path(choice)
    read_hierarchy(path)
    name = project.name_of(path)
    if not Path(name).is_absolute():
        return name
    write_text(project.folder / CLASSES_FILE, path.read_text("utf-8"))
    return CLASSES_FILE


def _changed(text: str, choice: ClassChoice, path: Path) -> str:
    """Return the settings with other classes; what stands beside them stays, remarks too."""
    lines = text.splitlines()
    begin = next((i for i, line in enumerate(lines, 1) if line.strip().startswith("[project]")), 0)
    end = next(
        (i for i, line in enumerate(lines) if i >= begin and line.startswith("[")), len(lines)
    )
    end = end if begin else 0  # a file in another form, which is left alone
    found = [i for i in range(begin, end) if lines[i].partition("=")[0].strip() == "classes"]
    if found:
        lines[found[0] : _last(lines, found[0]) + 1] = [classes_line(choice)]
    elif begin:
        while not lines[end - 1].strip():
            end -= 1
        lines.insert(end, classes_line(choice))
    changed = "\n".join(lines) + "\n"
    if not begin or _without_classes(changed) != _without_classes(text):
        raise SettingsError(
            f"{path} must keep all other settings when its classes change, but would not. Write "
            f"under [project] by hand: {classes_line(choice)}"
        )
    return changed


def _last(lines: Sequence[str], first: int) -> int:
    """Return the line on which a setting ends that begins on `first`."""
    for last in range(first, len(lines)):
        try:
            tomllib.loads("\n".join(lines[first : last + 1]))
        except tomllib.TOMLDecodeError:
            continue
        return last
    return first


def _without_classes(text: str) -> object:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    project = {name: value for name, value in content["project"].items() if name != "classes"}
    return content | {"project": project}


def _is_file(word: str) -> bool:
    return word.lower().endswith(".toml")
