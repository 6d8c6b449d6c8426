"""The words for slices, and the slices that they mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuclarium.core.errors import SettingsError
from nuclarium.core.image import Image
from nuclarium.preprocess.planes import select_planes
from nuclarium.preprocess.slices import check_mode, choose_slices, count_planes

SHARPNESS = [1.0, 5.0, 2.0, 5.0, 4.0, 0.0, 3.0]


def chosen(mode, depth=7):
    return [c.slices for c in choose_slices(mode, depth, "stack", lambda: SHARPNESS[:depth])]


@pytest.mark.parametrize(
    ("mode", "slices"),
    [
        ("all", [(0,), (1,), (2,), (3,), (4,), (5,), (6,)]),
        ("every:3", [(0,), (3,), (6,)]),
        ("4", [(4,)]),
        ("2-4", [(2,), (3,), (4,)]),
        ("5-", [(5,), (6,)]),
        ("1-6:2", [(1,), (3,), (5,)]),
        ("0-:4", [(0,), (4,)]),
        ("best", [(1,)]),
        ("best:3", [(1,), (3,), (4,)]),
        ("best:99", [(1,), (3,), (4,), (6,), (2,), (0,), (5,)]),
        ("max", [(0, 1, 2, 3, 4, 5, 6)]),
        ("max:3", [(0, 1, 2), (3, 4, 5), (6,)]),
        ("max:2-4", [(2, 3, 4)]),
        ("max:5-", [(5, 6)]),
        ("6, 0,2-3,0", [(6,), (0,), (2,), (3,)]),
        ("best,1", [(1,)]),
    ],
)
def test_words_mean_slices(mode, slices):
    assert chosen(mode) == slices
    assert count_planes(mode, 7, "stack") == len(slices) or mode == "best,1"


@pytest.mark.parametrize(
    "mode",
    ["7", "5-9", "4-2", "every:0", "every:", "every", "best:0", "max:0", "max:9-", "1,,2", "-3",
     "1-2:0", "sharp", "max:a", "each:2", "٣", "1 - 2"],
)  # fmt: skip
def test_what_is_no_slice_is_refused_with_what_there_is(mode):
    with pytest.raises(SettingsError, match=r"a slice in 0\.\.6 for stack, or a range.*but got"):
        chosen(mode)


def test_sharpness_is_measured_only_where_it_counts():
    def never():
        raise AssertionError

    assert len(choose_slices("every:2,max:3", 7, "stack", never)) == 6


@given(depth=st.integers(1, 40), step=st.integers(1, 50))
def test_maxima_over_neighbours_take_every_slice_once(depth, step):
    groups = [c.slices for c in choose_slices(f"max:{step}", depth, "stack", list)]
    assert [z for group in groups for z in group] == list(range(depth))
    assert all(len(group) == step for group in groups[:-1])


def test_maximum_over_some_slices_is_that_of_numpy(rng):
    pixels = rng.integers(0, 4096, (7, 9, 8), dtype=np.uint16)
    image = Image.from_array(pixels, axes="ZYX")
    planes = select_planes(image, "max:3")
    assert [plane.choice for plane in planes][1] == "maximum of z 3..5"
    assert [plane.first_z for plane in planes] == [0, 3, 6]
    assert [plane.z for plane in planes] == [None, None, 6]
    for plane in planes:
        expected = pixels[list(plane.slices)].max(axis=0)
        np.testing.assert_array_equal(plane.image.read(), expected)


@pytest.mark.parametrize(
    "word",
    [
        *("all", "best", "best:2", "best:0", "best:", "every:2", "every:0", "every", "max:2"),
        *("max:1-", "max:1-3:2", "max:", "3", "-1", "1-", "1-3:2", "1-3:0", "007", "1:2"),
        *("٣", "", "maximum"),
    ],
)
def test_words_are_refused_before_a_stack_is_opened_if_no_stack_has_such_slices(word):
    try:
        choose_slices(word, 30, "stack", lambda: [0.0] * 30)
    except SettingsError:
        with pytest.raises(SettingsError, match="Slices must be"):
            check_mode(word)
    else:
        check_mode(f"0, {word}")
