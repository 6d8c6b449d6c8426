import numpy as np
import pytest

pytest.importorskip("lightning", reason="the extra train is not installed")

from nuclarium.train.augment_paper import paper_patch
from nuclarium.train.curves import sparkline
from nuclarium.train.paste import Patch
from nuclarium.workspace.sample import synthetic_nuclei

pytestmark = pytest.mark.torch


@pytest.fixture
def whole():
    pixels, labels = synthetic_nuclei((90, 110), 20, np.random.default_rng(0), diameter_px=16)
    return Patch(pixels.astype(np.float32) / 1000, labels, np.ones(21, np.float32))


@pytest.mark.parametrize("size", [64, 128])
def test_patch_has_its_size_and_no_other_labels(whole, size):
    for number in range(20):
        patch = paper_patch(whole, size, np.random.default_rng(number))
        assert patch.pixels.shape == patch.labels.shape == (size, size)
        assert patch.pixels.dtype == np.float32
        assert set(np.unique(patch.labels)) <= set(np.unique(whole.labels))


def test_same_number_gives_the_same_patch(whole):
    one, other = (paper_patch(whole, 64, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one.pixels, other.pixels)
    np.testing.assert_array_equal(one.labels, other.labels)


def test_labels_move_with_the_pixels(whole):
    """Nuclei that are white on black are where the labels say, whatever is done to the light."""
    white = Patch((whole.labels > 0).astype(np.float32), whole.labels, whole.largest)
    for number in range(20):
        patch = paper_patch(white, 64, np.random.default_rng(number))
        middle = (patch.pixels.min() + patch.pixels.max()) / 2
        same = (patch.pixels > middle) == (patch.labels > 0)
        assert same.mean() > 0.97


def test_patch_that_is_not_varied_is_cut_out(whole):
    patch = paper_patch(whole, 64, np.random.default_rng(1), vary=False)
    cuts = np.lib.stride_tricks.sliding_window_view(whole.pixels, (64, 64))
    assert (cuts == patch.pixels).all(axis=(2, 3)).any()


def test_colours_are_moved_alike(whole):
    colour = Patch(np.repeat(whole.pixels[..., None], 3, axis=2), whole.labels, whole.largest)
    patch = paper_patch(colour, 64, np.random.default_rng(2))
    assert patch.pixels.shape == (64, 64, 3)
    np.testing.assert_array_equal(patch.pixels[..., 0], patch.pixels[..., 2])


def test_largest_distances_grow_with_the_crop(whole):
    scales = [paper_patch(whole, 64, np.random.default_rng(n)).largest[1] for n in range(30)]
    assert 1 <= min(scales) < max(scales) <= 1 / 0.75 + 1e-6


def test_curve_of_equal_values_is_flat_and_nan_is_left_out():
    assert sparkline([2.0, float("nan"), 2.0]) == "▁▁"
