import pytest

from nuclarium.report.benchmark_page import interval_chart


def test_intervals_lie_on_one_axis():
    values = {"a": (90.0, 92.0, 93.0), "b": (91.0, 93.5, 95.0)}
    chart = interval_chart("F1", values, "%")
    a, b = chart.rows
    assert a.low < a.value < a.high < b.high
    assert a.low >= chart.ticks[0].x
    assert b.high <= chart.ticks[-1].x
    per_percent = (b.high - a.low) / 5
    assert a.high - a.low == pytest.approx(3 * per_percent, abs=0.2)


def test_value_without_an_interval_is_a_point():
    (row,) = interval_chart("F1", {"a": (float("nan"), 50.0, float("nan"))}, "%").rows
    assert row.low == row.value == row.high
