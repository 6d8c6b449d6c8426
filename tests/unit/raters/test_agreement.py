"""Coefficients of agreement, against published examples, definitions and other libraries."""

import itertools
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import fleiss_kappa

from nuclarium.core.classes import shipped_hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.raters.agreement.bands import band
from nuclarium.raters.agreement.coefficient import COEFFICIENTS, agreement, agreement_difference
from nuclarium.raters.agreement.counts import label_counts, told
from nuclarium.raters.agreement.distances import distance
from nuclarium.raters.agreement.levels import answers_at, detected_by
from nuclarium.raters.agreement.pairs import pairwise_kappa
from nuclarium.raters.answer_codes import Answers
from nuclarium.raters.answers import read_answers

KRIPPENDORFF = """
    * * * * * 3 4 1 2 1 1 3 3 * 3
    1 * 2 1 3 3 4 3 * * * * * * *
    * * 2 1 3 4 4 * 2 1 1 3 3 * 4
"""
FOUR_OBSERVERS = """
    1 2 3 3 2 1 4 1 2 * * *
    1 2 3 3 2 2 4 1 2 5 * 3
    * 3 3 3 2 3 4 2 2 5 1 *
    1 2 3 3 2 4 4 1 2 5 1 *
"""
GWET = """
    1 2 3 3 2 1 4 1 2 * * *
    1 2 3 3 2 2 4 1 2 5 * *
    * 3 3 3 2 3 4 2 2 5 1 3
    1 2 3 3 2 4 4 1 2 5 1 *
"""
FLEISS = """
    00060 03003 01401 00006 03030 20400 00402 20310 20040 00006
    10050 11040 03300 10050 02031 00501 30012 51000 02040 10203
    00006 01050 02013 20040 10041 05010 40002 02040 10500 00006
"""
ABSTRACTORS = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]


def answers_of(matrix, field=None, group=None, labels=None):
    """Answers from rows of items with a label of each rater; None where there is none."""
    names = labels or sorted({v for row in matrix for v in row if v is not None})
    rows = [(i, r, names.index(v)) for i, row in enumerate(matrix) for r, v in enumerate(row) if v]
    item, rater, label = np.array(rows, np.int32).reshape(-1, 3).T
    return Answers(
        item,
        rater,
        label,
        tuple(f"i{k}" for k in range(len(matrix))),
        tuple(f"r{k}" for k in range(len(matrix[0]))),
        tuple(names),
        None if field is None else np.array(field, np.int32),
        () if field is None else tuple(f"f{k}" for k in range(max(field) + 1)),
        group,
    )


def parsed(text, **named):
    """Answers from lines of raters; a star is missing."""
    lines = [line.split() for line in text.strip().splitlines()]
    rows = [[None if v == "*" else v for v in row] for row in zip(*lines, strict=True)]
    return answers_of(rows, **named)


def counted(text):
    """Answers from counts of raters: one word an item, one digit a label."""
    return answers_of(
        [[str(k) for k, n in enumerate(word) for _ in range(int(n))] for word in text.split()]
    )


def drawn_answers(rng, items=60, raters=5, labels="123", missing=0.2, fields=6):
    """Answers of raters who are right half of the time."""
    true = rng.integers(0, len(labels), items)
    guess = rng.integers(0, len(labels), (items, raters))
    code = np.where(rng.random((items, raters)) < 0.5, true[:, None], guess)
    told = rng.random((items, raters)) >= missing
    told[:2] = True
    rows = [
        [labels[c] if t else None for c, t in zip(*row, strict=True)]
        for row in zip(code, told, strict=True)
    ]
    return answers_of(rows, field=np.sort(rng.integers(0, fields, items)).tolist())


def naive_alpha(matrix, level):
    """Alpha by its definition, from the matrix of coincidences."""
    labels = sorted({v for row in matrix for v in row if v >= 0})
    place = {v: k for k, v in enumerate(labels)}
    o = np.zeros((len(labels), len(labels)))
    for row in matrix:
        told = [v for v in row if v >= 0]
        for a, b in itertools.permutations(told, 2):
            o[place[a], place[b]] += 1 / (len(told) - 1)
    n = o.sum(axis=0)
    d = np.zeros(o.shape)
    for a, b in itertools.product(range(len(labels)), repeat=2):
        if level == "nominal":
            d[a, b] = a != b
        elif level == "ordinal":
            low, high = min(a, b), max(a, b)
            d[a, b] = (n[low : high + 1].sum() - (n[a] + n[b]) / 2) ** 2
        elif level == "interval":
            d[a, b] = (labels[a] - labels[b]) ** 2
        elif a != b:
            d[a, b] = ((labels[a] - labels[b]) / (labels[a] + labels[b])) ** 2
    return 1 - (n.sum() - 1) * (o * d).sum() / (np.outer(n, n) * d).sum()


