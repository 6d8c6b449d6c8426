import itertools

import numpy as np
import pytest

from nuclarium.predict import climb as module
from nuclarium.predict.climb import climb, smoothed_heights, strips

STEPS = list(itertools.product((-1, 0, 1), repeat=2))


def naive_end(height, pixel):
    inner = all(0 < at < side - 1 for at, side in zip(pixel, height.shape, strict=True))
    if not inner:
        return pixel
    around = [(pixel[0] + dy, pixel[1] + dx) for dy, dx in STEPS]
    best = max(around, key=lambda p: (height[p], p))
    return pixel if best == pixel else naive_end(height, best)


@pytest.mark.parametrize("strip", [1, 40, 2**17])
@pytest.mark.parametrize("levels", [2, 40, 4082])
def test_pixels_climb_to_the_same_ends_whatever_the_strips(rng, monkeypatch, strip, levels):
    monkeypatch.setattr(module, "_STRIP", strip)
    height = rng.integers(0, levels, (23, 17)).astype(np.uint16)
    way = climb(height)
    pixels = [divmod(int(i), 17) for i in way.pixels]
    assert sorted(pixels) == [p for p in np.ndindex(23, 17) if height[p]]
    assert [pixels[i] for i in way.end] == [naive_end(height, p) for p in pixels]
    assert all(0 < y < 22 and 0 < x < 16 for y, x in pixels[: way.own])
    assert not any(0 < y < 22 and 0 < x < 16 for y, x in pixels[way.own :])


def test_the_greatest_height_leaves_room_for_the_direction():
    maps = np.full((2, 9, 9), 255, np.uint8)
    height = smoothed_heights(maps, 128)
    assert height.dtype == np.uint16
    assert height[3, 3] == height.max() == 16 * 255 + 1
    way = climb(height[1:-1, 1:-1])
    assert set(way.pixels[way.end[: way.own]]) == {14, 19, 22, 23, 24}


def test_background_has_no_height_and_foreground_always_has_some():
    maps = np.zeros((2, 6, 6), np.uint8)
    maps[0, 2:4, 2:4] = 128
    assert smoothed_heights(maps, 128).tolist() == np.pad(np.ones((2, 2)), 1).tolist()


def test_strips_cover_every_row_once():
    for shape in [(1, 1), (70, 5000), (3, 2**20)]:
        rows = np.concatenate([np.arange(shape[0])[part] for part in strips(shape)])
        np.testing.assert_array_equal(rows, np.arange(shape[0]))
