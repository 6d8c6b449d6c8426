"""Anchors of marks that say themselves which nucleus they are of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nuclarium.core.errors import SettingsError
from nuclarium.raters.anchors.anchors import Anchors, FoundAnchors, in_order
from nuclarium.raters.anchors.choice import medoids
from nuclarium.raters.anchors.nearness import Nearness, Similarity
from nuclarium.raters.marks import RaterMarks


def given_anchors(marks: RaterMarks, items: Sequence[str]) -> Anchors:
    """Return the anchors of marks that say themselves which nucleus they are of.

    Parameters
    ----------
    marks : RaterMarks
    items : sequence of str
        Name of the nucleus of each mark.

    Returns
    -------
    anchors : Anchors
        With these `names`; the medoid stands for each.

    Raises
    ------
    SettingsError
        If marks of one name are in several fields.
    """
    names, anchor = np.unique(np.asarray(items, object).astype(str), return_inverse=True)
    order = np.argsort(anchor, kind="stable")
    member = np.stack([anchor[order], order], axis=1)
    begins = np.searchsorted(member[:, 0], np.arange(len(names)))
    field = marks.field[member[:, 1]]
    torn = np.flatnonzero(field != field[begins][member[:, 0]])
    if len(torn):
        raise SettingsError(
            f"An item lies in one field, but {names[member[torn[0], 0]]} has marks in several. "
            "Give items of different fields different names."
        )
    similarity = Similarity(marks, Nearness(0.25, "box", 12.0, (1.0, 1.0), inclusive=False))
    rank = np.zeros(len(marks), np.int64)
    chosen = member[medoids(member[:, 0], member[:, 1], rank, similarity)]
    anchors = in_order(marks, [FoundAnchors(member, chosen[:, 1])], ())
    return replace(anchors, names=tuple(str(names[anchor[mark]]) for mark in anchors.mark))
