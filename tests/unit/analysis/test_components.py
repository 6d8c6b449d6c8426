"""The random intercept equals published values, the analysis of variance and another library."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nuclarium.analysis.components import effective_nuclei, fit_components, icc_interval
from nuclarium.analysis.contrasts import mixed_difference
from nuclarium.analysis.grouped import group_sums

# Davies and Goldsmith, 1972: yield of dyestuff of 6 batches; the data set Dyestuff of R's lme4.
DYESTUFF = np.array(
    [
        [1545, 1440, 1440, 1520, 1580],
        [1540, 1555, 1490, 1560, 1495],
        [1595, 1550, 1605, 1510, 1560],
        [1445, 1440, 1595, 1465, 1545],
        [1595, 1630, 1515, 1635, 1625],
        [1520, 1455, 1450, 1480, 1445],
    ],
    float,
)
SIZES = np.array([4, 30, 12, 9, 25, 3, 17, 8, 40])
CONDITION = np.array([0] * 4 + [1] * 5)


def dyestuff(condition):
    owner = np.repeat(np.arange(6), 5)
    return group_sums(DYESTUFF.reshape(1, -1), owner, np.array(condition))


def uneven(rng, between=0.8):
    owner = np.repeat(np.arange(9), SIZES)
    values = rng.normal(size=len(owner)) + between * rng.normal(size=9)[owner]
    return values + 0.5 * CONDITION[owner], owner


def test_variances_of_the_dyestuff_are_those_published():
    found = fit_components(dyestuff([0] * 6))
    assert found.between[0] == pytest.approx(1764.05, abs=0.01)
    assert found.within[0] == pytest.approx(2451.25, abs=0.01)


def test_interval_of_the_share_of_balanced_groups_is_exact():
    low, high = icc_interval(dyestuff([0] * 6))
    f = 11271.5 / 2451.25
    expected = [
        (f / stats.f.ppf(q, 5, 24) - 1) / (f / stats.f.ppf(q, 5, 24) + 4) for q in (0.975, 0.025)
    ]
    assert [low[0], high[0]] == pytest.approx(expected, abs=1e-4)


def test_balanced_groups_give_the_t_test_of_their_means():
    found = mixed_difference(dyestuff([0, 0, 0, 1, 1, 1]), 1, 0)
    means = DYESTUFF.mean(axis=1)
    expected = stats.ttest_ind(means[3:], means[:3])
    assert found.p[0] == pytest.approx(expected.pvalue, abs=1e-6)
    assert found.df[0] == pytest.approx(4, abs=1e-4)
    interval = expected.confidence_interval()
    assert (found.low[0], found.high[0]) == pytest.approx((interval.low, interval.high), rel=1e-5)


def naive_satterthwaite(owner, between, within):
    """Degrees of freedom from the matrices of the definition, and numeric derivatives."""
    same = (owner[:, None] == owner).astype(float)
    x = np.stack([np.ones(len(owner)), CONDITION[owner]], axis=1)

    def variance(a, e):
        return np.linalg.inv(x.T @ np.linalg.inv(a * same + e * np.eye(len(owner))) @ x)[1, 1]

    inverse = np.linalg.inv(between * same + within * np.eye(len(owner)))
    p = inverse - inverse @ x @ np.linalg.inv(x.T @ inverse @ x) @ x.T @ inverse
    pz = p @ same
    information = np.array(
        [[np.sum(pz * pz.T), np.sum(p * pz.T)], [np.sum(p * pz.T), np.sum(p * p)]]
    )
    h = 1e-5
    slope = np.array(
        [
            variance(between + h, within) - variance(between - h, within),
            variance(between, within + h) - variance(between, within - h),
        ]
    ) / (2 * h)
    here = variance(between, within)
    return here, 2 * here**2 / (slope @ np.linalg.inv(information / 2) @ slope)


@pytest.mark.parametrize("between", [0.0, 0.3, 2.0])
def test_error_and_degrees_of_freedom_follow_their_definition(rng, between):
    values, owner = uneven(rng, between)
    sums = group_sums(values[None], owner, CONDITION)
    variances = fit_components(sums)
    found = mixed_difference(sums, 1, 0, variances)
    variance, df = naive_satterthwaite(owner, variances.between[0], variances.within[0])
    assert found.standard_error[0] ** 2 == pytest.approx(variance, rel=1e-6)
    assert found.df[0] == pytest.approx(df, rel=1e-4)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("between", [0.5, 1.5])
def test_model_equals_that_of_statsmodels(rng, between):
    mixedlm = pytest.importorskip("statsmodels.formula.api").mixedlm
    values, owner = uneven(rng, between)
    sums = group_sums(values[None], owner, CONDITION)
    variances, found = fit_components(sums), mixed_difference(sums, 1, 0)
    frame = pd.DataFrame({"y": values, "c": CONDITION[owner], "g": owner})
    theirs = mixedlm("y ~ c", frame, groups="g").fit(reml=True)
    assert variances.between[0] == pytest.approx(theirs.cov_re.iloc[0, 0], rel=1e-3)
    assert variances.within[0] == pytest.approx(theirs.scale, rel=1e-3)
    assert found.difference[0] == pytest.approx(theirs.params["c"], rel=1e-3)


def test_variances_equal_those_that_statsmodels_once_gave():
    """The same as above for one set of numbers, where statsmodels is not installed."""
    values, owner = uneven(np.random.default_rng(7), 1.0)
    variances = fit_components(group_sums(values[None], owner, CONDITION))
    assert variances.between[0] == pytest.approx(STATSMODELS[0], rel=1e-3)
    assert variances.within[0] == pytest.approx(STATSMODELS[1], rel=1e-3)


STATSMODELS = 0.277600, 0.790070


def test_alike_groups_have_no_share_and_separate_ones_all():
    spread = np.tile([-1.0, 0.0, 1.0], 6)
    owner, condition = np.repeat(np.arange(6), 3), np.array([0, 0, 0, 1, 1, 1])
    values = np.stack([spread, 100 * owner + 1e-3 * spread])
    assert fit_components(group_sums(values, owner, condition)).icc == pytest.approx(
        [0, 1], abs=1e-4
    )


def test_nuclei_count_like_groups_when_all_variance_is_between(rng):
    values, owner = uneven(rng)
    sums = group_sums(values[None], owner, CONDITION)
    none, all_ = (np.array([share]) for share in (0.0, 1.0))
    alone = type(fit_components(sums))
    assert effective_nuclei(sums, alone(none, all_)).tolist() == [[55, 93]]
    assert effective_nuclei(sums, alone(all_, none)).tolist() == [[4, 5]]


def test_one_value_a_group_leaves_the_model_unknown():
    sums = group_sums(np.arange(6.0)[None], np.arange(6), np.array([0, 0, 0, 1, 1, 1]))
    assert np.isnan(fit_components(sums).icc).all()
    assert np.isnan(mixed_difference(sums, 1, 0).p).all()
