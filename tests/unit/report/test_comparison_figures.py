"""Figures of comparisons show the numbers where they are."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuclarium.report.axis import Axis
from nuclarium.report.forest import forest
from nuclarium.report.raincloud import CloudData, raincloud

NAN = float("nan")


def cloud(values, means, name="250Pa", ends=(NAN, NAN, NAN)):
    values, means = np.array(values, float), np.array(means, float)
    owner = np.arange(len(values)) % max(len(means), 1)
    return CloudData(name, values, owner, means, [f"c{i}" for i in range(len(means))], *ends)


@given(st.floats(-1e5, 1e5), st.floats(1e-3, 1e5))
def test_marks_lie_on_the_axis_and_say_where(low, length):
    axis = Axis(low, low + length, 0, 1000)
    ticks = axis.ticks()
    assert 2 <= len(ticks) <= 11
    assert all(-0.1 <= tick.at <= 1000.1 for tick in ticks)
    assert len({tick.text for tick in ticks}) == len(ticks)


def test_means_of_groups_are_at_their_values(rng):
    figure = raincloud("Area", "µm²", [cloud(rng.normal(50, 5, 300), [48, 52])], rng=rng)
    low, high = figure.clouds[0].means
    ticks = {tick.text: tick.at for tick in figure.ticks}
    scale = (ticks["50"] - ticks["60"]) / 10
    assert low.y - high.y == pytest.approx(4 * scale, abs=0.3)
    assert ticks["50"] - high.y == pytest.approx(2 * scale, abs=0.3)
    assert (low.text, high.text) == ("c0: 48", "c1: 52")


def test_groups_have_shades_from_dark_to_light_that_their_nuclei_share(rng):
    figure = raincloud("Area", "", [cloud(rng.normal(size=50), [0, 0, 0])], rng=rng)
    assert [dot.shade for dot in figure.clouds[0].means] == [0, 0.5, 1]
    assert {dot.shade for dot in figure.clouds[0].drops} == {0, 0.5, 1}


def test_a_million_nuclei_make_a_small_figure(rng):
    figure = raincloud("Area", "", [cloud(rng.normal(size=1_000_000), [0.0])], rng=rng)
    assert len(figure.clouds[0].drops) <= 240
    assert len(figure.clouds[0].path) < 5000


def test_nuclei_far_off_are_counted_in_words(rng):
    values = [*rng.normal(10, 1, 500), 1e6]
    assert "Beyond the axis: 1 of 501" in raincloud("Area", "", [cloud(values, [10])], rng=rng).note


def test_feature_of_groups_has_dots_alone(rng):
    figure = raincloud("Nuclei", "", [cloud([], [3, 5], ends=(4, 1, 7))], rng=rng)
    assert figure.clouds[0].path == ""
    assert figure.clouds[0].drops == ()
    assert figure.clouds[0].high_y < figure.clouds[0].mean_y < figure.clouds[0].low_y


def test_nothing_known_is_no_figure(rng):
    assert raincloud("Area", "", [cloud([], [NAN])], rng=rng) is None


def test_constant_values_are_drawn(rng):
    assert raincloud("Area", "", [cloud([5] * 10, [5, 5])], rng=rng).clouds[0].path


ROW = {
    "feature": "area_um2",
    "condition": "b",
    "reference": "a",
    "percent": 10.0,
    "percent_low": 5.0,
    "percent_high": 15.0,
    "p_holm": 0.01,
}


def test_forest_marks_what_holds_and_cuts_what_is_too_long():
    rows = [ROW, {**ROW, "condition": "c", "percent_high": 900.0, "p_holm": 0.2}]
    drawn = forest(pd.DataFrame(rows), ["a", "b", "c"])
    assert [row.is_significant for row in drawn.rows] == [True, False]
    assert [row.is_cut_high for row in drawn.rows] == [False, True]
    assert drawn.zero < drawn.rows[0].low < drawn.rows[0].x < drawn.rows[0].high


def test_forest_leaves_out_what_has_no_interval_and_says_so():
    nothing = {"percent_low": NAN, "percent_high": NAN}
    rows = [ROW, {**ROW, "condition": "c", **nothing}, {**ROW, "feature": "solidity", **nothing}]
    drawn = forest(pd.DataFrame(rows), ["a", "b", "c"])
    assert drawn.left_out == ("Solidity",)
    assert drawn.rows[1].text == "10 (no interval)"
    assert forest(pd.DataFrame(rows[2:]), ["a", "b", "c"]) is None
