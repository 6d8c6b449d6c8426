"""What a person did in a document, gesture by gesture: what can be undone and brought back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Gesture:
    """Edits that are undone together.

    Parameters
    ----------
    id : str
    by : str
        Alias of who made it.
    undone : bool
        Whether it is taken back at present.
    redoable : bool
        Whether it is taken back and nothing new was done since, so that redo brings it back.
    time : str
        When the store got it.
    tool : str
    """

    id: str
    by: str
    undone: bool
    redoable: bool
    time: str
    tool: str

    def to_json(self) -> dict[str, Any]:
        """Return what JSON carries."""
        return {
            "id": self.id,
            "by": self.by,
            "undone": self.undone,
            "redoable": self.redoable,
            "time": self.time,
            "tool": self.tool,
        }


@dataclass(frozen=True, slots=True)
class Step:
    """What one edit of the log says of gestures."""

    gesture: str
    undoes: str | None
    redoes: str | None
    by: str
    time: str
    tool: str


def gestures_of(steps: Iterable[Step]) -> list[Gesture]:
    """Return the gestures of a log in their order; those that only undo or redo are not listed."""
    found: dict[str, Gesture] = {}
    redoable: set[str] = set()
    for step in steps:
        target = step.undoes or step.redoes
        if target is not None:
            if target in found:
                is_undone = step.undoes is not None
                found[target] = replace(found[target], undone=is_undone)
                (redoable.add if is_undone else redoable.discard)(target)
        elif step.gesture not in found:
            redoable.clear()
            found[step.gesture] = Gesture(step.gesture, step.by, False, False, step.time, step.tool)
    return [replace(one, redoable=key in redoable) for key, one in found.items()]
