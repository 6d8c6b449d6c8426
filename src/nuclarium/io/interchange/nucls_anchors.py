"""Anchors of the NuCLS studies of many raters: consensus places, and what each rater said there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.classes import Hierarchy, shipped_hierarchy
from nuclarium.core.marks import Points
from nuclarium.io.interchange.nucls_marks import inclusive

UNDETECTED = "undetected"
NOT_SEEN = "DidNotAnnotateFOV"

_ALIAS = re.compile(r"(SP|JP|NP)\.\d+")


@dataclass(frozen=True, eq=False)
class AnchorTruth:
    """Labels that a group of raters gave together, inferred by expectation maximisation.

    Parameters
    ----------
    labels : tuple of n str
        Empty where none was inferred.
    confidence : ndarray of float64, shape (n,)
        Probability of that label; nan where there is none.
    probabilities : ndarray of float64, shape (n, K), or None
        None for truths from the unbiased set, of which the tables hold no probabilities.
    classes : tuple of K str
        Of the columns, ``undetected`` first.
    """

    labels: tuple[str, ...]
    confidence: npt.NDArray[np.float64]
    probabilities: npt.NDArray[np.float64] | None = None
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class AnchorTable:
    """Anchors of one set and one threshold of clustering; row ``i`` of every part is one anchor.

    Parameters
    ----------
    ids, fields, arms : tuple of n str
        Anchor, field of view, and set (such as ``E``); no anchor twice in one set.
    boxes : ndarray of float64, shape (n, 4)
        ``y0, x0, y1, x1`` in pixels of the slide, half-open.
    raters : tuple of r str
        Aliases.
    answers : ndarray of str, shape (n, r)
        Raw class, ``undetected``, or empty where the rater did not annotate the field.
    min_iou : float
        Threshold that the marks were clustered at.
    groups : mapping of str to tuple of str
        Raters of each group, such as ``Ps`` and ``NPs``; by NuCLS's aliases where none are given.
    truths : mapping of str to AnchorTruth
        By group, and ``UNBIASED_`` before it for the truth from the unbiased set.
    manual, algorithmic : tuple of n (ndarray of shape (k, 2)) or None
        Outlines ``(y, x)`` on the slide; all None where nothing is given.
    accepted : ndarray of bool, shape (n, r)
        Whether the rater took the suggested outline.
    """

    ids: tuple[str, ...]
    fields: tuple[str, ...]
    arms: tuple[str, ...]
    boxes: npt.NDArray[np.float64]
    raters: tuple[str, ...]
    answers: npt.NDArray[np.object_]
    min_iou: float = 0.25
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    truths: Mapping[str, AnchorTruth] = field(default_factory=dict)
    manual: tuple[Points | None, ...] = ()
    algorithmic: tuple[Points | None, ...] = ()
    accepted: npt.NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        n, shape = len(self.ids), (len(self.ids), len(self.raters))
        defaults = {
            "groups": self.groups or nucls_groups(self.raters),
            "manual": self.manual or (None,) * n,
            "algorithmic": self.algorithmic or (None,) * n,
            "accepted": np.zeros(shape, bool) if self.accepted is None else self.accepted,
        }
        for name, value in defaults.items():
            object.__setattr__(self, name, value)
        parts = (self.fields, self.arms, self.boxes, self.manual, self.algorithmic)
        if any(len(part) != n for part in parts) or np.shape(self.answers) != shape:
            raise ValueError(f"Every part must have {n} anchors, and answers {shape}.")

    def __len__(self) -> int:
        return len(self.ids)

    def answers_table(self) -> pd.DataFrame:
        """Return what raters said as a long table: ``item, rater, label, field, arm``.

        A rater who annotated the field without this nucleus has the label ``undetected``; one who
        did not annotate the field has no row, since that is no answer.
        """
        row, column = np.nonzero(self.answers != "")
        return self._long(row, column, label=self.answers[row, column])

    def accepted_table(self) -> pd.DataFrame:
        """Return who took the suggested outline: ``item, rater, accepted, field, arm``.

        Rows are of raters who marked the nucleus; others said nothing of its outline.
        """
        row, column = np.nonzero((self.answers != "") & (self.answers != UNDETECTED))
        taken = self.accepted if self.accepted is not None else np.zeros(self.answers.shape, bool)
        return self._long(row, column, accepted=taken[row, column])

    def matches(self, group: str) -> npt.NDArray[np.int64]:
        """Count the raters of a group who marked each anchor, shape (n,)."""
        columns = [self.raters.index(rater) for rater in self.groups[group]]
        chosen = self.answers[:, columns]
        return np.asarray(((chosen != "") & (chosen != UNDETECTED)).sum(axis=1), np.int64)

    def majority(
        self, group: str, hierarchy: Hierarchy | None = None
    ) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
        """Return the label that most of those who marked it gave, and how many they are.

        Of labels that tie, the first in the order of the hierarchy counts; empty and 0 where
        nobody of the group marked the anchor.
        """
        classes = (hierarchy or shipped_hierarchy()).levels[0].classes
        columns = [self.raters.index(rater) for rater in self.groups[group]]
        counts = np.array([(self.answers[:, columns] == name).sum(axis=1) for name in classes])
        best, most = counts.argmax(axis=0), counts.max(axis=0)
        return tuple(classes[b] if m else "" for b, m in zip(best, most, strict=True)), most

    def _long(
        self, row: npt.NDArray[np.int64], column: npt.NDArray[np.int64], **what: object
    ) -> pd.DataFrame:
        of_anchor = {
            name: np.array(values, object)[row]
            for name, values in (("item", self.ids), ("field", self.fields), ("arm", self.arms))
        }
        rater = np.array(self.raters, object)[column]
        return pd.DataFrame(
            {"item": of_anchor["item"], "rater": rater}
            | what
            | {"field": of_anchor["field"], "arm": of_anchor["arm"]}
        )


def nucls_groups(raters: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return NuCLS's groups of raters by their aliases; only ``All`` for aliases of others.

    Examples
    --------
    >>> nucls_groups(("SP.1", "NP.1"))
    {'SPs': ('SP.1',), 'JPs': (), 'Ps': ('SP.1',), 'NPs': ('NP.1',), 'All': ('SP.1', 'NP.1')}
    """
    if not all(_ALIAS.fullmatch(rater) for rater in raters):
        return {"All": raters}
    kinds = {kind: tuple(r for r in raters if r.startswith(kind)) for kind in ("SP", "JP", "NP")}
    return {
        "SPs": kinds["SP"],
        "JPs": kinds["JP"],
        "Ps": kinds["SP"] + kinds["JP"],
        "NPs": kinds["NP"],
        "All": raters,
    }


def is_alias(name: str) -> bool:
    """Whether a column is named as NuCLS names raters, such as ``SP.3``."""
    return _ALIAS.fullmatch(name) is not None


def anchor_id(box: npt.ArrayLike, fov: str) -> str:
    """Return the id of an anchor, of its box (half-open) in inclusive pixels and its field."""
    return ",".join(map(str, inclusive(box).tolist())) + f"_{fov}"
