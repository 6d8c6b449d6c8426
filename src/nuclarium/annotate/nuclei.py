"""Nuclei as people mark them, and edits of them and strokes, as values that JSON carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, cast, get_args

from nuclarium.annotate import checks
from nuclarium.core.errors import AnnotationError

Kind = Literal["outline", "box", "point", "rejected"]
Verdict = Literal["accepted", "wrong_outline"]
Ring = tuple[float, ...]
"""Corners ``x, y, x, y …`` in pixels of the whole image, not closed."""

KINDS: tuple[Kind, ...] = get_args(Kind)
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
MOST_PLANES = 100_000
MOST_EDITS = 2_000
"""Edits that are sent together."""
_FEWEST = {"outline": 6, "box": 8, "point": 2}


@dataclass(frozen=True, slots=True)
class Nucleus:
    """What a person says of one nucleus.

    Parameters
    ----------
    id : str
        ``n-`` and 32 hexadecimal digits.
    kind : str
        ``"outline"``, ``"box"``, ``"point"``, or ``"rejected"``: a suggestion that is no nucleus.
    rings : tuple of Ring
        For an outline the exterior and then its holes; for a box its 4 corners; for a point its
        place; none for what is rejected.
    label : str
        Class; empty where none is given.
    z : int or None
        Plane of a stack, from 0.
    suggestion : str or None
        Id of the suggestion that it came from.
    verdict : str or None
        ``"accepted"`` as suggested, or ``"wrong_outline"``; None for what a person drew.
    rater : str
        Alias of who changed it last; the store sets it.
    revision : int
        Revision of the document that changed it last, from 1; the store sets it. 0 is not stored.
    """

    id: str
    kind: Kind
    rings: tuple[Ring, ...]
    label: str = ""
    z: int | None = None
    suggestion: str | None = None
    verdict: Verdict | None = None
    rater: str = ""
    revision: int = 0

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Check and read a nucleus.

        Raises
        ------
        AnnotationError
            One sentence that says what was expected and what came.
        """
        known = ("id", "kind", "rings", "label", "z", "suggestion", "verdict", "rater", "revision")
        row = checks.an_object(value, "A nucleus", known, ("id", "kind", "rings"))
        kind = cast(Kind, checks.a_choice(row["kind"], "The kind of a nucleus", KINDS))
        suggestion = checks.maybe_outside_id(row.get("suggestion"), "The suggestion of a nucleus")
        if kind == "rejected" and suggestion is None:
            raise AnnotationError("A rejected nucleus must name its suggestion, but got null.")
        verdict = row.get("verdict")
        if verdict is not None:
            verdict = checks.a_choice(verdict, "The verdict on a nucleus", VERDICTS)
        return cls(
            checks.an_id(row["id"], "The id of a nucleus", "n"),
            kind,
            _rings(row["rings"], kind),
            checks.a_text(row.get("label", ""), "The label of a nucleus"),
            _plane(row.get("z"), "The plane of a nucleus"),
            suggestion,
            cast(Verdict | None, verdict),
            checks.a_text(row.get("rater", ""), "The rater of a nucleus"),
            checks.a_whole(row.get("revision", 0), "The revision of a nucleus", 0, 2**53),
        )

    def to_json(self, *, stored: bool = True) -> dict[str, Any]:
        """Return what JSON carries; without rater and revision where it is not `stored`."""
        row: dict[str, Any] = {
            "id": self.id,
            "kind": self.kind,
            "rings": [[_short(number) for number in ring] for ring in self.rings],
            "label": self.label,
            "z": self.z,
            "suggestion": self.suggestion,
            "verdict": self.verdict,
        }
        return row | {"rater": self.rater, "revision": self.revision} if stored else row

    def is_same(self, other: Nucleus | None) -> bool:
        """Whether another says the same, whoever said it when."""
        return other is not None and self.bare() == other.bare()

    def bare(self) -> Nucleus:
        """Return it without rater and revision."""
        return replace(self, rater="", revision=0)


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
            *_circumstances(row),
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
            _plane(row.get("z"), "The plane of a stroke"),
            removes,
            restores,
            *_circumstances({"tool": "scribble"} | row),
        )

    def to_json(self) -> dict[str, Any]:
        """Return what JSON carries."""
        return {
            "id": self.id,
            "gesture": self.gesture,
            "class": self.class_id,
            "radius": _short(self.radius),
            "points": [_short(number) for number in self.points],
            "z": self.z,
            "removes": self.removes,
            "restores": self.restores,
            "tool": self.tool,
            "undoes": self.undoes,
            "redoes": self.redoes,
            "time": self.time,
        }


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


def _rings(value: Any, kind: Kind) -> tuple[Ring, ...]:
    is_list = isinstance(value, list | tuple)
    most = {"outline": checks.MOST_RINGS, "rejected": 0}.get(kind, 1)
    least = 0 if kind == "rejected" else 1
    if not is_list or not least <= len(value) <= most:
        came = f"{len(value)}" if is_list else "something else"
        raise AnnotationError(
            f"The rings of {kind} must be a list of {least} to {most}, but got {came}."
        )
    what = f"A ring of {kind}"
    rings = tuple(checks.coordinates(ring, what, _FEWEST[kind]) for ring in value)
    if (count := sum(map(len, rings))) > checks.MOST_NUMBERS:
        raise AnnotationError(
            f"The rings of a nucleus must have at most {checks.MOST_NUMBERS} numbers together, but "
            f"got {count}."
        )
    if kind in ("box", "point") and len(rings[0]) != _FEWEST[kind]:
        raise AnnotationError(
            f"A {kind} must have {_FEWEST[kind]} numbers, but got {len(rings[0])}."
        )
    return rings


def _plane(value: Any, what: str) -> int | None:
    return None if value is None else checks.a_whole(value, what, 0, MOST_PLANES)


def _circumstances(row: Mapping[str, Any]) -> tuple[str, str | None, str | None, str]:
    return (
        checks.a_text(row.get("tool", ""), "The tool of an edit", longest=40),
        checks.maybe_id(row.get("undoes"), "The gesture that an edit undoes", "g"),
        checks.maybe_id(row.get("redoes"), "The gesture that an edit redoes", "g"),
        checks.a_time(row.get("time", ""), "The time of an edit"),
    )


def _short(number: float) -> float:
    return int(number) if number == int(number) else number
