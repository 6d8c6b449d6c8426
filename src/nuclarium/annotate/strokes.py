"""Strokes of scribbles, as values that JSON carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from nuclarium.annotate import checks
from nuclarium.annotate.edits import circumstances
from nuclarium.annotate.nuclei import Ring, short
from nuclarium.core.errors import AnnotationError


@dataclass(frozen=True, slots=True)
class Stroke:
    """One stroke of a scribble, or an earlier stroke taken back or brought back.

    Parameters
    ----------
    id : str
        ``e-`` and 32 hexadecimal digits; it is an edit of the log, and names the stroke.
    gesture : str
        ``g-`` and 32 digits.
    class_id : int
        0 erases, 1 is background, 2 foreground, and more; 0 to 255.
    radius : float
        Of the brush, in pixels.
    points : Ring
        Where the brush went; empty where it takes back or brings back.
    z : int or None
        Plane of a stack, from 0.
    removes, restores : str or None
        Id of the stroke that is taken back, or brought back to the place in order that it had.
    tool, undoes, redoes, time : str
        As of `Edit`.
    """

    id: str
    gesture: str
    class_id: int
    radius: float
    points: Ring
    z: int | None = None
    removes: str | None = None
    restores: str | None = None
    tool: str = "scribble"
    undoes: str | None = None
    redoes: str | None = None
    time: str = ""

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Check and read a stroke; AnnotationError where it is malformed."""
        needed = ("id", "gesture", "class", "radius", "points")
        known = (*needed, "z", "removes", "restores", "tool", "undoes", "redoes", "time")
        row = checks.an_object(value, "A stroke", known, needed)
        removes = checks.maybe_id(row.get("removes"), "The removed stroke", "e")
        restores = checks.maybe_id(row.get("restores"), "The restored stroke", "e")
        is_new = removes is None and restores is None
        if removes is not None and restores is not None:
            raise AnnotationError("A stroke must remove or restore another one, but got both.")
        return cls(
            checks.an_id(row["id"], "The id of a stroke", "e"),
            checks.an_id(row["gesture"], "The gesture of a stroke", "g"),
            checks.a_whole(row["class"], "The class of a stroke", 0, 255),
            checks.a_number(row["radius"], "The radius of a stroke", 0, 10_000),
            checks.coordinates(row["points"], "The points of a stroke", 2) if is_new else (),
            checks.a_plane(row.get("z"), "The plane of a stroke"),
            removes,
            restores,
            *circumstances({"tool": "scribble"} | row),
        )

    def to_json(self) -> dict[str, Any]:
        """Return what JSON carries."""
        return {
            "id": self.id,
            "gesture": self.gesture,
            "class": self.class_id,
            "radius": short(self.radius),
            "points": [short(number) for number in self.points],
            "z": self.z,
            "removes": self.removes,
            "restores": self.restores,
            "tool": self.tool,
            "undoes": self.undoes,
            "redoes": self.redoes,
            "time": self.time,
        }
