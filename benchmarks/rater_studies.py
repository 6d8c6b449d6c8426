"""Answers at anchors of a synthetic study, with what was planted; for the benchmarks of raters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from nuclarium.core.classes import shipped_hierarchy
from nuclarium.raters.anchors.anchors import Anchors
from nuclarium.raters.anchors.clusters import find_anchors
from nuclarium.raters.answers import UNDETECTED, Answers
from nuclarium.raters.marks import RaterMarks
from nuclarium.raters.read_marks import read_marks
from nuclarium.synthetic.raters import Study


def answers_at_anchors(made: Study, arm: str, level: str = "super") -> tuple[Answers, list[str]]:
    """Return answers of an arm at anchors that at least two raters marked there, and the truth."""
    marks = read_marks(made.marks)
    anchors = find_anchors(marks)
    answers = anchors.answers(marks, arm)
    marked = answers.label != answers.labels.index(UNDETECTED)
    twice = np.bincount(answers.item[marked], minlength=len(answers.items)) >= 2
    planted = planted_labels(made, marks, anchors)[twice]
    answers = answers.only(items=np.flatnonzero(twice))
    return rolled_up(answers, level), rolled_names(planted, level)


def planted_labels(
    made: Study, marks: RaterMarks, anchors: Anchors
) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Return the class of the nucleus that most marks of each anchor are of; else undetected."""
    members = pd.DataFrame(anchors.members, columns=["anchor", "mark"])
    members["nucleus"] = made.origin["nucleus"].to_numpy()[marks.row[members["mark"]]]
    most = members.groupby("anchor")["nucleus"].agg(lambda names: names.mode().iloc[0])
    label = made.truth.set_index("nucleus")["label"]
    return most.map(label).fillna(UNDETECTED).reindex(range(len(anchors))).to_numpy(object)


def rolled_up(answers: Answers, level: str) -> Answers:
    """Return the answers at a level of the classes of NuCLS."""
    if level == "raw":
        return answers
    names = rolled_names(answers.labels, level)
    labels = tuple(dict.fromkeys(sorted(names, key=lambda name: name == UNDETECTED)))
    code = np.array([labels.index(name) for name in names], np.int32)
    return replace(answers, label=code[answers.label], labels=labels)


def rolled_names(names: object, level: str) -> list[str]:
    """Return class names at a level; undetected stays."""
    classes = shipped_hierarchy()
    return [
        name if name == UNDETECTED or level == "raw" else classes.roll_up(name, level)
        for name in map(str, names)  # type: ignore[call-overload]
    ]
