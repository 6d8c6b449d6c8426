"""The truth of a consensus as tables: items with probabilities, and nuclei with their places."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.raters.answers import UNDETECTED
from nuclarium.raters.marks import RaterMarks
from nuclarium.raters.truth import Truth
from nuclarium.report.disputed import Drawn
from nuclarium.workspace.consensus_disputed import short_table
from nuclarium.workspace.consensus_gallery import Place
from nuclarium.workspace.consensus_study import Study

PLANTED = "planted.json"
MOST_COLUMNS = 200


def truth_table(study: Study, truth: Truth) -> pd.DataFrame:
    """Return one row an item: item, field, place, label, confidence, probabilities.

    With more than 200 labels, the probability of the label alone is kept, as `confidence`.
    """
    table = truth.table() if len(truth.labels) <= MOST_COLUMNS else short_table(truth)
    answers = study.answers
    where: dict[str, object] = {"item": table["item"]}
    if answers.field is not None:
        where["field"] = np.array(answers.fields, object)[answers.field]
    if study.anchors is not None:
        y0, x0, y1, x1 = study.anchors.boxes[_places(study)].T
        where |= {"xmin": x0, "ymin": y0, "xmax": x1, "ymax": y1}
    return pd.concat([pd.DataFrame(where), table.drop(columns="item")], axis=1)


def truth_marks(study: Study, truth: Truth) -> pd.DataFrame:
    """Return the nuclei of the truth as marks: one row each, with box or outline and label.

    Items that are most likely no nucleus are left out. Columns are those of a table of marks;
    `score` is the probability of the label.
    """
    anchors = study.anchors
    if anchors is None:
        return pd.DataFrame()
    labels = np.array([*truth.labels, ""], object)[truth.labels_of_items]
    kept = np.flatnonzero((labels != UNDETECTED) & (labels != ""))
    place = _places(study)[kept]
    outlines = [anchors.outlines[i] for i in place]
    y0, x0, y1, x1 = anchors.boxes[place].T
    flat = (y0 == y1) & (x0 == x1)
    kinds = ["outline" if o is not None else "point" if p else "box"
             for o, p in zip(outlines, flat, strict=True)]  # fmt: skip
    return pd.DataFrame(
        {
            "field": np.array(anchors.fields, object)[anchors.field[place]],
            "item": np.array(study.answers.items, object)[kept],
            "label": labels[kept],
            "score": truth.confidence[kept],
            "kind": kinds,
            "xmin": x0,
            "ymin": y0,
            "xmax": x1,
            "ymax": y1,
            "outline_x": [_joined(outline, 1) for outline in outlines],
            "outline_y": [_joined(outline, 0) for outline in outlines],
        }
    )


def places_of(study: Study, fields: Mapping[str, str]) -> dict[str, Place]:
    """Return where each item is, with the marks of the arm; `fields` has the names of images."""
    anchors, marks = study.anchors, study.marks
    if anchors is None or marks is None:
        return {}
    wanted = marks.arm == marks.arms.index(study.arm)
    members = anchors.members[wanted[anchors.members[:, 1]]]
    begins = np.searchsorted(members[:, 0], np.arange(len(anchors) + 1))
    found = {}
    for name, place in zip(study.answers.items, _places(study).tolist(), strict=True):
        drawn = members[begins[place] : begins[place + 1], 1].tolist()
        field = anchors.fields[anchors.field[place]]
        found[name] = Place(
            fields.get(field, field),
            anchors.boxes[place],
            tuple(_drawn(marks, mark) for mark in drawn),
        )
    return found


def is_synthetic(folder: Path) -> bool:
    """Whether a folder is a study that `nuclarium sample raters` made."""
    return (folder / PLANTED).is_file()


def _places(study: Study) -> npt.NDArray[np.int64]:
    """Return the anchor of each item."""
    if study.anchors is None:
        return np.zeros(0, np.int64)
    place = {name: i for i, name in enumerate(study.anchors.ids)}
    return np.array([place[name] for name in study.answers.items], np.int64)


def _drawn(marks: RaterMarks, mark: int) -> Drawn:
    label = marks.labels[marks.label[mark]] if marks.label[mark] >= 0 else ""
    outline = marks.outlines[mark]
    if outline is None:
        y0, x0, y1, x1 = marks.boxes[mark].tolist()
        corners = [(y0, x0), (y0, x1), (y1, x1), (y1, x0)] if y1 > y0 or x1 > x0 else [(y0, x0)]
        outline = np.array(corners, np.float64)
    return Drawn(marks.raters[marks.rater[mark]], label, outline)


def _joined(outline: npt.NDArray[np.float64] | None, axis: int) -> str:
    return "" if outline is None else ",".join(f"{v:g}" for v in outline[:, axis])
