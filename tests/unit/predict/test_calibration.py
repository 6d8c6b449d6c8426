import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nuclarium.predict.calibration import Calibration, fit_calibration, reliability


def drawn(count, seed=0):
    """Scores of which only the square is the part that is right."""
    rng = np.random.default_rng(seed)
    score = rng.uniform(0.3, 1, count)
    return score, rng.random(count) < score**2


def test_fitted_scores_are_probabilities():
    calibration = fit_calibration(*drawn(20_000))
    score, is_right = drawn(20_000, seed=1)
    before, after = (reliability(s, is_right).error for s in (score, calibration.apply(score)))
    assert before > 0.15
    assert after < 0.02
    np.testing.assert_allclose(calibration.apply(np.array([0.5, 0.9])), [0.25, 0.81], atol=0.05)


@given(
    arrays(np.float64, 200, elements=st.floats(0, 1)), arrays(np.bool_, 200, elements=st.booleans())
)
def test_order_of_scores_is_kept(score, is_right):
    score = score * 0.99 + np.linspace(0, 0.01, 200)
    after = fit_calibration(score, is_right).apply(np.sort(score))
    assert (np.diff(after) >= 0).all()
    assert 0 <= after.min() <= after.max() <= 1


def test_reliability_counts_by_hand():
    found = reliability(np.array([0.1, 0.15, 0.95, 1.0]), np.array([0, 1, 1, 1], bool), bins=10)
    np.testing.assert_allclose(found.promised, [0.125, 0.975])
    np.testing.assert_allclose(found.kept, [0.5, 1.0])
    np.testing.assert_array_equal(found.count, [2, 2])
    assert found.error == pytest.approx((0.375 * 2 + 0.025 * 2) / 4)


def test_too_few_nuclei_are_refused():
    with pytest.raises(ValueError, match="at least 60 nuclei, but got 10"):
        fit_calibration(*drawn(10))


@pytest.mark.parametrize(
    ("raw", "right"),
    [
        ((0.5,), (0.5,)),
        ((0.5, 0.4), (0.1, 0.2)),
        ((0.1, 0.5), (0.9, 0.2)),
        ((0.1, 0.5), (0.1, 1.2)),
    ],
)
def test_curves_that_are_none_are_refused(raw, right):
    with pytest.raises(ValueError, match="calibration"):
        Calibration(raw, right)
