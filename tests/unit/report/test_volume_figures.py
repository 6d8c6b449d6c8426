"""The overview shows slices and the cut, with one colour a nucleus."""

import numpy as np
import pytest

from nuclarium.core.image import Image
from nuclarium.report.volume_figures import (
    ShownSlice,
    nucleus_colours,
    slices_to_show,
    volume_overview,
)


def shown(pixels, labels):
    return [
        ShownSlice(Image.from_array(plane), lambda window, found=found: found[window.slices])
        for plane, found in zip(pixels, labels, strict=True)
    ]


@pytest.mark.parametrize("shape", [(9, 40, 50), (2, 30, 700), (7, 300, 200)])
def test_overview_of_any_stack_is_a_picture(shape, rng):
    pixels = rng.integers(0, 4000, shape).astype(np.uint16)
    labels = np.zeros(shape, np.int32)
    labels[:, 5:15, 5:15] = 1
    picture = volume_overview(shown(pixels, labels), row=10, stretch=4.0)
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3


def test_nucleus_has_its_colour_in_slices_and_in_the_cut():
    pixels = np.zeros((3, 200, 200), np.uint16)
    labels = np.zeros((3, 200, 200), np.int32)
    labels[:, 40:160, 40:160] = 7
    picture = volume_overview(shown(pixels, labels), row=100, stretch=20.0)
    (colour,) = nucleus_colours(np.array([7], np.int32))
    rows = np.flatnonzero((picture == colour).all(axis=2).any(axis=1))
    assert rows[0] < 300 < 420 < rows[-1]


def test_neighbouring_numbers_have_other_colours_and_background_is_black():
    colours = nucleus_colours(np.arange(40, dtype=np.int32))
    assert not colours[0].any()
    steps = np.abs(np.diff(colours[1:].astype(int), axis=0)).max(axis=1)
    assert steps.min() > 60


def test_stack_without_light_or_nuclei_is_black():
    nothing = np.zeros((4, 30, 30), np.uint16)
    picture = volume_overview(shown(nothing, nothing.astype(np.int32)), row=0, stretch=1.0)
    assert picture[40:60, 40:60].max() == 0


def test_first_and_last_slice_are_left_out_of_many():
    assert 0 not in slices_to_show(30)
    assert 29 not in slices_to_show(30)
    assert slices_to_show(7) == (1, 2, 3, 4, 5)