@pytest.mark.parametrize(("level", "value"), [("nominal", 0.691358), ("interval", 0.810845)])
def test_alpha_of_three_coders_is_the_published_one(level, value):
    assert agreement(parsed(KRIPPENDORFF), level=level).value == pytest.approx(value, abs=5e-7)


@pytest.mark.parametrize(
    ("level", "value"),
    [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)],
)
def test_alpha_of_four_observers_is_the_published_one(level, value):
    assert agreement(parsed(FOUR_OBSERVERS), level=level).value == pytest.approx(value, abs=5e-4)


@pytest.mark.parametrize(
    ("coefficient", "level", "value", "within"),
    [
        ("percent", "nominal", 0.8181818, 5e-8),
        ("gwet", "nominal", 0.77544, 5e-6),
        ("fleiss", "nominal", 0.76117, 5e-6),
        ("krippendorff", "nominal", 0.74342, 5e-6),
        ("percent", "linear", 0.939, 5e-4),
        ("gwet", "linear", 0.859, 5e-4),
        ("percent", "quadratic", 0.975, 5e-4),
        ("gwet", "quadratic", 0.914, 5e-4),
    ],
)
def test_coefficients_of_gwets_four_raters_are_the_published_ones(
    coefficient, level, value, within
):
    found = agreement(parsed(GWET), coefficient, level, draws=0).value
    assert found == pytest.approx(value, abs=within)


def test_fleiss_kappa_of_psychiatric_diagnoses_is_that_of_1971():
    answers = counted(FLEISS)
    assert agreement(answers, "percent").value == pytest.approx(0.5556, abs=5e-5)
    assert agreement(answers, "fleiss").value == pytest.approx(0.430, abs=5e-4)


def test_coefficients_of_the_first_fifteen_patients_are_the_published_ones():
    first = counted(" ".join(FLEISS.split()[:15]))
    assert agreement(first, "gwet").value == pytest.approx(0.4448007, abs=5e-8)
    assert agreement(first, "fleiss").value == pytest.approx(0.4139265, abs=5e-8)
    assert agreement(first, "krippendorff").value == pytest.approx(0.4204384, abs=5e-8)


def test_coefficients_of_two_abstractors_are_the_published_ones():
    cells = itertools.product("123", repeat=2)
    rows = [
        list(pair) for pair, n in zip(cells, np.ravel(ABSTRACTORS), strict=True) for _ in range(n)
    ]
    answers = answers_of(rows)
    assert pairwise_kappa(answers, draws=0).kappa[0, 1] == pytest.approx(0.7964094, abs=5e-8)
    assert agreement(answers, "gwet").value == pytest.approx(0.8493305, abs=5e-8)
    assert agreement(answers).value == pytest.approx(0.7972585, abs=5e-8)
    assert agreement(answers, "percent").value == pytest.approx(0.89)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_alpha_equals_its_definition(level, rng):
    answers = drawn_answers(rng, labels="12479")
    matrix = np.where(answers.matrix() >= 0, np.array([1, 2, 4, 7, 9])[answers.matrix()], -1)
    expected = naive_alpha(matrix.tolist(), level)
    assert agreement(answers, level=level, draws=0).value == pytest.approx(expected)


def test_fleiss_kappa_equals_that_of_statsmodels(rng):
    answers = drawn_answers(rng, missing=0)
    table = label_counts(told(answers)).table.toarray()
    assert agreement(answers, "fleiss").value == pytest.approx(fleiss_kappa(table))


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
def test_cohens_kappas_equal_those_of_scikit_learn(weights, rng):
    answers = drawn_answers(rng, labels="12345")
    found, matrix = pairwise_kappa(answers, weights or "nominal", draws=0), answers.matrix()
    for a, b in itertools.combinations(range(5), 2):
        both = (matrix[:, a] >= 0) & (matrix[:, b] >= 0)
        expected = cohen_kappa_score(matrix[both, a], matrix[both, b], weights=weights)
        assert found.kappa[a, b] == found.kappa[b, a] == pytest.approx(expected)
        assert found.n_items[a, b] == both.sum()


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.1293), ("linear", 0.2374)])
def test_kappas_of_91_couples_are_those_published(level, published):
    # Agresti 1990, husbands by wives, four ordered answers; kappas as R's vcd prints.
    couples = [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]]
    pairs = [
        (i, j) for i, row in enumerate(couples) for j, count in enumerate(row) for _ in range(count)
    ]
    rows = [
        (str(n), who, str(pair[k])) for n, pair in enumerate(pairs) for k, who in enumerate("hw")
    ]
    answers, _ = read_answers(pd.DataFrame(rows, columns=["item", "rater", "label"]))
    assert pairwise_kappa(answers, level, draws=0).kappa[0, 1] == pytest.approx(published, abs=5e-5)


