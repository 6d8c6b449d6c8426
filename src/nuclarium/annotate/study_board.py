"""How far a study is, rater by rater, and what each rater would get of one that is planned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nuclarium.annotate import checks
from nuclarium.annotate.store_studies import Task
from nuclarium.annotate.studies import Design, assign
from nuclarium.core.errors import AnnotationError

FINISHED = ("done", "approved")
_MOST_PLANNED = 100_000
"""Fields times raters of a study that is planned in the page."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one rater is.

    Parameters
    ----------
    rater : str
        Alias.
    total, done, needs_work : int
        Fields, repeats among them.
    seconds : float
        Time on task so far.
    """

    rater: str
    total: int
    done: int
    needs_work: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return what JSON carries."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Load:
    """What one rater would get: fields, fields seen again, and how many in each arm."""

    rater: str
    fields: int
    repeats: int
    arms: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """Return what JSON carries."""
        return asdict(self)


def progress(raters: Iterable[str], tasks: Iterable[Task]) -> list[Progress]:
    """Return how far each rater is, in the order of `raters`; one without fields has 0 of 0."""
    of: dict[str, list[Task]] = {rater: [] for rater in raters}
    for task in tasks:
        of.setdefault(task.rater, []).append(task)
    return [
        Progress(
            rater,
            len(own),
            sum(task.status in FINISHED for task in own),
            sum(task.status == "needs_work" for task in own),
            round(sum(task.seconds for task in own), 1),
        )
        for rater, own in of.items()
    ]


def planned_loads(design: Design, n_fields: int, raters: Sequence[str]) -> list[Load]:
    """Return what each rater would get of a study with so many fields.

    The numbers are those that the study will have; which fields they are is drawn when it is made.

    Raises
    ------
    AnnotationError
        If there are more fields and raters than can be planned in the page.
    """
    checks.a_whole(n_fields, "The number of fields", 0, _MOST_PLANNED)
    if n_fields * len(raters) > _MOST_PLANNED:
        raise AnnotationError(
            f"Fields times raters must be at most {_MOST_PLANNED:,}, but got "
            f"{n_fields * len(raters):,}. Plan fewer fields at once and add more later."
        )
    drawn = assign(design, [f"f{i}" for i in range(n_fields)], raters)
    firsts = [one for one in drawn if one.repeat == 0]
    fields = Counter(one.rater for one in firsts)
    again = Counter(one.rater for one in drawn if one.repeat > 0)
    arms = Counter((one.rater, one.arm) for one in firsts)
    return [
        Load(
            rater,
            fields[rater],
            again[rater],
            {arm.name: arms[rater, arm.name] for arm in design.arms},
        )
        for rater in dict.fromkeys(raters)
    ]
