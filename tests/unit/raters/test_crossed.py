import numpy as np
import pytest
from scipy import stats

from nuclarium.core.errors import SettingsError
from nuclarium.raters.crossed import crossed_difference


def drawn(rng, raters=6, fields=8, of_raters=1.0, of_fields=1.0, rest=1.0, mean=0.0):
    return (
        mean
        + of_raters * rng.standard_normal((raters, 1))
        + of_fields * rng.standard_normal((1, fields))
        + rest * rng.standard_normal((raters, fields))
    )


def test_variance_is_that_of_a_two_way_table():
    table = drawn(np.random.default_rng(0))
    r, f = table.shape
    rows, columns = table.mean(axis=1), table.mean(axis=0)
    of_raters = f * rows.var(ddof=1)
    of_fields = r * columns.var(ddof=1)
    of_rest = ((table - rows[:, None] - columns + table.mean()) ** 2).sum() / ((r - 1) * (f - 1))
    assert of_fields > of_rest
    error = np.sqrt((of_raters + of_fields - of_rest) / table.size)
    found = crossed_difference(table)
    t = abs(table.mean()) / error
    assert found.p_value == pytest.approx(2 * stats.t.sf(t, found.degrees))
    assert found.high - found.low == pytest.approx(2 * stats.t.ppf(0.975, found.degrees) * error)


def test_without_differences_between_fields_it_is_the_t_test_of_raters():
    rng = np.random.default_rng(1)
    table = drawn(rng, of_fields=0.0)
    table -= table.mean(axis=0) - table.mean()  # Every field has the same mean.
    expected = stats.ttest_1samp(table.mean(axis=1), 0)
    assert crossed_difference(table).p_value == pytest.approx(expected.pvalue)
    assert crossed_difference(table).degrees == 5


@pytest.mark.parametrize("spread", [(1.0, 1.0), (0.0, 1.0), (1.0, 0.0)])
def test_where_nothing_differs_one_in_twenty_is_found(spread):
    rng = np.random.default_rng(2)
    found = [
        crossed_difference(drawn(rng, of_raters=spread[0], of_fields=spread[1])).p_value < 0.05
        for _ in range(1000)
    ]
    assert 0.025 < np.mean(found) < 0.08


def test_no_difference_at_all_is_no_finding():
    assert crossed_difference(np.zeros((3, 4))).p_value == 1
    assert crossed_difference(np.ones((3, 4))).p_value == 0


@pytest.mark.parametrize("table", [np.zeros((1, 4)), np.zeros((4, 1)), np.full((3, 3), np.nan)])
def test_tables_that_show_nothing_are_refused(table):
    with pytest.raises(SettingsError, match="at least two raters who all did at least two fields"):
        crossed_difference(table)
