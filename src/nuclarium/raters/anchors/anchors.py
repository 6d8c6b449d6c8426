"""Anchors: the places of nuclei on which raters are compared, and who said what there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.raters.anchors.answers import Who, answers_at
from nuclarium.raters.answers import Answers
from nuclarium.raters.marks import Codes, Corners, RaterMarks

Places = npt.NDArray[np.int64]


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
    names : tuple of str or None
        Names that the table gave; None where anchors were found.
    """

    field: Codes
    fields: tuple[str, ...]
    boxes: Corners
    outlines: tuple[Corners | None, ...]
    mark: Places
    cluster: Codes
    members: Places
    remarks: tuple[str, ...] = ()
    names: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.field)

    @property
    def ids(self) -> tuple[str, ...]:
        """Name of each anchor: its own, or its field and its number there, from 1."""
        if self.names is not None:
            return self.names
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


@dataclass(frozen=True, slots=True)
class FoundAnchors:
    """Anchors of some fields: pairs of anchor and mark, and the mark that stands for each."""

    members: Places
    chosen: Places


def in_order(marks: RaterMarks, found: Sequence[FoundAnchors], remarks: tuple[str, ...]) -> Anchors:
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
