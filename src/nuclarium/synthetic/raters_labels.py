"""Answers of a synthetic study as arrays, without boxes and tables; quick enough for planning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.synthetic.raters_answers import Chance, judged
from nuclarium.synthetic.raters_fields import Things, planted_things
from nuclarium.synthetic.raters_people import People, drawn_people
from nuclarium.synthetic.raters_spec import StudySpec
from nuclarium.synthetic.raters_suggestions import drawn_suggestions


@dataclass(frozen=True)
class StudyLabels:
    """What everybody would answer to every thing in every arm, had he looked at all fields.

    Parameters
    ----------
    people : People
    things : Things
    label : ndarray of int32, shape (arms, R, n)
        Class, or −1 where nothing is marked.
    """

    people: People
    things: Things
    label: npt.NDArray[np.int32]


def study_labels(spec: StudySpec, rng: np.random.Generator) -> StudyLabels:
    """Draw the answers of a study alone: those of `study` with the same generator."""
    of_fields, of_people, of_seeing, *of_arms = rng.spawn(3 + len(spec.arms))
    things = planted_things(spec, of_fields)
    people = drawn_people(spec, of_people)
    of_seeing.random((len(people), spec.fields))
    first = Chance.drawn((len(people), len(things)), of_seeing)
    labels = []
    for number, (arm, own) in enumerate(zip(spec.arms, of_arms, strict=True)):
        chance = first if number == 0 else first.recalled(spec.memory, own)
        suggestions = drawn_suggestions(spec, arm, things, own)
        labels.append(judged(spec, people, things, suggestions, chance, own).label)
    return StudyLabels(people, things, np.stack(labels))
