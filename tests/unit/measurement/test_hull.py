"""Hulls of odd forms equal scikit-image's, pixel by pixel."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.measure import regionprops

from nuclarium.core.geometry import Spacing
from nuclarium.measurement.hull import find_hulls
from nuclarium.measurement.regions import find_regions

planes = hnp.arrays(
    np.int32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 3)
)


@given(planes)
def test_area_and_feret_diameter_of_scattered_pixels(labels):
    regions = find_regions(labels)
    hulls = find_hulls(regions)
    properties = regionprops(labels)
    count = len(properties)
    assert hulls.area(count).tolist() == [p.area_convex for p in properties]
    expected = [p.feret_diameter_max for p in properties]
    np.testing.assert_allclose(hulls.feret_diameter_max(count, Spacing(1, 1)), expected)
