import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra train is not installed")

from nuclarium.models.targets import foreground_and_distance, largest_distances
from nuclarium.synthetic.plane import synthetic_nuclei
from nuclarium.train.stain import absorbed, bodies_between, change_stain, stained, texture

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
    picture = stained(density, targets[0], np.random.default_rng(seed))
    assert picture.shape == (*density.shape, 3)
    assert picture.dtype == np.float32
    assert 0 < picture.min() <= picture.max() <= 1
    inside = targets[0] > 0
    assert picture[inside].mean() < picture[~inside].mean()


@pytest.mark.parametrize("seed", range(8))
def test_changed_stain_stays_in_range_and_is_the_same_for_a_seed(nuclei, seed):
    density, targets = nuclei
    first, second = (
        change_stain(stained(density, targets[0], rng), targets, rng)
        for rng in (np.random.default_rng(seed), np.random.default_rng(seed))
    )
    assert first.dtype == np.float32
    assert 0 <= first.min() <= first.max() <= 1
    assert (first == second).all()


def test_texture_fills_its_range():
    pattern = texture((64, 100), np.random.default_rng(0))
    assert pattern.shape == (64, 100)
    assert 0 <= pattern.min() < 0.2 < 0.8 < pattern.max() <= 1


@pytest.mark.parametrize("seed", range(6))
def test_bodies_darken_what_is_between_nuclei_and_nothing_else(nuclei, seed):
    density, targets = nuclei
    rng = np.random.default_rng(seed)
    picture = stained(density, targets[0], rng)
    inside = targets[0] > 0
    shapes = np.zeros(density.shape, bool)
    shapes[20:50, 30:60] = True
    laid = bodies_between(picture, shapes, inside, rng)
    assert laid.dtype == np.float32
    np.testing.assert_array_equal(laid[inside], picture[inside])
    assert laid[shapes & ~inside].mean() < picture[shapes & ~inside].mean()


def test_holes_are_brighter_than_the_tissue_around_them(nuclei):
    density, targets = nuclei
    holes = np.zeros(density.shape, bool)
    holes[10:80, 10:110] = True
    tissue = np.full((*density.shape, 3), 0.3, np.float32)
    bare = np.zeros_like(holes)
    bare[25:65, 25:95] = targets[0][25:65, 25:95] == 0
    brighter = []
    for seed in range(12):
        with_holes, without = (
            change_stain(tissue, targets, np.random.default_rng(seed), hole)
            for hole in (holes, None)
        )
        brighter.append(with_holes[bare].mean() - without[bare].mean())
    assert np.mean(brighter) > 0.1
