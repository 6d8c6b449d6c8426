"""Complete linkage of many fields at once, from the pairs that may share a cluster alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def complete_linkage(n: int, low: Places, high: Places, distance: Floats) -> Places:
    """Cluster things by complete linkage, where only the pairs that are given may be together.

    The result is that of the plain algorithm: begin with each thing alone; among all pairs of
    clusters whose members are all allowed together, merge the one whose most distant members are
    closest; of several as close, the one whose first members come first in the order of things;
    repeat until no pair is left. A pair that is not given is infinitely far apart, and so is
    every cluster that contains it: limits of distance and things that must not be together are
    both pairs left out.

    The merges of one round are done at once: every pair of clusters of which each is the closest
    of the other. As a merged cluster is never closer to a third than both of its parts were, this
    is the same hierarchy [1]_. Memory grows with the number of pairs, not with its square.

    Parameters
    ----------
    n : int
        Number of things.
    low, high : ndarray of int64, shape (pairs,)
        Things that may be together, ``low < high``; every pair once, in any order.
    distance : ndarray of float64, shape (pairs,)
        How far apart they are; finite.

    Returns
    -------
    cluster : ndarray of int64, shape (n,)
        First thing of the cluster of each thing.

    References
    ----------
    .. [1] Murtagh, 1983, doi:10.1093/comjnl/26.4.354, on reciprocal nearest neighbours of
       linkages that are reducible.

    Examples
    --------
    >>> low, high = np.array([0, 0, 1, 2]), np.array([1, 2, 2, 3])
    >>> complete_linkage(4, low, high, np.array([0.2, 0.5, 0.1, 0.4]))
    array([0, 0, 0, 3])
    """
    parent = np.arange(n)
    size = np.ones(n, np.int64)
    order = np.argsort(low * n + high, kind="stable")
    low, high, distance = low[order], high[order], distance[order]
    while len(low):
        closest = _reciprocal(n, low, high, distance)
        kept, joined = low[closest], high[closest]
        parent[joined] = kept
        new_size = size.copy()
        new_size[kept] += size[joined]
        low, high, distance = _joined(low, high, distance, kept, joined, size, new_size)
        size = new_size
    return _roots(parent)


def _reciprocal(n: int, low: Places, high: Places, distance: Floats) -> Places:
    """Pairs of which each is the closest of the other; pairs are sorted, so that ties are too."""
    nearest = np.full(n, np.inf)
    np.minimum.at(nearest, low, distance)
    np.minimum.at(nearest, high, distance)
    of_low, of_high = distance == nearest[low], distance == nearest[high]
    first = np.full(n, len(low))
    for ends, is_nearest in ((low, of_low), (high, of_high)):
        places = np.flatnonzero(is_nearest)
        np.minimum.at(first, ends[places], places)
    both = np.flatnonzero(of_low & of_high)
    closest: Places = both[(first[low[both]] == both) & (first[high[both]] == both)]
    return closest


def _joined(
    low: Places,
    high: Places,
    distance: Floats,
    kept: Places,
    joined: Places,
    size: Places,
    new_size: Places,
) -> tuple[Places, Places, Floats]:
    """Pairs of clusters after a round: as far as the farther part, allowed if all members are."""
    n = len(size)
    name = np.arange(n)
    name[joined] = kept
    is_changed = np.zeros(n, bool)
    is_changed[kept] = is_changed[joined] = True
    touched = is_changed[low] | is_changed[high]
    a, b = name[low[touched]], name[high[touched]]
    key = np.minimum(a, b) * n + np.maximum(a, b)
    pairs = (size[low[touched]] * size[high[touched]])[a != b]
    far, key = distance[touched][a != b], key[a != b]
    order = np.argsort(key, kind="stable")
    key, far, pairs = key[order], far[order], pairs[order]
    begins = np.flatnonzero(np.diff(key, prepend=-1))
    if len(begins):
        key = key[begins]
        far, pairs = np.maximum.reduceat(far, begins), np.add.reduceat(pairs, begins)
        whole = pairs == new_size[key // n] * new_size[key % n]
        key, far = key[whole], far[whole]
    rest = ~touched
    key = np.concatenate([low[rest] * n + high[rest], key])
    order = np.argsort(key, kind="stable")
    key = key[order]
    return key // n, key % n, np.concatenate([distance[rest], far])[order]


def _roots(parent: Places) -> Places:
    while True:
        above = parent[parent]
        if (above == parent).all():
            return parent
        parent = above
