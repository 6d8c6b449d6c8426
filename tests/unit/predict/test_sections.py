"""Sections of neighbouring slices are linked one to one, and a gap of one slice is filled."""

import itertools

import numpy as np
import pytest

from nuclarium.predict.sections import JoinSpec, linked_slices, section_pairs, slice_of

SPEC = JoinSpec()


def disc(shape, centre, radius):
    y, x = np.indices(shape)
    return np.hypot(y - centre[0], x - centre[1]) <= radius


def random_labels(rng, count=12, side=48):
    labels = np.zeros((side, side), np.int32)
    for number in range(1, count + 1):
        labels[disc(labels.shape, rng.uniform(0, side, 2), rng.uniform(2, 7))] = number
    return relabelled(labels)


def relabelled(labels, rng=None):
    present = np.unique(labels[labels > 0])
    numbers = np.arange(1, len(present) + 1)
    lookup = np.zeros(labels.max() + 1, np.int32)
    lookup[present] = numbers if rng is None else rng.permutation(numbers)
    return lookup[labels]


def naive_pairs(one, other, least):
    """The pairing of largest total IoU among all pairings; of few labels."""
    iou = {}
    for a, b in itertools.product(np.unique(one[one > 0]), np.unique(other[other > 0])):
        shared = ((one == a) & (other == b)).sum()
        value = shared / ((one == a) | (other == b)).sum()
        if value >= least:
            iou[a - 1, b - 1] = value
    best, chosen = 0.0, set()
    for size in range(len(iou) + 1):
        for pairs in itertools.combinations(iou, size):
            if len({a for a, _ in pairs}) == len({b for _, b in pairs}) == size:
                total = sum(iou[pair] for pair in pairs)
                if total > best:
                    best, chosen = total, set(pairs)
    return chosen


def as_pairs(found):
    return set(zip(*(index.tolist() for index in found), strict=True))


@pytest.mark.parametrize("seed", range(12))
def test_pairs_are_those_of_the_largest_sum_of_iou(seed):
    rng = np.random.default_rng(seed)
    one, other = random_labels(rng), random_labels(rng)
    spec = JoinSpec(min_iou=0.05, min_cap_iou=0.05)
    found = as_pairs(section_pairs(one, other, spec))
    assert found == naive_pairs(one, other, 0.05)


@pytest.mark.parametrize("seed", range(4))
def test_numbers_of_sections_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    one, other = random_labels(rng), random_labels(rng)
    renamed = relabelled(one, rng), relabelled(other, rng)
    spec = JoinSpec(min_iou=0.05, min_cap_iou=0.05)
    pairs = as_pairs(section_pairs(one, other, spec))

    def name(which, index):
        (number,) = np.unique(renamed[which][(one, other)[which] == index + 1])
        return int(number) - 1

    expected = {(name(0, a), name(1, b)) for a, b in pairs}
    assert as_pairs(section_pairs(*renamed, spec)) == expected


def linked(stack, pixels=None):
    pixels = (stack > 0) * 100.0 if pixels is None else pixels
    slices = (
        (slice_of(labels, light, np.ones(int(labels.max()))), light)
        for labels, light in zip(stack, pixels, strict=True)
    )
    return list(linked_slices(slices, SPEC))


def test_section_knows_the_one_before_it():
    stack = np.zeros((2, 4, 9), np.int32)
    stack[0, :, :3], stack[0, :, 4:7] = 1, 2
    stack[1, :, :3], stack[1, :, 4:7] = 2, 1
    first, second = linked(stack)
    assert first.before.tolist() == [-1, -1]
    assert second.before.tolist() == [1, 0]


def test_gap_of_one_slice_is_filled_with_the_shape_between():
    stack = np.zeros((3, 40, 40), np.int32)
    stack[0][disc((40, 40), (20, 20), 6)] = 1
    stack[2][disc((40, 40), (20, 20), 8)] = 1
    filled = linked(stack)[1]
    assert filled.before.tolist() == [0]
    assert np.isnan(filled.score).all()
    assert abs(filled.area[0] - np.pi * 7**2) < 0.1 * np.pi * 7**2


def test_gap_of_two_slices_stays():
    stack = np.zeros((4, 20, 20), np.int32)
    stack[[0, 3], 5:15, 5:15] = 1
    found = linked(stack)
    assert [len(each.area) for each in found] == [1, 0, 0, 1]
    assert found[3].before.tolist() == [-1]


def test_gap_is_not_filled_where_another_nucleus_lies():
    stack = np.zeros((3, 20, 40), np.int32)
    stack[[0, 2], 5:15, 5:15] = 1
    stack[1, 5:15, 5:38] = 1
    assert [len(each.area) for each in linked(stack)] == [1, 1, 1]


def test_brightness_is_above_the_ground():
    labels = np.array([[0, 0, 1, 1], [0, 0, 2, 2]], np.int32)
    pixels = np.array([[10, 10, 30, 50], [10, 12, 10, 10]], np.uint16)
    found = slice_of(labels, pixels, np.ones(2))
    assert (found.ground, found.brightness.tolist()) == (10, [30, 0])


def test_slice_without_background_has_a_ground():
    assert slice_of(np.ones((2, 2), np.int32), np.full((2, 2), 7.0), np.ones(1)).ground == 7


def test_no_slices_give_none():
    assert list(linked_slices([], SPEC)) == []
