"""Answers as a sparse matrix, items by (rater, answer): sums over answers are its products."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from nuclarium.raters.truth.fit import (
    Coded,
    Floats,
    check_labels_of_items,
    check_size,
    normalised,
    over_columns,
)

LEAST = 1e-300
"""Stands for a probability of 0 in logarithms, so that sums stay finite."""

_DENSE = 1 << 12
"""Cells up to which a full matrix is quicker than a sparse one."""

_BLOCK = 1 << 16
"""Numbers of a block of rows: half a megabyte."""

_SAMPLE = 4_000
"""Items that are looked at to see whether many have the same answers."""


@dataclass(frozen=True, eq=False)
class Tally:
    """How often each rater gave each answer to each item; items with the same answers are one row.

    Parameters
    ----------
    counts : matrix of float64, shape (P, n_raters * K)
        Column ``rater * K + answer``; sparse, or an array where that is small.
    row : ndarray of int, shape (n_items,)
        The row of each item.
    weight : ndarray of float64, shape (P,)
        How many items a row stands for.
    n_raters, n_labels : int
    n_answers : float
        Sum of all counts.
    is_single : bool
        Whether no row stands for several items.
    """

    counts: Any
    row: npt.NDArray[np.integer]
    weight: Floats
    n_raters: int
    n_labels: int
    n_answers: float
    is_single: bool

    def votes(self) -> Floats:
        """Return how many answers of each label one item of each row has, shape (P, K)."""
        votes: Floats = self.counts @ np.tile(np.eye(self.n_labels), (self.n_raters, 1))
        return votes

    @cached_property
    def blocks(self) -> tuple[tuple[slice, Any], ...]:
        """Rows in blocks whose numbers stay in a processor's cache, and their counts."""
        size = max(1, _BLOCK // self.n_labels)
        if not sparse.issparse(self.counts) or len(self.weight) <= size:
            return ((slice(0, len(self.weight)), self.counts),)
        begins = range(0, len(self.weight), size)
        return tuple((slice(i, i + size), _rows_of(self.counts, i, i + size)) for i in begins)

    def expected(self, log_confusion: Floats, log_prior: Floats) -> tuple[Floats, float]:
        """Return the posterior of rows, shape (P, K), and the log-likelihood of all answers.

        `log_confusion` has shape (n_raters * K, K): entry ``[rater * K + answer, truth]``.
        """
        posterior = np.empty((len(self.weight), self.n_labels))
        likelihood = 0.0
        for rows, counts in self.blocks:
            joint = counts @ log_confusion
            joint += log_prior
            posterior[rows], part = posterior_of(joint, self.weight[rows])
            likelihood += part
        return posterior, likelihood

    def by_rater(self, posterior: Floats) -> Floats:
        """Return how often each rater gave each answer to items of each truth.

        Shape (n_raters, K, K), entry ``[rater, answer, truth]``, from a posterior, shape (P, K).
        """
        if self.is_single:  # Items without an answer weigh 0, and add nothing anyway.
            return self.unweighted(posterior)
        return self.unweighted(posterior * self.weight[:, None])

    def unweighted(self, items: Floats) -> Floats:
        """Return the same from numbers of items of each truth in each row, shape (P, K)."""
        sums: Floats = self.counts.T @ items
        return sums.reshape(self.n_raters, self.n_labels, self.n_labels)


def tally(codes: Coded, weights: Floats | None = None) -> Tally:
    """Count answers; memory grows with their number, not with items times raters.

    Items with the same answers are put together by a sum of random 64-bit numbers, one a pair of
    rater and answer: among a million items two different ones meet with a chance below 10^-7.

    Parameters
    ----------
    codes : Coded
        The answers.
    weights : ndarray of float64, shape (n_items,), optional
        How many items each item stands for, in a table of patterns and counts; 1 when left out.

    Raises
    ------
    SettingsError
        If confusions of all raters, or probabilities of all items, would not fit in memory.
    """
    size = codes.n_labels
    check_labels_of_items(codes)
    check_size(
        "Confusions of every rater",
        (codes.n_raters, size, size),
        "Roll labels up to fewer classes, or take a method without confusions: one-coin, mace, "
        "weighted or majority.",
    )
    # Narrow numbers: half as much memory is gone through.
    narrow = np.int32 if codes.n_raters * size < 1 << 31 else np.int64
    column: npt.NDArray[np.integer] = np.multiply(codes.rater, size, dtype=narrow)
    np.add(column, codes.label, out=column, casting="unsafe")
    row, first = _merged(codes, column)
    answers = np.bincount(codes.item, minlength=codes.n_items)
    # An item without an answer says nothing, not even of the prior.
    each = (answers > 0).astype(np.float64) * (1.0 if weights is None else weights)
    weight = np.bincount(row, each, minlength=len(first)).astype(np.float64)
    n_answers = float(answers @ each)
    rows: npt.NDArray[np.integer] = codes.item
    if len(first) < codes.n_items:
        rows = row[codes.item]
        kept = first[rows] == codes.item
        rows, column = rows[kept], column[kept]
    counts = _matrix(rows, column, (len(first), codes.n_raters * size))
    single = weights is None and len(first) == codes.n_items
    return Tally(counts, row, weight, codes.n_raters, size, n_answers, single)


def _matrix(
    rows: npt.NDArray[np.integer], columns: npt.NDArray[np.integer], shape: tuple[int, int]
) -> Any:
    """Return the matrix that has 1 more at each place."""
    if shape[0] * shape[1] <= _DENSE:
        place = rows.astype(np.int64) * shape[1] + columns
        full = np.bincount(place, minlength=shape[0] * shape[1])
        return full.reshape(shape).astype(np.float64)
    if not (rows[1:] >= rows[:-1]).all():
        order = np.argsort(rows, kind="stable")
        rows, columns = rows[order], columns[order]
    narrow = np.int32 if max(len(rows), *shape) < 1 << 31 else np.int64
    ends = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=shape[0]))])
    values = np.ones(len(rows)), columns.astype(narrow, copy=False), ends.astype(narrow)
    return sparse.csr_array(values, shape=shape)


