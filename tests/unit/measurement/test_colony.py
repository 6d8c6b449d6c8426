"""The edge of a colony, on shapes with known answers."""

import numpy as np
import pytest

from nuclarium.core.geometry import Spacing
from nuclarium.measurement.colony import find_colony


def disc(radius, side=201):
    y, x = np.mgrid[:side, :side] - side // 2
    return np.hypot(y, x) <= radius


def test_depth_in_a_disc_is_radius_less_distance():
    colony = find_colony(disc(60).astype(np.int32), Spacing(0.5, 0.5))
    places = np.array([[100.0, 100.0], [100.0, 140.0], [50.0, 100.0]])
    np.testing.assert_allclose(colony.depth_at(places), [30, 10, 5], atol=0.5)
    assert colony.size == pytest.approx(np.pi * 30**2, rel=0.01)


def test_lumen_of_a_hollow_colony_is_inside():
    ring = disc(80) & ~disc(60)
    colony = find_colony(ring.astype(np.int32), Spacing(0.25, 0.25), 2.0)
    assert colony.depth_at(np.array([[100.0, 100.0]]))[0] == pytest.approx(20, abs=0.3)
    assert colony.size == pytest.approx(np.pi * 20**2, rel=0.01)


def test_gaps_narrower_than_the_disc_are_closed_and_wider_ones_not():
    labels = np.zeros((60, 200), np.int32)
    labels[20:40, 20:60], labels[20:40, 70:110], labels[20:40, 150:190] = 1, 2, 3
    colony = find_colony(labels, None, 10)
    assert colony.inside[30, 65]
    assert not colony.inside[30, 130]


def test_closing_of_a_convex_colony_adds_nothing():
    mask = disc(40)
    np.testing.assert_array_equal(find_colony(mask.astype(np.int32), None).inside, mask)


def test_closing_equals_the_definition(rng):
    """A point is outside when a disc that touches no nucleus covers it."""
    mask = rng.random((24, 26)) < 0.06
    radius = 3
    y, x = np.mgrid[-12:36, -12:38]
    places, nuclei = np.stack([y.ravel(), x.ravel()], 1), np.argwhere(mask)
    gap = np.hypot(*(places[:, None] - nuclei).transpose(2, 0, 1)).min(axis=1)
    free = places[gap > radius]
    covered = [np.hypot(*(free - p).T).min() <= radius for p in np.ndindex(mask.shape)]
    expected = ~np.array(covered).reshape(mask.shape)
    from scipy.ndimage import binary_fill_holes

    found = find_colony(mask.astype(np.int32), None, radius).inside
    np.testing.assert_array_equal(found, binary_fill_holes(expected))


def test_border_of_the_image_is_no_edge():
    labels = np.zeros((100, 100), np.int32)
    labels[:, :50] = 1
    depth = find_colony(labels, None).depth_at(np.array([[0.0, 0.0], [99.0, 40.0]]))
    np.testing.assert_allclose(depth, [49.5, 9.5])


def test_depth_is_unknown_where_no_edge_is_in_view():
    colony = find_colony(np.ones((30, 30), np.int32), None)
    assert np.isnan(colony.depth).all()
    assert np.isnan(find_colony(np.zeros((5, 5), np.int32), None).depth).all()


def test_depth_counts_micrometres_of_oblong_pixels():
    labels = np.zeros((100, 100), np.int32)
    labels[40:60] = 1
    colony = find_colony(labels, Spacing(2.0, 0.5))
    assert colony.depth_at(np.array([[49.0, 50.0]]))[0] == pytest.approx(20, abs=1.5)


def test_depth_in_a_ball_of_a_stack_is_radius_less_distance():
    z, y, x = np.mgrid[-20:21, -40:41, -40:41]
    ball = np.hypot(np.hypot(z * 1.0, y * 0.5), x * 0.5) <= 15
    hollow = ball & (np.hypot(np.hypot(z * 1.0, y * 0.5), x * 0.5) > 9)
    colony = find_colony(hollow.astype(np.int32), Spacing(0.5, 0.5, z=1.0), 3.0)
    places = np.array([[20.0, 40.0, 40.0], [20.0, 40.0, 60.0], [30.0, 40.0, 40.0]])
    np.testing.assert_allclose(colony.depth_at(places), [15, 5, 5], atol=0.7)
    assert colony.size == pytest.approx(4 / 3 * np.pi * 15**3, rel=0.02)


def test_stack_without_distance_of_slices_is_refused():
    with pytest.raises(ValueError, match="z is None"):
        find_colony(np.ones((2, 3, 3), np.int32), Spacing(1.0, 1.0))
