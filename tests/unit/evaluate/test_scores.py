"""Every score equals its definition in loops, and counts of images add up."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.optimize import linear_sum_assignment

from nuclarium.evaluate import SCORES, THRESHOLDS, ImageScores, MatchCounts, score, score_volume

# Nucleus 1 is found, 2 is cut in two, 3 and 4 are lumped, 5 is missed; prediction 9 is invented.
TRUTH = np.array(
    [
        [1, 1, 0, 2, 2, 2, 2],
        [1, 1, 0, 2, 2, 2, 2],
        [0, 0, 0, 0, 0, 0, 0],
        [3, 3, 4, 4, 0, 0, 0],
        [3, 3, 4, 4, 0, 5, 5],
    ]
)
PREDICTION = np.array(
    [
        [6, 6, 0, 2, 2, 3, 3],
        [6, 6, 0, 2, 2, 3, 3],
        [0, 0, 0, 0, 0, 0, 9],
        [4, 4, 4, 4, 0, 0, 0],
        [4, 4, 4, 4, 0, 0, 0],
    ]
)


@pytest.fixture
def random_pair(rng):
    coarse = rng.integers(0, 12, (2, 8, 8))
    truth, prediction = np.kron(coarse, np.ones((1, 4, 4), int))
    return np.roll(prediction, 1, 0), truth


def naive_aji(prediction, truth):
    """Algorithm 1 of Kumar et al. 2017."""
    above = below = 0
    used = set()
    labels = [p for p in np.unique(prediction) if p]
    for t in [t for t in np.unique(truth) if t]:
        mask = truth == t
        shared = [(mask & (prediction == p)).sum() for p in labels]
        either = [(mask | (prediction == p)).sum() for p in labels]
        best = int(np.argmax(np.divide(shared, either))) if labels else None
        if best is None or shared[best] == 0:
            below += mask.sum()
            continue
        above, below = above + shared[best], below + either[best]
        used.add(labels[best])
    return above / (below + sum((prediction == p).sum() for p in labels if p not in used))


def naive_aji_plus(prediction, truth):
    true, predicted = ([x for x in np.unique(a) if x] for a in (truth, prediction))
    shared = np.array([[((truth == t) & (prediction == p)).sum() for p in predicted] for t in true])
    area_t = np.array([(truth == t).sum() for t in true])
    area_p = np.array([(prediction == p).sum() for p in predicted])
    either = area_t[:, None] + area_p - shared
    i, j = linear_sum_assignment(shared / either, maximize=True)
    both = shared[i, j] > 0
    i, j = i[both], j[both]
    alone = np.delete(area_t, i).sum() + np.delete(area_p, j).sum()
    return shared[i, j].sum() / (either[i, j].sum() + alone)


def test_pixel_scores_ignore_which_nucleus_a_pixel_is_of(random_pair):
    prediction, truth = random_pair
    a, b = prediction > 0, truth > 0
    values = score(prediction, truth).values()
    assert values["iou"] == (a & b).sum() / (a | b).sum()
    assert values["dice"] == pytest.approx(2 * (a & b).sum() / (a.sum() + b.sum()))


def test_aji_is_that_of_the_paper(random_pair):
    assert score(*random_pair).values()["aji"] == pytest.approx(naive_aji(*random_pair))
    assert score(PREDICTION, TRUTH).values()["aji"] == naive_aji(PREDICTION, TRUTH)


def test_aji_plus_is_that_of_the_dense_assignment(random_pair):
    assert score(*random_pair).values()["aji_plus"] == pytest.approx(naive_aji_plus(*random_pair))


def test_matches_of_the_picture_above():
    counts = score(PREDICTION, TRUTH).match(0.5)
    # Ties at one half: a half of nucleus 2, and one of the lumped pair.
    assert counts == MatchCounts(3, 2, 2, 2.0)
    assert counts.precision == counts.recall == counts.f1 == 0.6
    assert counts.average_precision == pytest.approx(3 / 7)
    assert counts.panoptic_quality == pytest.approx(0.4)
    assert counts.panoptic_quality == pytest.approx(
        counts.segmentation_quality * counts.recognition_quality
    )


def test_higher_threshold_leaves_the_exact_match():
    assert score(PREDICTION, TRUTH).match(0.95) == MatchCounts(1, 4, 4, 1.0)


def test_splits_and_merges_of_the_picture_above():
    nuclei = score(PREDICTION, TRUTH).nuclei
    assert (nuclei.truth, nuclei.prediction, nuclei.split, nuclei.merged) == (5, 5, 1, 1)


def test_a_speck_does_not_split_a_nucleus():
    truth = np.ones((5, 5), int)
    prediction = truth.copy()
    prediction[0, 0] = 2
    assert score(prediction, truth).nuclei.split == 0


def test_mean_average_precision_is_over_the_thresholds(random_pair):
    scores = score(*random_pair)
    expected = np.mean([scores.match(t).average_precision for t in THRESHOLDS])
    assert scores.values()["average_precision@0.50:0.95"] == pytest.approx(expected)


def test_perfect_prediction_has_perfect_scores(random_pair):
    values = score(random_pair[1], random_pair[1]).values()
    errors = {"count_error", "absolute_count_error", "split_rate", "merge_rate"}
    assert values == {name: 0.0 if name in errors else 1.0 for name in SCORES}


def test_nothing_against_nothing_is_nan():
    nothing = np.zeros((3, 3), int)
    assert all(np.isnan(value) for value in score(nothing, nothing).values().values())


@pytest.mark.parametrize("turned", [False, True])
def test_something_against_nothing_is_zero(turned):
    arrays = np.ones((3, 3), int), np.zeros((3, 3), int)
    values = score(*(arrays[::-1] if turned else arrays)).values()
    for name in ("dice", "iou", "aji", "aji_plus", "panoptic_quality", "f1@0.50"):
        assert values[name] == 0, name


def test_absolute_count_error_does_not_cancel():
    one, none = np.ones((1, 3), int), np.zeros((1, 3), int)
    two = np.array([[1, 0, 2]])
    nuclei = (score(two, one) + score(none, one)).nuclei
    assert (nuclei.count_error, nuclei.absolute_count_error) == (0.0, 1.0)


def test_planes_of_a_stack_add_up(random_pair):
    a, b = random_pair
    assert score(np.stack([a, b]), np.stack([b, b])) == score(a, b) + score(b, b)


def test_counts_and_back(random_pair):
    scores = score(*random_pair)
    assert ImageScores.from_counts(scores.counts()) == scores


def test_shapes_must_agree():
    with pytest.raises(ValueError, match=r"shape of truth, \(2, 3\), but got \(3, 2\)"):
        score(np.zeros((3, 2), int), np.zeros((2, 3), int))


def test_masks_are_refused():
    with pytest.raises(ValueError, match=r"prediction must be integers.*mask"):
        score(np.zeros((3, 2), bool), np.zeros((3, 2), int))


def test_unknown_threshold_is_refused():
    with pytest.raises(ValueError, match="threshold must be one of"):
        ImageScores().match(0.42)


def test_volume_of_one_slice_has_the_scores_of_the_plane(rng):
    prediction, truth = rng.integers(0, 6, (2, 1, 20, 20))
    volume = score_volume(zip(prediction, truth, strict=True))
    np.testing.assert_array_equal(volume.counts(), score(prediction[0], truth[0]).counts())


def test_volume_scores_are_those_of_voxels_laid_out_in_a_plane(rng):
    prediction, truth = ndimage.zoom(rng.integers(0, 9, (2, 3, 5, 5)), (1, 2, 3, 3), order=0)
    volume = score_volume(zip(prediction, truth, strict=True))
    flat = score(prediction.reshape(-1, 15), truth.reshape(-1, 15))
    np.testing.assert_array_equal(volume.counts(), flat.counts())


def test_nucleus_in_other_slices_is_no_match_in_three_dimensions():
    truth = np.zeros((4, 3, 3), int)
    prediction = truth.copy()
    truth[:2], prediction[1:3] = 1, 1
    assert score(prediction, truth).match(0.5).true_positive == 1
    assert score_volume(zip(prediction, truth, strict=True)).match(0.5).true_positive == 0


def test_volume_without_slices_counts_nothing():
    assert score_volume([]).nuclei.truth == 0


def test_slices_of_other_sizes_are_refused():
    pairs = [(np.zeros((2, 2), int), np.zeros((2, 3), int))]
    with pytest.raises(ValueError, match="shape of truth"):
        score_volume(pairs)
