"""An image reads windows of named axes, and refuses what lies outside."""

import numpy as np
import pytest

from nuclarium.core.geometry import Box, Spacing
from nuclarium.core.image import Image


@pytest.fixture
def stack():
    pixels = np.arange(2 * 3 * 4 * 5, dtype=np.uint16).reshape(2, 3, 4, 5)
    return pixels, Image.from_array(pixels, axes="CZYX", channel_names=("DAPI", "actin"))


def test_array_in_any_order_of_axes(stack):
    pixels, image = stack
    turned = Image.from_array(np.moveaxis(pixels, 0, -1), axes="ZYXC")
    assert turned.shape == image.shape == (1, 2, 3, 4, 5)
    np.testing.assert_array_equal(turned.read(c=1, z=2), pixels[1, 2])


def test_window_is_the_slice_of_the_plane(stack):
    pixels, image = stack
    window = Box(1, 2, 4, 4)
    np.testing.assert_array_equal(image.read(window, c=1, z=1), pixels[1, 1][window.slices])


def test_colour_has_samples_last():
    image = Image.from_array(np.zeros((4, 5, 3), np.uint8), spacing=Spacing(1, 1))
    assert (image.axes, image.is_rgb, image.read().shape) == ("TCZYXS", True, (4, 5, 3))
    assert image.spacing_source == "given"


@pytest.mark.parametrize("outside", [{"t": 1}, {"c": 2}, {"z": -1}, {"level": 1}])
def test_index_outside_is_refused(stack, outside):
    with pytest.raises(IndexError, match="must be in"):
        stack[1].read(**outside)


@pytest.mark.parametrize("window", [Box(0, 0, 5, 5), Box(-1, 0, 2, 2), Box(2, 2, 2, 4)])
def test_window_outside_or_empty_is_refused(stack, window):
    with pytest.raises(IndexError, match="window must be a part of"):
        stack[1].read(window)


@pytest.mark.parametrize("dtype", [bool, complex])
def test_pixels_that_are_no_numbers_are_refused(dtype):
    with pytest.raises(ValueError, match="integers or floats"):
        Image.from_array(np.zeros((2, 2), dtype))


@pytest.mark.parametrize("axes", ["YX", "ZYQ", "ZCT"])
def test_axes_that_do_not_fit_are_refused(axes):
    with pytest.raises(ValueError, match="axes must name each axis"):
        Image.from_array(np.zeros((2, 3, 4)), axes=axes)


def test_ambiguous_axes_must_be_said():
    with pytest.raises(ValueError, match="axes='ZYX'"):
        Image.from_array(np.zeros((2, 3, 4)))


def test_channel_names_must_fit():
    with pytest.raises(ValueError, match="must hold 1 names"):
        Image.from_array(np.zeros((2, 3)), channel_names=("a", "b"))


def test_image_closes_as_a_context():
    with Image.from_array(np.zeros((2, 3))) as image:
        assert image.plane_shape == (2, 3)
