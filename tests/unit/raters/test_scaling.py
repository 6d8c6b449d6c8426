"""Raters are placed on a plane so that distances are kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuclarium.raters.scaling import scaled_places


def distances(places):
    return np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=2))


@given(st.integers(0, 1000), st.integers(3, 9))
def test_points_of_a_plane_are_found_again(seed, n):
    wanted = distances(np.random.default_rng(seed).normal(size=(n, 2)))
    np.testing.assert_allclose(distances(scaled_places(wanted)), wanted, atol=1e-6)


def test_a_distance_that_is_not_known_is_filled_in_by_the_others(rng):
    whole = distances(rng.normal(size=(8, 2)))
    holed = whole.copy()
    holed[2, 5] = holed[5, 2] = np.nan
    np.testing.assert_allclose(distances(scaled_places(holed)), whole, atol=1e-3)


def test_a_rater_without_a_distance_has_no_place():
    apart = np.array([[0, 0.4, np.nan], [0.4, 0, np.nan], [np.nan, np.nan, 0]])
    places = scaled_places(apart)
    assert np.isnan(places[2]).all()
    assert distances(places[:2])[0, 1] == pytest.approx(0.4)


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_raters_have_no_place(n):
    assert np.isnan(scaled_places(np.zeros((n, n)))).all()


def test_raters_who_agree_in_everything_are_at_one_place():
    assert not scaled_places(np.zeros((4, 4))).any()
