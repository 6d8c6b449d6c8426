"""What seniors decide of disputed nuclei: documents of their own, whose labels are the truth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from nuclarium.annotate.blind import ADJUDICATION
from nuclarium.annotate.checks import new_id
from nuclarium.annotate.document import DocumentHead, EditConflict
from nuclarium.annotate.edits import Edit
from nuclarium.annotate.feedback import box_of, overlap
from nuclarium.annotate.nuclei import Nucleus
from nuclarium.annotate.store import Store
from nuclarium.annotate.store_studies import Study
from nuclarium.core.errors import AnnotationError
from nuclarium.raters.answers import UNDETECTED
from nuclarium.workspace.project import Project
from nuclarium.workspace.study_consensus import consensus_folder, disputed_nuclei
from nuclarium.workspace.study_places import places_of

_SAME_IOU = 0.5
"""Boxes that overlap by this are of one nucleus, also after the consensus was made again."""


def open_decisions(store: Store, study: Study, field: str, senior: str) -> DocumentHead:
    """Return the document in which a senior decides what is disputed in a field."""
    place = next((one for one in study.fields if one.id == field), None)
    if place is None:
        raise AnnotationError(f"A field of the study was expected, but got {field!r}.")
    return store.open_document(
        place.image,
        owner=senior,
        box=place.box,
        study=study.id,
        arm=ADJUDICATION,
        hierarchy=study.hierarchy,
    )


def decide(store: Store, study: Study, disputed: dict[str, Any], label: str, senior: str) -> None:
    """Keep what a nucleus is; an empty label takes the own decision back.

    Parameters
    ----------
    store : Store
    study : Study
    disputed : dict
        As of `disputed_nuclei`.
    label : str
        Class of the study or one that a rater gave, ``undetected`` for no nucleus, or empty.
    senior : str
        Alias.

    Raises
    ------
    AnnotationError
        If it is another word, since a mistyped class would be truth in every export.
    """
    if label not in (*disputed["choices"], UNDETECTED, ""):
        raise AnnotationError(
            f"A decision must be one of {', '.join((*disputed['choices'], UNDETECTED))}, but got "
            f"{label[:60]!r}. Decide by a class of the study."
        )
    head = open_decisions(store, study, disputed["field"], senior)
    drawn = store.document(head.id).nuclei.values()
    there = next((one for one in drawn if _is_at(one, disputed["box"])), None)
    if there is None and not label:
        return
    if there is None:
        x0, y0, x1, y1 = disputed["box"]
        ring = (x0, y0, x1, y0, x1, y1, x0, y1)
        after = Nucleus(new_id("n"), "box", (ring,), label)
    else:
        after = replace(there.bare(), label=label)
    edit = Edit(
        new_id("e"),
        new_id("g"),
        after.id,
        0 if there is None else there.revision,
        Nucleus.from_json(after.to_json()) if label else None,
        "decision",
    )
    answer = store.append(head.id, [edit], senior)
    if answer.conflicts:
        raise EditConflict(edit, answer.conflicts[0].theirs)


def decisions(store: Store, study: str) -> list[dict[str, Any]]:
    """Return what seniors decided: image, box, label, alias; the latest of one nucleus is last."""
    found: list[dict[str, Any]] = []
    for head in store.documents(study=study):
        if head.arm != ADJUDICATION:
            continue
        times = store.times(head.id)
        decided = [n for n in store.document(head.id).nuclei.values() if n.kind != "rejected"]
        found += [
            {
                "image": head.image,
                "field_box": head.box,
                "box": box_of(nucleus).tolist(),
                "label": nucleus.label,
                "by": head.owner,
                "time": times.get(nucleus.revision, ""),
            }
            for nucleus in decided
            if nucleus.label
        ]
    return sorted(found, key=lambda one: str(one["time"]))


def disputed_with_decisions(project: Project, store: Store, study: Study) -> list[dict[str, Any]]:
    """Return disputed nuclei, each with what was decided of it, or None."""
    images = {field.id: (field.image, field.box) for field in study.fields}
    decided = decisions(store, study.id)
    rows = disputed_nuclei(project, store, study)
    for row in rows:
        own = [
            one
            for one in decided
            if (one["image"], one["field_box"]) == images[row["field"]]
            and overlap(np.array(one["box"]), np.array(row["box"])) >= _SAME_IOU
        ]
        last = own[-1] if own else None
        row["adjudicated"] = last and {"label": last["label"], "by": last["by"]}
    return rows


def decided_truth(project: Project, store: Store, study: Study) -> pd.DataFrame:
    """Return the nuclei of the consensus with what seniors decided in place of it.

    Returns
    -------
    table : DataFrame
        Columns of ``truth_marks.csv`` and ``decided_by``, empty for most; in pixels of each field.
    """
    truth = consensus_folder(project, study.id).table("truth_marks")
    if not len(truth):
        return truth
    truth = truth.astype({"label": object}).assign(decided_by="")
    places = places_of(store, study)
    at = {(place.image, place.box): place for place in places.values()}
    boxes = truth[["xmin", "ymin", "xmax", "ymax"]].to_numpy(float)
    added = []
    for one in decisions(store, study.id):
        place = at.get((one["image"], one["field_box"]))
        if place is None:
            continue
        box = np.array(one["box"]) - np.array([*place.origin, *place.origin])
        mine = np.flatnonzero((truth["field"] == place.name).to_numpy()).tolist()
        same = [i for i in mine if overlap(boxes[i], box) >= _SAME_IOU]
        for i in same:
            truth.loc[i, "label"] = one["label"]
            truth.loc[i, "decided_by"] = one["by"]
        if not same and one["label"] != UNDETECTED:
            added.append(_row(place.name, box, one))
    whole = pd.concat([truth, pd.DataFrame(added)], ignore_index=True) if added else truth
    kept: pd.DataFrame = whole[whole["label"] != UNDETECTED].reset_index(drop=True)
    return kept


def _row(field: str, box: Any, one: dict[str, Any]) -> dict[str, Any]:
    edges = dict(zip(("xmin", "ymin", "xmax", "ymax"), box.tolist(), strict=True))
    base = {"field": field, "item": new_id("n"), "label": one["label"], "score": 1.0, "kind": "box"}
    return base | edges | {"outline_x": "", "outline_y": "", "decided_by": one["by"]}


def _is_at(nucleus: Nucleus, box: list[float]) -> bool:
    return nucleus.kind != "rejected" and overlap(box_of(nucleus), np.array(box)) >= _SAME_IOU
