import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from tests.local_networks import SmoothingEngine

from nuclarium.predict.magnify import (
    MAGNIFICATIONS,
    decoder_at,
    magnified,
    restored,
    tile_grid,
)
from nuclarium.predict.model import DecoderSpec, InputSpec
from nuclarium.predict.plane import PlaneReader, segment_plane
from nuclarium.preprocess.intensity import IntensityRange

LENIENT = DecoderSpec(min_area_px=1, min_score=0.0)


def discs(shape, centres, radius):
    y, x = np.indices(shape)
    near = [np.hypot(y - cy, x - cx) < radius for cy, cx in centres]
    return np.any(near, axis=0).astype(np.float32)


def labels_at(pixels, magnification, *, tile_size, divisor=2, halo=8):
    plane = PlaneReader(
        lambda box: pixels[box.slices], pixels.shape[:2], IntensityRange(0.0, 1.0), magnification
    )
    spec = InputSpec(divisor=divisor, halo=halo, tile_size=tile_size)
    found = segment_plane(plane, SmoothingEngine(stride=divisor), spec, LENIENT)
    return found.to_array(), found.tile_size


@pytest.mark.parametrize("magnification", MAGNIFICATIONS)
def test_pixels_that_are_magnified_and_restored_have_their_size_and_mean(rng, magnification):
    pixels = ndimage.gaussian_filter(rng.random((64, 96)), 9).astype(np.float32)
    seen = magnified(pixels, magnification)
    assert seen.shape == (64 * magnification, 96 * magnification)
    for back in restored(np.stack([seen, seen]), magnification):
        assert back.shape == pixels.shape
        assert abs(back.mean() - pixels.mean()) < 0.01


@pytest.mark.parametrize("magnification", MAGNIFICATIONS)
def test_colours_are_magnified_each_for_itself(rng, magnification):
    pixels = rng.random((32, 48, 3)).astype(np.float32)
    seen = magnified(pixels, magnification)
    for sample in range(3):
        alone = magnified(pixels[..., sample], magnification)
        np.testing.assert_allclose(seen[..., sample], alone, atol=1e-6)


@pytest.mark.parametrize("magnification", MAGNIFICATIONS)
@pytest.mark.parametrize("divisor", [1, 2, 32])
def test_tiles_fall_on_whole_pixels_of_the_network(magnification, divisor):
    grid = tile_grid(InputSpec(divisor=divisor, halo=96, tile_size=1152), magnification)
    for length in (grid.step, grid.halo):
        assert length * magnification == int(length * magnification)
        assert int(length * magnification) % divisor == 0
    assert grid.halo * magnification >= 96
    assert grid.largest_tile * magnification <= 1152


def test_plane_at_its_own_size_has_the_grid_of_the_network():
    grid = tile_grid(InputSpec(divisor=32, halo=96, tile_size=1152), 1.0)
    assert (grid.step, grid.halo, grid.largest_tile) == (32, 96, 1152)


def test_least_area_is_counted_in_pixels_of_the_network():
    spec = DecoderSpec(min_area_px=20)
    assert [decoder_at(spec, m).min_area_px for m in (0.5, 1.0, 2.0, 4.0)] == [80, 20, 5, 1]


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(1, 150),
    width=st.integers(1, 150),
    tile_size=st.integers(16, 90),
    magnification=st.sampled_from(MAGNIFICATIONS),
    divisor=st.sampled_from([1, 2]),
    seed=st.integers(0, 999),
)
def test_plane_in_tiles_has_the_labels_of_the_plane_at_every_magnification(
    height, width, tile_size, magnification, divisor, seed
):
    field = np.random.default_rng(seed).standard_normal((height, width))
    field = ndimage.gaussian_filter(field, max(0.7, 1.5 / magnification))
    pixels = ((field - field.min()) / (np.ptp(field) or 1)).astype(np.float32)
    sizes = {"divisor": divisor, "halo": 4 * divisor}
    tiled, _ = labels_at(pixels, magnification, tile_size=tile_size, **sizes)
    whole, _ = labels_at(pixels, magnification, tile_size=4000, **sizes)
    np.testing.assert_array_equal(tiled, whole)


@pytest.mark.parametrize("magnification", [0.25, 0.5, 2.0, 4.0])
def test_nuclei_keep_their_place_and_size_at_every_magnification(magnification):
    radius = 6 / magnification
    centres = [(3 * radius, 3 * radius), (8 * radius, 5 * radius)]
    side = int(12 * radius)
    pixels = discs((side, side), centres, radius)
    labels, tile_size = labels_at(pixels, magnification, tile_size=48)
    assert tile_size < side
    assert labels.max() == 2
    for label, centre in enumerate(centres, 1):
        place = np.argwhere(labels == label).mean(axis=0)
        assert np.abs(place - centre).max() < 0.1 * radius + 0.5
        assert 0.5 < (labels == label).sum() / (np.pi * radius**2) < 2
