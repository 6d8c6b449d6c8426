import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuclarium.evaluate.correction import holm


def naive(p):
    order = sorted(range(len(p)), key=lambda i: p[i])
    adjusted, largest = [0.0] * len(p), 0.0
    for rank, i in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - rank) * p[i]))
        adjusted[i] = largest
    return adjusted


@given(st.lists(st.floats(0, 1), max_size=12))
def test_adjusted_values_are_those_of_the_definition(p):
    np.testing.assert_allclose(holm(p), naive(p))


def test_what_was_not_compared_stays_and_does_not_count():
    assert holm([0.02, float("nan"), 0.03]) == pytest.approx(
        [0.04, float("nan"), 0.04], nan_ok=True
    )
