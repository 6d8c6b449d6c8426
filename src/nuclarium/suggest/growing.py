"""Grow a forest of extremely randomised oblivious trees from the features of drawn pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nuclarium.suggest.forest import SURE, Forest
from nuclarium.suggest.settings import ForestSettings

Counts = npt.NDArray[np.int64]


def grow(
    values: npt.NDArray[np.int16],
    classes: npt.NDArray[np.uint8],
    kinds: int,
    settings: ForestSettings,
) -> Forest:
    """Grow a forest.

    Every level of a tree takes the best of a few random questions by the Gini impurity of all its
    nodes together. Thresholds lie between two random pixels, as in extremely randomised trees [1]_;
    one question for all nodes of a level makes the trees oblivious, as in [2]_.

    Parameters
    ----------
    values : ndarray of int16, shape (F, n)
        Features of the drawn pixels.
    classes : ndarray of uint8, shape (n,)
        From 1 to `kinds`.
    kinds : int
        Classes, at least two.
    settings : ForestSettings

    References
    ----------
    .. [1] Geurts et al., 2006, doi:10.1007/s10994-006-6226-1.
    .. [2] Kohavi, 1994, doi:10.1007/3-540-57868-4_57.
    """
    shape = (settings.trees, settings.depth)
    feature, threshold = np.zeros(shape, np.int16), np.zeros(shape, np.int16)
    leaf = np.zeros((settings.trees, 1 << settings.depth, kinds), np.uint8)
    order = classes.astype(np.int64) - 1
    for tree in range(settings.trees):
        rng = np.random.default_rng((settings.seed, tree))
        rows = _drawn(len(order), settings.samples, rng)
        counts = _grow_tree(
            values[:, rows], order[rows], kinds, settings, rng, feature[tree], threshold[tree]
        )
        leaf[tree] = _shares(counts)
    return Forest(feature, threshold, leaf if kinds > 2 else leaf[:, :, 1:])


def _drawn(count: int, most: int, rng: np.random.Generator) -> Counts | slice:
    return slice(None) if count <= most else rng.integers(0, count, most)


def _grow_tree(
    values: npt.NDArray[np.int16],
    classes: Counts,
    kinds: int,
    settings: ForestSettings,
    rng: np.random.Generator,
    feature: npt.NDArray[np.int16],
    threshold: npt.NDArray[np.int16],
) -> Counts:
    """Write the questions of one tree; counts of each class in its leaves, shape (2**D, K)."""
    number, candidates = len(classes), settings.candidates
    node = np.zeros(number, np.int64)
    own = np.arange(candidates)
    for level in range(settings.depth):
        picked = rng.integers(0, len(values), candidates)
        asked = values[picked]
        pair = rng.integers(0, number, (2, candidates))
        between = (asked[own, pair[0]].astype(np.int32) + asked[own, pair[1]]) >> 1
        above = asked > between.astype(np.int16)[:, None]
        cells = (2 << level) * kinds
        place = above * np.int64(kinds)
        place += node * (2 * kinds) + classes
        place += own[:, None] * cells
        counts = np.bincount(place.ravel(), minlength=candidates * cells)
        best = int(_impurity(counts.reshape(candidates, -1, kinds)).argmin())
        feature[level], threshold[level] = picked[best], between[best]
        node = node * 2 + above[best]
    cells = kinds << settings.depth
    return np.bincount(node * kinds + classes, minlength=cells).reshape(-1, kinds)


def _impurity(counts: Counts) -> npt.NDArray[np.float64]:
    """Gini impurity of each candidate, summed over its nodes by their size."""
    whole = counts.sum(axis=2)
    same = (counts * counts).sum(axis=2)
    impure: npt.NDArray[np.float64] = (whole - same / np.maximum(whole, 1)).sum(axis=1)
    return impure


def _shares(counts: Counts) -> npt.NDArray[np.uint8]:
    """Share of each class in each leaf, in 1/255; an empty leaf has that of the node above it."""
    levels = [counts]
    while len(levels[-1]) > 1:
        levels.append(levels[-1].reshape(-1, 2, counts.shape[1]).sum(axis=1))
    known = levels.pop()
    while levels:
        below = levels.pop()
        known = np.where(below.any(axis=1, keepdims=True), below, known.repeat(2, axis=0))
    share = known / known.sum(axis=1, keepdims=True)
    shares: npt.NDArray[np.uint8] = np.rint(SURE * share).astype(np.uint8)
    return shares
