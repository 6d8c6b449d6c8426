"""Nuclei as people mark them, as values that JSON carries."""

from __future__ import annotations

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
            checks.a_plane(row.get("z"), "The plane of a nucleus"),
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
            "rings": [[short(number) for number in ring] for ring in self.rings],
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


def short(number: float) -> float:
    """Return a whole number as int, which JSON writes without a point."""
    return int(number) if number == int(number) else number
