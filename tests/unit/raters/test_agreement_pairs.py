"""Raters with themselves, agreement of detection, and kinds of pairs compared by permutation."""

import itertools

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from nuclarium.core.errors import SettingsError
from nuclarium.raters.accuracy import rater_accuracy
from nuclarium.raters.accuracy_comparison import compare_raters, paired_raters
from nuclarium.raters.accuracy_confusion import confusions
from nuclarium.raters.agreement import COEFFICIENTS, agreement
from nuclarium.raters.agreement_arms import compare_arms
from nuclarium.raters.agreement_arrangements import arrangements
from nuclarium.raters.agreement_bootstrap import estimate
from nuclarium.raters.agreement_detection import detection_agreement
from nuclarium.raters.agreement_pairs import pairwise_kappa
from nuclarium.raters.agreement_permutation import compare_pairs
from nuclarium.raters.agreement_repeats import intra_rater, repeats_of
from nuclarium.raters.answer_codes import Answers
from nuclarium.raters.truth import Truth


def answers_of(codes, labels=("a", "b", "c"), field=None, group=None):
    """Answers from a matrix of items by raters; -1 where there is none."""
    codes = np.asarray(codes)
    item, rater = np.nonzero(codes >= 0)
    return Answers(
        item,
        rater,
        codes[item, rater],
        tuple(f"i{k}" for k in range(len(codes))),
        tuple(f"r{k}" for k in range(codes.shape[1])),
        tuple(labels),
        None if field is None else np.asarray(field, np.int32),
        () if field is None else tuple(f"f{k}" for k in range(max(field) + 1)),
        group,
    )


