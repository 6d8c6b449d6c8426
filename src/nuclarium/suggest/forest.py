"""A forest of oblivious trees over int16 features, evaluated in whole numbers.

All nodes of one level of a tree ask the same question, so the leaf of a pixel is a number whose
bits are the answers: a few comparisons of whole arrays and one look-up, without a compiled loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

SURE = 255
_BLOCK = 1 << 17
_LEAVES = 256


@dataclass(frozen=True)
class Forest:
    """Trees that each ask `D` questions: whether a feature of the pixel is above a threshold.

    Parameters
    ----------
    feature, threshold : ndarray of int16, shape (T, D)
        The first question gives the highest bit of the leaf.
    leaf : ndarray of uint8, shape (T, 2**D, K)
        Share of each class in the leaf, in 1/255; with two classes (K = 1) that of the second.
    """

    feature: npt.NDArray[np.int16]
    threshold: npt.NDArray[np.int16]
    leaf: npt.NDArray[np.uint8]

    @property
    def used(self) -> npt.NDArray[np.int16]:
        """Features that are asked about, ascending."""
        return np.unique(self.feature)


def votes(forest: Forest, planes: Sequence[npt.NDArray[np.int16] | None]) -> npt.NDArray[np.uint16]:
    """Add up what the trees say of every pixel.

    Parameters
    ----------
    planes : sequence of ndarray of int16, shape (n,)
        One a feature; those that the forest does not ask about may be None.

    Returns
    -------
    votes : ndarray of uint16, shape (K, n)
        Sums over the trees, each at most 255 times their number.
    """
    size = next(plane.size for plane in planes if plane is not None)
    trees, depth = forest.feature.shape
    kinds = forest.leaf.shape[2]
    tables = np.zeros((trees, kinds, _LEAVES), np.uint8)
    tables[:, :, : 1 << depth] = forest.leaf.transpose(0, 2, 1)
    total = np.zeros((kinds, size), np.uint16)
    for start in range(0, size, _BLOCK):
        part = slice(start, min(start + _BLOCK, size))
        _block_votes(forest, planes, tables, part, total[:, part])
    return total


def _block_votes(
    forest: Forest,
    planes: Sequence[npt.NDArray[np.int16] | None],
    tables: npt.NDArray[np.uint8],
    part: slice,
    total: npt.NDArray[np.uint16],
) -> None:
    leaf = np.empty((1, part.stop - part.start), np.uint8)
    above = np.empty(leaf.shape, bool)
    bit = above.view(np.uint8)
    found = np.empty_like(leaf)
    values = {int(i): plane[None, part] for i in forest.used if (plane := planes[i]) is not None}
    questions = zip(forest.feature.tolist(), forest.threshold, tables, strict=True)
    for features, thresholds, rows in questions:
        leaf.fill(0)
        for feature, threshold in zip(features, thresholds, strict=True):
            np.greater(values[feature], threshold, out=above)
            np.add(leaf, leaf, out=leaf)
            np.bitwise_or(leaf, bit, out=leaf)
        for row, sums in zip(rows, total, strict=True):
            cv2.LUT(leaf, row[None], dst=found)
            np.add(sums, found[0], out=sums)


def classes(total: npt.NDArray[np.uint16], trees: int) -> npt.NDArray[np.uint8]:
    """Class of each pixel, from 1; where votes are equal, the first class.

    Parameters
    ----------
    total : ndarray of uint16, shape (K, n)
        As from `votes`.
    """
    index = total[0] > trees * SURE // 2 if len(total) == 1 else total.argmax(axis=0)
    found: npt.NDArray[np.uint8] = index.astype(np.uint8)
    found += np.uint8(1)
    return found
