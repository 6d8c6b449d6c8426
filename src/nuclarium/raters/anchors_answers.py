"""Who saw an anchor's field, and what they said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.raters.answers import UNDETECTED, Answers
from nuclarium.raters.marks import Codes, RaterMarks, codes_of

NUCLEUS = "nucleus"
"""What a mark says in a study that has no classes."""

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Who:
    """Whose answers are asked for.

    Parameters
    ----------
    arms, raters : ndarray of int32
        Codes among those of the marks; raters in the order of the answers.
    """

    arms: Codes
    raters: Codes

    @classmethod
    def chosen(cls, marks: RaterMarks, arm: str | None, raters: Sequence[str] | None) -> Who:
        """Find an arm and raters by their names; all where there is none.

        Raises
        ------
        SettingsError
            If a name is unknown.
        """
        arms = marks.arms if arm is None else (arm,)
        names = marks.raters if raters is None else tuple(dict.fromkeys(raters))
        return cls(codes_of("arm", arms, marks.arms), codes_of("rater", names, marks.raters))


def answers_at(
    members: Places, field: Codes, ids: tuple[str, ...], marks: RaterMarks, who: Who
) -> Answers:
    """Return what raters said of anchors; see `Anchors.answers`.

    Parameters
    ----------
    members : ndarray of int64, shape (m, 2)
        Anchor and mark.
    field : ndarray of int32, shape (k,)
        Field of each anchor.
    ids : tuple of str
        Names of the anchors.
    marks : RaterMarks
    who : Who
    """
    has_classes = len(marks.labels) > 0
    labels = (*(marks.labels if has_classes else (NUCLEUS,)), UNDETECTED)
    seen = marks.seen[np.isin(marks.seen[:, 1], who.raters) & np.isin(marks.seen[:, 2], who.arms)]
    seen = seen.astype(np.int64)
    begin = np.searchsorted(seen[:, 0], field, side="left")
    count = np.searchsorted(seen[:, 0], field, side="right") - begin
    item = np.repeat(np.arange(len(field)), count)
    row = np.arange(len(item)) - np.repeat(np.cumsum(count) - count, count)
    row += np.repeat(begin, count)
    label = np.full(len(item), len(labels) - 1, np.int64)

    anchor, mark = members.T
    given = np.isin(marks.rater[mark], who.raters) & np.isin(marks.arm[mark], who.arms)
    anchor, mark = anchor[given], mark[given]
    people, arms = len(marks.raters), len(marks.arms)
    asked = (item * people + seen[row, 1]) * arms + seen[row, 2]
    said = (anchor * people + marks.rater[mark]) * arms + marks.arm[mark]
    label[np.searchsorted(asked, said)] = marks.label[mark] if has_classes else 0
    kept = label >= 0
    new_rater = np.full(people, -1, np.int32)
    new_rater[who.raters] = np.arange(len(who.raters))
    return Answers(
        item=item[kept].astype(np.int32),
        rater=new_rater[seen[row[kept], 1]],
        label=label[kept].astype(np.int32),
        items=ids,
        raters=tuple(marks.raters[code] for code in who.raters),
        labels=labels,
        field=field,
        fields=marks.fields,
        group=tuple(marks.groups[code] for code in who.raters) if any(marks.groups) else None,
    )
