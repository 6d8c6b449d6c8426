"""Pictures: contrast, outlines, sizes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from nuclarium.core.image import Image
from nuclarium.report.figures import (
    ON_BRIGHT,
    ON_DARK,
    display_rgb,
    encode,
    overlay,
    overlay_of,
    write_png,
)


@pytest.fixture
def nuclei() -> np.ndarray:
    labels = np.zeros((600, 600), np.int32)
    labels[100:140, 100:140] = 1
    labels[100:140, 140:180] = 2
    return labels


def drawn(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return (picture == colour).all(axis=2)


def test_outlines_are_the_inner_edge_of_each_nucleus(nuclei):
    found = drawn(overlay(np.zeros((600, 600), np.uint8), nuclei), ON_DARK)
    expected = nuclei > 0
    expected[101:139, 101:139] = expected[101:139, 141:179] = False
    np.testing.assert_array_equal(found, expected)


def test_bright_images_get_dark_outlines(nuclei):
    picture = overlay(np.full((600, 600, 3), 240, np.uint8), nuclei)
    assert drawn(picture, ON_BRIGHT).any()


def test_large_images_are_reduced_and_small_ones_enlarged():
    big = overlay(np.zeros((3000, 1500), np.uint16), np.zeros((3000, 1500), np.int32))
    small = overlay(np.zeros((64, 100), np.uint16), np.zeros((64, 100), np.int32))
    assert big.shape == (2048, 1024, 3)
    assert small.shape == (640, 1000, 3)


def test_a_plane_read_in_parts_gives_the_same_overlay(rng):
    labels = np.kron(rng.integers(0, 9, (30, 20)), np.ones((9, 11))).astype(np.int32)
    pixels = rng.integers(0, 255, labels.shape).astype(np.uint8)
    read = Image.from_array(pixels)
    parts = overlay_of(read, lambda box: labels[box.slices], largest_side=100)
    np.testing.assert_array_equal(
        drawn(parts, ON_DARK), drawn(overlay(pixels, labels, largest_side=100), ON_DARK)
    )
    whole = overlay_of(read, lambda box: labels[box.slices])
    np.testing.assert_array_equal(whole, overlay(pixels, labels))


def test_grey_values_are_stretched_over_black_to_white(rng):
    picture = display_rgb(rng.normal(1000, 5, (64, 64)).astype(np.uint16))
    assert (picture.min(), picture.max()) == (0, 255)


@pytest.mark.parametrize("value", [0, 7.5, np.nan, np.inf])
def test_flat_and_broken_images_are_shown_without_a_warning(value):
    assert display_rgb(np.full((4, 4), value, np.float32)).shape == (4, 4, 3)


def test_colours_stay_as_they_are():
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    np.testing.assert_array_equal(display_rgb(pixels), pixels)
    assert display_rgb(np.full((2, 2, 3), 65_535, np.uint16)).min() == 255


def test_labels_of_another_shape_are_refused(nuclei):
    with pytest.raises(ValueError, match="labels must have the shape of the image"):
        overlay(np.zeros((3, 3)), nuclei)


def test_png_is_read_back_with_red_first(tmp_path):
    picture = np.zeros((2, 3, 3), np.uint8)
    picture[..., 0] = 200
    write_png(tmp_path / "a.png", picture)
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "a.png"))[..., ::-1], picture)


@pytest.mark.parametrize("ending", [".webp", ".jpg"])
def test_compressed_pictures_look_the_same(ending):
    picture = np.full((16, 16, 3), (10, 200, 90), np.uint8)
    data = np.frombuffer(encode(picture, ending), np.uint8)
    assert np.abs(cv2.imdecode(data, 1)[..., ::-1].astype(int) - picture).max() < 8
