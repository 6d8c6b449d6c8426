"""Measurements in three dimensions equal scikit-image's, and those of balls their formulas."""

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage
from scipy.spatial.transform import Rotation
from skimage.measure import regionprops

from nuclarium.core.geometry import Spacing
from nuclarium.measurement import measure
from nuclarium.measurement.catalogue import VOLUME_CATALOGUE
from nuclarium.measurement.surface import directions, surface_areas
from nuclarium.measurement.volume import StackSlice, measure_volumes

SPACING = Spacing(y=0.25, x=0.25, z=1.0)


def measured(labels, pixels=None, spacing=SPACING):
    channels = [()] * len(labels) if pixels is None else [(("DAPI", plane),) for plane in pixels]
    slices = map(StackSlice, labels, channels)
    names = () if pixels is None else ("DAPI",)
    return measure_volumes(slices, int(labels.max()), spacing, channels=names)


def blobs(rng, shape=(14, 60, 50)):
    labels, _ = ndimage.label(ndimage.gaussian_filter(rng.random(shape), (1, 2, 2)) > 0.52)
    return (labels * 2).astype(np.int32)


def ellipsoid(axes_um, spacing, rng, *, turned=False):
    """Voxels of an ellipsoid whose centre lies anywhere between the voxels."""
    sizes = np.array([spacing.z, spacing.y, spacing.x])
    reach = max(axes_um) + 2 * sizes
    places = [np.arange(-r, r, s) + s * rng.random() for r, s in zip(reach, sizes, strict=True)]
    points = np.stack(np.meshgrid(*places, indexing="ij"), axis=-1)
    if turned:
        points = points @ Rotation.random(random_state=int(rng.integers(1000))).as_matrix()
    return (((points / axes_um) ** 2).sum(axis=-1) <= 1).astype(np.int32)


def surface_of_ellipsoid(a, b, c):
    u, v = np.meshgrid(
        (np.arange(400) + 0.5) / 400 * np.pi, (np.arange(400) + 0.5) / 200 * np.pi, indexing="ij"
    )
    sides = b * c * np.sin(u) * np.cos(v), a * c * np.sin(u) * np.sin(v), a * b * np.cos(u)
    return (np.sin(u) * np.sqrt(sum(s**2 for s in sides))).sum() * np.pi / 400 * np.pi / 200


def test_table_equals_regionprops(rng):
    labels = blobs(rng)
    pixels = rng.integers(0, 4000, labels.shape).astype(np.uint16)
    table = measured(labels, pixels).set_index("label")
    for region in regionprops(labels, pixels, spacing=(1.0, 0.25, 0.25)):
        row = table.loc[region.label]
        assert row["volume_um3"] == pytest.approx(region.area)
        box = [row[f"bbox_{axis}{end}_px"] for end in "01" for axis in "zyx"]
        assert box == list(region.bbox)
        centre = [row[f"centroid_{axis}_um"] for axis in "zyx"]
        assert centre == pytest.approx(region.centroid)
        assert row["intensity_mean_DAPI"] == pytest.approx(region.intensity_mean)
        assert row["intensity_max_DAPI"] == region.intensity_max
        assert row["intensity_min_DAPI"] == region.intensity_min
        values = pixels[labels == region.label]
        assert row["intensity_std_DAPI"] == pytest.approx(values.std())
        assert row["intensity_sum_DAPI"] == values.sum()
    assert len(table) == len(regionprops(labels))


def test_axes_are_those_of_equal_moments(rng):
    labels = blobs(rng)
    table = measured(labels).set_index("label")
    for label, row in table.iterrows():
        points = np.argwhere(labels == label) * (1.0, 0.25, 0.25)
        variance = np.linalg.eigvalsh(np.cov(points.T, bias=True)) if len(points) > 1 else [0] * 3
        names = ("minor", "middle", "major")
        found = [row[f"axis_{name}_length_um"] for name in names]
        np.testing.assert_allclose(found, 2 * np.sqrt(5 * np.abs(variance)), atol=1e-6)


@pytest.mark.parametrize("radius", [3.0, 4.5, 6.0])
def test_ball_has_its_volume_surface_and_sphericity(radius, rng):
    row = measured(ellipsoid((radius,) * 3, SPACING, rng)).iloc[0]
    assert row["volume_um3"] == pytest.approx(4 / 3 * np.pi * radius**3, rel=0.03)
    assert row["surface_area_um2"] == pytest.approx(4 * np.pi * radius**2, rel=0.03)
    assert row["equivalent_diameter_um"] == pytest.approx(2 * radius, rel=0.01)
    assert row["axis_major_length_um"] == pytest.approx(2 * radius, rel=0.03)
    assert row["sphericity"] == pytest.approx(1, abs=0.03)
    assert row["extent_z_um"] == pytest.approx(2 * radius, abs=1)


