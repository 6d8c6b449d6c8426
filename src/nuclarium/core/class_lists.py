"""Hierarchies of plain lists of names, with colours of a palette; written as TOML and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from nuclarium.core.class_levels import Colour, Level
from nuclarium.core.classes import Hierarchy
from nuclarium.core.errors import SettingsError

_HEX = (
    "e48c10 4d42ff 9cafff 855a3e 79ffca 6666d7 6a5d92 d5f87e b0b170 c1ff00 a35708 21fdff "
    "704858 afffa7 ff5890 78b7d7 5038c7 60489f 7080cf ff6048 e7d748 389738 50e7cf 289070"
)
PALETTE: tuple[Colour, ...] = tuple((*bytes.fromhex(one),) for one in _HEX.split())
"""Colours of plain lists, in this order: those of a short list are far apart. A search found them.
In usual vision, deuteranopia and protanopia no two of the first 12 are nearer than 26 (CIE 1976),
and no two of all nearer than 15; the colour of nuclei without a class is among both."""
OTHER_COLOUR: Colour = (140, 140, 140)
"""Of classes that nuclei have and the list lacks."""
MOST_CLASSES = len(PALETTE)
LONGEST = 60
"""Characters of the name of a class in a plain list."""
RESERVED = "undetected"
"""What tables of raters call a nucleus that somebody did not mark."""


def plain_hierarchy(names: Iterable[str]) -> Hierarchy:
    """Return the hierarchy of one level that a list of names is.

    Parameters
    ----------
    names : iterable of str
        1 to 24 names of 1 to 60 characters; space around a name is taken off.

    Raises
    ------
    SettingsError
        One sentence that names what is wrong.

    Examples
    --------
    >>> plain_hierarchy(["nucleus", "debris"]).levels[0].codes
    {'nucleus': 1, 'debris': 2}
    """
    classes = tuple(_name(name) for name in names)
    if not 1 <= len(classes) <= MOST_CLASSES:
        raise SettingsError(
            f"A list of classes must have 1 to {MOST_CLASSES} names, since more cannot be told "
            f"apart by colour, but got {len(classes)}. For more, write a file with levels, like "
            "nucls.toml."
        )
    seen: dict[str, str] = {}
    for name in classes:
        if name.casefold() in seen:
            raise SettingsError(
                f"Names of classes must differ, but '{seen[name.casefold()]}' and '{name}' are "
                "one. Take one out."
            )
        seen[name.casefold()] = name
    level = Level(
        "class",
        classes,
        {name: code for code, name in enumerate(classes, 1)},
        dict(zip(classes, PALETTE, strict=False)),
    )
    return Hierarchy("classes", (level,))


def with_others(hierarchy: Hierarchy, labels: Iterable[str]) -> tuple[Hierarchy, tuple[str, ...]]:
    """Return the hierarchy with labels that it lacks as classes of their own, and those labels.

    Nuclei keep a class that was taken out of the list; in every level it is a class by itself.
    """
    others = sorted({one for one in map(hierarchy.plain, labels) if one} - _known(hierarchy))
    others = [one for one in others if one != RESERVED]
    if not others:
        return hierarchy, ()
    last = len(hierarchy.levels) - 1
    levels = tuple(
        _longer(level, others, place < last) for place, level in enumerate(hierarchy.levels)
    )
    return replace(hierarchy, levels=levels), tuple(others)


def content_of(hierarchy: Hierarchy) -> dict[str, Any]:
    """Return a hierarchy as its TOML file, or JSON, has it; `hierarchy_of_content` reads it."""
    head: dict[str, Any] = {"name": hierarchy.name}
    if hierarchy.ambiguous is not None:
        head["ambiguous"] = hierarchy.ambiguous
    if hierarchy.prefixes:
        head["prefixes"] = list(hierarchy.prefixes)
    levels = [
        {"name": level.name, "classes": [_row(level, name) for name in level.classes]}
        for level in hierarchy.levels
    ]
    return head | {"levels": levels}


def toml_of(hierarchy: Hierarchy) -> str:
    """Return a hierarchy as the text of a TOML file."""
    content = content_of(hierarchy)
    lines = [f"{key} = {_value(value)}" for key, value in content.items() if key != "levels"]
    for level in content["levels"]:
        rows = [
            "{ " + ", ".join(f"{key} = {_value(value)}" for key, value in row.items()) + " }"
            for row in level["classes"]
        ]
        text = ",\n    ".join(rows)
        lines += [
            "",
            "[[levels]]",
            f"name = {_value(level['name'])}",
            f"classes = [\n    {text},\n]",
        ]
    return "\n".join(lines) + "\n"


def _name(value: object) -> str:
    name = value.strip() if isinstance(value, str) else ""
    if not 1 <= len(name) <= LONGEST or not name.isprintable():
        raise SettingsError(
            f"The name of a class must be 1 to {LONGEST} printable characters, but got "
            f"{value!r:.80}."
        )
    if name.casefold() == RESERVED:
        raise SettingsError(
            f"The name of a class must not be '{RESERVED}', which tables of raters use for nuclei "
            "that somebody did not mark. Choose another word."
        )
    return name


def _known(hierarchy: Hierarchy) -> set[str]:
    return {name for level in hierarchy.levels for name in level.classes}


def _longer(level: Level, others: Sequence[str], has_parents: bool) -> Level:
    """Return a level with further classes, each of which is its own parent."""
    free = max([*level.codes.values(), *level.model_codes.values()]) + 1
    codes = {name: free + place for place, name in enumerate(others)}
    parents = {name: name for name in others} if has_parents else {}
    return Level(
        level.name,
        (*level.classes, *others),
        {**level.codes, **codes},
        {**level.colours, **dict.fromkeys(others, OTHER_COLOUR)},
        {**level.parents, **parents},
        {**level.model_codes, **codes},
    )


def _row(level: Level, name: str) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "code": level.codes[name]}
    if level.model_codes[name] != level.codes[name]:
        row["model_code"] = level.model_codes[name]
    row["colour"] = list(level.colours[name])
    return row | ({"parent": level.parents[name]} if name in level.parents else {})


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
