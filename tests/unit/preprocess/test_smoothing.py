"""Mean and Gaussian filters against scipy, and the same bits everywhere."""

import hashlib

import numpy as np
import pytest
from scipy import ndimage

from nuclarium.preprocess.smoothing import disc_offsets, gaussian_filter, mean_filter


def pattern(height, width):
    """12-bit pixels made by integer arithmetic alone."""
    y, x = np.indices((height, width), dtype=np.int64)
    return ((y * y * 7919 + x * 104729 + x * y * 31) % 4096).astype(np.float64)


@pytest.mark.parametrize(("radius", "count"), [(0.5, 5), (1, 9), (1.5, 13), (2, 21), (3, 37)])
def test_discs_have_the_pixels_of_imagej(radius, count):
    assert len(disc_offsets(radius)) == count


@pytest.mark.parametrize("radius", [0.5, 1, 1.5, 2, 4.2])
def test_mean_is_that_of_a_footprint(radius):
    offsets = disc_offsets(radius)
    reach = max(dy for dy, _ in offsets)
    footprint = np.zeros((2 * reach + 1,) * 2)
    for dy, dx in offsets:
        footprint[dy + reach, dx + reach] = 1
    pixels = pattern(23, 31)
    expected = ndimage.correlate(pixels, footprint, mode="nearest") / footprint.sum()
    np.testing.assert_allclose(mean_filter(pixels, radius), expected, rtol=1e-12)


@pytest.mark.parametrize("sigma", [0.3, 0.7, 1.5, 3, 7.9])
def test_small_blur_is_that_of_scipy(sigma):
    pixels = pattern(40, 57)
    np.testing.assert_allclose(
        gaussian_filter(pixels, sigma), ndimage.gaussian_filter(pixels, sigma), atol=4096 * 1e-7
    )


@pytest.mark.parametrize("sigma", [8, 11, 25, 60])
@pytest.mark.parametrize("shape", [(120, 203), (64, 65)])
def test_large_blur_is_within_half_a_percent_of_scipy(sigma, shape):
    pixels = ndimage.gaussian_filter(pattern(*shape), 2) + np.linspace(0, 900, shape[1])
    found = gaussian_filter(pixels, sigma)
    expected = ndimage.gaussian_filter(pixels, sigma)
    assert np.abs(found - expected).max() < 0.005 * np.ptp(pixels)


@pytest.mark.parametrize("sigma", [1, 30])
def test_blur_of_a_constant_is_that_constant(sigma):
    np.testing.assert_allclose(gaussian_filter(np.full((30, 41), 1234.0), sigma), 1234, rtol=1e-12)


def test_filters_leave_their_input_as_it_is():
    pixels = pattern(20, 20)
    before = pixels.copy()
    mean_filter(pixels, 1)
    gaussian_filter(pixels, 2)
    gaussian_filter(pixels, 9)
    np.testing.assert_array_equal(pixels, before)


def test_bits_are_the_same_on_every_machine():
    """Protects the promise of `preprocess.recipe`; a change here breaks old recipes."""
    pixels = pattern(64, 80)
    results = [mean_filter(pixels, 1.5), gaussian_filter(pixels, 1.3), gaussian_filter(pixels, 9)]
    digest = hashlib.sha256(b"".join(r.astype("<f8").tobytes() for r in results)).hexdigest()
    assert digest == "47d2f748346350c897b42f5b200a09f77f89ba766ca0e6fc231d5d0f590caea2"
