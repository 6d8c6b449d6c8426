import numpy as np
import pytest
from scipy import ndimage
from skimage.measure import label
from skimage.morphology import remove_small_objects

from nuclarium.core.errors import SettingsError
from nuclarium.suggest.areas import keep_areas
from nuclarium.suggest.cleaning import (
    CleaningSettings,
    cleaned,
    filled,
    smoothed,
    without_small,
)


@pytest.fixture
def speckled(rng):
    return ndimage.gaussian_filter(rng.random((60, 70)), 1.2) > 0.5


def test_all_holes_are_filled_as_scipy_does(speckled):
    assert (filled(speckled) == ndimage.binary_fill_holes(speckled)).all()


def test_holes_larger_than_asked_stay():
    mask = np.ones((7, 9), bool)
    mask[1, 1] = mask[4:6, 4:7] = False
    assert filled(mask, 1)[1, 1]
    assert not filled(mask, 5)[4:6, 4:7].any()
    assert filled(mask, 6).all()
    assert (filled(mask, 0) == mask).all()


def test_background_at_the_edge_is_no_hole():
    mask = np.ones((3, 3), bool)
    mask[0, 1] = mask[1, 1] = False
    assert (filled(mask) == mask).all()


def test_small_objects_are_removed_as_scikit_image_does(speckled):
    expected = remove_small_objects(speckled, max_size=29, connectivity=2)
    assert (without_small(speckled, 30) == expected).all()
    stack = np.stack([speckled, speckled & False, speckled])
    expected = remove_small_objects(stack, max_size=29, connectivity=3)
    assert (without_small(stack, 30) == expected).all()


@pytest.mark.parametrize("corners", [True, False])
@pytest.mark.parametrize("tile_px", [1, 7, 16, 64])
def test_areas_from_tiles_are_those_of_the_whole(rng, corners, tile_px):
    mask = rng.random((45, 50)) > 0.45
    numbers = label(mask, connectivity=1 + corners)
    area = np.bincount(numbers.ravel())
    edge = np.zeros(len(area), bool)
    for line in (numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1]):
        edge[line] = True
    kept = ((area > 5) & ~edge)[numbers] & mask
    keep_areas(mask, lambda a, at_edge: (a > 5) & ~at_edge, corners=corners, tile_px=tile_px)
    assert (mask == kept).all()


def test_smoothing_takes_specks_and_leaves_straight_edges():
    mask = np.zeros((20, 20), bool)
    mask[:, :10] = mask[5, 15] = True
    expected = mask.copy()
    expected[5, 15] = False
    assert (smoothed(mask, 1.0) == expected).all()


def test_an_empty_and_a_full_mask_stay_so():
    for value in (True, False):
        mask = np.full((5, 6), value)
        assert (cleaned(mask, CleaningSettings()) == mask).all()


def test_a_stack_is_smoothed_and_filled_plane_by_plane():
    ring = np.zeros((9, 9), bool)
    ring[2:7, 2:7] = True
    ring[4, 4] = False
    stack = np.stack([ring, ring])
    found = cleaned(stack, CleaningSettings(smooth_px=0, least_px=0))
    assert found[:, 4, 4].all()


def test_cleaning_twice_without_smoothing_changes_nothing(speckled):
    settings = CleaningSettings(smooth_px=0, least_px=20)
    once = cleaned(speckled, settings)
    assert (cleaned(once, settings) == once).all()


def test_negative_settings_are_refused():
    with pytest.raises(SettingsError, match="smooth_px must not be negative, but got -1"):
        CleaningSettings(smooth_px=-1)