def _rows_of(counts: Any, begin: int, end: int) -> Any:
    """Return some rows of a sparse matrix without copying them."""
    ends = counts.indptr[begin : end + 1]
    part = slice(ends[0], ends[-1])
    values = counts.data[part], counts.indices[part], ends - ends[0]
    return sparse.csr_array(values, shape=(len(ends) - 1, counts.shape[1]))


def _merged(
    codes: Coded, column: npt.NDArray[np.integer]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the row of each item, and the first item of each row."""
    if codes.n_items > _SAMPLE:
        some = np.flatnonzero(codes.item < _SAMPLE)
        key = _keys(codes.item[some], column[some], _SAMPLE, codes.n_raters * codes.n_labels)
        if len(np.unique(key)) > 0.9 * _SAMPLE:  # Nothing would be gained.
            return np.arange(codes.n_items), np.arange(codes.n_items)
    key = _keys(codes.item, column, codes.n_items, codes.n_raters * codes.n_labels)
    _, first, row = np.unique(key, return_index=True, return_inverse=True)
    if len(first) == codes.n_items:
        return np.arange(codes.n_items), np.arange(codes.n_items)
    return row.reshape(-1), first


def _keys(
    item: npt.NDArray[np.integer], column: npt.NDArray[np.integer], items: int, columns: int
) -> npt.NDArray[np.uint64]:
    """Return a number of each item that is the same where answers are the same."""
    # Sums of 32-bit parts are exact in float64 up to two million answers of one item.
    names = np.random.default_rng(1).integers(0, 1 << 32, (2, columns)).astype(np.float64)
    low, high = (np.bincount(item, part[column], minlength=items) for part in names)
    return low.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + high.astype(np.uint64)


def posterior_of(joint: Floats, weight: Floats) -> tuple[Floats, float]:
    """Return the posterior, shape (P, K), and the log-likelihood, from log joint probabilities.

    `joint` is written over.
    """
    largest = over_columns(joint, np.maximum)
    joint -= largest[:, None]
    posterior = np.exp(joint, out=joint)
    total = over_columns(posterior, np.add)
    posterior /= total[:, None]
    # Not by BLAS: its threads wait for each other where a processor is busy.
    likelihood = float((weight * (largest + np.log(total))).sum())
    return posterior, likelihood


def shares(sums: Floats, empty: float | Floats) -> Floats:
    """Return ``[rater, answer, truth]`` as probabilities of answers; `empty` where none was."""
    return np.moveaxis(normalised(np.moveaxis(sums, 1, 2), empty), 2, 1)


def log_of(probabilities: Floats) -> Floats:
    """Return the logarithm, with a floor in place of that of 0."""
    logarithm: Floats = np.log(np.maximum(probabilities, LEAST))
    return logarithm
