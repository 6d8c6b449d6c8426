import numpy as np
import pytest
from skimage.io import imread
from skimage.measure import label

from nuclarium.predict.parted_stack import parted_stack

ZZ, YY, XX = np.mgrid[:15, :40, :60]


def ball(z, y, x, radius, z_step=2.0):
    return ((ZZ - z) * z_step) ** 2 + (YY - y) ** 2 + (XX - x) ** 2 < radius**2


def test_touching_balls_are_parted_side_by_side_and_on_top_of_each_other():
    beside = ball(7, 20, 18, 10) | ball(7, 20, 35, 10)
    assert parted_stack(beside, z_step=2.0).max() == 2
    above = ball(3, 20, 30, 9) | ball(11, 20, 30, 9)
    assert parted_stack(above, z_step=2.0).max() == 2


def test_one_ball_stays_one_and_every_voxel_is_labelled():
    mask = ball(7, 20, 30, 12)
    labels = parted_stack(mask, z_step=2.0)
    assert labels.max() == 1
    assert ((labels > 0) == mask).all()


def test_small_ones_are_left_out_and_numbers_go_on():
    mask = ball(2, 8, 8, 3) | ball(7, 20, 40, 10)
    assert np.unique(parted_stack(mask, z_step=2.0, least_px=200)).tolist() == [0, 1]


def test_an_empty_stack_has_no_labels():
    assert parted_stack(np.zeros((3, 4, 5), bool)).max() == 0


@pytest.mark.data
def test_nuclei_of_a_binarised_volume_are_found_again(data):
    truth = imread(data / "stardist_demo" / "mask3d.tif")
    assert label(truth > 0).max() < 20
    found = parted_stack(truth > 0, z_step=2.0)
    wanted = np.unique(truth)[1:]
    assert len(np.unique(found)) - 1 == len(wanted)
    for number in wanted:
        own = truth == number
        partner = found == np.bincount(found[own]).argmax()
        assert (own & partner).sum() / (own | partner).sum() > 0.5
