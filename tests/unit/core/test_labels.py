"""Label images are checked, cut into runs, boxed and walked without losing a pixel."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from nuclarium.core.labels import as_labels, iter_owned_windows, label_boxes, label_runs

planes = hnp.arrays(np.int32, hnp.array_shapes(min_dims=2, max_dims=2), elements=st.integers(0, 9))


def reader_of(labels):
    return lambda window: labels[window.slices]


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "int64", "uint64", "float32"])
def test_whole_numbers_of_any_type_become_int32(dtype):
    labels = as_labels(np.array([[0, 3], [7, 0]], dtype))
    assert labels.dtype == np.int32
    assert labels.tolist() == [[0, 3], [7, 0]]


def test_int32_is_not_copied():
    labels = np.zeros((2, 3), np.int32)
    assert as_labels(labels) is labels


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 2), bool), "truth must be integers.*mask.*skimage.measure.label"),
        (np.array([[0.5]]), "truth must be whole numbers"),
        (np.array([[np.nan]]), "truth must be whole numbers"),
        (np.array([[-1, 2]]), "truth must be 0 for background.*-1"),
        (np.array([[2**31]]), "relabel_sequential"),
        (np.zeros(3, int), r"truth must have shape \(H, W\) or \(Z, H, W\), but got \(3,\)"),
        (np.array([["a"]]), "truth must be integers, but got <U1"),
    ],
)
def test_what_is_no_label_image_is_refused_with_a_remedy(array, message):
    with pytest.raises(ValueError, match=message):
        as_labels(array, "truth")


@given(planes)
def test_runs_paint_the_labels_again(labels):
    runs = label_runs(labels)
    painted = np.zeros_like(labels)
    for label, row, start, stop in zip(runs.label, runs.row, runs.start, runs.stop, strict=True):
        assert stop > start
        painted[row, start:stop] = label
    np.testing.assert_array_equal(painted, labels)


def test_a_plane_without_pixels_has_no_runs_and_no_boxes():
    labels = np.zeros((0, 4), np.int32)
    assert len(label_runs(labels).label) == 0
    assert label_boxes(reader_of(labels), labels.shape).shape == (0, 4)


@given(planes, st.integers(1, 7))
def test_boxes_are_those_of_scipy_whatever_the_tiles(labels, tile_size):
    boxes = label_boxes(reader_of(labels), labels.shape, tile_size=tile_size)
    nowhere = slice(0, 0), slice(0, 0)
    expected = [
        [rows.start, columns.start, rows.stop, columns.stop]
        for rows, columns in (found or nowhere for found in ndimage.find_objects(labels))
    ]
    assert boxes.tolist() == expected


@given(planes, st.integers(1, 7))
def test_every_nucleus_is_seen_whole_in_exactly_one_window(labels, tile_size):
    read = reader_of(labels)
    boxes = label_boxes(read, labels.shape, tile_size=tile_size)
    painted, seen = np.zeros_like(labels), []
    for window, owned in iter_owned_windows(read, boxes, labels.shape, tile_size=tile_size):
        assert owned.shape == window.shape
        seen += np.unique(owned[owned > 0]).tolist()
        painted[window.slices] += owned
    assert sorted(seen) == np.unique(labels[labels > 0]).tolist()
    np.testing.assert_array_equal(painted, labels)


@pytest.mark.slow
def test_a_million_labels_in_two_hundred_tiles_take_seconds():
    side, pitch = 14_336, 14

    def read(window):
        y, x = np.arange(window.y0, window.y1)[:, None], np.arange(window.x0, window.x1)
        label = y // pitch * (side // pitch) + x // pitch + 1
        return (label * ((y % pitch > 3) & (x % pitch > 3))).astype(np.int32)

    begin = time.perf_counter()
    boxes = label_boxes(read, (side, side), tile_size=1024)
    assert len(boxes) == (side // pitch) ** 2
    assert time.perf_counter() - begin < 60
