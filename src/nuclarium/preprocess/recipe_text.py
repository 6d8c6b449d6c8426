"""Recipes as text: one line for the command line, tables for a settings file."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, fields
from typing import Any

from nuclarium.core.errors import SettingsError
from nuclarium.preprocess.recipe import (
    FlatField,
    Gaussian,
    Mean,
    RollingBall,
    Step,
    Stretch,
    Subtract,
    SubtractGaussian,
    Threshold,
)

STEPS: dict[str, type[Any]] = {
    step.name: step
    for step in (
        Threshold,
        Mean,
        Gaussian,
        Subtract,
        SubtractGaussian,
        RollingBall,
        Stretch,
        FlatField,
    )
}


def parse_recipe(text: str) -> tuple[Step, ...]:
    """Read steps that are separated by ``|``, each a name and its settings.

    Raises
    ------
    SettingsError
        If a step or a setting is not known, is missing or has a wrong value.

    Examples
    --------
    >>> parse_recipe("threshold high=1500 | mean radius_px=1")
    (Threshold(high=1500.0, low=0.0), Mean(radius_px=1.0, radius_um=None))
    """
    return tuple(_parsed(part) for part in text.split("|") if part.strip())


def steps_from_values(values: Any) -> tuple[Step, ...]:
    """Read steps from what a settings file holds: a list of tables, each with ``step``.

    Examples
    --------
    >>> steps_from_values([{"step": "mean", "radius_px": 0.5}])
    (Mean(radius_px=0.5, radius_um=None),)
    """
    if not isinstance(values, Sequence) or not all(isinstance(v, Mapping) for v in values):
        raise SettingsError(
            "The steps of a recipe must be tables, each [[recipe.steps]] with step = "
            f'"mean" and its settings, but got {values!r}.'
        )
    return tuple(
        make_step(value.get("step", ""), {k: v for k, v in value.items() if k != "step"})
        for value in values
    )


def make_step(name: Any, settings: Mapping[str, Any]) -> Step:
    """Make a step of its name and settings; numbers may be text."""
    kind = STEPS.get(name) if isinstance(name, str) else None
    if kind is None:
        near = difflib.get_close_matches(str(name), STEPS, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise SettingsError(
            f"A step of a recipe must be one of {', '.join(STEPS)}, but got {name!r}.{hint}"
        )
    known = {field.name: field for field in fields(kind)}
    for key in settings:
        if key not in known:
            raise SettingsError(
                f"Settings of the step {name} must be among {', '.join(known)}, but got {key}."
            )
    for key, field in known.items():
        if field.default is MISSING and key not in settings:
            raise SettingsError(f"The step {name} must have {key}, such as {name} {key}=100.")
    step: Step = kind(
        **{
            key: str(value) if key == "reference" else _number(name, key, value)
            for key, value in settings.items()
        }
    )
    return step


def recipe_text(steps: Sequence[Step]) -> str:
    """Return the line that `parse_recipe` reads.

    Examples
    --------
    >>> recipe_text([Stretch(low=2), Mean(radius_um=0.5)])
    'stretch low=2 high=99.8 | mean radius_um=0.5'
    """
    return " | ".join(" ".join([step.name, *_settings(step)]) for step in steps)


def steps_as_values(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Return what `steps_from_values` reads."""
    return [
        {"step": step.name} | {k: v for k, v in _given(step).items() if v not in (None, "")}
        for step in steps
    ]


def _settings(step: Any) -> list[str]:
    return [
        f"{key}={value:.10g}" if isinstance(value, float | int) else f"{key}={value}"
        for key, value in _given(step).items()
        if value not in (None, "")
    ]


def _given(step: Any) -> dict[str, Any]:
    return asdict(step)


def _parsed(part: str) -> Step:
    name, *words = part.split()
    settings = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or key in settings:
            raise SettingsError(
                f"Settings of the step {name} must be name=value, each once, but got {word}."
            )
        settings[key] = value
    return make_step(name, settings)


def _number(step: str, key: str, value: Any) -> float:
    try:
        number = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not abs(number) < float("inf"):
        raise SettingsError(f"{key} of the step {step} must be a number, but got {value!r}.")
    return number
