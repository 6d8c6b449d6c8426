import numpy as np
import pytest
from scipy import ndimage

pytest.importorskip("torch", reason="the extra train is not installed")

from nuclarium.models.targets import foreground_and_distance, largest_distances

pytestmark = pytest.mark.torch


def disc(radius, side):
    y, x = np.ogrid[:side, :side]
    return (np.hypot(y - side // 2, x - side // 2) < radius).astype(np.int32)


def targets_of(labels):
    return foreground_and_distance(labels, largest_distances(labels))


def test_foreground_is_where_there_are_nuclei(rng):
    labels = rng.integers(0, 3, (20, 30)).astype(np.int32)
    targets = targets_of(labels)
    np.testing.assert_array_equal(targets[0], labels > 0)
    assert targets.dtype == np.float32
    assert targets.shape == (2, 20, 30)


def test_distance_is_that_of_the_naive_definition(rng):
    labels = np.zeros((24, 30), np.int32)
    labels[ndimage.gaussian_filter(rng.standard_normal((24, 30)), 2) > 0] = 1
    labels = ndimage.label(labels)[0].astype(np.int32)
    outside = np.argwhere(labels == 0)
    largest = largest_distances(labels)
    distance = foreground_and_distance(labels, largest)[1]
    assert labels.max() >= 2
    for pixel in np.argwhere(labels > 0):
        nearest = np.hypot(*(outside - pixel).T).min()
        scale = max(largest[labels[tuple(pixel)]], 1)
        assert abs(distance[tuple(pixel)] - min(nearest / scale, 1)) < 1e-5


def test_largest_distance_is_that_of_each_nucleus():
    labels = np.zeros((20, 30), np.int32)
    labels[1:6, 1:6], labels[10:19, 10:19] = 2, 5
    np.testing.assert_allclose(largest_distances(labels), [0, 0, 3, 0, 0, 5])


def test_largest_distance_counts_the_edge_of_the_image_as_outside():
    np.testing.assert_allclose(largest_distances(np.ones((9, 9), np.int32)), [0, 5])


def test_middle_of_a_nucleus_is_one():
    distance = targets_of(disc(8, 21))[1]
    assert distance.max() == distance[10, 10] == 1.0


def test_touching_nuclei_are_zero_at_their_seam():
    labels = np.zeros((12, 20), np.int32)
    labels[1:11, 1:10], labels[1:11, 10:19] = 1, 2
    foreground, distance = targets_of(labels)
    assert foreground[1:11, 1:19].all()
    assert not distance[1:11, 9:11].any()
    assert distance[5, 5] > 0.7
    assert distance[5, 14] > 0.7


def test_nuclei_one_above_the_other_are_zero_at_their_seam():
    labels = np.repeat(np.array([1, 2], np.int32), 5)[:, None] * np.ones((1, 8), np.int32)
    distance = targets_of(labels)[1]
    assert not distance[4:6].any()
    assert distance[[0, 9]].all()


def test_nucleus_that_the_patch_cuts_keeps_its_scale():
    labels = disc(12, 31)
    largest = largest_distances(labels)
    whole = foreground_and_distance(labels, largest)
    np.testing.assert_allclose(
        foreground_and_distance(labels[:20], largest)[:, :6], whole[:, :6], atol=1e-6
    )
    assert foreground_and_distance(labels[:8], largest)[1].max() < 0.6


def test_magnified_nucleus_keeps_its_scale():
    labels = disc(6, 15)
    magnified = np.kron(labels, np.ones((2, 2), np.int32))
    distance = foreground_and_distance(magnified, 2 * largest_distances(labels))[1]
    assert 0.85 < distance.max() <= 1


def test_patch_inside_a_nucleus_is_all_middle():
    assert (foreground_and_distance(np.ones((8, 8), np.int32), np.array([0, 30.0]))[1] == 1).all()


def test_no_nuclei_give_no_targets():
    empty = np.zeros((8, 9), np.int32)
    np.testing.assert_array_equal(largest_distances(empty), [0])
    assert not targets_of(empty).any()


def test_nucleus_of_one_pixel_is_all_middle():
    labels = np.zeros((5, 5), np.int32)
    labels[2, 2] = 1
    assert targets_of(labels)[1].sum() == 1
