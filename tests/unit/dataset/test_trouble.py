import numpy as np
import pytest

from nuclarium.dataset.cuts import cut_nuclei
from nuclarium.dataset.trouble import inspect_labels


def disk(side=60, middle=(30, 30), radius=14):
    y, x = np.indices((side, side))
    return (y - middle[0]) ** 2 + (x - middle[1]) ** 2 < radius**2


def labels_of(*masks):
    labels = np.zeros(masks[0].shape, np.int32)
    for number, mask in enumerate(masks, start=1):
        labels[mask] = number
    return labels


def inspected(labels, pixels=None):
    pixels = (labels > 0).astype(np.uint8) * 100 if pixels is None else pixels
    return inspect_labels(pixels, labels)


def test_sound_nuclei_give_no_trouble():
    found = inspected(labels_of(disk(), disk(middle=(5, 5), radius=9)))
    assert (found.fragments, found.holes, found.cuts, found.fit) == ({}, {}, [], 1.0)
    assert found.is_cut_off.tolist() == [False, True]


def test_pieces_of_a_label_are_listed_with_their_sizes():
    labels = np.zeros((6, 6), np.int32)
    labels[0:2, 0:2] = labels[4, 4] = 3
    labels[3, 0] = labels[4, 1] = 5
    assert inspected(labels).fragments == {3: [4, 1]}


def test_hole_belongs_to_the_nucleus_around_it_and_a_gap_between_two_to_none():
    labels = np.zeros((7, 12), np.int32)
    labels[1:6, 1:6] = 1
    labels[2:4, 3] = 0
    labels[1:6, 7:9], labels[1:6, 9:11] = 2, 3
    labels[3, 8:10] = 0
    assert inspected(labels).holes == {1: 2}


@pytest.mark.parametrize("angle", [0, 30, 45, 90])
def test_nucleus_cut_along_a_line_is_found(angle):
    y, x = np.indices((60, 60))
    side = (y - 30) * np.cos(np.deg2rad(angle)) + (x - 30) * np.sin(np.deg2rad(angle)) < 0.5
    assert list(cut_nuclei(labels_of(disk() & side, disk() & ~side))) == [(1, 2)]


def test_two_round_nuclei_that_touch_and_a_bud_are_not_cuts():
    touching = labels_of(disk(middle=(30, 18), radius=11), disk(middle=(30, 40), radius=11))
    assert list(cut_nuclei(touching)) == []
    bud = labels_of(disk(middle=(30, 47), radius=4), disk(radius=14))
    assert list(cut_nuclei(bud)) == []


def test_labels_that_were_mirrored_are_told():
    labels = labels_of(disk(middle=(15, 12), radius=9), disk(middle=(44, 20), radius=7))
    pixels = (labels > 0).astype(np.uint8) * 100
    assert inspected(labels, pixels).better_turn == 0
    assert inspected(labels[:, ::-1].copy(), pixels).better_turn == 2


def test_labels_on_noise_hardly_fit(rng):
    found = inspected(labels_of(disk()), rng.integers(0, 255, (60, 60), np.uint8))
    assert found.fit < 0.6


def test_dark_nuclei_fit_as_well():
    assert inspected(labels_of(disk()), np.where(disk(), 20, 200).astype(np.uint8)).fit == 1.0


def test_image_without_nuclei_has_no_fit():
    found = inspected(np.zeros((9, 9), np.int32))
    assert found.fit is None
    assert len(found.labels) == 0
