"""What is sent together: edits of nuclei and strokes of scribbles, one list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nuclarium.annotate.edits import Edit
from nuclarium.annotate.strokes import Stroke
from nuclarium.core.errors import AnnotationError

MOST_EDITS = 2_000
"""Edits that are sent together."""
Change = Edit | Stroke


def change_from_json(value: Any) -> Change:
    """Read an edit of a nucleus, or a stroke: what names a ``nucleus`` is an edit."""
    if isinstance(value, Mapping) and "nucleus" not in value and "points" in value:
        return Stroke.from_json(value)
    return Edit.from_json(value)


def changes_from_json(value: Any) -> list[Change]:
    """Read a list of edits and strokes that were sent together."""
    if not isinstance(value, list) or len(value) > MOST_EDITS:
        came = f"{len(value)}" if isinstance(value, list) else "something else"
        raise AnnotationError(f"Edits must be a list of at most {MOST_EDITS}, but got {came}.")
    return [change_from_json(row) for row in value]
