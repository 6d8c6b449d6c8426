"""Comparisons keep the laws that any must, and say what few groups allow."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nuclarium.analysis.comparison import compare_conditions
from nuclarium.analysis.design import design
from nuclarium.analysis.quantities import dose_of, ordered

CONDITIONS = ["250Pa"] * 4 + ["950Pa"] * 3 + ["1800Pa"] * 5
GROUPS = [f"colony{i}" for i in range(12)]


def study(seed, effect=0.0):
    """Area of nuclei of 12 colonies: colony of each nucleus, and value."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(12), rng.integers(4, 30, 12))
    values = 50 + 5 * rng.normal(size=len(owner)) + 3 * rng.normal(size=12)[owner]
    return owner, values + effect * (owner >= 7)


def compared(owner, values, conditions=CONDITIONS, groups=GROUPS, **options):
    who = design(conditions, groups, owner, options.pop("reference", None))
    return compare_conditions(who, {"area_um2": values}, rng=np.random.default_rng(0), **options)


seeds = st.integers(0, 2**32 - 1)
NUMBERS = ["difference", "low", "high", "percent", "p", "p_permutation", "p_model", "hedges_g"]


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_order_of_nuclei_and_names_of_groups_do_not_matter(seed):
    owner, values = study(seed)
    rng = np.random.default_rng(seed)
    order, renamed = rng.permutation(len(owner)), rng.permutation(12)
    conditions, groups = np.array(CONDITIONS, object), np.array(GROUPS, object)
    other = compared(
        renamed[owner][order], values[order], *(_put(a, renamed) for a in (conditions, groups))
    )
    pd.testing.assert_frame_equal(
        compared(owner, values).comparisons[NUMBERS],
        other.comparisons[NUMBERS],
        rtol=1e-5,
        atol=1e-6,
    )


def _put(names, place):
    moved = names.copy()
    moved[place] = names
    return list(moved)


@settings(max_examples=15, deadline=None)
@given(seeds, st.floats(1e-3, 1e3))
def test_units_scale_differences_and_leave_shares_and_tests(seed, factor):
    owner, values = study(seed)
    a, b = compared(owner, values).comparisons, compared(owner, factor * values).comparisons
    for column in ("difference", "low", "high", "model_low", "bootstrap_high"):
        np.testing.assert_allclose(b[column], factor * a[column], rtol=1e-4, atol=1e-4 * factor)
    for column in ("p", "p_model", "p_permutation", "percent", "percent_low", "hedges_g"):
        np.testing.assert_allclose(b[column], a[column], rtol=1e-4, atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_exchanging_condition_and_reference_turns_the_difference(seed):
    owner, values = study(seed)
    there = (
        compared(owner, values, reference="250Pa").comparisons.set_index("condition").loc["1800Pa"]
    )
    back = (
        compared(owner, values, reference="1800Pa").comparisons.set_index("condition").loc["250Pa"]
    )
    assert back["difference"] == pytest.approx(-there["difference"])
    assert (back["low"], back["p"]) == pytest.approx((-there["high"], there["p"]))
    assert 1 + back["percent_low"] / 100 == pytest.approx(1 / (1 + there["percent_high"] / 100))


def test_doubling_every_nucleus_adds_no_certainty():
    """The mistake that groups as units are there against."""
    owner, values = study(3)
    once, twice = compared(owner, values), compared(np.repeat(owner, 9), np.repeat(values, 9))
    assert twice.comparisons["p"].tolist() == pytest.approx(once.comparisons["p"].tolist())


def test_values_that_are_unknown_are_left_out():
    owner, values = study(5)
    with_gaps = np.concatenate([values, [np.nan, np.inf]])
    a = compared(owner, values)
    b = compared(np.concatenate([owner, [0, 11]]), with_gaps)
    assert b.comparisons["p"].tolist() == a.comparisons["p"].tolist()
    assert b.comparisons["nuclei"].tolist() == a.comparisons["nuclei"].tolist()


def test_one_group_gives_a_difference_and_nothing_more():
    owner, values = study(2)
    found = compared(owner, values, ["a"] * 11 + ["b"]).comparisons.iloc[0]
    assert np.isfinite(found["difference"])
    assert np.isfinite(found["percent"])
    gone = ["low", "high", "p", "p_holm", "p_permutation", "hedges_g", "bootstrap_low"]
    assert found[gone].isna().all()


def test_model_is_believed_where_it_is_asked_for():
    owner, values = study(2)
    found = compared(owner, values, test="model").comparisons
    assert found["p"].tolist() == found["p_model"].tolist()
    assert found["low"].tolist() == found["model_low"].tolist()


def test_feature_of_groups_is_tested_by_groups_even_so():
    owner, values = study(2)
    who = design(CONDITIONS, GROUPS, owner)
    number = {"nuclei_per_plane": np.bincount(owner).astype(float)}
    found = compare_conditions(
        who, {"area_um2": values}, number, rng=np.random.default_rng(0), test="model"
    ).comparisons.set_index("feature")
    row = found.loc["nuclei_per_plane"].iloc[0]
    assert row["p"] == row["p_groups"]
    assert np.isnan(row["p_model"])


def test_groups_of_one_name_in_two_conditions_are_two():
    who = design(["a", "a", "b"], ["colony1", "colony2", "colony1"], np.array([0, 1, 2, 2]))
    assert who.groups == ("colony1", "colony2", "colony1")
    assert who.owner.tolist() == [0, 1, 2, 2]


def test_images_of_one_group_are_pooled():
    who = design(["a", "b", "a"], ["x", "y", "x"], np.array([0, 1, 2]))
    assert who.owner.tolist() == [0, 1, 0]


def test_reference_must_be_a_condition():
    with pytest.raises(ValueError, match="one of the conditions a, b, but got c"):
        design(["a", "b"], ["x", "y"], np.array([0, 1]), "c")


@pytest.mark.parametrize(
    ("names", "values", "unit"),
    [
        (["250Pa", "1800Pa"], (250, 1800), "Pa"),
        (["0.25 kPa", "1.8 kPa"], (0.25, 1.8), "kPa"),
        (["950Pa", "1,2 kPa"], (950, 1200), "Pa"),
        (["10 µM", "5 mM", "1 M"], (1e-5, 5e-3, 1), "M"),
        (["3", "10"], (3, 10), ""),
    ],
)
def test_numbers_with_units_are_doses(names, values, unit):
    dose = dose_of(names)
    assert dose.numbers == pytest.approx(values)
    assert dose.unit == unit


@pytest.mark.parametrize(
    "names", [["control", "10 nM"], ["1 Pa", "1 s"], ["1kPa", "1000Pa"], [], ["a"]]
)
def test_others_are_none(names):
    assert dose_of(names) is None


def test_conditions_are_in_the_order_of_their_numbers():
    assert ordered(["1.2kPa", "250Pa", "950Pa", "250Pa"]) == ["250Pa", "950Pa", "1.2kPa"]
