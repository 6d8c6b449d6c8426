import numpy as np
import pytest
from scipy import ndimage

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Box
from nuclarium.core.image import Image
from nuclarium.preprocess.planes import select_planes, sharpest_slice


@pytest.fixture
def pixels(rng):
    return rng.integers(0, 4096, (2, 2, 5, 20, 30), dtype=np.uint16)


@pytest.fixture
def image(pixels):
    return Image.from_array(pixels, axes="TCZYX", name="stack")


@pytest.mark.parametrize("t", [0, 1])
def test_maximum_is_that_of_numpy_in_every_channel(image, pixels, t):
    (plane,) = select_planes(image, "max", t=t)
    for c in range(2):
        np.testing.assert_array_equal(plane.image.read(c=c), pixels[t, c].max(axis=0))
    assert plane.z is None
    assert plane.image.shape == (1, 2, 1, 20, 30)
    assert plane.choice == "maximum of z 0..4"


def test_window_of_a_maximum_is_a_part_of_it(image, pixels):
    (plane,) = select_planes(image, "max")
    window = plane.image.read(Box(3, 4, 9, 11), c=1)
    np.testing.assert_array_equal(window, pixels[0, 1, :, 3:9, 4:11].max(axis=0))


def test_maximum_of_negative_numbers_is_right():
    stack = np.array([[[-5, -1]], [[-3, -9]]], np.int16)
    (plane,) = select_planes(Image.from_array(stack, axes="ZYX"), "max")
    assert plane.image.read().tolist() == [[-3, -1]]


def test_making_a_maximum_leaves_the_image_as_it_was(image, pixels):
    before = pixels.copy()
    select_planes(image, "max")[0].image.read()
    np.testing.assert_array_equal(image.read(z=0), before[0, 0, 0])


def test_each_gives_every_slice_in_order(image, pixels):
    planes = select_planes(image, "each", t=1)
    assert [plane.z for plane in planes] == [0, 1, 2, 3, 4]
    for plane in planes:
        np.testing.assert_array_equal(plane.image.read(c=1), pixels[1, 1, plane.z])


def test_number_gives_that_slice(image, pixels):
    (plane,) = select_planes(image, "3")
    np.testing.assert_array_equal(plane.image.read(), pixels[0, 0, 3])
    assert (plane.z, plane.choice) == (3, "z 3 of 0..4, as asked")


@pytest.mark.parametrize("sharp", [0, 2, 4])
def test_best_is_the_slice_in_focus(rng, sharp):
    scene = (rng.random((60, 60)) * 1000).astype(np.float32)
    slices = [ndimage.gaussian_filter(scene, 1 + abs(z - sharp)) for z in range(5)]
    image = Image.from_array(np.stack(slices), axes="ZYX")
    assert sharpest_slice(image) == sharp
    assert select_planes(image, "best")[0].choice == f"z {sharp} of 0..4, the sharpest"


def test_best_looks_at_the_channel_and_time_that_are_asked_for(rng):
    stack = np.zeros((2, 2, 3, 20, 20), np.uint16)
    for t, c, z in [(0, 0, 0), (0, 1, 1), (1, 1, 2)]:
        stack[t, c, z] = rng.integers(0, 999, (20, 20))
    image = Image.from_array(stack, axes="TCZYX")
    assert [sharpest_slice(image, t=t, c=c) for t, c in [(0, 0), (0, 1), (1, 1)]] == [0, 1, 2]


def test_best_of_equal_slices_is_the_first():
    assert sharpest_slice(Image.from_array(np.ones((3, 9, 9), np.uint8), axes="ZYX")) == 0


def test_best_of_colour_slices_is_found(rng):
    stack = np.full((2, 20, 20, 3), 90, np.uint8)
    stack[1] = rng.integers(0, 255, (20, 20, 3))
    assert sharpest_slice(Image.from_array(stack, axes="ZYXS")) == 1


@pytest.mark.parametrize("mode", ["max", "best", "0"])
def test_one_slice_is_itself(rng, mode):
    pixels = rng.random((8, 9))
    (plane,) = select_planes(Image.from_array(pixels), mode)
    assert plane.z == 0
    np.testing.assert_array_equal(plane.image.read(), pixels)


@pytest.mark.parametrize("mode", ["5", "-1", "mean", "", "1.0", "²"])
def test_unknown_slice_is_refused_with_what_there_is(image, mode):
    with pytest.raises(SettingsError, match=r"a slice in 0\.\.4 for stack"):
        select_planes(image, mode)


@pytest.mark.parametrize("t", [2, -1])
def test_unknown_time_point_is_refused_with_what_there_is(image, t):
    with pytest.raises(SettingsError, match=r"time point must be in 0\.\.1 for stack"):
        select_planes(image, "max", t=t)
