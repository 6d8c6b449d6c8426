"""What must hold in a hierarchy of classes, each mistake said in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from nuclarium.core.errors import SettingsError

if TYPE_CHECKING:
    from nuclarium.core.class_levels import Level
    from nuclarium.core.classes import Hierarchy

_SHOWN = 20


def check_hierarchy(hierarchy: Hierarchy) -> None:
    """Raise a SettingsError for the first mistake: in a level, between levels, in the whole."""
    if not hierarchy.levels:
        raise SettingsError("A hierarchy must have at least one level, but it has none.")
    twice = _twice(level.name for level in hierarchy.levels)
    if twice:
        raise SettingsError(f"Each level must have a name of its own, but '{twice}' stands twice.")
    for level in hierarchy.levels:
        _check_level(level, hierarchy.prefixes)
    for finer, coarser in zip(hierarchy.levels, hierarchy.levels[1:], strict=False):
        _check_parents(finer, coarser)
    if hierarchy.levels[-1].parents:
        child = next(iter(hierarchy.levels[-1].parents))
        raise SettingsError(
            f"Classes of the last level, {hierarchy.levels[-1].name}, have no parent, but {child} "
            "has one. Levels go from fine to coarse; leave out the parent or add its level."
        )
    _check_names(hierarchy)
    _check_ambiguous(hierarchy)


def shown(names: Sequence[str]) -> str:
    """Return names for a sentence; of many, the first only."""
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _check_level(level: Level, prefixes: tuple[str, ...]) -> None:
    where = f"Level {level.name}"
    if not level.classes:
        raise SettingsError(f"{where} must have at least one class, but it has none.")
    twice = _twice(level.classes)
    if twice:
        raise SettingsError(f"{where} must name each class once, but '{twice}' stands twice.")
    for name in level.classes:
        _check_class(level, name, prefixes)
    for kind, codes in (("code", level.codes), ("model_code", level.model_codes)):
        owners: dict[int, str] = {}
        for name in level.classes:
            other = owners.setdefault(codes[name], name)
            if other != name:
                raise SettingsError(
                    f"{where} must have a {kind} of its own for each class, but {other} and "
                    f"{name} both have {codes[name]}."
                )


def _check_class(level: Level, name: str, prefixes: tuple[str, ...]) -> None:
    where = f"Level {level.name}, class {name}"
    for kind, codes in (("code", level.codes), ("model_code", level.model_codes)):
        if codes.get(name, 0) < 1:
            raise SettingsError(
                f"{where} must have a {kind} of 1 or more, since 0 is background, but got "
                f"{codes.get(name)}."
            )
    colour = level.colours.get(name)
    if colour is None or len(colour) != 3 or not all(0 <= part <= 255 for part in colour):
        raise SettingsError(
            f"{where} must have a colour of three parts 0 to 255, but got {colour}."
        )
    for prefix in prefixes:
        if name.startswith(prefix):
            raise SettingsError(f"{where} must not begin with '{prefix}', which is a prefix.")


def _check_parents(finer: Level, coarser: Level) -> None:
    there = set(coarser.classes)
    for name in finer.classes:
        parent = finer.parents.get(name)
        if parent not in there:
            raise SettingsError(
                f"Level {finer.name}, class {name} must have a parent in the next level, "
                f"{coarser.name} ({shown(coarser.classes)}), but got {parent or 'none'}."
            )


def _check_names(hierarchy: Hierarchy) -> None:
    """Refuse a name that means two things in two levels, so that parents go in a circle."""
    classes = [set(level.classes) for level in hierarchy.levels]
    for place, level in enumerate(hierarchy.levels):
        above = {name: name for name in level.classes}
        for finer, coarser, there in zip(
            hierarchy.levels[place:],
            hierarchy.levels[place + 1 :],
            classes[place + 1 :],
            strict=False,
        ):
            above = {name: finer.parents[parent] for name, parent in above.items()}
            for name, parent in above.items():
                if name in there and parent != name:
                    raise SettingsError(
                        f"Class {name} is in levels {level.name} and {coarser.name}, so it must "
                        f"be its own parent, but it belongs to {parent}. Rename one of the two, "
                        "or its parents go in a circle."
                    )


def _check_ambiguous(hierarchy: Hierarchy) -> None:
    if hierarchy.ambiguous is None:
        return
    if hierarchy.ambiguous not in hierarchy.levels[-1].classes:
        raise SettingsError(
            f"ambiguous must be a class of the last level, {hierarchy.levels[-1].name} "
            f"({shown(hierarchy.levels[-1].classes)}), but got '{hierarchy.ambiguous}'."
        )


def _twice(names: Iterable[str]) -> str | None:
    return next((name for name, count in Counter(names).items() if count > 1), None)
