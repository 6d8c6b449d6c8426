"""Boxes are half-open, spacing is positive, and x comes first only on request."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuclarium.core.geometry import Box, Spacing, iter_boxes, to_xy, to_yx

numbers = st.integers(-20, 20)
boxes = st.builds(Box, numbers, numbers, numbers, numbers)


def mask_of(box):
    mask = np.zeros((50, 50), bool)
    shifted = box.shifted(22, 22)
    mask[shifted.slices] = True
    return mask


@given(boxes, boxes)
def test_intersection_covers_what_both_cover(a, b):
    np.testing.assert_array_equal(mask_of(a.intersection(b)), mask_of(a) & mask_of(b))


@given(boxes, numbers, numbers)
def test_shifting_there_and_back_is_identity(box, dy, dx):
    assert box.shifted(dy, dx).shifted(-dy, -dx) == box


@given(boxes, st.integers(0, 9))
def test_growing_and_shrinking_is_identity(box, margin):
    assert box.grown(margin).grown(-margin) == box


def test_shape_is_never_negative():
    assert Box(5, 5, 2, 9).shape == (0, 4)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 12))
def test_boxes_partition_the_plane(height, width, size):
    hits = np.zeros((height, width), int)
    for box in iter_boxes((height, width), size):
        hits[box.slices] += 1
    assert (hits == 1).all()


def test_x_first_and_back():
    points = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert to_xy(points).tolist() == [[2, 1], [4, 3]]
    np.testing.assert_array_equal(to_yx(to_xy(points)), points)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
@pytest.mark.parametrize("axis", ["y", "x", "z"])
def test_impossible_spacing_is_refused(axis, value):
    with pytest.raises(ValueError, match="positive and finite in micrometres"):
        Spacing(**({"y": 1.0, "x": 1.0} | {axis: value}))


def test_pixel_area():
    assert Spacing(y=0.5, x=0.25).pixel_area == 0.125
