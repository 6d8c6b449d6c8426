"""Outlines enclose exactly their pixels, whatever the shape."""

from __future__ import annotations

import numpy as np
import pytest

from nuclarium.core.outlines import Outline, Polygon, iter_outlines, rasterise, ring_area


def outlines(rows: list[list[int]], **options: object) -> list[Outline]:
    return list(iter_outlines(np.array(rows, np.int32), **options))


def test_one_pixel_is_a_square_clockwise_on_the_screen():
    (outline,) = outlines([[0, 0], [0, 7]])
    assert outline.label == 7
    np.testing.assert_array_equal(outline.polygons[0].exterior, [[1, 1], [1, 2], [2, 2], [2, 1]])


def test_corners_on_straight_edges_are_left_out():
    (outline,) = outlines([[1, 1, 1], [1, 1, 1]])
    assert outline.polygons[0].exterior.tolist() == [[0, 0], [0, 3], [2, 3], [2, 0]]


def test_a_hole_belongs_to_the_part_around_it():
    (outline,) = outlines([[1, 0, 1, 1, 1], [0, 0, 1, 0, 1], [1, 0, 1, 1, 1]])
    assert [len(polygon.holes) for polygon in outline.polygons] == [1, 0, 0]
    assert outline.area == 10


def test_a_part_inside_a_hole_keeps_its_own_hole():
    ring = np.ones((9, 9), np.int32)
    ring[1:8, 1:8] = 0
    ring[2:7, 2:7] = 1
    ring[4, 4] = 0
    (outline,) = iter_outlines(ring)
    assert [(p.area, len(p.holes)) for p in outline.polygons] == [(32.0, 1), (24.0, 1)]


def test_pixels_that_touch_at_a_corner_are_two_polygons():
    (outline,) = outlines([[1, 0], [0, 1]])
    assert [polygon.area for polygon in outline.polygons] == [1, 1]


def test_a_ring_that_closes_at_a_corner_becomes_a_hole_that_touches():
    (outline,) = outlines([[1, 1, 1], [1, 0, 1], [1, 1, 0]])
    (polygon,) = outline.polygons
    assert len(polygon.holes) == 1
    for ring in (polygon.exterior, *polygon.holes):
        assert len(np.unique(ring, axis=0)) == len(ring)


def test_labels_come_in_order_and_missing_ones_are_left_out():
    assert [o.label for o in outlines([[9, 9, 0], [2, 0, 5]])] == [2, 5, 9]


def test_neighbours_share_their_edge():
    first, second = outlines([[1, 2]])
    assert first.polygons[0].exterior.tolist() == [[0, 0], [0, 1], [1, 1], [1, 0]]
    assert second.polygons[0].exterior.tolist() == [[0, 1], [0, 2], [1, 2], [1, 1]]


def test_offset_moves_every_corner():
    (outline,) = outlines([[3]], offset=(100, 2000))
    assert outline.polygons[0].exterior[0].tolist() == [100, 2000]


def test_empty_images_have_no_outlines():
    assert outlines([[0, 0]]) == []
    assert list(iter_outlines(np.zeros((0, 5), np.int32))) == []


def test_unsigned_labels_are_outlined_too():
    assert next(iter_outlines(np.ones((2, 2), np.uint16))).area == 4


@pytest.mark.parametrize("labels", [np.zeros((2, 2, 2), np.int32), np.zeros((2, 2))])
def test_anything_but_an_integer_plane_is_refused(labels):
    with pytest.raises(ValueError, match="labels must be integers of shape"):
        next(iter_outlines(labels))


def test_simplified_outlines_stay_near_the_nucleus():
    y, x = np.mgrid[:60, :60]
    disk = (np.hypot(y - 30, x - 30) < 25).astype(np.int32)
    exact, simple = next(iter_outlines(disk)), next(iter_outlines(disk, tolerance=1.0))
    assert len(simple.polygons[0].exterior) < len(exact.polygons[0].exterior) / 4
    assert simple.area == pytest.approx(exact.area, rel=0.03)


def test_rasterise_cuts_off_what_lies_outside():
    square = Outline(1, (Polygon(np.array([[-1, -1], [-1, 2], [2, 2], [2, -1]], np.int32)),))
    assert rasterise(square, (3, 3)).tolist() == [
        [True, True, False],
        [True, True, False],
        [False, False, False],
    ]


def test_area_of_a_ring_is_signed():
    square = np.array([[0, 0], [0, 2], [2, 2], [2, 0]], np.int32)
    assert ring_area(square) == 4
    assert ring_area(square[::-1]) == -4
