"""Marks drawn as pixels, as NuCLS draws its masks: larger nuclei first, smaller ones on top."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.labels import Labels
from nuclarium.core.marks import Marks
from nuclarium.io.interchange.nucls_marks import inclusive, vertices


def paint_marks(marks: Marks, shape: tuple[int, int]) -> Labels:
    """Draw marks as labels; label ``i`` is row ``i - 1`` of the marks.

    Boxes are filled, outlines with the pixels of their line, points are one pixel. Where marks
    overlap, the one with the smaller box is on top; of equal ones the later row is.

    Parameters
    ----------
    marks : Marks
    shape : (height, width)
        What lies outside is cut off; a nucleus may have no pixel left, there or under others.

    Returns
    -------
    labels : ndarray of int32, shape (H, W)
        0 where there is no nucleus.
    """
    labels = np.zeros(shape, np.int32)
    boxes, lines = inclusive(marks.boxes), vertices(marks)
    areas = (boxes[:, 2] - boxes[:, 0] + 1) * (boxes[:, 3] - boxes[:, 1] + 1)
    for row in np.argsort(-areas, kind="stable").tolist():
        line = lines[row]
        if line is None:
            xmin, ymin, xmax, ymax = boxes[row]
            _window(labels, ymin, xmin, ymax, xmax)[...] = row + 1
        else:
            low, high = line.min(axis=0), line.max(axis=0)
            window = _window(labels, *low, *high)
            window[_filled(line - np.maximum(low, 0), window.shape)] = row + 1
    return labels


def _window(
    labels: Labels, ymin: np.int64, xmin: np.int64, ymax: np.int64, xmax: np.int64
) -> Labels:
    """Return the part of labels between pixels, both included; empty where it lies outside."""
    return labels[max(0, ymin) : max(0, ymax + 1), max(0, xmin) : max(0, xmax + 1)]


def _filled(line: npt.NDArray[np.int64], shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    drawn = np.zeros(shape, np.uint8)
    if drawn.size:
        cv2.fillPoly(drawn, [line[:, ::-1].astype(np.int32)], (1,))
    return drawn > 0