@pytest.mark.parametrize("axes", [(3.0, 5.0, 7.0), (3.0, 6.0, 6.0), (7.0, 4.0, 4.0)])
@pytest.mark.parametrize("step", [0.25, 0.5, 1.0])
def test_surface_of_an_ellipsoid_in_any_direction_is_within_three_percent(axes, step, rng):
    spacing = Spacing(0.25, 0.25, step)
    labels = ellipsoid(axes, spacing, rng, turned=True)
    (area,) = surface_areas(labels, 1, spacing)
    assert area == pytest.approx(surface_of_ellipsoid(*axes), rel=0.03)


def test_directions_share_the_sphere():
    unit = Spacing(1.0, 1.0, 1.0)
    shares = [d.area * np.linalg.norm(d.step) / 2 for d in directions(unit)]
    assert sum(shares) == pytest.approx(1)
    assert len({d.step for d in directions(unit)}) == 13


def test_volume_scales_with_the_voxel(rng):
    labels = blobs(rng)
    small, large = measured(labels), measured(labels, spacing=Spacing(0.5, 0.5, 2.0))
    np.testing.assert_allclose(large["volume_um3"], 8 * small["volume_um3"])
    np.testing.assert_allclose(large["surface_area_um2"], 4 * small["surface_area_um2"])
    np.testing.assert_allclose(large["sphericity"], small["sphericity"])


@pytest.mark.parametrize("spacing", [None, Spacing(0.25, 0.25)])
def test_without_the_distance_of_slices_all_is_in_voxels(rng, spacing):
    labels = blobs(rng)
    table = measured(labels, spacing=spacing)
    assert table["volume_px"].tolist() == np.bincount(labels.ravel())[table["label"]].tolist()
    assert not [name for name in table.columns if name.endswith(("_um", "_um2", "_um3"))]


def test_largest_section_has_the_measurements_of_its_plane(rng):
    labels = blobs(rng)
    table = measured(labels)
    planes = measure(labels, spacing=Spacing(0.25, 0.25)).sort_values(
        ["label", "area_um2", "z"], ascending=[True, False, True], kind="stable"
    )
    largest = planes.groupby("label").first().reset_index()
    for name in ("area_um2", "perimeter_um", "solidity", "aspect_ratio", "axis_major_length_um"):
        np.testing.assert_allclose(table[f"section_{name}"], largest[name])
    np.testing.assert_array_equal(table["section_z_px"], largest["z"])


def test_stack_of_one_slice_has_the_areas_of_the_plane(rng):
    labels = blobs(rng)[5:6]
    flat = measure(labels[0], spacing=Spacing(0.25, 0.25))
    table = measured(labels)
    np.testing.assert_allclose(table["volume_um3"], flat["area_um2"])
    np.testing.assert_allclose(table["section_circularity"], flat["circularity"])
    assert table["touches_border"].all()


def test_border_is_on_all_six_sides():
    labels = np.zeros((5, 9, 9), np.int32)
    labels[2, 4, 4] = 1
    for number, place in enumerate(
        [(0, 2, 2), (4, 6, 6), (2, 0, 5), (2, 8, 5), (2, 5, 0)], start=2
    ):
        labels[place] = number
    assert measured(labels)["touches_border"].tolist() == [False, *[True] * 5]


def test_no_nuclei_give_the_same_columns():
    labels = np.zeros((3, 4, 5), np.int32)
    pixels = np.zeros((3, 4, 5), np.uint8)
    empty = measured(labels, pixels)
    assert len(empty) == 0
    assert list(empty.columns) == list(measured(labels + 1, pixels).columns)


def test_every_column_comes_from_the_catalogue(rng):
    table = measured(blobs(rng), np.zeros((14, 60, 50), np.uint8))
    expected = []
    for entry in VOLUME_CATALOGUE:
        name = entry.column(calibrated=True)
        name += "DAPI" if entry.unit == "channel" else ""
        expected.append("neighbours_within_50_um" if entry.name == "neighbours_within" else name)
    assert list(table.columns) == expected


def test_numbers_of_nuclei_do_not_matter(rng):
    labels = blobs(rng)
    renamed = labels.max() + 1 - labels
    renamed[labels == 0] = 0
    one, other = measured(labels), measured(renamed).iloc[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(one.drop(columns="label"), other.drop(columns="label"))
