"""The one settings file of a project, ``nuclarium.toml``: written at the start, read, checked."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from nuclarium.core.class_lists import plain_hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.dataset.patches import PatchSettings
from nuclarium.preprocess.recipe_steps import Step
from nuclarium.preprocess.recipe_text import parse_recipe, steps_from_values
from nuclarium.preprocess.slices import SliceSettings

SETTINGS_FILE = "nuclarium.toml"
SCHEMA = 1
SECTIONS = ("project", "slices", "recipe", "patches")
"""Sections that this version knows; a new step adds its own."""
ClassChoice = tuple[str, ...] | str
"""Names of classes; or the name of a shipped hierarchy; or a TOML file in the project."""
DEFAULT_CLASSES: ClassChoice = ("nucleus",)
CLASSES_REMARK = 'names, "nucls", or a TOML file; changed by: nuclarium classes'


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """What the settings file says; each part has its defaults.

    Parameters
    ----------
    name : str
        Of the project.
    created : str
        Day, as ISO 8601.
    slices : SliceSettings
    recipe : tuple of Step
        For looking and annotating; none by default.
    patches : PatchSettings
    classes : tuple of str, or str
        What nuclei are said to be in the studio: names, or a hierarchy.
    """

    name: str
    created: str = ""
    slices: SliceSettings = field(default_factory=SliceSettings)
    recipe: tuple[Step, ...] = ()
    patches: PatchSettings = field(default_factory=PatchSettings)
    classes: ClassChoice = DEFAULT_CLASSES


def settings_text(name: str, created: str, classes: ClassChoice = DEFAULT_CLASSES) -> str:
    """Return the settings file of a new project, with what can be set and its defaults."""
    slices, patches = SliceSettings(), PatchSettings()
    return f"""\
# Settings of this project; docs/project.md explains each. What is left out has its default.

[project]
name = {json.dumps(name, ensure_ascii=False)}
created = {json.dumps(created)}
schema = {SCHEMA}
{classes_line(classes)}

[slices]
planes = {json.dumps(slices.planes)}  # all, every:5, 10-20, best, best:3, max, max:3 …
channels = []  # names or indices; the channel of the nuclei if empty

[recipe]  # for looking and annotating; raw pixels are never changed
steps = []  # such as "threshold high=1500 | mean radius_px=1", or [[recipe.steps]] tables

[patches]
size_px = {patches.size_px}
edge = {json.dumps(patches.edge)}  # drop, shift or pad
min_nuclei = {patches.min_nuclei}
min_area_fraction = {patches.min_area_fraction}
"""


def classes_line(classes: ClassChoice) -> str:
    """Return the line of the settings file that says which classes a project has."""
    return f"classes = {json.dumps(classes, ensure_ascii=False)}  # {CLASSES_REMARK}"


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
    refuse_unknown(content, SECTIONS, f"Sections of {path.name}")
    try:
        return _settings(content, path)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error


def refuse_unknown(given: Any, known: Collection[str], what: str) -> None:
    """Refuse names that are not known, with the nearest one that is."""
    if not isinstance(given, dict):
        raise SettingsError(f"{what} must be a table of names and values, but got {given!r}.")
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"Did you mean {near[0]}?" if near else "Remove it, or correct its name."
            raise SettingsError(f"{what} must be among {', '.join(known)}, but got {name}. {hint}")


def _settings(content: Mapping[str, Any], path: Path) -> ProjectSettings:
    project = content.get("project", {})
    refuse_unknown(project, ("name", "created", "schema", "classes"), "Settings of [project]")
    if not isinstance(project.get("name"), str) or project.get("schema", SCHEMA) != SCHEMA:
        raise SettingsError(
            f"[project] must have a name and schema = {SCHEMA}, but got "
            f"{project.get('name')!r} and {project.get('schema')!r}. If a newer nuclarium made the "
            "project, update this one."
        )
    patches = content.get("patches", {})
    refuse_unknown(patches, [f.name for f in fields(PatchSettings)], "Settings of [patches]")
    return ProjectSettings(
        project["name"],
        str(project.get("created", "")),
        _slices(content.get("slices", {})),
        _recipe(content.get("recipe", {})),
        PatchSettings(**patches),
        class_choice(project.get("classes", list(DEFAULT_CLASSES))),
    )


def class_choice(value: Any) -> ClassChoice:
    """Check which classes somebody wants: a list of names, or one text that names a hierarchy."""
    if isinstance(value, list | tuple):
        return plain_hierarchy(value).levels[0].classes
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise SettingsError(
        f"classes must be a list of names, the name of a hierarchy or a TOML file, but got "
        f"{value!r:.60}."
    )


def _slices(values: Any) -> SliceSettings:
    refuse_unknown(values, ("planes", "channels"), "Settings of [slices]")
    planes, channels = values.get("planes", "all"), values.get("channels", [])
    if not isinstance(channels, list):
        raise SettingsError(f"channels of [slices] must be a list, but got {channels!r}.")
    return SliceSettings(str(planes), tuple(str(channel) for channel in channels))


def _recipe(values: Any) -> tuple[Step, ...]:
    refuse_unknown(values, ("steps",), "Settings of [recipe]")
    steps = values.get("steps", [])
    return parse_recipe(steps) if isinstance(steps, str) else steps_from_values(steps)