@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_drawing_fields_by_weights_equals_rebuilding_the_answers(coefficient, rng):
    answers = drawn_answers(rng)
    for level in COEFFICIENTS[coefficient].levels:
        counts = label_counts(told(answers))
        statistic = COEFFICIENTS[coefficient].statistic(counts, level, False)
        weight = rng.multinomial(6, np.full(6, 1 / 6)).astype(float)
        chosen = np.concatenate(
            [np.flatnonzero(counts.field == f) for f in range(6) for _ in range(int(weight[f]))]
        )
        matrix = answers.matrix()[chosen]
        rebuilt = answers_of([["123"[c] if c >= 0 else None for c in row] for row in matrix])
        expected = agreement(rebuilt, coefficient, level, draws=0).value
        assert statistic(weight[None])[0] == pytest.approx(expected)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from([None, "1", "2", "3"]), min_size=4, max_size=4),
        min_size=3,
        max_size=8,
    ),
    st.permutations(range(4)),
)
def test_the_order_of_raters_does_not_matter(rows, order):
    if not any(v for row in rows for v in row):
        return
    turned = [[row[i] for i in order] for row in rows]
    for coefficient in COEFFICIENTS:
        a, b = (agreement(answers_of(m), coefficient, draws=0) for m in (rows, turned))
        assert a.value == pytest.approx(b.value, nan_ok=True)
        assert a.value <= 1 + 1e-12 or np.isnan(a.value)
        assert a.remark or not np.isnan(a.value)


def test_full_agreement_is_one_by_every_coefficient_and_level():
    answers = answers_of([["1", "1"], ["2", "2"], ["4", "4"]], field=[0, 1, 2])
    for name, coefficient in COEFFICIENTS.items():
        for level in coefficient.levels:
            assert agreement(answers, name, level, draws=0).value == pytest.approx(1)


def test_labels_in_words_need_a_scale_for_levels_with_an_order():
    answers = answers_of([["low", "high"], ["mid", "mid"], ["high", "high"]])
    with pytest.raises(SettingsError, match="order of labels"):
        agreement(answers, level="ordinal")
    scale = ("low", "mid", "high")
    numbers = answers_of([["1", "3"], ["2", "2"], ["3", "3"]])
    found = agreement(answers, level="ordinal", scale=scale, draws=0).value
    assert found == pytest.approx(agreement(numbers, level="ordinal", draws=0).value)
    with pytest.raises(SettingsError, match="'high' is not on it"):
        agreement(answers, level="ordinal", scale=("low", "mid"))


def test_interval_and_ratio_need_numbers():
    with pytest.raises(SettingsError, match="labels that are numbers"):
        agreement(answers_of([["a", "b"]]), level="interval")
    with pytest.raises(SettingsError, match="from 0 on"):
        distance("ratio", ("-1", "2"), False)


def test_labels_that_nobody_gave_count_for_gwet_where_the_scale_has_them():
    answers = answers_of([["1", "1"], ["2", "2"], ["1", "2"]])
    few, many = (agreement(answers, "gwet", scale=s, draws=0).value for s in (None, "1234"))
    assert few == pytest.approx((2 / 3 - 1 / 2) / (1 / 2))
    assert many == pytest.approx((2 / 3 - 1 / 6) / (5 / 6))


def test_undetected_is_a_value_or_missing():
    answers = answers_of(
        [["a", "a", "undetected"], ["b", "b", "undetected"], ["a", "b", "undetected"]]
    )
    both, classes = (agreement(answers, undetected=u, draws=0) for u in ("value", "missing"))
    assert both.n_raters == 3
    assert classes.n_raters == 2
    pair = answers_of([["a", "a"], ["b", "b"], ["a", "b"]])
    assert classes.value == pytest.approx(agreement(pair, draws=0).value)
    assert both.value < classes.value


def test_coarser_levels_join_classes_and_leave_ambiguous_ones_out_where_asked():
    answers = answers_of(
        [["tumor", "mitotic_figure"], ["lymphocyte", "plasma_cell"], ["apoptotic_body", "tumor"]]
    )
    hierarchy = shipped_hierarchy()
    assert agreement(answers, draws=0).value < 0
    coarse = answers_at(answers, hierarchy, "super", ambiguous=False)
    assert coarse.labels == ("tumor_any", "sTIL")
    assert agreement(coarse, draws=0).value == 1
    assert agreement(coarse, draws=0).n_items == 2


