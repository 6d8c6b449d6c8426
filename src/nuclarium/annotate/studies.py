"""Studies: who sees which field in which arm and in which order, drawn by lot and balanced."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self, get_args

import numpy as np

from nuclarium.annotate import checks
from nuclarium.annotate.blind import ADJUDICATION, GOLD
from nuclarium.annotate.study_arms import balanced_arms
from nuclarium.core.errors import AnnotationError

ArmsBy = Literal["fields", "raters"]


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of seeing a field: whether suggestions are shown."""

    name: str
    suggestions: bool


@dataclass(frozen=True, slots=True)
class Design:
    """How a study is laid out.

    Parameters
    ----------
    arms : tuple of Arm
        At least one; no two of one name.
    overlap : int
        Raters that see each field; 0 for all.
    repeats : int
        Fields that each rater sees again, unknown to them, after all others; those seen again are
        from the first half of their order.
    arms_by : str
        ``"fields"``: a rater sees some fields in each arm; ``"raters"``: all fields in one arm.
    blind : bool
        Whether raters see nothing of each other.
    feedback : bool
        Whether raters are told how they did on fields whose truth is known.
    seed : int
        Of the lot.

    Raises
    ------
    AnnotationError
        One sentence that says what was expected.
    """

    arms: tuple[Arm, ...] = (Arm("all", False),)
    overlap: int = 0
    repeats: int = 0
    arms_by: ArmsBy = "fields"
    blind: bool = True
    feedback: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        names = [checks.a_text(arm.name, "An arm", longest=100, empty=False) for arm in self.arms]
        if not names or len(set(names)) < len(names):
            raise AnnotationError(
                f"The arms of a study must be one or more with different names, but got {names}."
            )
        if taken := {ADJUDICATION, GOLD} & set(names):
            raise AnnotationError(
                f"An arm of a study must not be called {min(taken)}: documents of seniors are "
                "kept under this name. Choose another."
            )
        checks.a_whole(self.overlap, "The overlap of a study", 0, 10_000)
        checks.a_whole(self.repeats, "The repeats of a study", 0, 10_000)
        checks.a_whole(self.seed, "The seed of a study", 0, 2**53)
        checks.a_choice(self.arms_by, "The way to draw arms", get_args(ArmsBy))

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Check and read a design."""
        row = checks.an_object(value, "A design", tuple(cls.__dataclass_fields__), ())
        if "arms" in row:
            if not isinstance(row["arms"], list):
                raise AnnotationError("The arms of a study must be a list.")
            row["arms"] = tuple(_arm(arm) for arm in row["arms"])
        for name in ("blind", "feedback"):
            if not isinstance(row.get(name, True), bool):
                raise AnnotationError(f"{name} must be true or false, but got {row[name]!r}.")
        return cls(**row)

    def to_json(self) -> dict[str, Any]:
        """Return what JSON carries."""
        return asdict(self) | {"arms": [asdict(arm) for arm in self.arms]}


@dataclass(frozen=True, slots=True)
class Assignment:
    """One field for one rater.

    Parameters
    ----------
    field : str
        Id of the field.
    rater : str
        Alias.
    arm : str
    repeat : int
        0, or 1 where the rater sees the field again.
    position : int
        Place in the rater's own order, from 0.
    """

    field: str
    rater: str
    arm: str
    repeat: int
    position: int


def assign(
    design: Design,
    fields: Iterable[str],
    raters: Iterable[str],
    existing: Sequence[Assignment] = (),
    *,
    joined: Iterable[str] = (),
) -> list[Assignment]:
    """Draw by lot what each rater sees; what was drawn before stays as it is.

    At first every field gets `overlap` raters (all of them, where there are fewer) and no rater has
    two fields more than another. A rater who comes later takes the fields that have too few raters,
    and then as many as the others have, from the fields with the fewest raters. Fields that come
    later go to all raters, after what they have.

    Parameters
    ----------
    design : Design
    fields : iterable of str
        Ids of all fields; the order does not matter.
    raters : iterable of str
        Aliases of all raters who take part now, in the order of joining.
    existing : sequence of Assignment
        What was drawn before, of raters who left, too: theirs count nowhere.
    joined : iterable of str
        Raters among them who took part when it was drawn, even those who got no field then.

    Returns
    -------
    added : list of Assignment
        Without the existing ones; rater by rater, in the order that each sees.
    """
    names = list(dict.fromkeys(raters))
    valid = [one for one in existing if one.rater in names]
    shares = _shares(design, sorted(set(fields)), names, set(joined), valid)
    arms = balanced_arms(
        shares,
        [arm.name for arm in design.arms],
        [(one.rater, one.field, one.arm) for one in valid if one.repeat == 0],
        by_raters=design.arms_by == "raters",
        rng=lot(design.seed, "arms", len(valid), *names),
    )
    added: list[Assignment] = []
    for rater, share in shares.items():
        begun = sum(one.rater == rater for one in valid)
        added += _in_order(design, rater, share, arms, begun)
    return added


def lot(seed: int, *words: object) -> np.random.Generator:
    """Return random numbers that depend on a seed and on words, the same on every machine."""
    digest = hashlib.sha256(repr(words).encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "little")])


def _shares(
    design: Design,
    fields: list[str],
    raters: list[str],
    joined: set[str],
    existing: Sequence[Assignment],
) -> dict[str, list[str]]:
    """Fields that each rater gets now."""
    firsts = [one for one in existing if one.repeat == 0]
    has = {rater: {one.field for one in firsts if one.rater == rater} for rater in raters}
    seen_by = Counter(one.field for one in firsts)
    early = [rater for rater in raters if has[rater] or rater in joined]
    late = [rater for rater in raters if rater not in early]
    wanted = min(design.overlap or len(raters), len(raters))
    shares: dict[str, list[str]] = {rater: [] for rater in raters}
    rng = lot(design.seed, "shares", len(existing), *raters)

    def give(field: str, candidates: list[str], number: int) -> None:
        free = [rater for rater in candidates if field not in has[rater]]
        luck = {rater: rng.random() for rater in free}
        for rater in sorted(free, key=lambda r: (len(has[r]), luck[r]))[: max(0, number)]:
            has[rater].add(field)
            shares[rater].append(field)
            seen_by[field] += 1

    loads = [len(has[rater]) for rater in early]
    for field in rng.permutation(np.array(fields, dtype=object)).tolist():
        give(field, late if seen_by[field] else raters, wanted - seen_by[field])
    usual = round(sum(loads) / len(loads)) if loads else 0
    for rater in late:
        while len(has[rater]) < usual:
            luck = {field: rng.random() for field in fields}
            open_ = [field for field in fields if field not in has[rater]]
            give(min(open_, key=lambda f: (seen_by[f], luck[f])), [rater], 1)
    return shares


def _in_order(
    design: Design, rater: str, share: list[str], arms: dict[tuple[str, str], str], begun: int
) -> list[Assignment]:
    """Put the fields of a rater in an order of their own, and the repeats after them."""
    rng = lot(design.seed, "order", rater, begun)
    order = rng.permutation(np.array(sorted(share), dtype=object)).tolist()
    first_half = order[: (len(order) + 1) // 2]
    again = rng.permutation(np.array(first_half, dtype=object)).tolist()[: design.repeats]
    seen = [(field, 0) for field in order] + [
        (field, 1) for field in sorted(again, key=order.index)
    ]
    return [
        Assignment(field, rater, arms[rater, field], repeat, begun + place)
        for place, (field, repeat) in enumerate(seen)
    ]


def _arm(value: Any) -> Arm:
    row = checks.an_object(value, "An arm", ("name", "suggestions"), ("name", "suggestions"))
    if not isinstance(row["suggestions"], bool):
        raise AnnotationError(
            f"The suggestions of an arm must be true or false, but got {row['suggestions']!r}."
        )
    return Arm(row["name"], row["suggestions"])
