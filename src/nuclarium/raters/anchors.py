"""Anchors: the places of nuclei, found from the marks of many raters, and who said what there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.raters.anchors_answers import Who, answers_at
from nuclarium.raters.anchors_choice import Preference, medoids, ranks
from nuclarium.raters.anchors_demotion import demoted_clusters
from nuclarium.raters.anchors_linkage import complete_linkage
from nuclarium.raters.anchors_nearness import Nearness, Similarity
from nuclarium.raters.anchors_pairs import near_pairs
from nuclarium.raters.answers import Answers
from nuclarium.raters.marks import Codes, Corners, RaterMarks

Places = npt.NDArray[np.int64]
Constraint = Literal["forbid", "demote"]

_MARKS_AT_ONCE = 1 << 15
_LEGACY_SIDE = 100.0


@dataclass(frozen=True, eq=False)
class Anchors:
    """Places of nuclei on which raters are compared; sorted by field, then by box.

    Parameters
    ----------
    field : ndarray of int32, shape (k,)
        Field of each anchor, as a place in `fields`.
    fields : tuple of str
        Names, those of the marks.
    boxes : ndarray of float64, shape (k, 4)
        ``y0, x0, y1, x1`` of the mark that stands for the anchor.
    outlines : tuple
        Corners ``(y, x)`` of that mark, if it is an outline; None otherwise.
    mark : ndarray of int64, shape (k,)
        Place of that mark among the marks.
    cluster : ndarray of int32, shape (n,)
        Anchor of each mark; -1 for marks that belong to none.
    members : ndarray of int64, shape (m, 2)
        Anchor and mark, for all marks of all anchors, sorted. With ``legacy``, a mark may be in
        several; `cluster` then has the one with most marks.
    remarks : tuple of str
        What was left out.
    """

    field: Codes
    fields: tuple[str, ...]
    boxes: Corners
    outlines: tuple[Corners | None, ...]
    mark: Places
    cluster: Codes
    members: Places
    remarks: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.field)

    @property
    def ids(self) -> tuple[str, ...]:
        """Name of each anchor: its field and its number there, from 1."""
        begins = np.searchsorted(self.field, self.field)
        number = (np.arange(len(self)) - begins + 1).tolist()
        return tuple(f"{self.fields[f]}#{i}" for f, i in zip(self.field, number, strict=True))

    def answers(
        self, marks: RaterMarks, arm: str | None = None, raters: Sequence[str] | None = None
    ) -> Answers:
        """Return what raters said of each anchor: a class, or that there is nothing.

        A rater who looked at the field of an anchor and has no mark in it said `undetected`; one
        who did not look said nothing. A mark without a class is no answer, unless no mark of the
        study has one: then every mark says ``nucleus``.

        Parameters
        ----------
        marks : RaterMarks
            Those that the anchors were found from.
        arm : str, optional
            Answers of this arm only. Without it a rater has an answer for each arm.
        raters : sequence of str, optional
            Answers of these raters only.

        Returns
        -------
        answers : Answers
            Items are all anchors, whoever marked them, so that arms and groups can be laid side
            by side.

        Raises
        ------
        SettingsError
            If a name is unknown.
        """
        who = Who.chosen(marks, arm, raters)
        return answers_at(self.members, self.field, self.ids, marks, who)

    def table(self, marks: RaterMarks) -> pd.DataFrame:
        """Return one row an anchor: name, field, box, numbers of marks and of raters."""
        pairs = np.stack([self.members[:, 0], marks.rater[self.members[:, 1]]], axis=1)
        raters = np.unique(pairs, axis=0)[:, 0] if len(pairs) else pairs[:, 0]
        y0, x0, y1, x1 = self.boxes.T
        return pd.DataFrame(
            {
                "anchor": self.ids,
                "field": [self.fields[code] for code in self.field],
                "xmin": x0,
                "ymin": y0,
                "xmax": x1,
                "ymax": y1,
                "n_marks": np.bincount(self.members[:, 0], minlength=len(self)),
                "n_raters": np.bincount(raters, minlength=len(self)),
            }
        )


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
    found: list[_Found] = []
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
            _Found(
                np.stack([member[:, 0] + number, places[member[:, 1]]], axis=1),
                places[chosen[:, 1]],
            )
        )
        number += len(chosen)
    return _sorted(marks, found, remarks)


@dataclass(frozen=True, slots=True)
class _Found:
    """Anchors of some fields: pairs of anchor and mark, and the mark that stands for each."""

    members: Places
    chosen: Places


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


def _sorted(marks: RaterMarks, found: Sequence[_Found], remarks: tuple[str, ...]) -> Anchors:
    """Put anchors in order, by field and box."""
    members = np.concatenate([np.zeros((0, 2), np.int64), *(part.members for part in found)])
    chosen = np.concatenate([np.zeros(0, np.int64), *(part.chosen for part in found)])
    boxes = marks.boxes[chosen]
    y0, x0, y1, x1 = boxes.T
    size = np.bincount(members[:, 0], minlength=len(chosen))
    place = np.empty(len(chosen), np.int64)
    order = np.lexsort((-size, x1, y1, x0, y0, marks.field[chosen]))
    place[order] = np.arange(len(order))
    members[:, 0] = place[members[:, 0]]
    members = members[np.lexsort((members[:, 1], members[:, 0]))]
    cluster = np.full(len(marks), -1, np.int32)
    by_size = np.argsort(size[order][members[:, 0]], kind="stable")
    cluster[members[by_size, 1]] = members[by_size, 0]
    return Anchors(
        field=marks.field[chosen[order]],
        fields=marks.fields,
        boxes=boxes[order],
        outlines=tuple(marks.outlines[i] for i in chosen[order].tolist()),
        mark=chosen[order],
        cluster=cluster,
        members=members,
        remarks=remarks,
    )