def test_items_are_chosen_by_how_many_detected_them():
    answers = answers_of([["a", "undetected"], ["a", "a"], ["undetected", "b"]])
    assert detected_by(answers, 2).items == ("i1",)
    with pytest.raises(SettingsError, match="at most 2 did"):
        detected_by(answers, 3)


def test_of_repeated_answers_the_last_counts():
    first = answers_of([["a", "b"], ["b", "b"], ["a", "a"]])
    again = Answers(
        np.append([0], first.item),
        np.append([1], first.rater),
        np.append([0], first.label),
        first.items,
        first.raters,
        first.labels,
    )
    found = agreement(again, draws=0)
    assert found.value == agreement(first, draws=0).value
    assert found.remark == "1 answer was given anew by the same rater; of these the last counts."


def test_interval_holds_the_value_and_is_the_same_with_the_same_seed(rng):
    answers = drawn_answers(rng, fields=20)
    for interval in ("percentile", "bca"):
        a, b = (agreement(answers, interval=interval, draws=200) for _ in range(2))
        assert a == b
        assert a.low < a.value < a.high


def test_difference_draws_the_same_fields_for_both(rng):
    answers = drawn_answers(rng, fields=15)
    same = agreement_difference(answers, answers, draws=100)
    assert (same.value, same.low, same.high) == (0, 0, 0)
    other = answers.only(raters=["r0", "r1", "r2"])
    found = agreement_difference(answers, other, draws=200)
    values = [agreement(x, draws=0).value for x in (answers, other)]
    assert found.value == pytest.approx(values[1] - values[0])
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_what_cannot_be_judged_has_a_sentence(coefficient):
    alone = agreement(answers_of([["a", None], [None, "b"]]), coefficient)
    assert "No item was answered by two raters" in alone.remark
    assert np.isnan(alone.value)
    single = agreement(answers_of([["a", "b"]]), coefficient)
    assert "Only one of 1 items" in single.remark
    alike = agreement(answers_of([["a", "a"], ["a", "a"]]), coefficient)
    assert "All answers are 'a'" in alike.remark
    assert alike.value == 1 if coefficient == "percent" else np.isnan(alike.value)
    few = agreement(answers_of([["a", "b"], ["b", "b"]], field=[0, 0]), coefficient)
    assert "one field only" in few.remark
    assert np.isnan(few.low)


def test_unknown_coefficients_and_levels_are_named():
    answers = answers_of([["a", "b"]])
    with pytest.raises(SettingsError, match="krippendorff, fleiss, gwet, percent"):
        agreement(answers, "scott")
    with pytest.raises(SettingsError, match="nominal, linear, quadratic"):
        agreement(answers, "gwet", "ordinal")


def test_ten_thousand_classes_are_no_more_than_their_answers(rng):
    labels = tuple(map(str, range(10_000)))
    code = rng.integers(0, 10_000, 2000)
    item, rater = np.divmod(np.arange(4000), 2)
    label = np.where(rng.random(4000) < 0.8, np.repeat(code, 2), rng.integers(0, 10_000, 4000))
    names = tuple(map(str, range(2000)))
    answers = Answers(
        item, rater, label, names, ("a", "b"), labels, item[::2] // 100, tuple(map(str, range(20)))
    )
    assert agreement(answers, draws=50).value == pytest.approx(0.64, abs=0.04)
    assert pairwise_kappa(answers, draws=20).kappa[0, 1] == pytest.approx(0.64, abs=0.04)


def test_bands_are_words():
    words = [band(v) for v in (-0.1, 0.1, 0.3, 0.5, 0.7, 0.9, float("nan"))]
    assert words == [
        "poor",
        "slight",
        "fair",
        "moderate",
        "substantial",
        "near perfect",
        "undefined",
    ]


@pytest.mark.data
def test_anesthesia_table_has_the_kappa_of_its_matrix(data):
    table = pd.read_csv(data / "crowd_label_tables" / "anesthesia.csv", dtype=str)
    wide = table.groupby(["item", "rater"])["rating"].last().unstack()
    answers = answers_of(wide.where(wide.notna(), None).to_numpy().tolist())
    found = pairwise_kappa(answers, draws=0)
    for a, b in itertools.combinations(range(wide.shape[1]), 2):
        expected = cohen_kappa_score(wide.iloc[:, a], wide.iloc[:, b])
        assert found.kappa[a, b] == pytest.approx(expected)


def test_code_in_the_document_prints_what_is_shown(capsys):
    page = (Path(__file__).parents[3] / "docs" / "agreement.md").read_text("utf-8")
    code, shown = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", page, re.DOTALL).groups()
    exec(compile(code, "docs/agreement.md", "exec"), {})
    assert capsys.readouterr().out == shown
