"""Marks of raters as the long table that every command on raters reads."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.synthetic.raters_answers import Judged
from nuclarium.synthetic.raters_chances import drawn_rows
from nuclarium.synthetic.raters_fields import Things, boxes_around
from nuclarium.synthetic.raters_people import People, shares
from nuclarium.synthetic.raters_spec import StudySpec
from nuclarium.synthetic.raters_suggestions import Suggestions

Floats = npt.NDArray[np.float64]
BOX = ["xmin", "ymin", "xmax", "ymax"]


def marks_of_arm(
    spec: StudySpec,
    people: People,
    things: Things,
    suggestions: Suggestions,
    answers: Judged,
    seen: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the marks of one arm, in codes.

    Parameters
    ----------
    seen : ndarray of bool, shape (R, fields)
        Who looked at which field.

    Returns
    -------
    marks : DataFrame
        One row a mark, by rater and field: ``rater``, ``field``, ``label`` in codes, the box in px,
        ``kind``, ``thing`` (row of `Things`, −1 for a mark where nothing is), ``seconds``. A rater
        who looked and marked nothing has a row with label −1, without a box.
    """
    rater, thing = np.nonzero((answers.label >= 0) & seen[:, things.field])
    accepted = answers.accepted[rater, thing]
    drawn = _drawn_boxes(things.boxes[thing], people, rater, spec.size_px, rng)
    taken = boxes_around(suggestions.outline[thing])
    boxes = np.where(accepted[:, None], taken, drawn)
    kind = np.where(accepted, "outline", "box")
    slip = ~accepted & (rng.random(len(rater)) < spec.points)
    middle = (boxes[:, :2] + boxes[:, 2:]) // 2
    boxes[slip] = np.hstack([middle, middle])[slip]
    marks = _frame(
        rater,
        things.field[thing],
        answers.label[rater, thing],
        boxes,
        np.where(slip, "point", kind),
    )
    marks["thing"] = thing
    marks = pd.concat([marks, _spurious(spec, people, seen, rng)], ignore_index=True)
    pace = np.where(marks["kind"] == "box", 1.0, 1 / 3) * people.seconds[marks["rater"]]
    marks["seconds"] = (pace * np.exp(rng.normal(0, 0.5, len(marks)))).round(1)
    return _with_empty_fields(marks, seen)


def _frame(
    rater: npt.NDArray[np.int64],
    field: npt.NDArray[np.int32],
    label: npt.NDArray[np.int32],
    boxes: Floats,
    kind: npt.NDArray[np.str_],
) -> pd.DataFrame:
    columns = {"rater": rater, "field": field, "label": label, "kind": kind}
    return pd.DataFrame(columns | dict(zip(BOX, boxes[:, [1, 0, 3, 2]].T, strict=True)))


def _drawn_boxes(
    boxes: Floats,
    people: People,
    rater: npt.NDArray[np.int64],
    size_px: int,
    rng: np.random.Generator,
) -> Floats:
    """Return boxes as drawn by hand, in whole pixels: each edge goes astray by itself."""
    sides = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    outward = np.array([-1, -1, 1, 1]) * people.margin[rater, None]
    astray = rng.normal(0, 1, boxes.shape) * people.jitter[rater, None]
    drawn = np.clip(np.round(boxes + sides * (outward + astray)), 0, size_px)
    low = np.minimum(drawn[:, :2], drawn[:, 2:] - 2).clip(0)
    return np.hstack([low, np.maximum(drawn[:, 2:], low + 2)])


def _spurious(
    spec: StudySpec, people: People, seen: npt.NDArray[np.bool_], rng: np.random.Generator
) -> pd.DataFrame:
    """Draw marks at places where nothing is."""
    rater, field = np.nonzero(seen)
    again = rng.poisson(people.spurious[rater])
    rater, field = np.repeat(rater, again), np.repeat(field, again)
    sides = 30 * np.exp(rng.normal(0, 0.3, (len(rater), 2)))
    low = rng.uniform(0, spec.size_px - 20, (len(rater), 2))
    boxes = np.round(np.clip(np.hstack([low, low + sides]), 0, spec.size_px))
    label = drawn_rows(np.broadcast_to(shares(spec.classes), (len(rater), len(spec.classes))), rng)
    marks = _frame(rater, field.astype(np.int32), label, boxes, np.full(len(rater), "box"))
    return marks.assign(thing=-1)


def _with_empty_fields(marks: pd.DataFrame, seen: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Add a row without a mark for every field that was looked at in vain, and sort."""
    empty = seen.copy()
    empty[marks["rater"].to_numpy(), marks["field"].to_numpy()] = False
    rater, field = np.nonzero(empty)
    columns = {"rater": rater, "field": field, "label": -1, "kind": "", "thing": -1, "seconds": 0.0}
    both = [marks, pd.DataFrame(columns)] if len(rater) else [marks]
    return pd.concat(both, ignore_index=True).sort_values(["rater", "field"], kind="stable")
