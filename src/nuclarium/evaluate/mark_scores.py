"""Scores of boxes, outlines and classes, mixed: detection, and classes at every level."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from nuclarium.core.classes import Hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.core.marks import Marks
from nuclarium.evaluate.class_counts import ClassCounts, count_classes
from nuclarium.evaluate.counts import MatchCounts
from nuclarium.evaluate.mark_matching import (
    Detections,
    Method,
    ambiguous_labels,
    equally_sure,
    match_marks,
)


@dataclass(frozen=True)
class MarkScores:
    """Scores of some images; those of images add up.

    Parameters
    ----------
    detection : MatchCounts
        Of nuclei of any class.
    ignored : int
        Predictions on truth that is not judged.
    levels : dict of str to ClassCounts
        Of matched nuclei, by the level of the hierarchy; empty without one.
    """

    detection: MatchCounts = field(default_factory=MatchCounts)
    ignored: int = 0
    levels: Mapping[str, ClassCounts] = field(default_factory=dict)

    def __add__(self, other: MarkScores) -> MarkScores:
        levels = dict(self.levels)
        for name, counts in other.levels.items():
            levels[name] = levels[name] + counts if name in levels else counts
        return MarkScores(self.detection + other.detection, self.ignored + other.ignored, levels)


def score_marks(
    truth: Marks,
    found: Detections | Marks,
    hierarchy: Hierarchy | None = None,
    *,
    threshold: float = 0.5,
    method: Method = "hungarian",
    legacy: bool = False,
) -> MarkScores:
    """Compare what was found in one image with its truth.

    Nuclei are matched whatever their class (see `match_marks`); of the pairs, classes are compared
    at every level. A nucleus whose label is coarser than a level, or empty, is left out of that
    level. With probabilities, the class at a level is the one with the largest sum of probabilities
    of its members, with what is ambiguous set to 0, as NuCLS does; of equal ones the first.

    Parameters
    ----------
    truth : Marks
    found : Detections or Marks
    hierarchy : Hierarchy, optional
        Without one, labels are not compared.
    threshold, method, legacy
        As for `match_marks`.

    Raises
    ------
    SettingsError
        If a label is in no class of the hierarchy.
    """
    detections = found if isinstance(found, Detections) else equally_sure(found)
    _check_labels([*truth.labels, *detections.marks.labels, *detections.classes], hierarchy)
    pairs = match_marks(
        truth, detections, hierarchy, threshold=threshold, method=method, legacy=legacy
    )
    levels = {}
    for level in hierarchy.levels if hierarchy else ():
        true = [_class_of(truth.labels[i], level.name, hierarchy) for i in pairs.truth]
        given = predicted_classes(detections, level.name, hierarchy)
        told = [given[j] for j in pairs.prediction]
        known = [(t, p) for t, p in zip(true, told, strict=True) if t and p]
        levels[level.name] = count_classes(
            [t for t, _ in known], [p for _, p in known], level.classes
        )
    return MarkScores(pairs.counts, len(pairs.ignored), levels)


def score_fields(
    fields: Iterable[tuple[Marks, Detections | Marks]],
    hierarchy: Hierarchy | None = None,
    *,
    threshold: float = 0.5,
    method: Method = "hungarian",
    legacy: bool = False,
) -> MarkScores:
    """Return the sum of `score_marks` over images: truth and what was found of each."""
    total = MarkScores()
    for truth, found in fields:
        total += score_marks(
            truth, found, hierarchy, threshold=threshold, method=method, legacy=legacy
        )
    return total


def predicted_classes(
    found: Detections, level: str, hierarchy: Hierarchy | None
) -> tuple[str, ...]:
    """Return the class of every detection at a level; "" where it is not told.

    Parameters
    ----------
    found : Detections
    level : str
    hierarchy : Hierarchy or None
        None gives the labels as they are.
    """
    if hierarchy is None:
        return found.marks.labels
    if found.probabilities is None:
        return tuple(_class_of(label, level, hierarchy) for label in found.marks.labels)
    p, names = hierarchy.roll_up_probabilities(found.probabilities, found.classes, level)
    told = [name for name in names if name in hierarchy.level(level).classes]
    aside = ambiguous_labels(told, hierarchy)
    usable = [names.index(name) for name in told if name not in aside]
    best = p[:, usable].argmax(axis=1) if usable else np.zeros(0, np.int64)
    return tuple(names[usable[i]] for i in best)


def _class_of(label: str, level: str, hierarchy: Hierarchy | None) -> str:
    if hierarchy is None:
        return label
    try:
        return hierarchy.roll_up(label, level)
    except SettingsError:
        return ""


def _check_labels(labels: Sequence[str], hierarchy: Hierarchy | None) -> None:
    if hierarchy is None:
        return
    for label in dict.fromkeys(labels):
        if label and hierarchy.level_of(label) is None:
            known = ", ".join(hierarchy.levels[0].classes)
            raise SettingsError(
                f"A label must be a class of {hierarchy.name} ({known}), but got {label!r}."
            )
