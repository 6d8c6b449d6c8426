import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra train is not installed")

from nuclarium.models.targets import foreground_and_distance, largest_distances
from nuclarium.synthetic.plane import synthetic_nuclei
from nuclarium.train.stain import stained
from nuclarium.train.tissue import painted, stained_each

pytestmark = pytest.mark.torch
SEEDS = range(8)


@pytest.fixture(scope="module")
def nuclei():
    pixels, labels = synthetic_nuclei((96, 128), 12, np.random.default_rng(0), diameter_px=18)
    targets = foreground_and_distance(labels, largest_distances(labels))
    return (pixels / pixels.max()).astype(np.float32), labels, targets


def inward(labels, targets):
    return targets[1] * largest_distances(labels)[labels]


@pytest.mark.parametrize("seed", SEEDS)
def test_painted_nuclei_absorb_and_the_same_seed_paints_the_same(nuclei, seed):
    _, labels, targets = nuclei
    first, second = (
        painted(labels, inward(labels, targets), np.random.default_rng(seed)) for _ in range(2)
    )
    assert first.shape == (*labels.shape, 3)
    assert first.dtype == np.float32
    assert 0 < first.min() <= first.max() <= 1
    assert (first == second).all()
    assert first[labels > 0].mean() < 0.98


def test_painted_nuclei_of_one_picture_differ(nuclei):
    _, labels, targets = nuclei
    spreads, pale = [], 0
    for seed in range(20):
        picture = painted(labels, inward(labels, targets), np.random.default_rng(seed)).mean(2)
        means = np.bincount(labels.ravel(), picture.ravel()) / np.bincount(labels.ravel())
        spreads.append(means[1:].std())
        pale += (
            picture[targets[1] > 0.8].mean() > picture[(targets[1] > 0) & (targets[1] < 0.3)].mean()
        )
    assert np.median(spreads) > 0.02
    assert pale >= 8  # many have a middle that is paler than the membrane


@pytest.mark.parametrize("seed", SEEDS)
def test_stain_of_each_leaves_the_ground_and_stains_every_nucleus(nuclei, seed):
    density, labels, targets = nuclei
    rng = np.random.default_rng(seed)
    picture = stained(density, targets[0], rng)
    changed = stained_each(picture, labels, targets, rng)
    assert changed.dtype == np.float32
    assert 0 < changed.min() <= changed.max() <= 1
    far = _far_from(labels > 0)
    np.testing.assert_allclose(changed[far], np.clip(picture[far], 0.01, 1), atol=1e-5)
    assert changed[labels > 0].mean() < 0.99


def test_stain_of_each_makes_the_nuclei_of_a_picture_differ(nuclei):
    _, labels, targets = nuclei
    even = np.where(labels > 0, np.float32(0.5), np.float32(1))[..., None].repeat(3, axis=2)
    spreads = []
    for seed in range(20):
        changed = stained_each(even, labels, targets, np.random.default_rng(seed)).mean(2)
        means = np.bincount(labels.ravel(), changed.ravel()) / np.bincount(labels.ravel())
        spreads.append(means[1:].std())
    assert np.median(spreads) > 0.02


def _far_from(mask):
    """Pixels more than five away from a mask, along rows and columns."""
    near = mask.copy()
    for axis in (0, 1):
        for shift in range(-5, 6):
            near |= np.roll(mask, shift, axis)
    grown = near.copy()
    for axis in (0, 1):
        for shift in range(-5, 6):
            grown |= np.roll(near, shift, axis)
    return ~grown
