"""Which suggested outlines raters accepted, and which outline stands for an anchor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Box
from nuclarium.core.outlines import iter_outlines
from nuclarium.raters.anchors.anchors import Anchors
from nuclarium.raters.anchors.answers import Who
from nuclarium.raters.anchors.choice import Preference, medoids, ranks
from nuclarium.raters.anchors.nearness import Nearness, Similarity
from nuclarium.raters.answers import Answers
from nuclarium.raters.marks import BOX, OUTLINE, Corners, RaterMarks
from nuclarium.raters.outlines.runs import Runs
from nuclarium.raters.outlines.staple import staple
from nuclarium.raters.truth.inference import Truth

ACCEPTED, REDRAWN = "accepted", "box"

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


def outline_answers(
    anchors: Anchors,
    marks: RaterMarks,
    arm: str | None = None,
    raters: Sequence[str] | None = None,
) -> Answers:
    """Return whether each rater took the suggested outline of an anchor, or drew a box instead.

    A mark says so itself, in `accepted`; where it does not, an outline with the name of its
    suggestion was accepted, and a box was not. All else, such as an outline traced by hand, a point
    and a nucleus that a rater did not mark, is no answer.

    Parameters
    ----------
    anchors : Anchors
    marks : RaterMarks
        Those that the anchors were found from.
    arm : str, optional
        Answers of this arm only; an arm without suggestions has nothing to accept.
    raters : sequence of str, optional
        Answers of these raters only.

    Returns
    -------
    answers : Answers
        Items are all anchors; labels are ``accepted`` and ``box``.

    Raises
    ------
    SettingsError
        If a name is unknown.
    """
    who = Who.chosen(marks, arm, raters)
    taken = _taken(marks)
    anchor, mark = anchors.members.T
    asked = np.isin(marks.rater[mark], who.raters) & np.isin(marks.arm[mark], who.arms)
    asked &= taken[mark] >= 0
    place = np.full(len(marks.raters), -1, np.int32)
    place[who.raters] = np.arange(len(who.raters))
    return Answers(
        item=anchor[asked].astype(np.int32),
        rater=place[marks.rater[mark[asked]]],
        label=(1 - taken[mark[asked]]).astype(np.int32),
        items=anchors.ids,
        raters=tuple(marks.raters[code] for code in who.raters),
        labels=(ACCEPTED, REDRAWN),
        field=anchors.field,
        fields=anchors.fields,
        group=tuple(marks.groups[code] for code in who.raters) if any(marks.groups) else None,
    )


def accepted_probability(
    anchors: Anchors,
    marks: RaterMarks,
    infer: Callable[[Answers], Truth],
    arm: str | None = None,
    raters: Sequence[str] | None = None,
) -> Floats:
    """Infer how probably the suggested outline of each anchor is right, shape (k,).

    Parameters
    ----------
    anchors, marks, arm, raters
        As of `outline_answers`.
    infer : callable
        Any method of truth, such as ``partial(infer_truth, method="dawid-skene")``.

    Returns
    -------
    probability : ndarray of float64, shape (k,)
        nan for an anchor of whose outline nobody said anything.
    """
    answers = outline_answers(anchors, marks, arm, raters)
    probability: Floats = np.full(len(anchors), np.nan)
    said = answers.answers_of_items > 0
    if said.any():
        truth = infer(answers)
        probability[said] = truth.probabilities[said, truth.labels.index(ACCEPTED)]
    return probability


def anchor_outlines(
    anchors: Anchors,
    marks: RaterMarks,
    *,
    prefer: Sequence[Preference] = (),
    arm: str | None = None,
    raters: Sequence[str] | None = None,
    only_accepted: bool = False,
    how: Literal["medoid", "staple"] = "medoid",
    margin_px: int = 5,
) -> tuple[Corners | None, ...]:
    """Choose or make the outline of each anchor from the outlines of its marks.

    Parameters
    ----------
    anchors : Anchors
    marks : RaterMarks
        Those that the anchors were found from.
    prefer : sequence of Preference
        Whose outlines count: those of the first preference that an anchor has any of.
    arm, raters : optional
        Outlines of this arm, of these raters only.
    only_accepted : bool
        Suggested outlines that were accepted only; ``False`` takes outlines drawn by hand, too.
    how : {"medoid", "staple"}
        ``medoid`` is the outline with the greatest mean IoU of pixels to the others; ``staple``
        draws a new one around the pixels that STAPLE finds more probable than not. Of one or
        two outlines, STAPLE knows nothing that the medoid does not: then it is the medoid.
    margin_px : int
        Background around all outlines that STAPLE sees.

    Returns
    -------
    outlines : tuple
        Corners ``(y, x)``, shape (c, 2), for each anchor; None where there is no outline.

    Raises
    ------
    SettingsError
        If a name is unknown, or `how` is neither.
    """
    if how not in ("medoid", "staple"):
        raise SettingsError(f"An outline is found by medoid or staple, not by {how!r}.")
    who = Who.chosen(marks, arm, raters)
    anchor, mark = anchors.members.T
    fits = (marks.kind == OUTLINE) & np.isin(marks.rater, who.raters) & np.isin(marks.arm, who.arms)
    if only_accepted:
        fits &= _taken(marks) == 1
    anchor, mark = anchor[fits[mark]], mark[fits[mark]]
    which, owner = np.unique(anchor, return_inverse=True)
    outlines: list[Corners | None] = [None] * len(anchors)
    rank = ranks(marks, prefer)[mark]
    similarity = Similarity(marks, Nearness(by="outline"))
    chosen = mark[medoids(owner, mark, rank, similarity)]
    for place, stand_in in zip(which.tolist(), chosen.tolist(), strict=True):
        outlines[place] = marks.outlines[stand_in]
    if how == "staple":
        begins = np.searchsorted(owner, np.arange(len(which) + 1))
        for place, begin, end in zip(which.tolist(), begins[:-1], begins[1:], strict=True):
            best = mark[begin:end][rank[begin:end] == rank[begin:end].min()]
            lines = [line for i in best.tolist() if (line := marks.outlines[i]) is not None]
            if len(lines) > 2:
                outlines[place] = staple_outline(lines, margin_px=margin_px)
    return tuple(outlines)


def staple_outline(outlines: Sequence[Corners], *, margin_px: int = 5) -> Corners | None:
    """Draw the outline of what STAPLE makes of several outlines, along the edges of pixels.

    Parameters
    ----------
    outlines : sequence of ndarray, shape (k, 2)
        Corners ``(y, x)``; at least one outline.
    margin_px : int
        Background around all of them. The more there is, the higher all specificities and the
        lower the prior; the outline hardly moves.

    Returns
    -------
    outline : ndarray of float64, shape (c, 2), or None
        The largest part; None where no pixel is more probably in than out.
    """
    corners = np.concatenate(outlines)
    low = np.floor(corners.min(axis=0)).astype(int) - margin_px
    high = np.ceil(corners.max(axis=0)).astype(int) + margin_px
    box = Box(int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    labels = staple(Runs.of(outlines).masks(box)).mask.astype(np.int32)
    outline = next(iter_outlines(labels, offset=(box.y0, box.x0)), None)
    return None if outline is None else outline.polygons[0].exterior.astype(np.float64)


def _taken(marks: RaterMarks) -> npt.NDArray[np.int8]:
    """1 where a suggested outline was accepted, 0 where a box was drawn instead, -1 otherwise."""
    has_name = np.array([bool(name) for name in marks.suggestion], bool)
    guess = np.where(marks.kind == BOX, 0, np.where((marks.kind == OUTLINE) & has_name, 1, -1))
    return np.where(marks.accepted >= 0, marks.accepted, guess).astype(np.int8)
