"""Whole groups dealt out to parts, as near to their shares as a search finds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.float64]
_STARTS = 32
_KICKS = 200
_MANY_GROUPS = 500
_ROUNDS = 200


def balanced_parts(
    table: Counts, shares: Counts, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Part of each group, from the best of many searches.

    Parameters
    ----------
    table : ndarray, shape (groups, strata)
        Items.
    shares : ndarray, shape (parts,)
        They add up to 1.
    """
    wanted = shares[:, None] * table.sum(axis=0)
    is_small = len(table) < _MANY_GROUPS
    found = [_searched(table, wanted, rng) for _ in range(_STARTS if is_small else 4)]
    cost, parts = min(found, key=lambda result: result[0])
    for _ in range(_KICKS if is_small else 0):
        kicked, other = _kicked(table, wanted, parts, rng)
        if kicked < cost:
            cost, parts = kicked, other
    return parts


def _kicked(
    table: Counts, wanted: Counts, parts: npt.NDArray[np.int64], rng: np.random.Generator
) -> tuple[float, npt.NDArray[np.int64]]:
    """Put a few groups elsewhere, and search on from there."""
    parts = parts.copy()
    some = rng.choice(len(parts), min(len(parts), int(rng.integers(2, 6))), replace=False)
    parts[some] = rng.integers(0, len(wanted), len(some))
    if len(np.unique(parts)) < len(wanted):
        return np.inf, parts
    held = np.zeros_like(wanted)
    np.add.at(held, parts, table)
    return _moved(table, wanted, parts, held)


def _searched(
    table: Counts, wanted: Counts, rng: np.random.Generator
) -> tuple[float, npt.NDArray[np.int64]]:
    """Place large groups first where most is missing, then move groups while that helps."""
    sizes = table.sum(axis=1)
    order = np.argsort(-sizes * rng.uniform(0.7, 1.3, len(sizes)), kind="stable")
    held = np.zeros_like(wanted)
    parts = np.zeros(len(table), np.int64)
    for place, group in enumerate(order.tolist()):
        costs = _cost(held + table[group], wanted) - _cost(held, wanted)
        empty = np.flatnonzero(held.sum(axis=1) == 0)
        if len(empty) and len(order) - place <= len(empty):
            costs[np.setdiff1d(np.arange(len(held)), empty)] = np.inf
        parts[group] = int(costs.argmin())
        held[parts[group]] += table[group]
    return _moved(table, wanted, parts, held)


def _moved(
    table: Counts, wanted: Counts, parts: npt.NDArray[np.int64], held: Counts
) -> tuple[float, npt.NDArray[np.int64]]:
    """Move the group, one at a time, that brings the parts nearest to what is wanted."""
    everyone = np.arange(len(table))
    for _ in range(_ROUNDS):
        leaving = _cost(held[parts] - table, wanted[parts]) - _cost(held, wanted)[parts]
        arriving = np.stack(
            [
                _cost(held[part] + table, wanted[part]) - _cost(held[part], wanted[part])
                for part in range(len(held))
            ],
            axis=1,
        )
        change = leaving[:, None] + arriving
        change[everyone, parts] = np.inf
        last = np.bincount(parts, minlength=len(held))[parts] == 1
        change[last] = np.inf
        group, part = np.unravel_index(int(change.argmin()), change.shape)
        if not change[group, part] < -1e-9:
            break
        held[parts[group]] -= table[group]
        held[part] += table[group]
        parts[group] = part
    return float(_cost(held, wanted).sum()), parts


def _cost(held: Counts, wanted: Counts) -> Counts:
    """How far parts are from what is wanted: squares of the total, and of each stratum."""
    total = (held.sum(axis=-1) - wanted.sum(axis=-1)) ** 2 / np.maximum(wanted.sum(axis=-1), 1)
    strata = ((held - wanted) ** 2 / np.maximum(wanted, 1)).sum(axis=-1)
    cost: Counts = 2 * total + strata
    return cost
