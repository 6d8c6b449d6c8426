import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from nuclarium.core.geometry import Box
from nuclarium.predict.model import InputSpec
from nuclarium.preprocess.intensity import (
    SAMPLE_PIXELS,
    IntensityRange,
    percentile_range,
    percentiles,
    plane_range,
    sample_plane,
)


def test_range_maps_its_ends_to_zero_and_one():
    mapped = IntensityRange(100.0, 300.0).apply(np.array([[100, 200], [300, 500]], np.uint16))
    assert mapped.tolist() == [[0.0, 0.5], [1.0, 2.0]]
    assert mapped.dtype == np.float32


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_constant_image_maps_to_zero(dtype):
    pixels = np.full((9, 9), 70, dtype)
    found = percentile_range(pixels)
    assert found == IntensityRange(70.0, 71.0)
    assert not found.apply(pixels).any()


def test_range_is_that_of_the_percentiles(rng):
    pixels = rng.permutation(1001).reshape(77, 13)
    assert percentile_range(pixels, (10.0, 90.0)) == IntensityRange(100.0, 900.0)


def test_unsigned_pixels_below_the_range_do_not_wrap():
    assert IntensityRange(10.0, 20.0).apply(np.zeros(1, np.uint8))[0] == -1.0


def test_plane_that_fits_is_taken_whole(rng):
    pixels = rng.integers(0, 99, (30, 40))
    sample = sample_plane(lambda box: pixels[box.slices], pixels.shape)
    np.testing.assert_array_equal(sample, pixels.ravel())


def test_colours_stay_together(rng):
    pixels = rng.integers(0, 99, (30, 40, 3))
    sample = sample_plane(lambda box: pixels[box.slices], (30, 40))
    np.testing.assert_array_equal(sample, pixels.reshape(-1, 3))


def boxes_read(shape):
    read = []
    sample_plane(lambda box: read.append(box) or np.zeros(box.shape, np.uint8), shape)
    return read


SHAPES = [(3000, 3000), (30_000, 30_000), (15_872, 5120), (256, 100_000), (90_000, 300)]


@pytest.mark.parametrize("shape", SHAPES)
def test_sample_of_a_large_plane_is_bounded_and_inside_it(shape):
    boxes = boxes_read(shape)
    pixels = sum(box.shape[0] * box.shape[1] for box in boxes)
    assert SAMPLE_PIXELS / 4 < pixels < 1.5 * SAMPLE_PIXELS
    assert all(box.intersection(Box.of_shape(shape)) == box for box in boxes)


@pytest.mark.parametrize("shape", SHAPES)
def test_sample_of_a_large_plane_comes_from_all_of_it(shape):
    """No tenth of the width or the height is left out."""
    boxes = boxes_read(shape)
    for length, centres in zip(
        shape,
        ([(b.y0 + b.y1) / 2 for b in boxes], [(b.x0 + b.x1) / 2 for b in boxes]),
        strict=True,
    ):
        if length >= 10 * 256:
            assert np.histogram(centres, 10, (0, length))[0].all()


def test_range_of_a_large_plane_is_near_that_of_all_its_pixels():
    ramp = np.linspace(0, 1000, 5120, dtype=np.float32)

    def read(box):
        return np.broadcast_to(ramp[box.x0 : box.x1], box.shape)

    found = plane_range(read, (15_872, 5120))
    assert abs(found.low - 10) < 60
    assert abs(found.high - 998) < 60


@given(
    gain=st.floats(0.01, 50),
    offset=st.floats(-2000, 2000),
    seed=st.integers(0, 999),
)
def test_gain_and_offset_of_the_camera_do_not_change_the_input(gain, offset, seed):
    pixels = np.random.default_rng(seed).gamma(2, 100, (12, 15))
    spec = InputSpec()

    def prepared(values):
        return spec.standardise(percentile_range(values, spec.percentiles).apply(values))

    np.testing.assert_allclose(prepared(gain * pixels + offset), prepared(pixels), atol=2e-3)


def test_input_is_clipped_before_it_is_standardised():
    spec = InputSpec(clip=(-1.0, 4.0), mean=0.5, std=0.5)
    prepared = spec.standardise(np.array([-9, 0, 0.5, 1, 99], np.float32))
    assert prepared.tolist() == [-3.0, -1.0, 0.0, 1.0, 7.0]
    assert prepared.dtype == np.float32


@given(
    st.floats(0.5, 3),
    st.sampled_from([(40, 30), (40, 30, 3)]),
    st.integers(0, 999),
)
def test_input_is_seen_through_a_gaussian_where_the_model_says_so(blur_px, shape, seed):
    pixels = np.random.default_rng(seed).random(shape, np.float32)
    seen = InputSpec(mean=0, std=1, blur_px=blur_px).standardise(pixels)
    sigma = (blur_px, blur_px, 0)[: len(shape)]
    np.testing.assert_allclose(seen, gaussian_filter(pixels, sigma, mode="mirror"), atol=2e-3)
    assert seen.dtype == np.float32


@given(
    st.sampled_from([np.uint8, np.uint16, np.dtype(">u2")]),
    st.integers(1 << 14, 1 << 15),
    st.lists(st.floats(0, 100), min_size=1, max_size=4),
    st.integers(0, 2**32 - 1),
)
def test_percentiles_by_counting_are_those_by_sorting(dtype, size, wanted, seed):
    pixels = np.random.default_rng(seed).gamma(2, 60, size).clip(0, np.iinfo(dtype).max)
    pixels = pixels.astype(dtype)
    np.testing.assert_allclose(percentiles(pixels, wanted), np.percentile(pixels, wanted), 1e-9)
