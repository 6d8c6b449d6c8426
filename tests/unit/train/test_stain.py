import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra train is not installed")

from nuclarium.models.targets import foreground_and_distance, largest_distances
from nuclarium.train.stain import absorbed, change_stain, stained, texture
from nuclarium.workspace.sample import synthetic_nuclei

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def nuclei():
    pixels, labels = synthetic_nuclei((96, 128), 12, np.random.default_rng(0), diameter_px=18)
    density = (pixels / pixels.max()).astype(np.float32)
    return density, foreground_and_distance(labels, largest_distances(labels))


def test_absorption_multiplies():
    one, other = np.full((2, 3), 0.4, np.float32), np.full((2, 3), 0.7, np.float32)
    stain = np.array([0.65, 0.7, 0.29], np.float32)
    assert absorbed(one + other, stain) == pytest.approx(
        absorbed(one, stain) * absorbed(other, stain)
    )
    assert (absorbed(np.zeros((2, 3), np.float32), stain) == 1).all()


@pytest.mark.parametrize("seed", range(8))
def test_nuclei_are_darker_than_the_ground_once_stained(nuclei, seed):
    density, targets = nuclei
    picture = stained(density, targets, np.random.default_rng(seed))
    assert picture.shape == (*density.shape, 3)
    assert picture.dtype == np.float32
    assert 0 < picture.min() <= picture.max() <= 1
    inside = targets[0] > 0
    assert picture[inside].mean() < picture[~inside].mean()


@pytest.mark.parametrize("seed", range(8))
def test_changed_stain_stays_in_range_and_is_the_same_for_a_seed(nuclei, seed):
    density, targets = nuclei
    first, second = (
        change_stain(stained(density, targets, rng), targets, rng)
        for rng in (np.random.default_rng(seed), np.random.default_rng(seed))
    )
    assert first.dtype == np.float32
    assert 0 <= first.min() <= first.max() <= 1
    assert (first == second).all()


def test_texture_fills_its_range():
    pattern = texture((64, 100), np.random.default_rng(0))
    assert pattern.shape == (64, 100)
    assert 0 <= pattern.min() < 0.2 < 0.8 < pattern.max() <= 1
