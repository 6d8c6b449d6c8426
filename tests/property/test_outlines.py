"""Laws of outlines, checked with an independent test of points in polygons."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.measure import points_in_poly

from nuclarium.core.labels import iter_owned_windows, label_boxes
from nuclarium.core.outlines import Outline, iter_outlines, rasterise

sides = st.integers(1, 9)
label_images = st.tuples(sides, sides).flatmap(
    lambda shape: arrays(np.int32, shape, elements=st.integers(0, 3))
)


def covered(outline: Outline, shape: tuple[int, int]) -> np.ndarray:
    centres = np.stack(np.indices(shape), axis=-1).reshape(-1, 2) + 0.5
    covers = np.zeros(len(centres), int)
    for polygon in outline.polygons:
        covers += points_in_poly(centres, polygon.exterior)
        for hole in polygon.holes:
            covers -= points_in_poly(centres, hole)
    return covers.reshape(shape)


@given(label_images)
def test_outlines_enclose_exactly_their_pixels(labels):
    for outline in iter_outlines(labels):
        np.testing.assert_array_equal(covered(outline, labels.shape), labels == outline.label)
        np.testing.assert_array_equal(rasterise(outline, labels.shape), labels == outline.label)


@given(label_images)
def test_area_is_the_pixel_count_and_no_label_is_missing(labels):
    areas = {outline.label: outline.area for outline in iter_outlines(labels)}
    assert areas == {n: (labels == n).sum() for n in np.unique(labels) if n > 0}


@given(label_images)
def test_rings_are_simple(labels):
    for outline in iter_outlines(labels):
        for polygon in outline.polygons:
            for ring in (polygon.exterior, *polygon.holes):
                assert len(np.unique(ring, axis=0)) == len(ring) >= 4


@given(label_images, st.integers(1, 5))
def test_outlines_of_windows_are_those_of_the_plane(labels, tile_size):
    def read(box):
        return labels[box.slices]

    boxes = label_boxes(read, labels.shape)
    windows = iter_owned_windows(read, boxes, labels.shape, tile_size=tile_size)
    found = {
        outline.label: outline
        for box, part in windows
        for outline in iter_outlines(part, offset=(box.y0, box.x0))
    }
    whole = {outline.label: outline for outline in iter_outlines(labels)}
    assert found.keys() == whole.keys()
    for label, outline in whole.items():
        np.testing.assert_array_equal(
            rasterise(found[label], labels.shape), rasterise(outline, labels.shape)
        )
