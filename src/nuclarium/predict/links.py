"""Sets of things that pairs link: the parts of one nucleus, the parts of one background area."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


def linked(pairs: Integers, count: int) -> Integers:
    """Smallest member of the set that each thing is in.

    Parameters
    ----------
    pairs : ndarray of int64, shape (m, 2)
        Things that are in one set, and with them all that is linked to either.
    count : int
        Things are numbered from 0 to `count` - 1; one without a link is a set of its own.

    Examples
    --------
    >>> linked(np.array([[4, 2], [1, 2]]), 5).tolist()
    [0, 1, 1, 3, 1]
    """
    lowest = np.arange(count)
    while True:
        first, second = lowest[pairs[:, 0]], lowest[pairs[:, 1]]
        apart = first != second
        if not apart.any():
            return lowest
        first, second = first[apart], second[apart]
        np.minimum.at(lowest, np.maximum(first, second), np.minimum(first, second))
        lowest = followed(lowest)


def followed(following: Integers) -> Integers:
    """End of each way, where ``following[i]`` comes after `i`, and an end after itself.

    Every round doubles the length of all ways, so a way of 60 steps takes 6. The array that is
    given is used up.

    Examples
    --------
    >>> followed(np.array([1, 2, 2, 2, 4])).tolist()
    [2, 2, 2, 2, 4]
    """
    further = np.empty_like(following)
    while True:
        # All numbers are valid, and to clip them is faster than to check them.
        np.take(following, following, out=further, mode="clip")
        if np.array_equal(further, following):
            return following
        following, further = further, following


def as_one(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> Integers:
    """One number for each pair of numbers below 2^32, which sorts as the pair does."""
    pairs: Integers = (first.astype(np.int64) << 32) | second
    return pairs


def unique(numbers: Integers) -> Integers:
    """Each number once, in order; much faster than `numpy.unique`, which hashes integers."""
    ordered = np.sort(numbers)
    return ordered[is_first(ordered)]


def is_first(ordered: Integers) -> npt.NDArray[np.bool_]:
    """Whether each number of an ordered array is the first of its kind."""
    first = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return first
