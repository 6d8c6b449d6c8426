from itertools import product

import numpy as np
import pytest

from nuclarium.core.geometry import Box
from nuclarium.core.image import Image
from nuclarium.server.tile_grid import (
    PlanePlace,
    level_count,
    level_shape,
    overview_level,
    tile_box,
)
from nuclarium.server.tile_reading import file_level, mean_reduced, read_level


class Pyramid:
    """Levels of arrays as a source, with the largest window that was asked for."""

    def __init__(self, *levels):
        self.levels, self.largest, self.read_levels = levels, 0, set()

    def read(self, window, *, t, c, z, level):
        self.largest = max(self.largest, np.prod(window.shape))
        self.read_levels.add(level)
        return self.levels[level][z][window.slices].copy()

    def close(self):
        pass


def pyramid_image(*levels):
    source = Pyramid(*levels)
    first = levels[0]
    colour = (3,) if first.ndim == 4 else ()
    image = Image(
        source=source,
        name="made",
        shape=(1, 1, first.shape[0], *first.shape[1:3], *colour),
        dtype=first.dtype,
        spacing=None,
        spacing_source="none",
        channel_names=("",),
        bit_depth=8 * first.dtype.itemsize,
        level_shapes=tuple(level.shape[1:3] for level in levels),
        format="made",
    )
    return image, source


def naive_mean(pixels, factor):
    """The mean over blocks, by its definition."""
    height, width = pixels.shape[:2]
    rows, columns = -(-height // factor), -(-width // factor)
    result = np.empty((rows, columns, *pixels.shape[2:]))
    for y, x in product(range(rows), range(columns)):
        block = pixels[y * factor : (y + 1) * factor, x * factor : (x + 1) * factor]
        result[y, x] = block.astype(float).mean(axis=(0, 1))
    return result


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.uint32, np.float32])
@pytest.mark.parametrize("shape", [(8, 8), (9, 7), (5, 11, 3), (16, 12, 3)])
@pytest.mark.parametrize("factor", [1, 2, 4])
def test_reduced_pixels_are_the_mean_of_blocks_also_at_the_edge(rng, dtype, shape, factor):
    most = min(np.iinfo(dtype).max, 60_000) if np.dtype(dtype).kind in "ui" else 1
    pixels = (rng.random(shape) * most).astype(dtype)
    error = np.abs(mean_reduced(pixels, factor) - naive_mean(pixels, factor)).max()
    assert error <= (0.5 if np.dtype(dtype).kind in "ui" else 1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (256, 256), (257, 5), (1000, 3000)])
def test_tiles_of_each_level_cover_it_once(shape):
    for level in range(level_count(shape)):
        hits = np.zeros(level_shape(shape, level), int)
        for row, column in product(range(20), range(20)):
            box = tile_box(shape, level, row, column)
            if box is not None:
                hits[box.slices] += 1
        assert (hits == 1).all()
    assert max(level_shape(shape, level_count(shape) - 1)) <= 256
    assert tile_box(shape, level_count(shape), 0, 0) is None


@pytest.mark.parametrize("level", [2, 3])
def test_level_is_the_mean_of_the_plane_in_pieces_of_any_size(rng, level):
    plane = rng.integers(0, 4096, (1, 2500, 1300), dtype=np.uint16)
    image, source = pyramid_image(plane)
    box = Box.of_shape(level_shape((2500, 1300), level))
    found = read_level(image, PlanePlace(), level, box)
    assert found.dtype == np.uint16
    np.testing.assert_allclose(found, naive_mean(plane[0], 2**level), atol=0.5)
    assert source.largest <= 1024**2


def test_level_of_the_file_is_taken_as_it_is(rng):
    full = rng.integers(0, 255, (1, 800, 600), dtype=np.uint8)
    quarter = rng.integers(0, 255, (1, 200, 150), dtype=np.uint8)
    image, source = pyramid_image(full, quarter)
    assert [file_level(image, level) for level in range(4)] == [(0, 1), (0, 2), (1, 1), (1, 2)]
    whole = Box(0, 0, 200, 150)
    np.testing.assert_array_equal(read_level(image, PlanePlace(), 2, whole), quarter[0])
    assert source.read_levels == {1}


def test_level_of_the_file_that_is_a_pixel_short_is_made_up(rng):
    full = rng.integers(0, 255, (1, 801, 601, 3), dtype=np.uint8)
    half = rng.integers(0, 255, (1, 400, 300, 3), dtype=np.uint8)
    image, _ = pyramid_image(full, half)
    found = read_level(image, PlanePlace(), 1, Box(0, 0, 401, 301))
    np.testing.assert_array_equal(found[:400, :300], half[0])
    np.testing.assert_array_equal(found[400, :300], half[0, 399])
    corner = read_level(image, PlanePlace(), 1, Box(400, 300, 401, 301))
    np.testing.assert_array_equal(corner[0, 0], half[0, 399, 299])


def test_projection_is_over_the_slices(rng):
    stack = rng.integers(0, 4096, (5, 40, 30), dtype=np.uint16)
    image, _ = pyramid_image(stack)
    box = Box(3, 4, 33, 24)
    largest = read_level(image, PlanePlace(projection="max"), 0, box)
    np.testing.assert_array_equal(largest, stack.max(axis=0)[box.slices])
    mean = read_level(image, PlanePlace(projection="mean"), 0, box)
    np.testing.assert_allclose(mean, stack.mean(axis=0)[box.slices], rtol=1e-6)
    assert mean.dtype == np.float32


def test_overview_is_small_and_small_planes_have_none():
    assert overview_level((2048, 1000)) == 0
    assert overview_level((100_000, 90_000)) == 6
    assert max(level_shape((100_000, 90_000), 6)) <= 2048
