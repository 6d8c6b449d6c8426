"""Chains of sections become nuclei: laws of joining, and stacks with known answers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy import ndimage

from nuclarium.evaluate import score_volume
from nuclarium.evaluate.matching import overlap_table
from nuclarium.predict.sections import JoinSpec, linked_slices, slice_of
from nuclarium.predict.volume import SectionTable, join, parts

SPEC = JoinSpec()
EVERYTHING = replace(SPEC, min_core_um=0, min_sections=1, core=0, dim_end=0, edge=-1e9)


def joined(stack, pixels, spec=SPEC, step_um=1.0):
    slices = (
        (slice_of(labels, light, np.ones(int(labels.max()))), light)
        for labels, light in zip(stack, pixels, strict=True)
    )
    linked = list(linked_slices(slices, spec))
    volumes = join([SectionTable.of(each) for each in linked], spec, step_um)
    pairs = zip(linked, pixels, strict=True)
    return np.stack([volumes.labels_of(z, each.labels, p) for z, (each, p) in enumerate(pairs)])


def balls(centres, radius, shape, step=1.0, light=100.0):
    """Bright balls in a stack whose slices are `step` pixels apart; light falls off outside."""
    z, y, x = np.indices(shape)
    truth = np.zeros(shape, np.int32)
    for number, (cz, cy, cx) in enumerate(centres, start=1):
        truth[((z - cz) * step) ** 2 + (y - cy) ** 2 + (x - cx) ** 2 <= radius**2] = number
    return truth, light * (truth > 0)


def blurred_along_z(pixels, sigma):
    return ndimage.gaussian_filter1d(pixels.astype(np.float64), sigma, axis=0)


def sections_of(pixels, level):
    """Label what is brighter than `level` in each slice, as a network might see it."""
    return np.stack([ndimage.label(plane > level)[0] for plane in pixels]).astype(np.int32)


def same_partition(one, other):
    pairs = np.unique(np.stack([one.ravel(), other.ravel()]), axis=1)
    return len(pairs[0]) == len(np.unique(one)) == len(np.unique(other))


def random_stack(rng, shape=(7, 24, 24)):
    pixels = ndimage.gaussian_filter(rng.random(shape), (1, 2, 2))
    return sections_of(pixels, np.quantile(pixels, 0.6)), pixels


def has_ties(stack):
    """Whether a section overlaps two others alike, so that either may be its partner."""
    for apart in (1, 2):
        for one, other in zip(stack, stack[apart:], strict=False):
            table = overlap_table(one, other)
            for index in (table.truth_index, table.prediction_index):
                rows = list(zip(index.tolist(), table.iou.tolist(), strict=True))
                if len(set(rows)) < len(rows):
                    return True
    return False


@pytest.mark.parametrize("step", [1.0, 2.0, 4.0])
def test_ball_is_one_nucleus_of_its_volume(step):
    depth = round(30 / step)
    truth, pixels = balls([(depth / 2, 15, 15)], 10, (depth, 31, 31), step)
    labels = joined(sections_of(pixels, 50), pixels, step_um=step)
    assert labels.max() == 1
    assert abs(labels.sum() * step / (4 / 3 * np.pi * 10**3) - 1) < 0.05
    assert (labels != truth).sum() <= 2  # caps of one pixel are linked to nothing


def test_light_out_of_focus_is_left_out():
    truth, sharp = balls([(20, 15, 15)], 10, (40, 31, 31))
    pixels = blurred_along_z(sharp, 2)
    seen = sections_of(pixels, 5)
    labels = joined(seen, pixels)
    assert (seen > 0).sum() > 1.2 * truth.sum()
    assert abs((labels > 0).sum() / truth.sum() - 1) < 0.15


def test_two_nuclei_over_each_other_are_separated():
    truth, sharp = balls([(9, 15, 15), (26, 16, 15)], 8, (36, 31, 31))
    pixels = blurred_along_z(sharp, 2)
    seen = sections_of(pixels, 5)
    assert all(plane.max() == 1 for plane in seen[5:30])  # without a break
    scores = score_volume(zip(joined(seen, pixels), truth, strict=True))
    assert (scores.match(0.7).true_positive, scores.nuclei.prediction) == (2, 2)


def test_missed_slice_is_filled():
    truth, pixels = balls([(10, 15, 15)], 9, (21, 31, 31))
    seen = sections_of(pixels, 50)
    seen[9] = 0
    labels = joined(seen, pixels)
    scores = score_volume(zip(labels, truth, strict=True))
    assert (scores.match(0.95).true_positive, scores.nuclei.prediction) == (1, 1)


def test_specks_are_left_out():
    labels = np.zeros((6, 20, 20), np.int32)
    labels[2, 3:7, 3:7] = 1
    labels[1:5, 10:18, 10:18] = 1 + (labels[1:5, 3:7, 3:7].max(axis=(1, 2)) > 0)[:, None, None]
    found = joined(labels, (labels > 0) * 9.0)
    assert found.max() == 1
    assert not found[:, :8, :8].any()


def test_least_extent_is_in_micrometres():
    labels = np.zeros((6, 12, 12), np.int32)
    labels[1:4, 2:10, 2:10] = 1
    pixels = (labels > 0) * 9.0
    assert joined(labels, pixels, step_um=1.0).max() == 1
    assert joined(labels, pixels, step_um=0.5).max() == 0
    assert joined(labels, pixels, step_um=None).max() == 1


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10**6))
@example(seed=3834)  # two sections of one area are the waist
def test_turning_the_stack_over_gives_the_same_nuclei(seed):
    stack, pixels = random_stack(np.random.default_rng(seed))
    assume(not has_ties(stack))
    upright = joined(stack, pixels)
    turned = joined(stack[::-1], pixels[::-1])[::-1]
    assert same_partition(upright, turned)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_numbers_within_slices_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    stack, pixels = random_stack(rng)
    assume(not has_ties(stack))
    renamed = np.empty_like(stack)
    for z, plane in enumerate(stack):
        order = np.concatenate([[0], rng.permutation(plane.max()) + 1])
        renamed[z] = order[plane]
    assert same_partition(joined(stack, pixels), joined(renamed, pixels))


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_numbers_are_consecutive_and_no_two_nuclei_share_a_section(seed):
    stack, pixels = random_stack(np.random.default_rng(seed))
    labels = joined(stack, pixels, replace(SPEC, edge=-1e9))
    present = np.unique(labels)
    np.testing.assert_array_equal(present, np.arange(len(present)))
    for plane, sections in zip(labels, stack, strict=True):
        for number in range(1, sections.max() + 1):
            assert len(np.unique(plane[sections == number])) == 1


def test_stack_of_one_slice_has_the_labels_of_the_plane():
    stack, pixels = random_stack(np.random.default_rng(3), (1, 40, 40))
    spec = replace(SPEC, min_core_um=0, min_sections=1)
    np.testing.assert_array_equal(joined(stack, pixels, spec), stack)


def test_without_any_rule_chains_stay_as_they_are():
    stack = np.zeros((5, 8, 8), np.int32)
    stack[:, 2:6, 2:6] = 1
    pixels = np.array([9, 1, 9, 1, 9.0])[:, None, None] * (stack > 0)
    spec = replace(EVERYTHING, bright_waist=1e-9, wide_waist=1e-9)
    np.testing.assert_array_equal(joined(stack, pixels, spec), stack)


def test_waist_of_the_area_cuts_too():
    area = np.array([20, 60, 80, 40, 75, 60, 20.0])
    light = np.full(7, 100.0)
    light[4:] = 99
    found = [(part.start, part.stop) for part in parts(light, area, SPEC)]
    assert found == [(0, 4), (4, 7)]


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=15))
def test_parts_do_not_overlap_and_are_in_order(values):
    light = np.array(values)
    found = list(parts(light, np.ones(len(light)), SPEC))
    edges = [edge for part in found for edge in (part.start, part.stop)]
    assert edges == sorted(edges)
    assert all(part.stop > part.start for part in found)


def test_empty_stack_has_no_nuclei():
    labels = np.zeros((3, 5, 5), np.int32)
    assert not joined(labels, labels.astype(float)).any()
