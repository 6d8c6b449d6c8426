import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuclarium.core.errors import SettingsError
from nuclarium.raters.answers import Answers
from nuclarium.raters.fit import Coded
from nuclarium.raters.next_question import (
    after_answer,
    expected_gain,
    next_questions,
    supposed_expert,
)
from nuclarium.raters.next_question_trial import ORDERS, questions_needed, tried_orders
from nuclarium.raters.truth import METHODS, infer_truth
from nuclarium.raters.with_expert import fit_with_expert

Q = np.array([[0.5, 0.3, 0.2], [0.9, 0.1, 0.0], [1.0, 0.0, 0.0]])


def bits(p):
    p = p[p > 0]
    return float(-(p * np.log2(p)).sum())


@pytest.mark.parametrize("measure", ["error", "entropy"])
def test_gain_is_what_is_left_on_average_over_answers(measure):
    expert = np.array([[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.0, 0.0, 1.0]])
    for q, gain in zip(Q, expected_gain(Q, expert, measure), strict=True):
        left = 0.0
        for answer in range(3):
            chance = (q * expert[:, answer]).sum()
            if chance:
                after = q * expert[:, answer] / chance
                left += chance * (bits(after) if measure == "entropy" else 1 - after.max())
        before = bits(q) if measure == "entropy" else 1 - q.max()
        assert gain == pytest.approx(before - left, abs=1e-12)


def test_who_is_never_wrong_takes_all_doubt_away():
    perfect = np.eye(3)
    np.testing.assert_allclose(expected_gain(Q, perfect), 1 - Q.max(axis=1))
    np.testing.assert_allclose(expected_gain(Q, perfect, "entropy"), [bits(q) for q in Q])


def test_who_answers_at_random_adds_nothing():
    for measure in ("error", "entropy"):
        np.testing.assert_allclose(expected_gain(Q, np.full((3, 3), 1 / 3), measure), 0, atol=1e-12)


def test_doubt_that_the_expert_shares_is_not_worth_a_question():
    q = np.array([[0.5, 0.5, 0.0], [0.6, 0.0, 0.4]])
    expert = supposed_expert(("a", "b", "c"), 1.0, confused=[("a", "b")])
    gain = expected_gain(q, expert)
    assert gain[0] == pytest.approx(0)
    assert gain[1] == pytest.approx(0.4)


@given(st.integers(2, 5), st.integers(0, 2**31))
def test_gain_is_never_negative_nor_more_than_the_doubt(k, seed):
    rng = np.random.default_rng(seed)
    q, expert = rng.dirichlet(np.ones(k), 20), rng.dirichlet(np.full(k, 0.5), k)
    error, entropy = expected_gain(q, expert), expected_gain(q, expert, "entropy")
    assert (error >= 0).all()
    assert (error <= 1 - q.max(axis=1) + 1e-12).all()
    assert (entropy >= 0).all()
    assert (entropy <= np.array([bits(row) for row in q]) + 1e-12).all()


def test_an_answer_changes_its_item_by_the_rule_of_bayes():
    expert = supposed_expert(("a", "b", "c"), 0.9)
    after = after_answer(Q, expert, np.array([1, -1, 1]))
    joint = Q[0] * expert[:, 1]
    np.testing.assert_allclose(after[0], joint / joint.sum())
    np.testing.assert_array_equal(after[1:], Q[1:])
    unknown = after_answer(np.full((1, 3), np.nan), expert, np.array([2]))
    np.testing.assert_allclose(unknown, [[0.05, 0.05, 0.9]])


def test_an_answer_that_could_not_be_leaves_things_as_they_were():
    np.testing.assert_array_equal(after_answer(Q[2:], np.eye(3), np.array([1])), Q[2:])


def small_answers():
    said = {"i1": "aab", "i2": "aaa", "i3": "abc", "i4": "bbb", "i5": "ccc"}
    rows = [
        (i, r, "abc".index(x)) for i, word in enumerate(said.values()) for r, x in enumerate(word)
    ]
    item, rater, label = np.array(rows, np.int32).T
    return Answers(item, rater, label, (*said, "i6"), ("r1", "r2", "r3"), ("a", "b", "c"))


