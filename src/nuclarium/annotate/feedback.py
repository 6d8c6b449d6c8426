"""How a rater did on a field whose truth is known: what was found, missed, added, misnamed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from nuclarium.annotate.nuclei import Nucleus

_LEAST_IOU = 0.25
_NEAR_PX = 12.0
"""How far a point may lie from the middle of a nucleus whose size is not known."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a rater may learn on a gold field.

    Parameters
    ----------
    found, missed, added : int
        Nuclei of the truth that were marked, or were not; marks of no nucleus of the truth.
    misnamed : int
        Found ones with another class, where both have one.
    spots : tuple of dict
        Where: ``{"x", "y", "what", "yours", "truth"}``; `what` is ``missed``, ``added`` or
        ``misnamed``.
    """

    found: int
    missed: int
    added: int
    misnamed: int
    spots: tuple[dict[str, Any], ...]

    def to_json(self) -> dict[str, Any]:
        """Return what JSON carries."""
        return asdict(self) | {"spots": list(self.spots)}


def feedback(drawn: Iterable[Nucleus], truth: Iterable[Nucleus]) -> Feedback:
    """Compare what a rater drew with the truth of the field.

    A pair has boxes that overlap by a quarter of what they cover together, or a point within the
    box; pairs are chosen so that their overlaps add up to the most.
    """
    own = [nucleus for nucleus in drawn if nucleus.kind != "rejected"]
    true = [nucleus for nucleus in truth if nucleus.kind != "rejected"]
    near = np.array([[_nearness(box_of(a), box_of(b)) for b in true] for a in own], np.float64)
    near = near.reshape(len(own), len(true))
    rows, columns = linear_sum_assignment(near, maximize=True)
    pairs = [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if near[i, j] > 0]
    wrong = [(i, j) for i, j in pairs if _differ(own[i].label, true[j].label)]
    marked = {j for _, j in pairs}
    used = {i for i, _ in pairs}
    spots = [
        _spot("missed", true[j], "", true[j].label) for j in range(len(true)) if j not in marked
    ]
    spots += [_spot("added", own[i], own[i].label, "") for i in range(len(own)) if i not in used]
    spots += [_spot("misnamed", true[j], own[i].label, true[j].label) for i, j in wrong]
    return Feedback(
        len(pairs), len(true) - len(pairs), len(own) - len(pairs), len(wrong), tuple(spots)
    )


def box_of(nucleus: Nucleus) -> npt.NDArray[np.float64]:
    """Return ``x0, y0, x1, y1`` around a nucleus; a point has no size."""
    corners = np.array(nucleus.rings[0], np.float64).reshape(-1, 2)
    return np.concatenate([corners.min(axis=0), corners.max(axis=0)])


def overlap(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    """Return the intersection over union of two boxes ``x0, y0, x1, y1``; 0 without area."""
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    shared = float(sides.clip(min=0).prod())
    union = float((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod()) - shared
    return shared / union if union > 0 else 0.0


def _nearness(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    has_size = [bool((box[2:] > box[:2]).all()) for box in (a, b)]
    if all(has_size):
        shared = overlap(a, b)
        return shared if shared >= _LEAST_IOU else 0.0
    middle_a, middle_b = (a[:2] + a[2:]) / 2, (b[:2] + b[2:]) / 2
    if not any(has_size):
        distance = float(np.hypot(*(middle_a - middle_b)))
        return max(0.0, 1 - distance / _NEAR_PX)
    box, point = (a, middle_b) if has_size[0] else (b, middle_a)
    middle = (box[:2] + box[2:]) / 2
    off = np.abs(point - middle) / (box[2:] - box[:2]) * 2
    return float(1.001 - off.max()) if off.max() <= 1 else 0.0


def _differ(a: str, b: str) -> bool:
    return bool(a) and bool(b) and a != b


def _spot(what: str, nucleus: Nucleus, yours: str, truth: str) -> dict[str, Any]:
    box = box_of(nucleus)
    x, y = (float(value) for value in ((box[:2] + box[2:]) / 2).round(1))
    return {"x": x, "y": y, "what": what, "yours": yours, "truth": truth}
