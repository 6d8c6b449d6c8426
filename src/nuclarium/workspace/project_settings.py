"""The one settings file of a project, ``nuclarium.toml``: written at the start, read, checked."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from nuclarium.core.errors import SettingsError

SETTINGS_FILE = "nuclarium.toml"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """What the settings file says; each part has its defaults.

    Parameters
    ----------
    name : str
        Of the project.
    created : str
        Day, as ISO 8601.
    schema : int
        Of the folder; this version knows 1.
    """

    name: str
    created: str = ""
    schema: int = SCHEMA


def settings_text(name: str, created: str) -> str:
    """Return the settings file of a new project, with what can be set and its defaults."""
    return f"""\
# Settings of this project; docs/project.md explains each.

[project]
name = {json.dumps(name, ensure_ascii=False)}
created = {json.dumps(created)}
schema = {SCHEMA}
"""


def read_settings(path: Path) -> ProjectSettings:
    """Read and check a settings file.

    Raises
    ------
    SettingsError
        If it is no TOML, or a section or a setting is not known or has a wrong value.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"{path} must be a settings file in TOML, but it cannot be read: {error}. Correct it."
        ) from error
    refuse_unknown(content, ("project",), f"Sections of {path.name}")
    project = content.get("project", {})
    names = [field.name for field in fields(ProjectSettings)]
    refuse_unknown(project, names, f"Settings of [project] in {path.name}")
    if not isinstance(project.get("name"), str) or project.get("schema", SCHEMA) != SCHEMA:
        raise SettingsError(
            f"[project] of {path} must have a name and schema = {SCHEMA}, but got "
            f"{project.get('name')!r} and {project.get('schema')!r}. If a newer nuclarium made the "
            "project, update this one."
        )
    return ProjectSettings(project["name"], str(project.get("created", "")))


def refuse_unknown(given: Any, known: Collection[str], what: str) -> None:
    """Refuse names that are not known, with the nearest one that is."""
    if not isinstance(given, dict):
        raise SettingsError(f"{what} must be a table of names and values, but got {given!r}.")
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"Did you mean {near[0]}?" if near else "Remove it, or correct its name."
            raise SettingsError(
                f"{what} must be among {', '.join(sorted(known))}, but got {name}. {hint}"
            )
