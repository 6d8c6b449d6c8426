"""Anchors found from the marks of many raters, by linkage of marks that lie near each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from nuclarium.core.errors import SettingsError
from nuclarium.raters.anchors.anchors import Anchors, FoundAnchors, Places, in_order
from nuclarium.raters.anchors.choice import Preference, medoids, ranks
from nuclarium.raters.anchors.demotion import demoted_clusters
from nuclarium.raters.anchors.linkage import complete_linkage
from nuclarium.raters.anchors.nearness import Nearness, Similarity
from nuclarium.raters.anchors.pairs import near_pairs
from nuclarium.raters.marks import Codes, RaterMarks

Constraint = Literal["forbid", "demote"]

_MARKS_AT_ONCE = 1 << 15
_LEGACY_SIDE = 100.0


def find_anchors(
    marks: RaterMarks,
    min_iou: float = 0.25,
    *,
    by: Literal["box", "outline"] = "box",
    point_distance: float = 12.0,
    pixel_size: tuple[float, float] = (1.0, 1.0),
    max_side_px: float | None = None,
    prefer: Sequence[Preference] = (),
    constraint: Constraint = "forbid",
    legacy: bool = False,
) -> Anchors:
    """Find which marks of many raters are of one nucleus, field by field.

    Agglomerative clustering with complete linkage [1]_, in which two marks of one rater in one arm
    are infinitely far apart: begin with each mark alone; merge the two clusters whose least alike
    members are most alike, if those have at least `min_iou` and no rater has two marks in an arm
    in it; repeat until nothing can be merged. On ties, the order of marks decides: by box, then
    by kind, class, rater and arm. The result does not depend on the order of rows, and in every
    cluster every two marks have at least `min_iou`.

    Parameters
    ----------
    marks : RaterMarks
        Of all raters and arms together.
    min_iou : float
        Least IoU of two marks of one nucleus; over 0.
    by : {"box", "outline"}
        Compare boxes, or outlines where both marks are outlines.
    point_distance : float
        Largest distance of two points of one nucleus, in pixels, or in the unit of `pixel_size`.
        A point and a mark with a size are near where the point lies in it.
    pixel_size : (float, float)
        Height and width of a pixel in µm, if `point_distance` is in µm.
    max_side_px : float, optional
        Leave out marks with a side of at least so many pixels.
    prefer : sequence of Preference
        Whose mark stands for an anchor, first come first; among equals, and without preferences,
        the medoid: the mark with the greatest mean IoU to the others.
    constraint : {"forbid", "demote"}
        ``demote`` clusters without regard to raters, then takes repeats out, as the original did.
        It is there to be compared.
    legacy : bool
        As the original in everything: ``demote``, boxes that include both edges, marks of 100
        pixels and more left out, and a cut that is one merge too low, so that each field loses
        its loosest nucleus; see docs/anchors.md.

    Returns
    -------
    anchors : Anchors

    Raises
    ------
    SettingsError
        If a number is out of its range, or a field has too many marks for ``demote``.

    References
    ----------
    .. [1] Amgad et al., 2022, doi:10.1093/gigascience/giac037, on which marks are compared; the
       way in which the constraint is kept is our own.
    """
    nearness = Nearness(min_iou, by, point_distance, pixel_size, inclusive=legacy)
    if constraint not in ("forbid", "demote"):
        raise SettingsError(f"constraint is forbid or demote, not {constraint!r}.")
    is_dense = legacy or constraint == "demote"
    side = _LEGACY_SIDE if legacy and max_side_px is None else max_side_px
    used, remarks = _usable(marks, side)
    order = used[_canonical(marks.only(used))]
    rank = ranks(marks, prefer)
    found: list[FoundAnchors] = []
    number = 0
    for batch in _batches(marks.field[order], 1 if is_dense else _MARKS_AT_ONCE):
        places = order[batch]
        part = marks.only(places)
        similarity = Similarity(part, nearness)
        if is_dense:
            member = _demoted(part, similarity, min_iou, legacy)
        else:
            member = _forbidden(part, similarity, nearness)
        chosen = member[medoids(member[:, 0], member[:, 1], rank[places[member[:, 1]]], similarity)]
        found.append(
            FoundAnchors(
                np.stack([member[:, 0] + number, places[member[:, 1]]], axis=1),
                places[chosen[:, 1]],
            )
        )
        number += len(chosen)
    return in_order(marks, found, remarks)


def _usable(marks: RaterMarks, max_side_px: float | None) -> tuple[Places, tuple[str, ...]]:
    if max_side_px is None:
        return np.arange(len(marks)), ()
    size = marks.boxes[:, 2:] - marks.boxes[:, :2]
    large = (size >= max_side_px).any(axis=1)
    count = int(large.sum())
    remark = f"{count} mark{'' if count == 1 else 's'} with a side of {max_side_px:g} px or more"
    return np.flatnonzero(~large), (remark + " left out.",) if count else ()


def _canonical(marks: RaterMarks) -> Places:
    """Order of marks that depends on what they are, not on the rows that they came from."""
    shape = np.zeros(len(marks))
    for place, corners in enumerate(marks.outlines):
        if corners is not None:
            # Any number that tells apart outlines of one box.
            shape[place] = (corners * np.arange(1, 2 * len(corners) + 1).reshape(-1, 2)).sum()
    y0, x0, y1, x1 = marks.boxes.T
    names = (marks.arm, marks.rater, marks.label)
    return np.lexsort((marks.accepted, *names, shape, marks.kind, x1, y1, x0, y0, marks.field))


def _batches(field: Codes, least: int) -> list[slice]:
    """Cut marks, sorted by field, between fields into parts of at least so many, but the last."""
    begins = np.flatnonzero(np.diff(field, prepend=-1))
    batches, first = [], 0
    for end in np.append(begins[1:], len(field)).tolist():
        if end - first >= least or (end == len(field) and end > first):
            batches.append(slice(first, end))
            first = end
    return batches


def _owner(marks: RaterMarks) -> Places:
    return marks.rater.astype(np.int64) * len(marks.arms) + marks.arm


def _forbidden(marks: RaterMarks, similarity: Similarity, nearness: Nearness) -> Places:
    low, high, near = near_pairs(marks, similarity, nearness, apart=_owner(marks))
    root = complete_linkage(len(marks), low, high, -near)
    _, cluster = np.unique(root, return_inverse=True)
    return np.stack([cluster, np.arange(len(marks))], axis=1)


def _demoted(marks: RaterMarks, similarity: Similarity, min_iou: float, off_by_one: bool) -> Places:
    a, b = np.triu_indices(len(marks), 1)
    near = np.eye(len(marks))
    near[a, b] = near[b, a] = similarity(a, b)
    clusters = demoted_clusters(near, _owner(marks), min_iou, off_by_one=off_by_one)
    pairs = [(i, member) for i, members in enumerate(clusters) for member in members]
    return np.array(pairs, np.int64).reshape(-1, 2)
