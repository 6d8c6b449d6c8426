"""A colony: truth and table agree, nuclei are whole and touch, the same seed gives the same."""

import numpy as np
import pytest
from scipy import ndimage

from nuclarium.core.geometry import Spacing
from nuclarium.synthetic.organoid import CONDITIONS, OrganoidSpec, organoid, planted_table

SPEC = OrganoidSpec(CONDITIONS[1], shape=(30, 256, 240))


@pytest.fixture(scope="module")
def colony():
    return organoid(SPEC, np.random.default_rng(3))


def test_stack_and_truth_are_on_one_grid(colony):
    pixels, labels, _ = colony
    assert pixels.shape == labels.shape == SPEC.shape
    assert (pixels.dtype, labels.dtype) == (np.uint16, np.int32)
    assert pixels.max() <= 4095


def test_nuclei_are_in_the_useful_range_and_the_ground_below(colony):
    pixels, labels, _ = colony
    low, middle, high = np.percentile(pixels[labels > 0], [5, 50, 95])
    assert low > 400
    assert 700 < middle < 1500
    assert high < 2500
    assert np.median(pixels[labels == 0]) < 450


def test_volumes_of_the_table_are_those_of_the_truth(colony):
    _, labels, table = colony
    assert table["label"].tolist() == list(range(1, labels.max() + 1))
    counted = [np.count_nonzero(labels == label) for label in table["label"]]
    assert table["voxels"].tolist() == counted
    np.testing.assert_allclose(table["volume_um3"], np.array(counted) * 0.0625)


def test_nuclei_have_their_planted_volume_but_for_what_neighbours_press(colony):
    table = colony[2]
    inner = table[~table["at_border"]]
    ratio = inner["volume_um3"] / inner["planted_volume_um3"]
    assert ratio.between(0.85, 1.06).all()
    assert ratio.mean() == pytest.approx(1, abs=0.03)


def test_every_nucleus_is_in_one_piece(colony):
    labels = colony[1]
    boxes = ndimage.find_objects(labels)
    assert [ndimage.label(labels[box] == i)[1] for i, box in enumerate(boxes, 1)] == [1] * len(
        boxes
    )


def test_many_nuclei_touch_and_the_table_says_which(colony):
    _, labels, table = colony
    for label, count in zip(table["label"], table["neighbours_touching"], strict=True):
        grown = ndimage.binary_dilation(labels == label)
        assert len(set(np.unique(labels[grown])) - {0, label}) == count
    assert (table["neighbours_touching"] > 0).mean() > 0.5


def test_nuclei_lie_where_the_table_says(colony):
    _, labels, table = colony
    centres = ndimage.center_of_mass(np.ones_like(labels), labels, table["label"])
    found = (np.array(centres) + 0.5) * SPEC.voxel_um
    np.testing.assert_allclose(found, table[["z_um", "y_um", "x_um"]])


def test_long_nuclei_point_where_the_table_says(colony):
    _, labels, table = colony
    long = table[(table["elongation"] > 1.3) & (table["kind"] == "interphase")]
    alike = []
    for row in long.itertuples():
        places = np.argwhere(labels == row.label) * SPEC.voxel_um
        axis = np.linalg.eigh(np.cov(places.T))[1][:, 2]
        alike.append(abs(axis @ (row.major_z, row.major_y, row.major_x)))
    assert len(alike) > 5
    assert np.median(alike) > 0.95


def test_colony_is_hollow(colony):
    table = colony[2]
    assert table["distance_to_edge_um"].median() < 2
    inner = table["distance_to_centre_um"] < 0.35 * table["distance_to_centre_um"].max()
    assert inner.mean() < 0.2


def test_nuclei_are_brighter_near_the_objective(colony):
    pixels, labels, table = colony
    whole = table[(table["kind"] == "interphase")]
    means = ndimage.mean(pixels, labels, whole["label"]) - 300
    slope = np.polyfit(whole["z_um"], np.log(means / whole["intensity"]), 1)[0]
    assert slope == pytest.approx(-1 / SPEC.optics.depth_um, rel=0.35)


def test_same_generator_gives_the_same_colony_and_another_one_another(colony):
    pixels, labels, table = organoid(SPEC, np.random.default_rng(3))
    assert (pixels == colony[0]).all()
    assert (labels == colony[1]).all()
    assert table.equals(colony[2])
    assert (organoid(SPEC, np.random.default_rng(4))[1] != labels).any()


def test_colony_begins_with_the_planted_table(colony):
    planted = planted_table(SPEC, np.random.default_rng(3))
    assert colony[2][list(planted.columns)].equals(planted)


def test_smallest_colony_can_be_made():
    pixels, labels, table = organoid(OrganoidSpec(shape=(14, 72, 72)), np.random.default_rng(0))
    assert pixels.shape == (14, 72, 72)
    assert labels.max() <= len(table)


def test_too_small_a_stack_is_refused():
    with pytest.raises(ValueError, match="at least 14 µm deep"):
        OrganoidSpec(shape=(8, 256, 256))


def test_spacing_without_depth_is_refused():
    with pytest.raises(ValueError, match="spacing must have"):
        OrganoidSpec(spacing=Spacing(0.25, 0.25))


def test_impossible_numbers_of_nuclei_are_refused():
    with pytest.raises(ValueError, match="nuclei must be"):
        OrganoidSpec(nuclei=(5, 2))
