"""Items, answers and classes of a study: what truth is inferred from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from nuclarium.core.classes import Hierarchy, read_hierarchy, shipped_hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.raters.agreement.levels import answers_at
from nuclarium.raters.anchors.anchors import Anchors
from nuclarium.raters.anchors.clusters import find_anchors
from nuclarium.raters.anchors.given import given_anchors
from nuclarium.raters.answers import UNDETECTED, Answers, read_answers, remarks_on
from nuclarium.raters.marks import RaterMarks
from nuclarium.raters.read_marks import read_marks
from nuclarium.workspace.consensus_input import BOX
from nuclarium.workspace.consensus_settings import ConsensusSettings

_SHIPPED = "nucls"


@dataclass(frozen=True, eq=False)
class Study:
    """What raters of one arm answered.

    Parameters
    ----------
    answers : Answers
        Of all raters of the arm, with the labels of the table.
    arm : str
        Empty where the table has none.
    arms : dict of str to Answers
        Of every arm; items have the same names in all.
    hierarchy : Hierarchy or None
        That all labels are of.
    marks : RaterMarks or None
        Of all arms, where the table has boxes or outlines.
    anchors : Anchors or None
        The items of all arms.
    remarks : tuple of str
    """

    answers: Answers
    arm: str
    arms: Mapping[str, Answers]
    hierarchy: Hierarchy | None
    marks: RaterMarks | None = None
    anchors: Anchors | None = None
    remarks: tuple[str, ...] = ()


def study_of(
    table: pd.DataFrame, kind: Literal["answers", "marks"], settings: ConsensusSettings
) -> Study:
    """Take items and answers from a table with one row an answer, or one row a mark.

    Parameters
    ----------
    table : DataFrame of str
        See `consensus_input`; raters are aliases.
    kind : "answers" or "marks"
    settings : ConsensusSettings

    Raises
    ------
    SettingsError
        If there is no such arm, no answer, a label that the hierarchy lacks, or marks that cannot
        be.
    """
    hierarchy, unknown = hierarchy_of_labels(list(pd.unique(table["label"])), settings.hierarchy)
    table = table.assign(label=plain_labels(table["label"], hierarchy))
    of_row = table["arm"] if "arm" in table else pd.Series("", table.index)
    arm, remarks = chosen_arm(of_row, settings.arm)
    if kind == "marks":
        study = _study_of_marks(table, arm, settings)
    else:
        parts = {name: read_answers(part) for name, part in table.groupby(of_row, sort=True)}
        arms = {name: answers for name, (answers, _) in parts.items()}
        marks, anchors, aside = _given_places(table)
        study = Study(arms[arm], arm, arms, None, marks, anchors, (*parts[arm][1], *aside))
    said = [text for text in study.remarks if not text.startswith(f"label {UNDETECTED} was never")]
    return replace(study, hierarchy=hierarchy, remarks=(*remarks, *unknown, *said))


def _study_of_marks(table: pd.DataFrame, arm: str, settings: ConsensusSettings) -> Study:
    """Find items from marks of all arms; those that nobody marked in this arm are left out."""
    marks = read_marks(table)
    anchors = find_anchors(marks, settings.min_iou)
    arms = {name: anchors.answers(marks, name) for name in marks.arms}
    whole = arms[arm]
    detected = whole.label != (whole.labels.index(UNDETECTED) if UNDETECTED in whole.labels else -1)
    marked = np.unique(whole.item[detected])
    if not len(marked):
        raise SettingsError(
            f"There must be at least one mark of a nucleus, but the {len(table):,} rows "
            f"{f'of arm {arm} ' if arm else ''}hold none. Check the columns of boxes."
        )
    answers = whole.only(items=marked)
    said = (*marks.remarks, *anchors.remarks, *remarks_on(answers))
    return Study(answers, arm, arms, None, marks, anchors, said)


def _given_places(
    table: pd.DataFrame,
) -> tuple[RaterMarks | None, Anchors | None, tuple[str, ...]]:
    """Return the marks of a table that names items as well, if each item has one; remarks."""
    if not {"field", *BOX} <= set(table.columns):
        return None, None, ()
    boxed = table[(table[list(BOX)] != "").all(axis=1)].reset_index(drop=True)
    bare = table["item"].nunique() - boxed["item"].nunique()
    if not len(boxed):
        return None, None, ()
    if bare:
        return None, None, (f"Boxes were left aside, since {bare:,} items have none.",)
    marks = read_marks(boxed)
    anchors = given_anchors(marks, boxed["item"].to_numpy()[marks.row].tolist())
    return marks, anchors, ()


def chosen_arm(arms: pd.Series[str], wanted: str | None) -> tuple[str, tuple[str, ...]]:
    """Return the arm that is judged, and a remark where it was not asked for.

    Raises
    ------
    SettingsError
        If no row is of the arm that was asked for.
    """
    counts = arms.value_counts().sort_index()
    if wanted is not None:
        if wanted not in counts.index:
            names = ", ".join(name for name in counts.index if name) or "none"
            raise SettingsError(
                f"--arm must be an arm of the table, whose arms are {names}, but got {wanted}."
            )
        return wanted, ()
    if len(counts) == 1:
        return str(counts.index[0]), ()
    arm = str(counts.idxmax())
    listed = ", ".join(f"{name or 'no arm'} ({count:,} rows)" for name, count in counts.items())
    return arm, (
        f"The table has {len(counts)} arms: {listed}. Truth and raters are those of "
        f"{arm or 'the rows without one'}, which has the most; choose another with --arm.",
    )


def hierarchy_of_labels(
    labels: Sequence[str], wanted: str | None
) -> tuple[Hierarchy | None, tuple[str, ...]]:
    """Return the hierarchy that labels are of, if there is one, and a remark on strange labels.

    Raises
    ------
    SettingsError
        If one was asked for that lacks a label, or that cannot be read.
    """
    if wanted == "none":
        return None, ()
    given = sorted(label for label in set(labels) if label and label != UNDETECTED)
    hierarchy = _read(wanted or _SHIPPED)
    unknown = [label for label in given if hierarchy.level_of(label) is None]
    more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
    named = f"{', '.join(unknown[:5])}{more}"
    if wanted is not None and unknown:
        raise SettingsError(
            f"Every label must be a class of the hierarchy {hierarchy.name}, but it lacks "
            f"{named}. Correct them, or add them to a hierarchy of yours."
        )
    if not unknown and given:
        return hierarchy, ()
    if len(unknown) == len(given):
        return None, ()
    return None, (
        f"Some labels are classes of {hierarchy.name}, but {named} "
        f"{'is' if len(unknown) == 1 else 'are'} not; so classes were taken as they are, at one "
        "level. Correct the labels, or name a hierarchy that has them with --hierarchy.",
    )


def _read(name: str) -> Hierarchy:
    return read_hierarchy(Path(name)) if name.endswith(".toml") else shipped_hierarchy(name)


def plain_labels(labels: pd.Series[str], hierarchy: Hierarchy | None) -> pd.Series[str]:
    """Return labels without prefixes such as ``correction_``."""
    if hierarchy is None:
        return labels
    return labels.map({name: hierarchy.plain(name) for name in pd.unique(labels)})


def levels_of(answers: Answers, hierarchy: Hierarchy | None) -> tuple[str, ...]:
    """Return the levels that all labels can be rolled up to, the finest first; none without."""
    if hierarchy is None:
        return ()
    names = [level.name for level in hierarchy.levels]
    used = [hierarchy.level_of(name) for name in answers.labels if name != UNDETECTED]
    coarsest = max((names.index(name) for name in used if name is not None), default=0)
    return tuple(names[coarsest:])


def at_level(
    answers: Answers, hierarchy: Hierarchy | None, level: str | None, *, ambiguous: bool = False
) -> Answers:
    """Return answers with their labels rolled up; ambiguous ones are kept only if asked for."""
    if hierarchy is None or not level:
        return answers
    return answers_at(answers, hierarchy, level, ambiguous=ambiguous)
