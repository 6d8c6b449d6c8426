"""Tests of means of groups equal those of scipy and of naive definitions."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from nuclarium.analysis.bootstrap import bootstrap_interval
from nuclarium.analysis.contrasts import means_of_groups, welch_difference
from nuclarium.analysis.correction import benjamini_hochberg, holm
from nuclarium.analysis.effect_size import hedges_g, noncentrality_interval
from nuclarium.analysis.grouped import group_sums
from nuclarium.analysis.overall import trend, welch_anova
from nuclarium.analysis.permutation import permutation_test

CONDITION = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2])


@pytest.fixture
def sums(rng):
    """Three features of 12 groups of 3 to 20 nuclei."""
    owner = np.repeat(np.arange(12), rng.integers(3, 20, 12))
    values = 10 + rng.normal(size=(3, len(owner))) + rng.normal(size=(3, 12))[:, owner]
    return group_sums(values, owner, CONDITION)


def of(sums, condition, feature=0):
    return sums.mean[feature, sums.condition == condition]


def test_difference_is_welchs(sums):
    found = welch_difference(means_of_groups(sums), 2, 0)
    for feature in range(3):
        theirs = stats.ttest_ind(of(sums, 2, feature), of(sums, 0, feature), equal_var=False)
        assert found.p[feature] == pytest.approx(theirs.pvalue)
        interval = theirs.confidence_interval()
        assert found.low[feature] == pytest.approx(interval.low)
        assert found.high[feature] == pytest.approx(interval.high)


def test_interval_of_the_ratio_holds_what_a_test_does_not_refuse(sums):
    """Fieller's interval by its definition: ratios r for which mean - r · reference may be 0."""
    found = welch_difference(means_of_groups(sums), 2, 0)
    a, b = of(sums, 2), of(sums, 0)
    for ratio in (found.ratio_low[0], found.ratio_high[0]):
        error = np.sqrt(a.var(ddof=1) / len(a) + ratio**2 * b.var(ddof=1) / len(b))
        t = abs(a.mean() - ratio * b.mean()) / error
        assert t == pytest.approx(stats.t.ppf(0.975, found.df[0]))


def test_interval_of_the_ratio_agrees_with_that_of_the_difference(rng):
    owner = np.arange(12)
    sums = group_sums(rng.normal(3, 1, (300, 12)), owner, CONDITION)
    found = welch_difference(means_of_groups(sums), 2, 0)
    known = np.isfinite(found.ratio_low)
    assert known.sum() > 100
    has_zero = (found.low <= 0) & (found.high >= 0)
    has_one = (found.ratio_low <= 1) & (found.ratio_high >= 1)
    np.testing.assert_array_equal(has_zero[known], has_one[known])


def test_overall_test_is_welchs_anova(sums):
    found = welch_anova(means_of_groups(sums))
    for feature in range(3):
        parts = [of(sums, c, feature) for c in range(3)]
        theirs = stats.f_oneway(*parts, equal_var=False)
        assert found.f[feature] == pytest.approx(theirs.statistic)
        assert found.p[feature] == pytest.approx(theirs.pvalue)


def test_overall_test_of_two_conditions_is_welchs_t(rng):
    sums = group_sums(rng.normal(size=(1, 7)), np.arange(7), np.array([0, 0, 0, 1, 1, 1, 1]))
    means = means_of_groups(sums)
    assert welch_anova(means).p[0] == pytest.approx(welch_difference(means, 1, 0).p[0])


def test_permutation_looks_at_every_arrangement(sums, rng):
    found = permutation_test(sums, 1, 0, rng=rng)
    values = np.concatenate([of(sums, 1), of(sums, 0)])

    def t(first):
        rest = np.delete(values, first)
        return abs(stats.ttest_ind(values[first], rest, equal_var=False).statistic)

    every = [t(list(first)) for first in combinations(range(7), 3)]
    assert found.is_exact
    assert found.smallest == 1 / 35
    assert found.p[0] == pytest.approx(np.mean(np.array(every) >= t([0, 1, 2]) - 1e-9))


