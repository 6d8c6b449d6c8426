"""The table equals scikit-image's regionprops, window by window as in memory."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage
from skimage.measure import regionprops_table

from nuclarium.core.geometry import Spacing
from nuclarium.core.image import Image
from nuclarium.measurement import measure, measure_windows

SAME_NAMES = (
    "label",
    "area",
    "area_convex",
    "perimeter",
    "axis_major_length",
    "axis_minor_length",
    "feret_diameter_max",
    "eccentricity",
    "solidity",
    "intensity_mean",
    "intensity_std",
    "intensity_min",
    "intensity_median",
    "intensity_max",
)
OTHER_NAMES = {
    "centroid-0": "centroid_y",
    "centroid-1": "centroid_x",
    "bbox-0": "bbox_y0",
    "bbox-1": "bbox_x0",
    "bbox-2": "bbox_y1",
    "bbox-3": "bbox_x1",
    "equivalent_diameter_area": "equivalent_diameter",
}


def blobs(rng, shape=(120, 150), sigma=2.0, level=0.51):
    """Nuclei of every form: with holes, of one pixel, at the border, numbered with gaps."""
    smooth = ndimage.gaussian_filter(rng.random(shape), sigma)
    labels, _ = ndimage.label(smooth > level)
    return (labels * 3).astype(np.int32)


def reference(labels, pixels, spacing):
    names = [*SAME_NAMES, "centroid", "bbox", "equivalent_diameter_area", "orientation"]
    if spacing[0] != spacing[1]:
        names.remove("perimeter")
    table = regionprops_table(labels, pixels, properties=names, spacing=spacing)
    return pd.DataFrame(table).rename(columns=OTHER_NAMES)


def bare(table):
    """Drop units and channels from the names."""
    endings = r"(_px|_um2|_um|_rad|_channel_0)$"
    kept = table.drop(columns=[name for name in table if name.endswith(("_y_px", "_x_px"))])
    return kept.rename(columns=lambda name: re.sub(endings, "", name))


@pytest.mark.parametrize("level", [0.5, 0.51, 0.55])
@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.5, 0.5), (0.4, 0.7)])
def test_columns_equal_those_of_scikit_image(rng, level, spacing):
    labels = blobs(rng, sigma=1.5, level=level)
    pixels = rng.integers(0, 60_000, labels.shape).astype(np.uint16)
    ours = bare(measure(labels, Image.from_array(pixels), spacing=Spacing(*spacing)))
    theirs = reference(labels, pixels, spacing)
    assert len(ours) > 5
    for name in theirs.columns.drop("orientation"):
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-9, atol=1e-6, err_msg=name)


def test_orientation_equals_that_of_scikit_image(rng):
    labels = blobs(rng)
    ours, theirs = measure(labels), reference(labels, labels, (1, 1))
    clear = ours["eccentricity"] > 0.1
    turn = ours["orientation_rad"] - theirs["orientation"]
    np.testing.assert_allclose(np.sin(turn[clear]), 0, atol=1e-9)
    assert clear.sum() > 10


@pytest.mark.parametrize("tile_size", [16, 50, 999])
def test_windows_give_the_same_table_to_the_last_bit(rng, tile_size):
    labels = blobs(rng)
    image = Image.from_array(rng.random((2, *labels.shape)), axes="CYX", spacing=Spacing(0.5, 0.3))
    windows = measure_windows(
        lambda window: labels[window.slices], labels.shape, image, tile_size=tile_size
    )
    pd.testing.assert_frame_equal(windows, measure(labels, image), check_exact=True)


def test_windows_without_nuclei_give_the_same_columns(rng):
    labels = np.zeros((30, 40), np.int32)
    image = Image.from_array(rng.random((30, 40)))
    windows = measure_windows(lambda window: labels[window.slices], labels.shape, image)
    assert len(windows) == 0
    pd.testing.assert_frame_equal(windows, measure(labels, image))


def test_units_are_in_the_names():
    labels = np.array([[1, 1], [1, 1]])
    assert {"area_px", "perimeter_px", "neighbours_within_100_px"} <= set(measure(labels))
    calibrated = set(measure(labels, spacing=Spacing(1, 1), neighbour_radius=7.5))
    assert {"area_um2", "perimeter_um", "neighbours_within_7.5_um"} <= calibrated
    assert {"centroid_y_px", "centroid_y_um"} <= calibrated


def test_border_is_that_of_the_image():
    labels = np.zeros((6, 6), int)
    labels[0, 2], labels[3, 5], labels[2:4, 2:4] = 1, 2, 3
    assert measure(labels)["touches_border"].tolist() == [True, True, False]


def test_planes_of_a_stack_are_measured_one_by_one(rng):
    labels = np.stack([blobs(rng, (20, 30)), np.zeros((20, 30), np.int32), blobs(rng, (20, 30))])
    image = Image.from_array(rng.random(labels.shape), axes="ZYX")
    stack = measure(labels, image)
    assert list(stack.columns[:2]) == ["label", "z"]
    for z in (0, 1, 2):
        part = stack[stack["z"] == z].drop(columns="z").reset_index(drop=True)
        pd.testing.assert_frame_equal(part, measure(labels[z], image, z=z))


def test_colours_are_measured_each():
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[..., 0], pixels[..., 2] = 9, 200
    table = measure(np.ones((2, 2), int), Image.from_array(pixels))
    means = table[["intensity_mean_red", "intensity_mean_green", "intensity_mean_blue"]]
    assert means.to_numpy().tolist() == [[9, 0, 200]]


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "float32", "float64"])
def test_intensities_of_every_type(rng, dtype):
    pixels = (rng.random((8, 9)) * 100).astype(dtype)
    labels = rng.integers(0, 4, (8, 9))
    table = measure(labels, Image.from_array(pixels))
    for index, label in enumerate(table["label"]):
        inside = pixels[labels == label].astype(float)
        row = table.iloc[index]
        for name in ("mean", "std", "min", "median", "max", "sum"):
            expected = getattr(np, name)(inside)
            assert row[f"intensity_{name}_channel_0"] == pytest.approx(expected), name


def test_nan_in_a_nucleus_stays_in_its_row():
    pixels = np.array([[1.0, np.nan, 3.0]])
    table = measure(np.array([[1, 1, 2]]), Image.from_array(pixels)).filter(like="intensity")
    assert table.iloc[0].isna().all()
    assert table.iloc[1].notna().all()


def test_neighbours_are_those_of_all_pairs(rng):
    labels = blobs(rng)
    table = measure(labels, spacing=Spacing(0.5, 0.25), neighbour_radius=9)
    points = table[["centroid_y_um", "centroid_x_um"]].to_numpy()
    distance = np.hypot(*(points[:, None] - points).transpose(2, 0, 1))
    assert (table["neighbours_within_9_um"] == (distance <= 9).sum(axis=1) - 1).all()
    np.fill_diagonal(distance, np.inf)
    np.testing.assert_allclose(table["nearest_neighbour_distance_um"], distance.min(axis=1))


def test_one_pixel_has_no_perimeter_and_no_neighbour():
    row = measure(np.array([[0, 0], [0, 5]])).iloc[0]
    assert (row["area_px"], row["perimeter_px"], row["solidity"]) == (1, 0, 1)
    assert np.isnan(row["circularity"])
    assert np.isnan(row["nearest_neighbour_distance_px"])


@pytest.mark.parametrize(
    ("spacing", "excess"), [((0.2, 0.2), 0.06), ((0.1, 0.3), 0.13), ((0.3, 0.1), 0.13)]
)
def test_perimeter_of_a_disc_is_near_its_circumference(spacing, excess):
    y, x = np.mgrid[-30:30:0.1, -30:30:0.1][:, :: int(spacing[0] * 10), :: int(spacing[1] * 10)]
    disc = (y**2 + x**2 < 20**2).astype(int)
    table = measure(disc, spacing=Spacing(*spacing))
    assert table["perimeter_um"].item() == pytest.approx(2 * np.pi * 20, rel=excess)
    assert table["feret_diameter_max_um"].item() == pytest.approx(40, rel=0.02)
    assert table["axis_major_length_um"].item() == pytest.approx(40, rel=0.01)


def test_size_of_the_image_must_fit():
    with pytest.raises(ValueError, match=r"size of the image, \(4, 5\), but got \(5, 4\)"):
        measure(np.ones((5, 4), int), Image.from_array(np.zeros((4, 5))))


def test_plane_of_a_stack_must_be_said():
    image = Image.from_array(np.zeros((3, 4, 5)), axes="ZYX")
    with pytest.raises(ValueError, match=r"z must be given .* 3 planes"):
        measure(np.ones((4, 5), int), image)
    with pytest.raises(ValueError, match="3 planes of the image, but got 2"):
        measure(np.ones((2, 4, 5), int), image)


def test_mask_is_refused():
    with pytest.raises(ValueError, match=r"skimage\.measure\.label"):
        measure(np.ones((2, 2), bool))
