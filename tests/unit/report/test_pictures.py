"""Thumbnails and the lines drawn over them."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest

from nuclarium.core.geometry import Box
from nuclarium.core.image import Image
from nuclarium.core.outlines import iter_outlines
from nuclarium.report.pictures import densest_window, picture_of, pictures_of, svg_path


@pytest.fixture
def plane() -> np.ndarray:
    labels = np.zeros((2000, 3000), np.int32)
    for i, (y, x) in enumerate(np.ndindex(20, 30)):
        cv2.circle(labels, (x * 100 + 50, y * 100 + 50), 20, i + 1, -1)
    return labels


def painted(path: str, shape: tuple[int, int]) -> np.ndarray:
    """Draw a path with opencv, an independent reader of its commands."""
    canvas = np.zeros(shape, np.uint8)
    for x, y, steps in re.findall(r"M(-?\d+) (-?\d+)l([^z]*)z", path):
        start = np.array([int(x), int(y)])
        moves = np.array(re.findall(r"-?\d+", steps), int).reshape(-1, 2)
        points = np.vstack([start, start + np.cumsum(moves, axis=0)])
        cv2.fillPoly(canvas, [points.astype(np.int32)], 1)
    return canvas


def test_a_path_draws_the_nucleus_in_its_units():
    labels = np.zeros((20, 30), np.int32)
    labels[5:10, 8:20] = 1
    path = svg_path(iter_outlines(labels), (4, 4))
    assert path == "M32 20l48 0 0 20-48 0z"
    assert painted(path, (80, 120))[20:40, 32:80].all()


def test_small_planes_have_one_picture_at_their_own_size():
    labels = np.zeros((60, 80), np.int32)
    labels[10:30, 10:30] = 1
    picture = picture_of(np.zeros((60, 80), np.uint16), labels)
    assert (picture.width, picture.height) == (80, 60)
    assert picture.outlines.count("M") == 1


def test_large_planes_have_a_thumbnail_and_a_detail(plane):
    pixels = (plane > 0).astype(np.uint8) * 200
    image = Image.from_array(pixels)
    whole, detail = pictures_of(image, lambda box: plane[box.slices])
    assert (whole.width, whole.height) == (512, 341)
    assert whole.outlines.count("M") == 600
    assert (detail.width, detail.height) == (512, 512)
    assert "full size" in detail.caption


def test_outlines_lie_on_their_nuclei_in_the_thumbnail(plane):
    pixels = (plane > 0).astype(np.uint8) * 200
    whole, _ = pictures_of(Image.from_array(pixels), lambda box: plane[box.slices])
    shown = cv2.imdecode(np.frombuffer(whole.data, np.uint8), 0) > 100
    lines = painted(whole.outlines, (341 * 4, 512 * 4))[2::4, 2::4][: shown.shape[0]] > 0
    assert (shown & lines).sum() / (shown | lines).sum() > 0.7


def test_nuclei_too_small_to_outline_are_said_to_be(plane):
    tiny = np.zeros((1500, 1500), np.int32)
    tiny[::5, ::5] = np.arange(1, 90_001).reshape(300, 300)
    picture = picture_of(np.zeros((1500, 1500), np.uint8), tiny)
    assert picture.outlines == ""
    assert "too small" in picture.caption


def test_the_detail_is_where_most_nuclei_are():
    centroids = np.array([[100, 100], [3000, 3000], [3010, 3020], [3020, 3010]], float)
    window = densest_window(centroids, (4000, 4000), 512)
    assert window.y0 < 3000 < 3020 < window.y1
    assert window.shape == (512, 512)


@pytest.mark.parametrize("centroids", [None, np.zeros((0, 2))])
def test_the_detail_of_an_empty_plane_is_its_middle(centroids):
    assert densest_window(centroids, (1000, 300), 512) == Box(244, 0, 756, 300)