def two_groups(rng, first, second, items=200, fields=20):
    """Answers of raters of two groups that are right with these shares."""
    skill = np.array([*first, *second])
    true = rng.integers(0, 3, items)
    guess = rng.integers(0, 3, (items, len(skill)))
    codes = np.where(rng.random(guess.shape) < skill, true[:, None], guess)
    group = ("P",) * len(first) + ("NP",) * len(second)
    return answers_of(codes, field=np.arange(items) * fields // items, group=group)


def test_pairs_without_common_items_or_with_one_label_have_a_remark():
    found = pairwise_kappa(answers_of([[0, -1, 0], [0, -1, 0], [-1, 1, -1]]), draws=0)
    table = found.table()
    assert table["remark"].tolist() == [
        "no common item",
        "both gave one label only",
        "no common item",
    ]
    assert table["kappa"].isna().all()
    assert "2 of 3 pairs have no common item" in found.remarks[0]
    assert pairwise_kappa(answers_of([[0], [1]])).remarks[0].startswith("There is one rater only")


def test_intervals_of_a_pair_do_not_depend_on_who_else_is_there(rng):
    answers = two_groups(rng, [0.8, 0.7], [0.6, 0.5])
    whole = pairwise_kappa(answers, draws=100)
    pair = pairwise_kappa(answers.only(raters=["r2", "r3"]), draws=100)
    assert whole.low[2, 3] == pytest.approx(pair.low[0, 1])
    np.testing.assert_allclose(whole.drawn[:, -1], pair.drawn[:, 0])
    table = whole.table()
    np.testing.assert_allclose(np.quantile(whole.drawn, 0.975, axis=0), table["high"])


def test_agreement_with_oneself_is_that_of_scikit_learn(rng):
    first, second = rng.integers(0, 3, (2, 80, 2))
    second = np.where(rng.random((80, 2)) < 0.5, first, second)
    second[:5, 1] = -1
    a, b = answers_of(first, field=np.arange(80) // 8), answers_of(second)
    turned = Answers(b.item, 1 - b.rater, b.label, b.items, b.raters[::-1], b.labels)
    table = intra_rater(a, turned, draws=50)
    for r, begin in ((0, 0), (1, 5)):
        expected = cohen_kappa_score(first[begin:, r], second[begin:, r])
        assert table["kappa"][r] == pytest.approx(expected)
        same = (first[begin:, r] == second[begin:, r]).mean()
        assert table["percent"][r] == pytest.approx(same)
    assert table["n_items"].tolist() == [80, 75]
    assert (table["low"] < table["kappa"]).all()


def test_labels_of_two_arms_are_matched_by_name():
    a = answers_of([[0], [1], [2]], labels=("a", "b", "c"))
    b = answers_of([[2], [1], [0]], labels=("c", "b", "a"))
    assert intra_rater(a, b, draws=0)["kappa"][0] == 1


def test_a_rater_who_never_answered_twice_has_a_remark():
    table = intra_rater(answers_of([[0, 1], [1, -1]]), answers_of([[0, -1], [1, 1]]), draws=0)
    assert table["remark"][1] == "No item was answered both times."
    alone = answers_of([[0]])
    other = Answers(alone.item, alone.rater, alone.label, alone.items, ("x",), alone.labels)
    with pytest.raises(SettingsError, match="needs a rater in both"):
        intra_rater(alone, other)


def test_repeats_are_the_first_and_the_last_answer():
    answers = Answers([0, 0, 0, 1], [0, 0, 0, 0], [0, 1, 2, 1], ("x", "y"), ("r",), tuple("abc"))
    first, last = repeats_of(answers)
    assert (first.label.tolist(), last.label.tolist()) == ([0], [2])
    with pytest.raises(SettingsError, match="nobody did"):
        repeats_of(answers_of([[0, 1]]))


def test_detection_agreement_leaves_out_what_neither_detected():
    labels = ("a", "undetected")
    codes = [[0, 0, 1], [0, 1, 1], [1, 1, 0], [0, 0, -1]]
    found = detection_agreement(answers_of(codes, labels), draws=0)
    first = found.pairs.iloc[0]
    assert (first["both"], first["only_a"], first["only_b"]) == (2, 1, 0)
    assert first["share_both"] == pytest.approx(2 / 3)
    assert first["positive"] == pytest.approx(4 / 5)
    assert found.positive == pytest.approx(2 * 2 / (5 + 3 + 2))


def test_detection_of_chosen_anchors_is_said_to_be_flattered():
    labels = ("a", "undetected")
    found = detection_agreement(answers_of([[0, 0, 1], [0, 1, 0]], labels), draws=0)
    assert "flattered" in found.remarks[0]
    with pytest.raises(SettingsError, match="needs answers 'undetected'"):
        detection_agreement(answers_of([[0, 0]]))


@pytest.mark.parametrize("codes", [[0, 0, 1, 1], [0, 1, 1, 2, 2], [0, 1, 2]])
def test_all_arrangements_are_all_and_no_more(codes, rng):
    found, is_exact = arrangements(np.array(codes), 1000, rng)
    assert is_exact
    expected = set(itertools.permutations(codes))
    assert {tuple(row) for row in found.tolist()} == expected
    assert len(found) == len(expected)


def test_pairs_are_compared_as_by_enumeration(rng):
    answers = two_groups(rng, [0.9, 0.85, 0.8], [0.5, 0.4, 0.6, 0.5])
    kappas = pairwise_kappa(answers, draws=100)
    table = compare_pairs(kappas.kappa, kappas.group, drawn=kappas.drawn)
    row = table[(table["first"] == "P–P") & (table["second"] == "P–NP")].iloc[0]

    def gap(experts):
        others = [r for r in range(7) if r not in experts]
        own = [kappas.kappa[a, b] for a, b in itertools.combinations(experts, 2)]
        cross = [kappas.kappa[a, b] for a in experts for b in others]
        return np.mean(cross) - np.mean(own)

    dealt = np.array([gap(c) for c in itertools.combinations(range(7), 3)])
    assert row["difference"] == pytest.approx(gap((0, 1, 2)))
    assert row["p"] == pytest.approx((np.abs(dealt) >= abs(gap((0, 1, 2))) - 1e-9).mean())
    assert row["is_exact"]
    assert row["low"] < row["difference"] < row["high"] < 0
    assert (table["p_holm"] >= table["p"]).all()
    assert table["pairs_first"].tolist() == [3, 3, 12]


def test_one_group_paired_with_two_others_stays_in_its_place(rng):
    answers = two_groups(rng, [0.9] * 2, [0.5] * 5)
    kappas = pairwise_kappa(answers, draws=0)
    group = ("S", "S", "J", "J", "J", "N", "N")
    table = compare_pairs(kappas.kappa, group)
    row = table[(table["first"] == "S–J") & (table["second"] == "S–N")].iloc[0]
    assert row["smallest_p"] == pytest.approx(1 / 10)
    assert "cannot be below" in row["remark"]


def test_many_raters_are_sampled_with_the_seed_and_never_give_zero(rng):
    answers = two_groups(rng, [0.95] * 8, [0.3] * 16)
    kappas = pairwise_kappa(answers, draws=0)
    tables = [compare_pairs(kappas.kappa, kappas.group, draws=500) for _ in range(2)]
    assert tables[0].equals(tables[1])
    assert not tables[0]["is_exact"].any()
    assert tables[0]["p"].min() == pytest.approx(1 / 501)


def test_pairs_of_one_group_cannot_be_compared(rng):
    kappas = pairwise_kappa(two_groups(rng, [0.9] * 3, []), draws=0)
    with pytest.raises(SettingsError, match="two kinds of them"):
        compare_pairs(kappas.kappa, kappas.group)


def test_raters_are_compared_as_by_scipy():
    values, group = [0.9, 0.8, 0.85, 0.4, 0.5, np.nan, 0.7], ("P",) * 3 + ("NP",) * 4
    row = compare_raters(values, group).iloc[0]
    expected = stats.permutation_test(
        ([0.9, 0.8, 0.85], [0.4, 0.5, 0.7]), lambda a, b: np.mean(b) - np.mean(a)
    )
    assert row["p"] == pytest.approx(expected.pvalue)
    assert row["difference"] == pytest.approx(expected.statistic)
    assert row["raters_second"] == 3


def test_a_group_without_values_has_no_p_but_a_sentence():
    row = compare_raters([0.9, 0.8, np.nan], ("P", "P", "NP")).iloc[0]
    assert np.isnan(row["p"])
    assert "nothing to deal out" in row["remark"]


def test_paired_raters_are_compared_as_by_scipy(rng):
    first, second = rng.random((2, 8))
    expected = stats.permutation_test(
        (second, first), lambda a, b: np.mean(a - b), permutation_type="samples"
    )
    found = paired_raters(first, second)
    assert found.p == pytest.approx(expected.pvalue)
    assert found.smallest == pytest.approx(2 / 256)


def test_bca_interval_is_that_of_scipy(rng):
    x = rng.exponential(size=40)

    def mean(weight):
        return weight @ x / weight.sum(axis=1)

    found = estimate(mean, 40, rng=rng, draws=20_000, method="bca")
    other = stats.bootstrap((x,), np.mean, n_resamples=20_000, method="BCa", rng=rng)
    ends = other.confidence_interval
    assert (float(found.low), float(found.high)) == pytest.approx((ends.low, ends.high), abs=0.02)


def test_draws_are_the_same_in_parts_and_at_once(rng):
    def mean(weight):
        return weight @ np.arange(10.0) / 10

    seeds = [np.random.default_rng(5) for _ in range(2)]
    whole = estimate(mean, 10, rng=seeds[0], draws=50)
    parts = estimate(mean, 10, rng=seeds[1], draws=50, width=1 << 21)
    np.testing.assert_array_equal(whole.drawn, parts.drawn)


def test_arms_are_exchanged_rater_by_rater(rng):
    true = rng.integers(0, 3, 90)
    arms = []
    for skill in (0.3, 0.8):
        guess = rng.integers(0, 3, (90, 4))
        arms.append(np.where(rng.random((90, 4)) < skill, true[:, None], guess))
    found = compare_arms(*map(answers_of, arms))

    def mean(chosen):
        codes = np.stack([arms[arm][:, r] for r, arm in enumerate(chosen)], axis=1)
        table = pairwise_kappa(answers_of(codes), draws=0).table()
        return table["kappa"].mean()

    every = list(itertools.product((0, 1), repeat=4))
    dealt = np.array([mean(1 - np.array(s)) - mean(s) for s in every])
    assert found.difference == pytest.approx(mean([1] * 4) - mean([0] * 4))
    expected = (np.abs(dealt) >= abs(found.difference) - 1e-9).mean()
    assert found.chance.p == pytest.approx(expected) == found.chance.smallest
    assert found.chance.is_exact


def test_arms_of_many_raters_are_sampled_and_one_rater_is_refused(rng):
    codes = rng.integers(0, 3, (40, 16))
    found = compare_arms(answers_of(codes), answers_of(codes), draws=200)
    assert found.difference == 0
    assert found.chance.p == 1
    assert not found.chance.is_exact
    with pytest.raises(SettingsError, match="Two or more are needed"):
        compare_arms(answers_of([[0]]), answers_of([[1]]))


@pytest.mark.parametrize("seed", range(12))
def test_odd_answers_have_a_sound_value_or_a_sentence(seed):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 3, (rng.integers(0, 5), rng.integers(1, 5)))
    codes[rng.random(codes.shape) < rng.choice([0, 0.4, 1])] = -1
    field = rng.integers(0, rng.integers(1, 4), len(codes)) if len(codes) else None
    answers = answers_of(codes, ("1", "2", "undetected"), field)
    for coefficient in COEFFICIENTS:
        for undetected in ("value", "missing"):
            found = agreement(answers, coefficient, undetected=undetected, draws=10)
            assert found.remark
            assert np.isnan(found.value) or found.value <= 1
    for interval in ("percentile", "bca"):
        table = pairwise_kappa(answers, draws=10, interval=interval).table()
        assert (table.loc[table["kappa"].isna(), "remark"] != "").all()
        assert (table["kappa"].dropna().abs() <= 1 + 1e-12).all()
    truth = Truth(
        "given",
        answers.items,
        answers.labels,
        ("x",),
        np.full((len(codes), 3), 1 / 3),
        np.full(3, 1 / 3),
        None,
        np.ones(1),
        np.ones(len(codes), np.int64),
        np.ones(1, np.int64),
    )
    if len(codes):
        table = rater_accuracy(answers, truth, draws=10)
        assert table.loc[table["value"].isna(), "remark"].str.endswith(".").all()
        assert confusions(answers, truth).counts.sum() <= len(answers)
