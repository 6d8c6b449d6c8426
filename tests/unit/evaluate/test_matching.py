"""Overlaps and matches equal those of loops over all pairs and of the dense assignment."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import linear_sum_assignment

from nuclarium.evaluate.matching import match, overlap_table

pairs = hnp.array_shapes(min_dims=2, max_dims=2, max_side=9).flatmap(
    lambda shape: st.tuples(*[hnp.arrays(np.int32, shape, elements=st.integers(0, 6))] * 2)
)


def naive_iou(prediction, truth):
    true, predicted = (np.unique(a[a > 0]) for a in (truth, prediction))
    iou = np.zeros((len(true), len(predicted)))
    for i, t in enumerate(true):
        for j, p in enumerate(predicted):
            either = ((truth == t) | (prediction == p)).sum()
            iou[i, j] = ((truth == t) & (prediction == p)).sum() / either
    return iou


@given(pairs)
def test_table_holds_every_overlap(arrays):
    table = overlap_table(*arrays)
    dense = np.zeros((len(table.truth_area), len(table.prediction_area)))
    dense[table.truth_index, table.prediction_index] = table.iou
    np.testing.assert_allclose(dense, naive_iou(*arrays))
    assert (table.intersection > 0).all()


@given(pairs)
def test_table_does_not_depend_on_how_much_is_compared_at_once(arrays):
    whole = overlap_table(*arrays)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nuclarium.evaluate.matching._BAND", 2)
        banded = overlap_table(*arrays)
    for name in ("truth_area", "prediction_area", "truth_index", "intersection"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(banded, name))


@given(pairs, st.sampled_from([0.05, 0.1, 0.25, 0.5, 0.6, 0.75, 1.0]))
def test_number_of_matches_is_that_of_the_dense_assignment(arrays, threshold):
    iou = naive_iou(*arrays)
    gain = (iou >= threshold) * (1 + iou / (2 * max(1, min(iou.shape))))
    chosen = linear_sum_assignment(gain, maximize=True)
    good = iou[chosen] >= threshold
    found, found_iou = match(overlap_table(*arrays), threshold)
    assert len(found) == good.sum()
    assert found_iou.sum() == pytest.approx(iou[chosen][good].sum())


@given(pairs, st.sampled_from([0.1, 0.5]))
def test_no_nucleus_is_matched_twice(arrays, threshold):
    table = overlap_table(*arrays)
    found, _ = match(table, threshold)
    for index in (table.truth_index, table.prediction_index):
        assert len(np.unique(index[found])) == len(found)


def test_a_tie_at_one_half_gives_one_match():
    truth, prediction = np.array([[1, 1]]), np.array([[1, 2]])
    assert len(match(overlap_table(prediction, truth), 0.5)[0]) == 1


@pytest.mark.parametrize("threshold", [0, -0.1, 1.1, float("nan")])
def test_impossible_threshold_is_refused(threshold):
    table = overlap_table(np.ones((1, 1), int), np.ones((1, 1), int))
    with pytest.raises(ValueError, match="threshold must be above 0"):
        match(table, threshold)
