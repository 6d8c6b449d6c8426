"""Edits of nuclei, as values that JSON carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from nuclarium.annotate import checks
from nuclarium.annotate.nuclei import Nucleus
from nuclarium.core.errors import AnnotationError


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of one nucleus.

    Parameters
    ----------
    id : str
        ``e-`` and 32 hexadecimal digits; an edit with an id that is known is not applied again.
    gesture : str
        ``g-`` and 32 digits; edits of one gesture are undone together.
    nucleus : str
        Id of the nucleus.
    base : int
        Revision of the nucleus that the person saw; 0 for a new one.
    after : Nucleus or None
        What it is from now on, without rater and revision; None where it is removed.
    tool : str
        Such as ``"brush"``.
    undoes, redoes : str or None
        The gesture that this edit takes back, or brings back.
    time : str
        The client's clock in ISO 8601, for reading only: no order is taken from it.
    """

    id: str
    gesture: str
    nucleus: str
    base: int
    after: Nucleus | None
    tool: str = ""
    undoes: str | None = None
    redoes: str | None = None
    time: str = ""

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Check and read an edit; AnnotationError where it is malformed."""
        known = ("id", "gesture", "nucleus", "base", "after", "tool", "undoes", "redoes", "time")
        row = checks.an_object(value, "An edit", known, known[:5])
        after = None if row["after"] is None else Nucleus.from_json(row["after"]).bare()
        nucleus = checks.an_id(row["nucleus"], "The nucleus of an edit", "n")
        if after is not None and after.id != nucleus:
            raise AnnotationError(
                f"What an edit makes must have the id of its nucleus, {nucleus}, but it is "
                f"{after.id}."
            )
        return cls(
            checks.an_id(row["id"], "The id of an edit", "e"),
            checks.an_id(row["gesture"], "The gesture of an edit", "g"),
            nucleus,
            checks.a_whole(row["base"], "The base of an edit", 0, 2**53),
            after,
            *circumstances(row),
        )

    def to_json(self) -> dict[str, Any]:
        """Return what JSON carries."""
        return {
            "id": self.id,
            "gesture": self.gesture,
            "nucleus": self.nucleus,
            "base": self.base,
            "after": None if self.after is None else self.after.to_json(stored=False),
            "tool": self.tool,
            "undoes": self.undoes,
            "redoes": self.redoes,
            "time": self.time,
        }


def circumstances(row: Mapping[str, Any]) -> tuple[str, str | None, str | None, str]:
    """Check and return how a change came about: tool, gesture undone, gesture redone, time."""
    return (
        checks.a_text(row.get("tool", ""), "The tool of an edit", longest=40),
        checks.maybe_id(row.get("undoes"), "The gesture that an edit undoes", "g"),
        checks.maybe_id(row.get("redoes"), "The gesture that an edit redoes", "g"),
        checks.a_time(row.get("time", ""), "The time of an edit"),
    )
