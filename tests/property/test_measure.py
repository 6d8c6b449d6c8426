"""Laws of the measurements: units scale, turning turns, and order is that of the labels."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nuclarium.core.geometry import Spacing
from nuclarium.core.image import Image
from nuclarium.measurement import measure

planes = hnp.arrays(
    np.int32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=10), elements=st.integers(0, 4)
)
UNTURNED = (
    "area",
    "area_convex",
    "perimeter",
    "axis_major_length",
    "axis_minor_length",
    "feret_diameter_max",
    "equivalent_diameter",
)


@given(planes, st.floats(0.01, 10))
def test_lengths_scale_with_spacing_and_areas_with_its_square(labels, size):
    pixels, physical = measure(labels), measure(labels, spacing=Spacing(size, size))
    for name in UNTURNED:
        power = 2 if name.startswith("area") else 1
        unit = "um2" if power == 2 else "um"
        np.testing.assert_allclose(
            physical[f"{name}_{unit}"], pixels[f"{name}_px"] * size**power, atol=1e-6 * size
        )
    np.testing.assert_allclose(physical["solidity"], pixels["solidity"])


@given(planes, st.sampled_from([(1.0, 1.0), (0.5, 0.8)]))
def test_a_quarter_turn_exchanges_the_axes(labels, spacing):
    y, x = spacing
    straight = measure(labels, spacing=Spacing(y, x))
    turned = measure(np.rot90(labels), spacing=Spacing(x, y))
    for name in UNTURNED:
        unit = "um2" if name.startswith("area") else "um"
        np.testing.assert_allclose(
            turned[f"{name}_{unit}"], straight[f"{name}_{unit}"], atol=1e-6, err_msg=name
        )
    np.testing.assert_allclose(turned["centroid_x_px"], straight["centroid_y_px"], atol=1e-9)
    last = labels.shape[1] - 1
    np.testing.assert_allclose(turned["centroid_y_px"], last - straight["centroid_x_px"], atol=1e-9)


@given(planes)
def test_rows_come_in_the_order_of_the_labels(labels):
    assert measure(labels)["label"].tolist() == np.unique(labels[labels > 0]).tolist()


@given(planes, st.permutations(range(1, 5)))
def test_renaming_nuclei_only_reorders_rows(labels, order):
    renamed = measure(np.array([0, *order])[labels] * 100)
    table = measure(labels).assign(label=lambda t: np.array([0, *order])[t["label"]] * 100)
    pd.testing.assert_frame_equal(table.sort_values("label", ignore_index=True), renamed)


@given(planes, st.integers(0, 3), st.integers(0, 3))
def test_empty_rows_and_columns_around_change_only_places(labels, above, left):
    padded = np.pad(labels, ((above, 1), (left, 1)))
    inner, outer = measure(labels), measure(padded)
    places = [name for name in inner if name.startswith(("centroid", "bbox", "touches"))]
    pd.testing.assert_frame_equal(inner.drop(columns=places), outer.drop(columns=places), rtol=1e-9)
    np.testing.assert_allclose(outer["centroid_y_px"], inner["centroid_y_px"] + above)


@given(planes, st.integers(1, 100))
def test_intensities_follow_the_pixels(labels, gain):
    pixels = np.arange(labels.size, dtype=np.float64).reshape(labels.shape)
    one = measure(labels, Image.from_array(pixels)).filter(like="intensity")
    many = measure(labels, Image.from_array(pixels * gain)).filter(like="intensity")
    np.testing.assert_allclose(many, one * gain)