def test_questions_are_ranked_and_asked_ones_left_out():
    truth = infer_truth(small_answers(), "majority")
    table = next_questions(truth, 0.95)
    assert table["item"].tolist()[:2] == ["i3", "i6"] or table["item"].tolist()[:2] == ["i6", "i3"]
    assert table["gain"].is_monotonic_decreasing
    assert table.set_index("item").loc["i1", ["label", "second"]].tolist() == ["a", "b"]
    left = next_questions(truth, 0.95, asked=["i3", "i6"], most=1)
    assert left["item"].tolist() == ["i1"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: expected_gain(Q, np.eye(2)), "each of 3 labels, but have shape"),
        (lambda: expected_gain(Q, np.ones((3, 3))), "must add up to 1"),
        (lambda: expected_gain(Q, np.eye(3), "luck"), "measure must be one of error, entropy"),
        (lambda: supposed_expert(("a", "b"), 1.2), "from 0 to 1, but got 1.2"),
        (lambda: supposed_expert(("a", "b"), 0.9, confused=[("a", "z")]), "no label 'z'"),
    ],
)
def test_an_expert_that_cannot_be_is_refused_in_one_sentence(call, said):
    with pytest.raises(SettingsError, match=said):
        call()


def crowd(seed=0, items=400, raters=4, accuracy=0.6, k=4):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, items).astype(np.int32)
    right = rng.random((items, raters)) < accuracy
    said = np.where(right, truth[:, None], rng.integers(0, k, right.shape))
    item, rater = np.nonzero(np.ones_like(right))
    return Coded(item, rater, said[item, rater], items, raters, k), truth


def test_without_an_expert_it_is_the_model_of_dawid_and_skene():
    codes, _ = crowd()
    alone = fit_with_expert(
        codes, np.full(400, -1), np.eye(4), smoothing=0, iterations=2000, tolerance=1e-10
    )
    expected = METHODS["dawid-skene"](codes, tolerance=1e-10, iterations=2000).probabilities
    np.testing.assert_allclose(alone, expected, atol=1e-3)


def test_an_expert_who_is_never_wrong_is_believed_and_teaches_of_other_items():
    codes, truth = crowd()
    some = np.where(np.arange(400) < 200, truth, -1)
    before = fit_with_expert(codes, np.full(400, -1), np.eye(4))
    after = fit_with_expert(codes, some, np.eye(4), before)
    assert (after.argmax(axis=1) == truth)[:200].all()
    others = slice(200, None)
    right = (after.argmax(axis=1) == truth)[others].mean()
    assert right >= (before.argmax(axis=1) == truth)[others].mean() - 0.01


def test_an_item_that_nobody_answered_stays_unknown():
    codes, _ = crowd(items=50)
    more = Coded(codes.item, codes.rater, codes.label, 51, 4, 4)
    known = fit_with_expert(more, np.full(51, -1), np.eye(4))
    np.testing.assert_allclose(known[50], 0.25)


def test_asking_where_doubt_is_needs_fewer_questions_than_any_order():
    codes, truth = crowd()
    expert = supposed_expert(tuple("abcd"), 0.97)
    found = tried_orders(codes, truth, expert, expert, 10, np.random.default_rng(1), learn=False)
    assert tuple(found) == ORDERS
    starts = {accuracy[0] for accuracy in found.values()}
    ends = {round(float(accuracy[-1]), 9) for accuracy in found.values()}
    assert len(starts) == len(ends) == 1  # All were asked in the end.
    goal = found["random"][0] + 0.1
    needed = {name: questions_needed(a, 400, goal) for name, a in found.items()}
    assert all(needed[name] < 0.8 * needed["random"] for name in ORDERS[1:])


def test_questions_needed_are_read_between_batches():
    accuracy = np.array([0.5, 0.7, 0.9])
    assert questions_needed(accuracy, 100, 0.8) == pytest.approx(75)
    assert questions_needed(accuracy, 100, 0.4) == 0
    assert np.isnan(questions_needed(accuracy, 100, 0.95))
