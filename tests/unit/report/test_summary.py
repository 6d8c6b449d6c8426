"""Numbers of a page, from small tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nuclarium.report.summary import median, round_bins, summarise


def test_areas_and_density_are_physical_where_the_pixel_size_is_known():
    table = pd.DataFrame({"area_um2": [10.0, 20.0, np.nan], "intensity_mean_DAPI": [1, 2, 3]})
    summary = summarise(table, plane_shape=(1000, 500), pixel_area_um2=0.25)
    assert (summary.median_area, summary.area_unit) == (15, "µm²")
    assert summary.density_per_mm2 == pytest.approx(3 / 0.125)
    assert summary.intensities["DAPI"].tolist() == [1, 2, 3]


def test_without_a_pixel_size_areas_are_pixels_and_there_is_no_density():
    summary = summarise(pd.DataFrame({"area_px": [4]}), plane_shape=(9, 9), pixel_area_um2=None)
    assert (summary.median_area, summary.area_unit, summary.density_per_mm2) == (4, "px", None)


def test_an_image_without_nuclei_has_no_median_but_a_density_of_zero():
    table = pd.DataFrame({"area_um2": pd.Series(dtype=float)})
    summary = summarise(table, plane_shape=(9, 9), pixel_area_um2=1.0)
    assert (summary.median_area, summary.density_per_mm2) == (None, 0)


def test_median_of_nothing_is_none():
    assert median(np.zeros(0)) is None


@pytest.mark.parametrize(
    "values", [[], [0.0], [7.0], [7.0] * 5, [-3.0, -1.0], [1e-6, 2e-6], [5, 6, 7, 1e6]]
)
def test_every_value_is_counted_once(values):
    values = np.array(values, float)
    bins = round_bins(values)
    assert (np.diff(bins.edges) > 0).all()
    assert bins.counts(values).sum() == len(values)


def test_a_few_very_large_values_do_not_flatten_the_histogram():
    values = np.append(np.linspace(50, 150, 999), 1e6)
    bins = round_bins(values)
    assert bins.is_open
    assert bins.edges[-1] < 200
    assert (bins.counts(values) > 0).sum() > 8
