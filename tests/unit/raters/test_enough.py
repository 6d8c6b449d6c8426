import itertools
from dataclasses import replace

import numpy as np
import pytest

from nuclarium.core.errors import SettingsError
from nuclarium.raters.answers import Answers
from nuclarium.raters.enough import SCORES, raters_enough
from nuclarium.raters.enough_draws import Plan, ranks
from nuclarium.raters.enough_scores import Reference, auroc_micro, correlation, scores_against
from nuclarium.raters.truth import coded, infer_truth

LABELS = ("a", "b", "c", "undetected")


def simulated(raters=5, fields=6, items=12, seed=0, accuracy=0.7, unseen=0.0):
    """Return answers of equal raters, and the truth by name."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, fields * items)
    field = np.repeat(np.arange(fields), items).astype(np.int32)
    right = rng.random((len(truth), raters)) < accuracy
    said = np.where(right, truth[:, None], rng.integers(0, 4, right.shape))
    looked = (rng.random((fields, raters)) >= unseen)[field]
    item, rater = np.nonzero(looked)
    answers = Answers(
        item,
        rater,
        said[item, rater],
        tuple(f"i{i}" for i in range(len(truth))),
        tuple(f"r{i}" for i in range(raters)),
        LABELS,
        field,
        tuple(f"f{i}" for i in range(fields)),
        tuple("PN"[i % 2] for i in range(raters)),
    )
    return answers, [LABELS[t] for t in truth]


def test_all_raters_give_the_truth_of_all_raters():
    answers, truth = simulated()
    enough = raters_enough(answers, truth, [5], repetitions=3)
    whole = infer_truth(answers, tolerance=1e-6)
    reference = Reference(np.array([LABELS.index(t) for t in truth], np.int32), 3)
    expected = scores_against(reference, whole.labels_of_items, whole.probabilities)
    for repetition in range(3):
        np.testing.assert_allclose(enough.scores[0, repetition], expected, rtol=1e-12)
    assert np.isnan(enough.curves()["mean"]).sum() == 0


def test_a_truth_judged_against_itself_is_right():
    answers, _ = simulated()
    enough = raters_enough(answers, infer_truth(answers, tolerance=1e-6), [5], repetitions=1)
    np.testing.assert_allclose(enough.scores[0, 0, [0, 1, 3]], 1)


def test_more_raters_are_better():
    answers, truth = simulated(raters=9)
    curves = raters_enough(answers, truth, [1, 3, 9], repetitions=8).curves()
    for _, curve in curves.groupby("score"):
        assert curve["mean"].is_monotonic_increasing
        assert (curve["low"] <= curve["median"]).all()
        assert (curve["median"] <= curve["high"]).all()
        wide = curve["k"] < 9
        assert (curve["mean_low"] < curve["mean_high"])[wide].all()


@pytest.mark.parametrize("draw", ["field", "study"])
def test_scores_do_not_depend_on_workers_nor_on_the_number_of_repetitions(draw):
    answers, truth = simulated(unseen=0.1)
    told = []
    settings = {"ks": [1, 2], "seed": 7, "draw": draw}
    one = raters_enough(answers, truth, repetitions=12, advance=told.append, **settings)
    two = raters_enough(answers, truth, repetitions=12, workers=2, **settings)
    np.testing.assert_array_equal(one.scores, two.scores)
    few = raters_enough(answers, truth, repetitions=3, **settings)
    np.testing.assert_array_equal(one.scores[:, :3], few.scores)
    assert sum(told) == 12
    other = raters_enough(answers, truth, repetitions=12, **(settings | {"seed": 8}))
    assert not np.array_equal(one.scores, other.scores, equal_nan=True)


def plan_of(answers, seen, draw="field"):
    reference = Reference(np.zeros(len(answers.items), np.int32), 3)
    return Plan(coded(answers), answers.field, seen, reference, (2,), 0, draw, "majority", {})


def test_each_field_has_k_raters_of_those_who_looked_drawn_alike_often():
    answers, _ = simulated()
    seen = np.ones((6, 5), bool)
    seen[0, :2] = False
    plan = plan_of(answers, seen)
    drawn = np.stack([(ranks(plan, i) < 2) & seen for i in range(3000)])
    assert (drawn.sum(axis=2) == 2).all()
    np.testing.assert_allclose(drawn.mean(axis=0)[1:], 2 / 5, atol=0.04)
    np.testing.assert_allclose(drawn.mean(axis=0)[0], [0, 0, 2 / 3, 2 / 3, 2 / 3], atol=0.04)


def test_one_draw_for_the_study_has_the_same_raters_in_all_fields():
    answers, _ = simulated()
    plan = plan_of(answers, np.ones((6, 5), bool), draw="study")
    assert (ranks(plan, 0) == ranks(plan, 0)[0]).all()
    assert sorted(ranks(plan, 0)[0]) == list(range(5))


def test_fields_with_too_few_raters_are_left_out_and_named():
    answers, truth = simulated(raters=6, unseen=0.4, seed=1)
    enough = raters_enough(answers, truth, [1, 4], repetitions=2)
    looked = {
        (int(f), int(r)) for f, r in zip(answers.field[answers.item], answers.rater, strict=True)
    }
    raters = np.bincount([f for f, _ in looked], minlength=6)
    assert enough.fields == tuple(f"f{i}" for i in np.flatnonzero(raters >= 4))
    assert f"{(raters < 4).sum()} of 6 fields have fewer than 4 raters" in enough.remarks[0]


def test_without_fields_raters_are_drawn_for_each_item():
    answers, truth = simulated()
    alone = replace(answers, field=None, fields=())
    enough = raters_enough(alone, truth, [5], repetitions=1)
    with_fields = raters_enough(answers, truth, [5], repetitions=1)
    np.testing.assert_allclose(enough.scores, with_fields.scores)
    assert len(enough.fields) == len(answers.items)


def test_ignored_items_are_in_no_score():
    answers, truth = simulated()
    without = raters_enough(answers, truth, [5], repetitions=1, ignored=["c"])
    blank = raters_enough(answers, ["" if t == "c" else t for t in truth], [5], repetitions=1)
    np.testing.assert_array_equal(without.scores, blank.scores)


def test_the_smallest_number_that_is_enough():
    answers, truth = simulated(raters=9)
    enough = raters_enough(answers, truth, [1, 3, 9], repetitions=5)
    means = dict(zip(enough.ks, enough.scores[:, :, 3].mean(axis=1), strict=True))
    assert enough.smallest("accuracy", means[3]) == 3
    assert enough.smallest("accuracy", means[3] + 1e-9) == 9
    assert enough.smallest("accuracy", 0) == 1
    assert enough.smallest("accuracy", 1.01) is None
    with pytest.raises(SettingsError, match="score must be one of"):
        enough.smallest("kappa", 0.5)


def test_one_class_only_leaves_scores_of_classes_undefined_and_says_so():
    answers, truth = simulated()
    enough = raters_enough(
        answers, ["a" if t != "undetected" else t for t in truth], [2], repetitions=2
    )
    assert "one class only" in enough.remarks[0]
    curves = enough.curves().set_index("score")
    assert np.isnan(curves.at["classification_mcc", "mean"])
    assert curves.at["auroc_micro", "repetitions"] == 0
    assert 0 < curves.at["detection_f1", "mean"] < 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ks": [6]}, "k must be at most 5, the most raters that any field has, but got 6"),
        ({"ks": [0]}, "must be from 1, but got k of 0"),
        ({"ks": []}, "k of nothing"),
        ({"repetitions": 0}, "0 repetitions"),
        ({"method": "oracle"}, "method must be one of"),
        ({"reference": ["a"]}, "a label for each of 72 items, but has 1"),
        ({"reference": ["z"] * 72}, "label 'z', which the answers do not know"),
        ({"reference": [""] * 72}, "knows none"),
    ],
)
def test_what_cannot_be_simulated_is_refused_in_one_sentence(change, said):
    answers, truth = simulated()
    settings = {"reference": truth, "ks": [2], "repetitions": 1} | change
    with pytest.raises(SettingsError, match=said):
        raters_enough(answers, **settings)


def test_correlation_of_two_classes_is_that_of_matthews():
    rng = np.random.default_rng(0)
    true, found = rng.integers(0, 2, (2, 40)).astype(np.int32)
    assert correlation(true, found, 2) == pytest.approx(np.corrcoef(true, found)[0, 1])


def test_correlation_of_many_classes_is_that_of_their_indicators():
    rng = np.random.default_rng(1)
    true = rng.integers(0, 4, 60).astype(np.int32)
    found = np.where(rng.random(60) < 0.6, true, rng.integers(0, 4, 60)).astype(np.int32)
    x, y = np.eye(4)[true], np.eye(4)[found]
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    expected = (x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum())
    assert correlation(true, found, 5) == pytest.approx(expected)
    assert np.isnan(correlation(np.zeros(3, np.int32), np.zeros(3, np.int32), 2))


def test_area_is_the_share_of_pairs_in_order():
    rng = np.random.default_rng(2)
    true = np.array([0, 0, 2, 2, 2, 0], np.int32)
    probabilities = rng.integers(0, 5, (6, 4)) + 0.0
    probabilities[0] = [0, 1, 0, 0]  # Nothing for the classes that occur.
    share = probabilities[:, [0, 2]]
    share = np.array([row / row.sum() if row.sum() else [0.5, 0.5] for row in share])
    high = [share[i, 0 if t == 0 else 1] for i, t in enumerate(true)]
    low = [share[i, 1 if t == 0 else 0] for i, t in enumerate(true)]
    pairs = [(h > v) + 0.5 * (h == v) for h, v in itertools.product(high, low)]
    assert auroc_micro(true, probabilities) == pytest.approx(np.mean(pairs))


def test_scores_of_nothing_are_not_defined():
    reference = Reference(np.full(3, -1, np.int32), 2)
    scores = scores_against(reference, np.zeros(3, np.int32), np.full((3, 3), 1 / 3))
    assert np.isnan(scores).all()
    assert len(scores) == len(SCORES)
