"""Light is kept, dimmed and counted as stated."""

from dataclasses import replace

import numpy as np
import pytest

from nuclarium.synthetic.optics import attenuation, blurred, illumination, recorded, wide_blur
from nuclarium.synthetic.spec import Optics

VOXEL = (1.0, 0.25, 0.25)


def point(shape=(41, 97, 97)):
    light = np.zeros(shape, np.float32)
    light[shape[0] // 2, shape[1] // 2, shape[2] // 2] = 1000
    return light


def deviations(light, voxel_um):
    """Standard deviation of a distribution of light along each axis, in µm."""
    found = []
    for axis, size in enumerate(voxel_um):
        others = tuple({0, 1, 2} - {axis})
        profile = light.sum(others, dtype=np.float64)
        at = np.arange(len(profile)) * size
        mean = np.average(at, weights=profile)
        found.append(np.average((at - mean) ** 2, weights=profile) ** 0.5)
    return found


def test_blur_keeps_the_light():
    light = point()
    light[10, 30, 60] = 500
    assert blurred(light, Optics(), VOXEL).sum() == pytest.approx(light.sum(), rel=2e-3)


def test_blur_of_a_point_is_as_wide_as_stated():
    optics = Optics(glow=0.0, lateral_um=0.4, axial_um=(1.5, 1.5))
    z, y, x = deviations(blurred(point(), optics, VOXEL), VOXEL)
    assert (z, y, x) == pytest.approx((1.5, 0.4, 0.4), rel=0.02)


def test_axial_blur_widens_with_depth():
    optics = Optics(glow=0.0)
    widths = []
    for z in (6, 34):
        light = np.zeros((41, 33, 33), np.float32)
        light[z, 16, 16] = 1
        widths.append(deviations(blurred(light, optics, VOXEL), VOXEL)[0])
    near, far = optics.axial_um
    assert near < widths[0] < widths[1] < far


def test_wide_blur_on_the_coarse_grid_is_nearly_that_on_the_fine_one():
    z, y, x = deviations(wide_blur(point(), (2.5, 6.4, 6.4)), (1, 1, 1))
    assert z == pytest.approx(2.5, rel=0.02)
    assert (y, x) == pytest.approx((6.4, 6.4), rel=0.06)


@pytest.mark.parametrize("side", [(33, 34), (35, 36), (4, 5)])
def test_wide_blur_keeps_the_shape(side):
    assert wide_blur(np.ones((3, *side), np.float32), (1, 6, 6)).shape == (3, *side)


def test_light_falls_to_one_by_e_over_the_stated_depth():
    parts = attenuation(46, Optics(depth_um=45.0), 1.0)
    assert parts[0] == 1
    assert parts[45] == pytest.approx(np.exp(-1))
    np.testing.assert_allclose(parts[1:] / parts[:-1], np.exp(-1 / 45))


def even(optics, level=1.0):
    """What the microscope makes of even light, away from the dark border of the volume."""
    light = np.full((30, 160, 160), level, np.float32)
    pixels = recorded(light, optics, VOXEL, np.random.default_rng(0))
    return pixels[8:22, 32:-32, 32:-32].astype(float)


def test_slices_of_even_light_dim_as_stated_and_photons_are_poisson():
    optics = Optics(vignetting=0.0)
    pixels = even(optics)
    expected = optics.photons * attenuation(30, optics, 1.0)[8:22]
    means = (pixels.mean((1, 2)) - optics.offset) / optics.gain
    np.testing.assert_allclose(means, expected, rtol=0.02)
    variance = optics.gain**2 * expected + optics.read_noise**2
    np.testing.assert_allclose(pixels.var((1, 2)), variance, rtol=0.06)


def test_dark_is_offset_and_read_noise():
    pixels = even(Optics(), level=0.0)
    assert pixels.mean() == pytest.approx(300, abs=0.5)
    assert pixels.std() == pytest.approx(18, rel=0.03)


def test_values_end_at_twelve_bits():
    pixels = even(replace(Optics(), photons=500.0))
    assert pixels.max() == 4095


def test_field_is_darker_in_its_corners():
    field = illumination((100, 120), Optics(vignetting=0.35), np.random.default_rng(0))
    corners = field[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert field.max() == pytest.approx(1, abs=0.001)
    assert corners.max() < 0.9
    assert corners.min() > 0.4
