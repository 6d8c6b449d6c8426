"""A synthetic rating study: many raters mark nuclei in fields of view, and the truth is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.synthetic.raters_answers import Chance, judged, planted_confusion
from nuclarium.synthetic.raters_fields import Things, planted_things
from nuclarium.synthetic.raters_marks import BOX, marks_of_arm
from nuclarium.synthetic.raters_people import People, drawn_people, shares
from nuclarium.synthetic.raters_spec import NO_NUCLEUS, UNDETECTED, Arm, StudySpec
from nuclarium.synthetic.raters_suggestions import Suggestions, drawn_suggestions
from nuclarium.synthetic.raters_tables import (
    confusion_table,
    mark_table,
    rater_table,
    suggestion_table,
    thing_table,
)

__all__ = ["BOX", "NO_NUCLEUS", "UNDETECTED", "Study", "study"]


@dataclass(frozen=True)
class Study:
    """A study as tables; columns of `marks` are those of any long table of marks.

    Parameters
    ----------
    spec : StudySpec
    people : People
    things : Things
    marks : DataFrame
        ``field, rater, group, arm, label, xmin, ymin, xmax, ymax, kind, outline_x, outline_y,
        suggestion, accepted, time, seconds``. A row with empty label and box says that the rater
        looked at the field and marked nothing.
    origin : DataFrame
        Row by row with `marks`: ``mark`` (from 0) and ``nucleus``, its id in `truth` or in
        `lookalikes`, or "" where nothing is.
    truth, lookalikes : DataFrame
        ``field, nucleus, label`` (empty for lookalikes), box and outline, ``difficulty`` and
        ``visibility`` (standard normal; large is hard).
    raters : DataFrame
        ``rater, group, skill`` and the other planted numbers.
    confusion : DataFrame
        ``rater, arm, truth, answer, probability``.
    suggestions : DataFrame
        ``arm, field, suggestion, nucleus, label``, box, outline, ``good``.
    """

    spec: StudySpec
    people: People
    things: Things
    marks: pd.DataFrame
    origin: pd.DataFrame
    truth: pd.DataFrame
    lookalikes: pd.DataFrame
    raters: pd.DataFrame
    confusion: pd.DataFrame
    suggestions: pd.DataFrame


def study(spec: StudySpec, rng: np.random.Generator, *, people: People | None = None) -> Study:
    """Draw a rating study.

    Parameters
    ----------
    spec : StudySpec
    rng : numpy.random.Generator
        Fields, raters and each arm draw from streams of their own: the same fields come with other
        raters, and the same marks of an arm with other arms after it.
    people : People, optional
        Raters with given confusion matrices; drawn from the groups of `spec` when left out.

    Examples
    --------
    >>> made = study(StudySpec(fields=2), np.random.default_rng(0))
    >>> sorted(set(made.marks["arm"])), len(made.raters)
    (['B-control', 'E', 'U-control', 'U-control-again'], 25)
    """
    of_fields, of_people, of_seeing, *of_arms = rng.spawn(3 + len(spec.arms))
    things = planted_things(spec, of_fields)
    people = drawn_people(spec, of_people) if people is None else people
    seen = of_seeing.random((len(people), spec.fields)) < people.coverage[:, None]
    first = Chance.drawn((len(people), len(things)), of_seeing)
    again = of_seeing.permutation(spec.fields) < max(1, round(spec.repeated * spec.fields))
    shown: list[Suggestions] = []
    marks = []
    for number, (arm, own) in enumerate(zip(spec.arms, of_arms, strict=True)):
        chance = first if number == 0 else first.recalled(spec.memory, own)
        looked = seen & again if arm.repeats else seen
        part, suggestions = _arm(spec, people, things, arm, chance, looked, own)
        marks.append(part.assign(arm=number))
        shown.append(suggestions)
    table, origin = mark_table(spec, people, things, shown, pd.concat(marks, ignore_index=True))
    real = things.label >= 0
    every = thing_table(spec, things)
    return Study(
        spec,
        people,
        things,
        table,
        origin,
        every[real].reset_index(drop=True),
        every[~real].reset_index(drop=True),
        rater_table(people, shares(spec.classes), seen),
        pd.concat(
            [
                confusion_table(spec, people, a, planted_confusion(spec, people, a))
                for a in spec.arms
            ],
            ignore_index=True,
        ),
        suggestion_table(spec, things, shown),
    )


def _arm(
    spec: StudySpec,
    people: People,
    things: Things,
    arm: Arm,
    chance: Chance,
    seen: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, Suggestions]:
    suggestions = drawn_suggestions(spec, arm, things, rng)
    answers = judged(spec, people, things, suggestions, chance, rng)
    return marks_of_arm(spec, people, things, suggestions, answers, seen, rng), suggestions
