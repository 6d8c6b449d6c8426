"""Average precision as COCO has it: detections ranked by confidence over all images."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from nuclarium.core.classes import Hierarchy
from nuclarium.core.marks import Marks
from nuclarium.evaluate.mark_matching import Detections, is_judged, match_marks

COCO_THRESHOLDS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
_RECALLS = np.linspace(0, 1, 101)


def ranked_average_precision(
    fields: Iterable[tuple[Marks, Detections]],
    hierarchy: Hierarchy | None = None,
    *,
    threshold: float = 0.5,
    most: int = 300,
    legacy: bool = False,
) -> float:
    """Average precision over ranks, of nuclei of any class, pooled over images [1]_.

    Detections are ranked by their confidence over all images, and matched greedily within each.
    Precision, made to fall with recall, is averaged at 101 recalls from 0 to 1. This is not the
    `average_precision` of `MatchCounts`, which is TP / (TP + FP + FN) and needs no confidence.

    Parameters
    ----------
    fields : iterable of (Marks, Detections)
        Truth, and what was found, of each image.
    hierarchy : Hierarchy, optional
        Says what is ambiguous: not judged, as COCO's crowds.
    threshold : float
        IoU from which on a detection is right; `COCO_THRESHOLDS` are averaged for AP@.5:.95.
    most : int
        Detections of each image that count, the surest ones.
    legacy : bool
        See `match_marks`; as the original NuCLS evaluation, which gives lower values.

    Returns
    -------
    average_precision : float
        In [0, 1]; nan where no true nucleus is judged.

    References
    ----------
    .. [1] Lin et al., 2014, doi:10.1007/978-3-319-10602-1_48; ``pycocotools.cocoeval``.
    """
    confidences, rights, wanted = [], [], 0
    for truth, found in fields:
        order = np.argsort(-found.confidence, kind="stable")[:most]
        kept = Detections(found.marks.only(order), found.confidence[order])
        pairs = match_marks(
            truth, kept, hierarchy, threshold=threshold, method="greedy", legacy=legacy
        )
        judged = np.setdiff1d(np.arange(len(kept.marks)), pairs.ignored)
        confidences.append(kept.confidence[judged])
        rights.append(np.isin(judged, pairs.prediction))
        wanted += int(is_judged(truth, hierarchy).sum())
    if not wanted:
        return float("nan")
    ranked = np.argsort(-np.concatenate(confidences), kind="stable")
    right = np.cumsum(np.concatenate(rights)[ranked])
    if not len(right):
        return 0.0
    precision = right / np.arange(1, len(right) + 1)
    falling = np.maximum.accumulate(precision[::-1])[::-1]
    place = np.searchsorted(right / wanted, _RECALLS, side="left")
    values = np.append(falling, 0.0)[np.minimum(place, len(falling))]
    return float(values.mean())
