"""What JSON from outside must be: each check returns the value or says what was expected."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from nuclarium.core.errors import AnnotationError

MOST_NUMBERS = 100_000
"""Coordinates of one nucleus or stroke, x and y counted each."""
MOST_RINGS = 500
MOST_PLANES = 100_000
FARTHEST = 10_000_000
"""Largest coordinate in pixels, either way; slides are smaller."""
LONGEST = 200
"""Characters of a label or name."""

_ID = re.compile(r"[a-z]-[0-9a-f]{32}")
_OUTSIDE_ID = re.compile(r"[A-Za-z0-9._:/-]{1,100}")


def new_id(letter: str) -> str:
    """Return a new id: a letter for what it names, and 32 random hexadecimal digits."""
    return f"{letter}-{uuid4().hex}"


def an_object(value: Any, what: str, known: Sequence[str], needed: Sequence[str]) -> dict[str, Any]:
    """Return a JSON object that has the needed keys and none that is not known."""
    if not isinstance(value, Mapping):
        raise AnnotationError(f"{what} must be a JSON object, but got {_shown(value)}.")
    missing = [key for key in needed if key not in value]
    strange = [key for key in value if key not in known]
    if missing or strange:
        wrong = f"it lacks {missing[0]!r}" if missing else f"it has {_shown(strange[0])}"
        raise AnnotationError(f"{what} must have {', '.join(needed)}, but {wrong}.")
    return dict(value)


def an_id(value: Any, what: str, letter: str) -> str:
    """Return an id that the studio made, such as ``n-`` and 32 hexadecimal digits."""
    if isinstance(value, str) and value[:1] == letter and _ID.fullmatch(value):
        return value
    raise AnnotationError(
        f"{what} must be '{letter}-' and 32 hexadecimal digits, but got {_shown(value)}."
    )


def maybe_id(value: Any, what: str, letter: str) -> str | None:
    """Return an id, or None."""
    return None if value is None else an_id(value, what, letter)


def maybe_outside_id(value: Any, what: str) -> str | None:
    """Return an id that another part of the program made, or None."""
    if value is None or (isinstance(value, str) and _OUTSIDE_ID.fullmatch(value)):
        return value
    raise AnnotationError(
        f"{what} must be 1 to 100 letters, digits and . _ : / -, but got {_shown(value)}."
    )


def a_text(value: Any, what: str, *, longest: int = LONGEST, empty: bool = True) -> str:
    """Return one line of text without control characters."""
    if not isinstance(value, str) or len(value) > longest or not (value.strip() or empty):
        least = 0 if empty else 1
        raise AnnotationError(
            f"{what} must be a text of {least} to {longest} characters, but got {_shown(value)}."
        )
    if not value.isprintable():
        raise AnnotationError(
            f"{what} must be one line of printable characters, but got {_shown(value)}."
        )
    return value


def a_choice(value: Any, what: str, choices: Sequence[str]) -> str:
    """Return one of some words."""
    if isinstance(value, str) and value in choices:
        return value
    raise AnnotationError(f"{what} must be one of {', '.join(choices)}, but got {_shown(value)}.")


def a_whole(value: Any, what: str, least: int, most: int) -> int:
    """Return a whole number of a range; True and False are none."""
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise AnnotationError(
        f"{what} must be a whole number from {least} to {most}, but got {_shown(value)}."
    )


def a_plane(value: Any, what: str) -> int | None:
    """Return the number of a plane of a stack, from 0, or None."""
    return None if value is None else a_whole(value, what, 0, MOST_PLANES)


def a_number(value: Any, what: str, least: float, most: float) -> float:
    """Return a finite number of a range, to 2 decimals."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and least <= value <= most and math.isfinite(value):
        return round(float(value), 2)
    raise AnnotationError(
        f"{what} must be a number from {least:g} to {most:g}, but got {_shown(value)}."
    )


def coordinates(value: Any, what: str, least: int = 2) -> tuple[float, ...]:
    """Return points ``x, y, x, y …`` in pixels, to 2 decimals; `least` and more numbers."""
    if not isinstance(value, list | tuple) or len(value) % 2 or len(value) < least:
        raise AnnotationError(
            f"{what} must be {least} or more numbers x, y, x, y …, but got {_shown(value)}."
        )
    if len(value) > MOST_NUMBERS:
        raise AnnotationError(
            f"{what} must have at most {MOST_NUMBERS} numbers, but got {len(value)}."
        )
    return tuple(a_number(number, what, -FARTHEST, FARTHEST) for number in value)


def a_time(value: Any, what: str) -> str:
    """Return a time in ISO 8601, as it was given; empty where it is not known."""
    text = a_text(value, what, longest=40)
    if text:
        try:
            datetime.fromisoformat(text)
        except ValueError:
            raise AnnotationError(
                f"{what} must be a time such as 2026-11-22T10:00:00Z, but got {_shown(value)}."
            ) from None
    return text


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
