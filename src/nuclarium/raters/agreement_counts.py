"""How many raters gave which label to each item: what coefficients of agreement are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from nuclarium.core.errors import SettingsError
from nuclarium.raters.agreement_distances import Distance, Floats
from nuclarium.raters.answer_codes import UNDETECTED, Answers

Undetected = Literal["value", "missing"]


@dataclass(frozen=True, eq=False)
class Told:
    """One answer at most of each rater to each item, as codes.

    Parameters
    ----------
    item, rater, label : ndarray of int, shape (n,)
        Codes; `label` is a place on the scale.
    field : ndarray of int64, shape (n_items,)
        Field of each item, the unit that is drawn.
    n_raters, n_fields : int
    labels : tuple of str
        The scale, from low to high where that is known.
    """

    item: npt.NDArray[np.int32]
    rater: npt.NDArray[np.int32]
    label: npt.NDArray[np.int64]
    field: npt.NDArray[np.int64]
    n_raters: int
    n_fields: int
    labels: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class LabelCounts:
    """Counts of labels of items; memory grows with the answers, not with items times labels.

    Parameters
    ----------
    table : sparse array of float64, shape (n_items, K)
        Raters who gave label k to item i.
    field : ndarray of int64, shape (n_items,)
        Field of each item, the unit that is drawn.
    n_fields : int
    labels : tuple of str
        Names of the K labels, from low to high where that is known.
    """

    table: Any
    field: npt.NDArray[np.int64]
    n_fields: int
    labels: tuple[str, ...]

    @property
    def raters_of_items(self) -> Floats:
        """How many raters answered each item, shape (n_items,)."""
        total: Floats = np.asarray(self.table.sum(axis=1), np.float64).ravel()
        return total

    def disagreements(self, distance: Distance) -> Floats:
        """Return the sum of distances over ordered pairs of answers to each item."""
        table = self.table
        owner = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
        found = np.zeros(table.shape[0], np.float64)
        here = np.arange(len(owner))
        for shift in range(1, len(owner)):
            here = here[here + shift < len(owner)]
            here = here[owner[here] == owner[here + shift]]
            if not len(here):
                break
            there = here + shift
            apart = distance.between(table.indices[here], table.indices[there])
            pairs: Floats = 2 * table.data[here] * table.data[there] * apart
            found += np.bincount(owner[here], pairs, len(found))
        return found

    def by_field(self, of_items: Floats) -> Floats:
        """Add up numbers of items over each field, shape (n_fields,)."""
        added: Floats = np.bincount(self.field, of_items, self.n_fields).astype(np.float64)
        return added

    def labels_by_field(self, weight: Floats) -> Any:
        """Add up the counts of items, each times a weight, over fields; sparse (n_fields, K)."""
        items = np.arange(len(self.field))
        shape = self.n_fields, len(self.field)
        return sparse.csr_array((weight, (self.field, items)), shape=shape) @ self.table


def told(
    answers: Answers, *, undetected: Undetected = "value", scale: Sequence[str] | None = None
) -> Told:
    """Return what counts: of several answers of a rater to an item, the last.

    Parameters
    ----------
    answers : Answers
    undetected : {"value", "missing"}
        Whether ``undetected`` is a label like others, or no answer.
    scale : sequence of str, optional
        Labels that raters could give, from low to high; those that somebody gave when left out,
        in the order of `answers`.

    Raises
    ------
    SettingsError
        If an answer is not on the scale.
    """
    kept = last_answers(answers)
    if undetected == "missing" and UNDETECTED in answers.labels:
        kept = kept[answers.label[kept] != answers.labels.index(UNDETECTED)]
    label = answers.label[kept]
    place, names = _scale(answers.labels, label, scale, undetected)
    field, n_fields = fields_of(answers)
    raters = len(answers.raters)
    return Told(
        answers.item[kept], answers.rater[kept], place[label], field, raters, n_fields, names
    )


def label_counts(rows: Told) -> LabelCounts:
    """Count the raters that gave each label to each item."""
    shape = len(rows.field), len(rows.labels)
    table = sparse.coo_array((np.ones(len(rows.item)), (rows.item, rows.label)), shape=shape)
    return LabelCounts(table.tocsr(), rows.field, rows.n_fields, rows.labels)


def last_answers(answers: Answers) -> npt.NDArray[np.int64]:
    """Return places of answers, without those that the same rater later gave anew."""
    pair = answers.item.astype(np.int64) * len(answers.raters) + answers.rater
    last = np.unique(pair[::-1], return_index=True)[1]
    kept: npt.NDArray[np.int64] = np.sort(len(pair) - 1 - last)
    return kept


def fields_of(answers: Answers) -> tuple[npt.NDArray[np.int64], int]:
    """Return the field of each item and their number; each item is one where none is known."""
    if answers.field is None:
        return np.arange(len(answers.items), dtype=np.int64), len(answers.items)
    used, code = np.unique(answers.field, return_inverse=True)
    return code.astype(np.int64), len(used)


def _scale(
    names: tuple[str, ...],
    given: npt.NDArray[np.int32],
    scale: Sequence[str] | None,
    undetected: Undetected,
) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """Return the place of each label on the scale, -1 off it, and the names in their order."""
    used = np.bincount(given, minlength=len(names)) > 0
    if scale is None:
        chosen = [name for name, is_used in zip(names, used, strict=True) if is_used]
    else:
        chosen = [name for name in scale if undetected == "value" or name != UNDETECTED]
    places = {name: k for k, name in enumerate(chosen)}
    place = np.array([places.get(name, -1) for name in names], np.int64)
    off = [name for name, k, u in zip(names, place, used, strict=True) if u and k < 0]
    if off:
        raise SettingsError(
            f"The scale must hold every label that was given, but '{off[0]}' is not on it: "
            f"{', '.join(chosen)}."
        )
    return place, tuple(chosen)
