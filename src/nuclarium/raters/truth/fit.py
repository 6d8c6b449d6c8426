"""What every method of truth inference takes and gives: plain codes in, plain arrays out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError

Floats = npt.NDArray[np.float64]

ClassPrior = Literal["equal", "estimated"]

_CELLS = 1 << 28
"""Numbers that one array may have: 2 GiB."""

_FEW = 16
"""Columns up to which they are taken one by one."""


@dataclass(frozen=True, eq=False)
class Coded:
    """Answers as codes, with no names: what a method reads.

    Parameters
    ----------
    item, rater, label : ndarray of int, shape (n,)
        Codes from 0; several answers of one rater to one item all count.
    n_items, n_raters, n_labels : int
        How many of each there are, with or without answers.
    """

    item: npt.NDArray[np.integer]
    rater: npt.NDArray[np.integer]
    label: npt.NDArray[np.integer]
    n_items: int
    n_raters: int
    n_labels: int


@dataclass(frozen=True, eq=False)
class Intervals:
    """Ends of posterior intervals: a `level` of the posterior lies between low and high.

    Shapes are those of the values: labels of items (n_items, K), skill (n_raters,), confusion
    (n_raters, K, K), prior (K,).
    """

    level: float
    probabilities_low: Floats
    probabilities_high: Floats
    skill_low: Floats
    skill_high: Floats
    confusion_low: Floats
    confusion_high: Floats
    prior_low: Floats
    prior_high: Floats


@dataclass(frozen=True, eq=False)
class Fit:
    """What a method found; the arrays are explained at `nuclarium.raters.truth.inference.Truth`."""

    probabilities: Floats
    prior: Floats
    skill: Floats
    confusion: Floats | None = None
    log_likelihood: tuple[float, ...] = ()
    converged: bool = True
    intervals: Intervals | None = None
    extra: dict[str, Floats] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def check_size(what: str, shape: tuple[int, ...], advice: str) -> None:
    """Raise a sentence instead of filling the memory.

    Raises
    ------
    SettingsError
        If an array of this shape would have more than 2^28 numbers.
    """
    cells = int(np.prod(np.asarray(shape, object)))
    if cells > _CELLS:
        sizes = " x ".join(map(str, shape))
        raise SettingsError(
            f"{what} would need {sizes} numbers, {cells * 8 / 2**30:.0f} GiB. {advice}"
        )


def check_labels_of_items(codes: Coded) -> None:
    """Raise a sentence where probabilities of all labels of all items do not fit."""
    check_size(
        "Probabilities of every label for every item",
        (codes.n_items, codes.n_labels),
        "Roll labels up to fewer classes, or infer the truth of parts of the items.",
    )


def normalised(rows: Floats, empty: float | Floats) -> Floats:
    """Return rows that add up to 1 over the last axis; rows of zeros become `empty`."""
    total = over_columns(rows, np.add)[..., None]
    if (total > 0).all():
        return rows / total
    result = np.array(np.broadcast_to(empty, rows.shape), np.float64)
    np.divide(rows, total, out=result, where=total > 0)
    return result


def over_columns(rows: Floats, combine: np.ufunc) -> Floats:
    """Return the maximum or sum over the last axis; one by one, quicker where it is short."""
    if rows.shape[-1] > _FEW:
        combined: Floats = combine.reduce(rows, axis=-1)
        return combined
    combined = rows[..., 0].copy()
    for k in range(1, rows.shape[-1]):
        combine(combined, rows[..., k], out=combined)
    return combined


def skill_of(codes: Coded, probabilities: Floats, prior: Floats) -> Floats:
    """Return the probability that each rater's answer is right, averaged over the prior.

    For each true class, the share of a rater's answers to items of that class that name it, items
    weighed by their probabilities. Classes of which a rater saw nothing are left out of the
    average; nan for a rater without an answer.
    """
    size = codes.n_raters, codes.n_labels
    check_size("Shares of right answers", size, "Roll labels up to fewer classes.")
    seen = np.zeros(size)
    for k in range(codes.n_labels) if codes.n_labels < codes.n_raters else ():
        column = np.ascontiguousarray(probabilities[:, k])
        seen[:, k] = np.bincount(codes.rater, column[codes.item], minlength=codes.n_raters)
    if codes.n_labels >= codes.n_raters:
        for w in range(codes.n_raters):
            seen[w] = probabilities[codes.item[codes.rater == w]].sum(axis=0)
    place = codes.rater.astype(np.int64) * codes.n_labels + codes.label
    own = probabilities[codes.item, codes.label]
    right = np.bincount(place, own, minlength=size[0] * size[1]).reshape(size)
    share = np.divide(right, seen, out=np.zeros(size), where=seen > 0)
    return averaged_skill(share, seen, prior)


def averaged_skill(share: Floats, seen: Floats, prior: Floats) -> Floats:
    """Average shares of right answers, shape (n_raters, K), over the prior of classes seen."""
    weight = prior * (seen > 0)
    total = weight.sum(axis=1)
    skill = np.full(len(share), np.nan)
    np.divide((share * weight).sum(axis=1), total, out=skill, where=total > 0)
    return skill


def class_prior(posterior: Floats, known: Floats, classes: ClassPrior) -> Floats:
    """Return the prior of classes: all alike, or the mean over items with an answer."""
    flat = 1 / posterior.shape[1]
    if classes == "equal":
        return np.full(posterior.shape[1], flat)
    # A class of which nothing is left must still have a logarithm.
    return np.maximum(normalised(known @ posterior, flat), 1e-300)
