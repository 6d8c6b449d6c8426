"""An edit of the log, and the edits that take a gesture back or bring it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nuclarium.annotate.changes import Change
from nuclarium.annotate.checks import new_id
from nuclarium.annotate.edits import Edit
from nuclarium.annotate.nuclei import Nucleus
from nuclarium.annotate.strokes import Stroke


@dataclass(frozen=True, slots=True)
class Logged:
    """An edit of the log: its revision, who made it, and when the store got it."""

    change: Change
    revision: int
    by: str
    stored: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return what JSON carries."""
        return self.change.to_json() | {
            "revision": self.revision,
            "by": self.by,
            "stored": self.stored,
        }


def undo_of(log: Iterable[Logged], gesture: str) -> list[Change]:
    """Return new edits that take a gesture back: what it changed is again as it was before it.

    Parameters
    ----------
    log : iterable of Logged
        In order; all edits of the nuclei that the gesture touched, and its strokes.
    gesture : str

    Returns
    -------
    changes : list of Edit or Stroke
        Of one new gesture. A nucleus that is no longer as the gesture left it meets a conflict
        when they are appended. Empty where there is no such gesture.
    """
    every = list(log)
    own = [one.change for one in every if one.change.gesture == gesture]
    mark = {"gesture": new_id("g"), "undoes": gesture, "redoes": None, "tool": "undo"}
    return _edits(every, own, gesture, mark, first=True) + [
        _stroke(one, removes=one.id, **mark) for one in _strokes(own)
    ]


def redo_of(log: Iterable[Logged], gesture: str) -> list[Change]:
    """Return new edits that bring back a gesture that was taken back, as `undo_of` takes it."""
    every = list(log)
    own = [one.change for one in every if one.change.gesture == gesture]
    mark = {"gesture": new_id("g"), "undoes": None, "redoes": gesture, "tool": "redo"}
    return _edits(every, own, gesture, mark, first=False) + [
        _stroke(one, restores=one.id, **mark) for one in _strokes(own)
    ]


def _edits(
    log: Sequence[Logged], own: Sequence[Change], gesture: str, mark: dict[str, Any], *, first: bool
) -> list[Change]:
    """One edit a nucleus: to what it was before the gesture, or to what the gesture made of it."""
    names = dict.fromkeys(change.nucleus for change in own if isinstance(change, Edit))
    made: list[Change] = []
    for name in names:
        before, after, revisions = _ends(log, gesture, name)
        left, then = (after, before) if first else (before, after)
        base = revisions.now if revisions.content == left else revisions.own
        made.append(Edit(new_id("e"), nucleus=name, base=base, after=then, **mark))
    return made


@dataclass(frozen=True, slots=True)
class _Revisions:
    """Of a nucleus: the last one, what it is since, and the last one of a gesture or its undo."""

    now: int
    content: Nucleus | None
    own: int


def _ends(
    log: Sequence[Logged], gesture: str, name: str
) -> tuple[Nucleus | None, Nucleus | None, _Revisions]:
    """Find what a nucleus was before a gesture and after it, and where it is now."""
    steps = [(one.change, one.revision) for one in log]
    of_it = [(edit, at) for edit, at in steps if isinstance(edit, Edit) and edit.nucleus == name]
    own = [place for place, (edit, _) in enumerate(of_it) if edit.gesture == gesture]
    before = of_it[own[0] - 1][0].after if own[0] else None
    after = of_it[own[-1]][0].after
    last, now = of_it[-1]
    by_it = max(at for edit, at in of_it if gesture in (edit.gesture, edit.undoes, edit.redoes))
    return before, after, _Revisions(now, last.after, by_it)


def _strokes(own: Sequence[Change]) -> list[Stroke]:
    return [one for one in own if isinstance(one, Stroke) and not (one.removes or one.restores)]


def _stroke(stroke: Stroke, **more: Any) -> Stroke:
    return Stroke(
        new_id("e"),
        class_id=stroke.class_id,
        radius=stroke.radius,
        points=(),
        z=stroke.z,
        **more,
    )
