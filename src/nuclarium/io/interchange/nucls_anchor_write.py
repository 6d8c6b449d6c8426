"""Tables of anchors written in the form of the NuCLS studies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from nuclarium.core.classes import Hierarchy, shipped_hierarchy
from nuclarium.core.marks import Points
from nuclarium.io.interchange.nucls_anchors import NOT_SEEN, AnchorTable, AnchorTruth
from nuclarium.io.interchange.nucls_csv import BOX
from nuclarium.io.interchange.nucls_marks import inclusive
from nuclarium.io.write import write_text


def write_anchor_table(
    path: Path, anchors: AnchorTable, hierarchy: Hierarchy | None = None
) -> None:
    """Write anchors in the form of the NuCLS studies, which `read_anchor_table` reads.

    Columns that only a slide's picture or a comparison of outlines gives (``*_relative``,
    ``algorithmic_vs_manual_*``, ``matches``) are left out.
    """
    hierarchy = hierarchy or shipped_hierarchy()
    boxes = inclusive(anchors.boxes)
    columns: dict[str, object] = {
        "anchor_id": anchors.ids,
        "fovname": anchors.fields,
        "min_iou": [anchors.min_iou] * len(anchors),
        "evalset": anchors.arms,
        **{name: boxes[:, i] for i, name in enumerate(BOX)},
        "has_manual_boundary": [int(line is not None) for line in anchors.manual],
        "has_algorithmic_boundary": [int(line is not None) for line in anchors.algorithmic],
    }
    for group in anchors.groups:
        clicks = _clicks(anchors, group)
        columns[f"n_matches_{group}"] = anchors.matches(group)
        columns[f"algorithmic_clicks_{group}"] = [",".join(who) for who in clicks]
        columns[f"n_algorithmic_clicks_{group}"] = [len(who) for who in clicks]
        labels, counts = anchors.majority(group, hierarchy)
        columns[f"MV_inferred_label_{group}"] = labels
        columns[f"MV_inferred_label_count_{group}"] = counts
    for group, truth in anchors.truths.items():
        columns |= _truth_columns(anchors, group, truth)
    answers = np.where(anchors.answers == "", NOT_SEEN, anchors.answers)
    columns |= {rater: answers[:, i] for i, rater in enumerate(anchors.raters)}
    for kind, lines in (("manual", anchors.manual), ("algorithmic", anchors.algorithmic)):
        for axis, name in ((1, "x"), (0, "y")):
            columns[f"{kind}_coords_{name}"] = [_joined(line, axis) for line in lines]
    write_text(path, pd.DataFrame(columns).to_csv(index=False, lineterminator="\n"))


def _clicks(anchors: AnchorTable, group: str) -> list[list[str]]:
    taken = anchors.accepted if anchors.accepted is not None else np.zeros(anchors.answers.shape)
    members = [(anchors.raters.index(rater), rater) for rater in anchors.groups[group]]
    return [[rater for i, rater in members if taken[row, i]] for row in range(len(anchors))]


def _truth_columns(anchors: AnchorTable, group: str, truth: AnchorTruth) -> dict[str, object]:
    prefix = "UNBIASED_" if group.startswith("UNBIASED_") else ""
    plain = group.removeprefix(prefix)
    labels = np.array(truth.labels, object)
    members = [anchors.raters.index(rater) for rater in anchors.groups.get(plain, ())]
    agree = (anchors.answers[:, members] == labels[:, None]).sum(axis=1)
    columns: dict[str, object] = {
        f"{prefix}EM_inferred_label_{plain}": labels,
        f"{prefix}EM_inferred_label_confidence_{plain}": truth.confidence,
        f"{prefix}EM_inferred_label_count_{plain}": np.where(labels == "", 0, agree),
    }
    if truth.probabilities is not None:
        for i, name in enumerate(truth.classes):
            columns[f"EM_prob_{name}_{plain}"] = truth.probabilities[:, i]
    return columns


def _joined(line: Points | None, axis: int) -> str:
    if line is None:
        return ""
    closed = np.concatenate([line, line[:1]])[:, axis]
    return ",".join(str(int(np.floor(value))) for value in closed)
