import csv

import numpy as np
import pytest
from skimage.draw import disk
from skimage.io import imread
from skimage.measure import label

from nuclarium.evaluate.matching import match, overlap_table
from nuclarium.predict.parted import parted


def discs(*places, shape=(60, 80)):
    mask = np.zeros(shape, bool)
    for y, x, radius in places:
        mask[disk((y, x), radius, shape=shape)] = True
    return mask


def test_touching_discs_are_parted_at_the_waist():
    labels = parted(discs((30, 22, 12), (30, 42, 12)))
    assert labels.max() == 2
    assert labels[30, 22] != labels[30, 42]
    assert abs(int((labels == 1).sum()) - int((labels == 2).sum())) < 40


def test_one_disc_stays_one():
    assert parted(discs((30, 30, 15))).max() == 1


def test_without_parting_what_is_linked_is_one():
    mask = discs((30, 22, 12), (30, 42, 12), (10, 70, 5))
    assert parted(mask, join_ratio=0).max() == label(mask).max() == 2


def test_every_pixel_of_the_mask_and_no_other_is_labelled():
    mask = discs((30, 22, 12), (30, 42, 12), (2, 2, 6))
    mask[29:31, 20:22] = False
    assert ((parted(mask) > 0) == mask).all()


def test_small_nuclei_are_left_out():
    assert parted(discs((30, 22, 12), (10, 60, 2)), least_px=20).max() == 1


def test_a_nucleus_cut_by_the_edge_of_the_plane_is_one():
    assert parted(discs((0, 40, 15))).max() == 1


def test_empty_masks_have_no_labels():
    assert parted(np.zeros((5, 6), bool)).max() == 0


@pytest.mark.parametrize("tile_px", [32, 100])
def test_tiles_do_not_change_labels(rng, tile_px):
    places = [(*rng.integers(0, 200, 2), rng.integers(3, 14)) for _ in range(60)]
    mask = discs(*places, shape=(200, 210))
    assert (parted(mask, tile_px=tile_px) == parted(mask)).all()


@pytest.mark.data
def test_real_nuclei_of_a_binarised_truth_are_found_again(data):
    folder = data / "dsb2018"
    kept = {
        line.split(".")[0].strip()
        for line in (folder / "fluorescence_val.txt").read_text().splitlines()
    }
    with (folder / "index.csv").open() as file:
        names = [row["id"] for row in csv.DictReader(file) if row["id"] in kept]
    counts = np.zeros(3)
    for name in names:
        truth = imread(next((folder / "labels").glob(f"{name}*"))).astype(np.int32)
        table = overlap_table(parted(truth > 0), truth)
        found = len(match(table, 0.5)[0])
        counts += found, len(table.prediction_area), len(table.truth_area)
    assert 2 * counts[0] / counts[1:].sum() > 0.97