def test_drawn_permutations_come_close_to_all(sums, rng):
    exact = permutation_test(sums, 2, 0, rng=rng)
    drawn = permutation_test(sums, 2, 0, rng=rng, draws=100)
    assert (exact.is_exact, drawn.is_exact) == (True, False)
    np.testing.assert_allclose(drawn.p, exact.p, atol=0.2)


def test_permutation_of_what_does_not_vary_finds_nothing(rng):
    sums = group_sums(np.full((1, 6), 24.0), np.arange(6), np.array([0, 0, 0, 1, 1, 1]))
    assert permutation_test(sums, 1, 0, rng=rng).p.tolist() == [1]


def test_smallest_p_of_three_and_three_groups_is_a_tenth(rng):
    sums = group_sums(np.arange(6.0)[None], np.arange(6), np.array([0, 0, 0, 1, 1, 1]))
    found = permutation_test(sums, 1, 0, rng=rng)
    assert found.smallest == found.p[0] == 0.1


def test_trend_is_the_regression_of_means(sums):
    dose = np.array([250.0, 950.0, 1800.0])
    found = trend(sums, dose)
    theirs = stats.linregress(dose[CONDITION], sums.mean[1])
    assert found.slope[1] == pytest.approx(theirs.slope)
    assert found.p[1] == pytest.approx(theirs.pvalue)
    reach = stats.t.ppf(0.975, 10) * theirs.stderr
    assert found.high[1] == pytest.approx(theirs.slope + reach)


def test_trend_needs_three_values(rng):
    sums = group_sums(rng.normal(size=(1, 6)), np.arange(6), np.array([0, 0, 0, 1, 1, 1]))
    assert np.isnan(trend(sums, np.array([1.0, 2.0])).p).all()


@pytest.mark.parametrize(("t", "df"), [(0.0, 4.0), (2.5, 4.0), (-3.0, 10.0), (6.0, 30.0)])
def test_noncentralities_are_those_of_scipy(t, df):
    low, high = noncentrality_interval(np.array([t]), np.array([df]))
    assert stats.nct.cdf(t, df, low[0]) == pytest.approx(0.975, abs=1e-4)
    assert stats.nct.cdf(t, df, high[0]) == pytest.approx(0.025, abs=1e-4)


def test_hedges_g_is_the_difference_in_pooled_deviations(sums):
    g, low, high = hedges_g(sums, means_of_groups(sums), 2, 0)
    a, b = of(sums, 2), of(sums, 0)
    pooled = np.sqrt((4 * a.var(ddof=1) + 3 * b.var(ddof=1)) / 7)
    assert g[0] == pytest.approx((a.mean() - b.mean()) / pooled * (1 - 3 / (4 * 7 - 1)), rel=2e-3)
    assert (low < g).all()
    assert (g < high).all()


def test_bootstrap_spreads_as_the_means_of_drawn_groups_do(sums, rng):
    low, high = bootstrap_interval(sums, 2, 0, rng=rng, draws=20_000)
    a, b = of(sums, 2), of(sums, 0)
    error = np.sqrt(a.var() / len(a) + b.var() / len(b))
    assert (high[0] - low[0]) / (2 * 1.96 * error) == pytest.approx(1, abs=0.1)


def test_corrections_follow_their_definitions(rng):
    p = rng.random(30) ** 3
    n = len(p)
    order = np.argsort(p)
    naive = np.empty(n)
    for i, place in enumerate(order):
        naive[place] = min(1, max((n - j) * p[order[j]] for j in range(i + 1)))
    np.testing.assert_allclose(holm(p), naive)
    np.testing.assert_allclose(benjamini_hochberg(p), stats.false_discovery_control(p))


def test_corrections_leave_out_what_was_not_tested():
    p = np.array([0.01, np.nan, 0.04])
    assert holm(p)[[0, 2]].tolist() == [0.02, 0.04]
    assert np.isnan(benjamini_hochberg(p)[1])
    assert np.isnan(holm(np.array([np.nan]))).all()
