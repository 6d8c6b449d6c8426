"""Laws of the scores: renaming, turning and order change nothing."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nuclarium.evaluate import ImageScores, score

pairs = hnp.array_shapes(min_dims=2, max_dims=2, max_side=9).flatmap(
    lambda shape: st.tuples(*[hnp.arrays(np.int32, shape, elements=st.integers(0, 6))] * 2)
)
RANGED = ("dice", "iou", "aji", "aji_plus", "panoptic_quality", "f1@0.50", "split_rate")


def values(prediction, truth):
    return np.array(list(score(prediction, truth).values().values()))


@given(pairs, st.permutations(range(1, 7)))
def test_renaming_the_truth_changes_nothing(arrays, order):
    prediction, truth = arrays
    renamed = np.array([0, *order])[truth] * 1000
    np.testing.assert_allclose(values(prediction, renamed), values(prediction, truth))


@given(pairs)
def test_turning_the_image_changes_nothing(arrays):
    prediction, truth = arrays
    np.testing.assert_allclose(values(prediction.T, truth.T), values(prediction, truth))
    np.testing.assert_allclose(values(prediction[::-1], truth[::-1]), values(prediction, truth))


@given(pairs)
def test_scores_lie_between_0_and_1(arrays):
    scores = score(*arrays).values()
    assert all(np.isnan(scores[name]) or 0 <= scores[name] <= 1 for name in RANGED)


@given(pairs)
def test_exchanging_truth_and_prediction_exchanges_the_errors(arrays):
    there, back = score(*arrays), score(*arrays[::-1])
    for a, b in zip(there.matches, back.matches, strict=True):
        assert (a.true_positive, a.false_positive) == (b.true_positive, b.false_negative)
    assert there.pixels == back.pixels
    assert (there.nuclei.split, there.nuclei.merged) == (back.nuclei.merged, back.nuclei.split)


@given(st.lists(pairs, min_size=1, max_size=4))
def test_order_of_adding_does_not_matter(many):
    scores = [score(*arrays) for arrays in many]
    one = sum(scores, start=ImageScores()).counts()
    other = sum(scores[::-1], start=ImageScores()).counts()
    np.testing.assert_allclose(one, other)
