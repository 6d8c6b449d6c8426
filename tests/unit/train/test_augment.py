import numpy as np
import pytest

from nuclarium.synthetic.plane import synthetic_nuclei
from nuclarium.train.augment import change_intensities, random_patch

SIZE = 64


@pytest.fixture(scope="module")
def scene():
    pixels, labels = synthetic_nuclei((90, 110), 14, np.random.default_rng(1), diameter_px=16)
    return (pixels / 2000).astype(np.float32), labels * 7


def patch(scene, seed, scale_range=(0.5, 2.0)):
    rng = np.random.default_rng(seed)
    return random_patch(*scene, size=SIZE, scale_range=scale_range, rng=rng)


@pytest.mark.parametrize("seed", range(20))
def test_labels_of_a_patch_are_integers_of_the_image(scene, seed):
    pixels, labels, scale = patch(scene, seed)
    assert set(np.unique(labels)) <= set(np.unique(scene[1]))
    assert labels.dtype == np.int32
    assert pixels.dtype == np.float32
    assert labels.shape == pixels.shape == (SIZE, SIZE)
    assert 0.5 <= scale <= 2.0


def test_same_rng_gives_the_same_patch(scene):
    for a, b in zip(patch(scene, 5), patch(scene, 5), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(patch(scene, 5)[0], patch(scene, 6)[0])


@pytest.mark.parametrize("seed", range(20))
def test_pixels_and_labels_stay_together(scene, seed):
    """Where the pixels are the labels, they are still the labels after turning and scaling."""
    labels = scene[1]
    pixels, moved, _ = patch((labels.astype(np.float32), labels), seed, (1.0, 2.0))
    assert np.mean(np.abs(pixels - moved) < 0.5) > 0.75


def test_area_grows_with_the_square_of_the_scale():
    labels = np.zeros((64, 64), np.int32)
    labels[27:37, 27:37] = 1
    for seed in range(10):
        _, moved, scale = patch((labels.astype(np.float32), labels), seed, (1.0, 1.8))
        whole = not (moved[[0, -1]].any() or moved[:, [0, -1]].any())
        if whole and (moved > 0).any():
            assert abs((moved > 0).sum() / (100 * scale**2) - 1) < 0.12


def test_image_smaller_than_a_patch_is_filled_by_its_mirror(rng):
    pixels = rng.random((20, 30), dtype=np.float32) + 1
    moved, labels, _ = patch((pixels, np.ones((20, 30), np.int32)), 0)
    assert moved.min() >= 1
    assert (labels == 1).all()


def test_half_of_the_patches_are_near_a_nucleus(scene):
    labels = np.zeros((600, 600), np.int32)
    labels[500:520, 40:60] = 3
    empty = labels.astype(np.float32)
    found = [patch((empty, labels), seed, (1.0, 1.0))[1].any() for seed in range(60)]
    assert 0.35 < np.mean(found) < 0.8


@pytest.mark.parametrize("seed", range(20))
def test_changed_intensities_are_finite_and_leave_the_input_alone(scene, seed):
    pixels = scene[0] - 0.2
    before = pixels.copy()
    changed = change_intensities(pixels, np.random.default_rng(seed))
    assert changed.shape == pixels.shape
    assert changed.dtype == np.float32
    assert np.isfinite(changed).all()
    np.testing.assert_array_equal(pixels, before)


def test_most_patches_are_changed_and_by_the_rng_alone(scene):
    pixels = scene[0]
    changed = [change_intensities(pixels, np.random.default_rng(s)) for s in range(20)]
    again = [change_intensities(pixels, np.random.default_rng(s)) for s in range(20)]
    np.testing.assert_array_equal(changed, again)
    assert sum(not np.array_equal(c, pixels) for c in changed) > 12


def test_stretch_draws_one_direction_out_and_keeps_the_area():
    labels = np.zeros((128, 128), np.int32)
    labels[50:78, 50:78] = 1
    areas = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        _, moved, _ = random_patch(
            labels.astype(np.float32), labels, size=128, scale_range=(1, 1), stretch=0.3, rng=rng
        )
        if not (moved[[0, -1]].any() or moved[:, [0, -1]].any()):
            areas.append((moved > 0).sum() / 28**2)
    np.testing.assert_allclose(areas, 1, atol=0.05)
