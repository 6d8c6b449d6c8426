"""The rolling ball against scikit-image, its reference, and its laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.restoration import rolling_ball as reference

from nuclarium.preprocess.background import estimated_light, relative_light, rolling_ball

images = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=24),
    elements=st.integers(0, 4095).map(float),
)  # fmt: skip


@given(pixels=images, radius=st.floats(1, 12))
@settings(max_examples=60, deadline=None)
def test_ball_is_that_of_scikit_image(pixels, radius):
    expected = reference(pixels, radius=radius)
    np.testing.assert_allclose(rolling_ball(pixels, radius), expected, atol=1e-9)


@pytest.mark.parametrize("radius", [3, 12.5, 40])
def test_ball_on_a_smooth_plane_of_several_bands_is_that_of_scikit_image(radius):
    y, x = np.indices((70, 1100))
    pixels = 200 + 30 * np.sin(y / 9) * np.cos(x / 13) + 400 * ((y - 30) ** 2 + x % 90 < 60)
    np.testing.assert_allclose(
        rolling_ball(pixels, radius), reference(pixels, radius=radius), atol=1e-9
    )


@given(pixels=images, radius=st.floats(1, 9), rise=st.integers(0, 500))
@settings(max_examples=40, deadline=None)
def test_background_lies_below_and_rises_with_the_image(pixels, radius, rise):
    background = rolling_ball(pixels, radius)
    assert (background <= pixels).all()
    np.testing.assert_allclose(rolling_ball(pixels + rise, radius), background + rise, atol=1e-9)


def test_background_of_a_ramp_keeps_nuclei_and_takes_the_ramp(rng):
    y, x = np.indices((80, 80))
    ramp = 2.0 * x
    nucleus = 900.0 * ((y - 40) ** 2 + (x - 40) ** 2 < 36)
    left = ramp + nucleus - rolling_ball(ramp + nucleus, 25)
    assert left[40, 40] > 850
    assert left[5:75, 60:].max() < 60


def test_light_is_relative_to_its_median_and_never_near_zero():
    light = relative_light(np.array([[0.0, 10.0, 20.0]]))
    assert light.tolist() == [[0.05, 1.0, 2.0]]
    assert relative_light(np.zeros((2, 2))).tolist() == [[1, 1], [1, 1]]


def test_estimated_light_follows_a_slow_gradient():
    x = np.linspace(0.5, 1.5, 300)
    light = estimated_light(np.tile(1000 * x, (200, 1)), 20)
    assert np.abs(light[:, 60:240] - x[60:240]).max() < 0.01
