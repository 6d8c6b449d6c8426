"""Tables of a synthetic rating study, from codes to names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.synthetic.raters_fields import Things, boxes_around
from nuclarium.synthetic.raters_marks import BOX
from nuclarium.synthetic.raters_people import People
from nuclarium.synthetic.raters_spec import NO_NUCLEUS, UNDETECTED, Arm, StudySpec
from nuclarium.synthetic.raters_suggestions import Suggestions

Floats = npt.NDArray[np.float64]
_START = np.datetime64("2020-01-06T09:00:00")
_BREAK_S = 90


def field_names(fields: int) -> list[str]:
    """Return names of fields, such as ``field01``."""
    return [f"field{i:0{max(2, len(str(fields)))}d}" for i in range(1, fields + 1)]


def thing_names(things: Things) -> npt.NDArray[np.object_]:
    """Return ids, counted by field: ``field01.n01`` for a nucleus, ``field01.l01`` otherwise."""
    fields = field_names(int(things.field.max(initial=0)) + 1)
    frame = pd.DataFrame({"field": things.field, "real": things.label >= 0})
    number = frame.groupby(["field", "real"]).cumcount() + 1
    return np.array(
        [
            f"{fields[f]}.{'n' if real else 'l'}{k:02d}"
            for f, real, k in zip(frame["field"], frame["real"], number, strict=True)
        ],
        object,
    )


def thing_table(spec: StudySpec, things: Things) -> pd.DataFrame:
    """Return nuclei and lookalikes with their outlines; a lookalike has no label."""
    names = np.array([kind.name for kind in spec.classes] + [""], object)
    outline_x, outline_y = _joined(things.outline)
    return pd.DataFrame(
        {
            "field": np.array(field_names(spec.fields), object)[things.field],
            "nucleus": thing_names(things),
            "label": names[things.label],
            **_box_columns(things.boxes),
            "outline_x": outline_x,
            "outline_y": outline_y,
            "difficulty": things.difficulty.round(4),
            "visibility": things.visibility.round(4),
        }
    )


def mark_table(
    spec: StudySpec,
    people: People,
    things: Things,
    shown: Sequence[Suggestions],
    marks: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return marks with names, and row by row where each comes from."""
    arm, thing = marks["arm"].to_numpy(), marks["thing"].to_numpy()
    accepted = (marks["kind"] == "outline").to_numpy()
    outline_x, outline_y, suggestion = _accepted_outlines(spec, things, shown, arm, thing, accepted)
    offered = np.array([one.suggested > 0 for one in spec.arms])[arm] & (marks["label"] >= 0)
    table = pd.DataFrame(
        {
            "field": np.array(field_names(spec.fields), object)[marks["field"]],
            "rater": np.array(people.names, object)[marks["rater"]],
            "group": np.array(people.groups, object)[marks["rater"]],
            "arm": np.array([one.name for one in spec.arms], object)[arm],
            "label": np.array([kind.name for kind in spec.classes] + [""], object)[marks["label"]],
            **{name: marks[name].to_numpy() for name in BOX},
            "kind": marks["kind"].to_numpy(),
            "outline_x": outline_x,
            "outline_y": outline_y,
            "suggestion": suggestion,
            "accepted": pd.Series(accepted, dtype="boolean").where(offered),
            "time": _times(marks),
            "seconds": marks["seconds"].to_numpy(),
        }
    )
    names = np.append(thing_names(things), "")
    return table, pd.DataFrame({"mark": np.arange(len(marks)), "nucleus": names[thing]})


def rater_table(people: People, prior: Floats, seen: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Return raters with their planted numbers and how many fields they look at."""
    planted = ("miss", "false_alarm", "spurious", "jitter", "margin", "anchoring", "seconds")
    return pd.DataFrame(
        {
            "rater": people.names,
            "group": people.groups,
            "skill": people.skill(prior).round(4),
            **{name: getattr(people, name).round(4) for name in planted},
            "fields": seen.sum(axis=1),
        }
    )


def confusion_table(spec: StudySpec, people: People, arm: Arm, chances: Floats) -> pd.DataFrame:
    """Return planted chances of answers in one arm, one row a cell."""
    classes = [kind.name for kind in spec.classes]
    index = pd.MultiIndex.from_product(
        [people.names, [arm.name], [*classes, NO_NUCLEUS], [*classes, UNDETECTED]],
        names=["rater", "arm", "truth", "answer"],
    )
    return pd.DataFrame({"probability": chances.ravel().round(6)}, index).reset_index()


def suggestion_table(spec: StudySpec, things: Things, shown: Sequence[Suggestions]) -> pd.DataFrame:
    """Return the suggestions of all arms."""
    classes = np.array([kind.name for kind in spec.classes], object)
    ids, fields = thing_names(things), np.array(field_names(spec.fields), object)
    parts = []
    for arm, one in zip(spec.arms, shown, strict=True):
        at = np.flatnonzero(one.shown)
        outline_x, outline_y = _joined(one.outline[at])
        columns = {
            "arm": arm.name,
            "field": fields[things.field[at]],
            "suggestion": [f"{arm.name}:{name}" for name in ids[at]],
            "nucleus": ids[at],
            "label": classes[one.label[at]],
            **_box_columns(boxes_around(one.outline[at])),
            "outline_x": outline_x,
            "outline_y": outline_y,
            "good": one.good[at],
        }
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def _accepted_outlines(
    spec: StudySpec,
    things: Things,
    shown: Sequence[Suggestions],
    arm: npt.NDArray[np.int64],
    thing: npt.NDArray[np.int64],
    accepted: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.object_], ...]:
    """Return outlines as text, x and y, and the ids of accepted suggestions; "" elsewhere."""
    texts = [np.full(len(arm), "", object) for _ in range(3)]
    ids = thing_names(things)
    for number, one in enumerate(shown):
        here = np.flatnonzero(accepted & (arm == number))
        if len(here):
            all_x, all_y = _joined(one.outline)
            names = np.array([f"{spec.arms[number].name}:{name}" for name in ids], object)
            for text, source in zip(texts, (all_x, all_y, names), strict=True):
                text[here] = source[thing[here]]
    return tuple(texts)


def _joined(outlines: Floats) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    """Return x and y of outlines as texts, joined by commas."""
    both = [
        np.array([",".join(f"{v:g}" for v in one) for one in outlines[..., axis]], object)
        for axis in (1, 0)
    ]
    return both[0], both[1]


def _box_columns(boxes: Floats) -> dict[str, Floats]:
    return dict(zip(BOX, boxes[:, [1, 0, 3, 2]].T, strict=True))


def _times(marks: pd.DataFrame) -> npt.NDArray[np.str_]:
    """Return when each mark was made: one field after the other, from 9 o'clock, an arm a week."""
    worked = marks.groupby(["arm", "rater"])["seconds"].cumsum()
    new = marks.groupby(["arm", "rater"])["field"].transform(lambda f: (f.diff() != 0).cumsum())
    since = (worked + _BREAK_S * new).round().astype("int64").to_numpy()
    week = 7 * 86400 * marks["arm"].to_numpy()
    times = _START + (since + week).astype("timedelta64[s]")
    return np.asarray(times.astype(str))
