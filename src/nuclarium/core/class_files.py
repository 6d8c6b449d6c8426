"""The TOML form of a hierarchy of classes: its keys and their types, before what they mean."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nuclarium.core.errors import InputNotFoundError, SettingsError

_HEAD = {"name", "ambiguous", "prefixes", "levels"}
_CLASS = {"name", "code", "model_code", "colour", "parent"}


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the levels."""

    name: str
    ambiguous: str | None
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class as it is written."""

    name: str
    code: int
    colour: tuple[int, int, int]
    parent: str | None
    model_code: int | None


@dataclass(frozen=True, slots=True)
class LevelRows:
    """One level as it is written."""

    name: str
    rows: tuple[ClassRow, ...]


def read_text(path: Path) -> str:
    """Return the text of a file; InputNotFoundError or SettingsError where that fails."""
    try:
        return path.read_text("utf-8")
    except FileNotFoundError as error:
        raise InputNotFoundError(
            f"A hierarchy of classes was expected at {path}, but there is nothing. "
            "Check the spelling."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} must be a TOML file in UTF-8, but reading failed: {error}."
        ) from error


def parsed(text: str, name: str) -> dict[str, Any]:
    """Return the content of a TOML text; SettingsError where it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{name} must be TOML, but it is not: {error}.") from error


def rows_of(content: Any, name: str) -> tuple[Head, tuple[LevelRows, ...]]:
    """Return what the content of a file says of a hierarchy, with keys and types checked.

    Raises
    ------
    SettingsError
        In one sentence with the name of the file, the level and the class.
    """
    if not isinstance(content, Mapping):
        raise SettingsError(f"{name} must be a table of name and levels, but got {content!r:.40}.")
    _known(content, _HEAD, name)
    head = Head(
        _text(content, "name", name),
        _text(content, "ambiguous", name) if "ambiguous" in content else None,
        tuple(_texts(content.get("prefixes", []), f"{name}: prefixes")),
    )
    levels = content.get("levels")
    if not isinstance(levels, list) or not all(isinstance(level, dict) for level in levels):
        raise SettingsError(f"{name} must have [[levels]], the finest first, but it has none.")
    return head, tuple(_level(level, f"{name}: level {i}") for i, level in enumerate(levels, 1))


def _level(level: Mapping[str, Any], where: str) -> LevelRows:
    name = _text(level, "name", where)
    _known(level, {"name", "classes"}, f"{where} ({name})")
    rows = level.get("classes")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise SettingsError(
            f"{where} ({name}) must have classes, each {{ name, code, colour, parent }}, "
            f"but got {rows!r}."
        )
    return LevelRows(name, tuple(_row(row, f"{where} ({name})") for row in rows))


def _row(row: Mapping[str, Any], where: str) -> ClassRow:
    name = _text(row, "name", f"{where}, a class")
    where = f"{where}, class {name}"
    _known(row, _CLASS, where)
    return ClassRow(
        name,
        _whole(row, "code", where),
        _colour(row, where),
        _text(row, "parent", where) if "parent" in row else None,
        _whole(row, "model_code", where) if "model_code" in row else None,
    )


def _known(row: Mapping[str, Any], known: set[str], where: str) -> None:
    for key in row:
        if key not in known:
            raise SettingsError(f"{where}: a key must be one of {sorted(known)}, but got '{key}'.")


def _text(row: Mapping[str, Any], key: str, where: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise SettingsError(f"{where} must have a {key}, a text, but got {_shown(value)}.")
    return value


def _texts(values: Any, where: str) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(v, str) and v for v in values):
        raise SettingsError(f"{where} must be a list of texts, but got {_shown(values)}.")
    return values


def _whole(row: Mapping[str, Any], key: str, where: str) -> int:
    value = row.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise SettingsError(f"{where} must have a {key}, a whole number, but got {_shown(value)}.")
    return value


def _colour(row: Mapping[str, Any], where: str) -> tuple[int, int, int]:
    value = row.get("colour")
    whole = isinstance(value, list) and all(type(part) is int for part in value)
    if not isinstance(value, list) or not whole or len(value) != 3:
        raise SettingsError(
            f"{where} must have a colour, [red, green, blue], but got {_shown(value)}."
        )
    red, green, blue = value
    return red, green, blue


def _shown(value: Any) -> str:
    return "nothing" if value is None else repr(value)
