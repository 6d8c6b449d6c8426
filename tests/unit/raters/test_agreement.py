"""Coefficients of agreement, against published examples and other libraries."""

import numpy as np
import pytest

from nuclarium.raters.agreement import agreement
from nuclarium.raters.answer_codes import Answers

NA = 0
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


def answers_of(matrix, field=None, group=None, labels=None):
    """Answers from a matrix of items by raters; None where there is none."""
    names = labels or sorted({v for row in matrix for v in row if v is not None})
    place = {name: i for i, name in enumerate(names)}
    rows = [(i, r, place[v]) for i, row in enumerate(matrix) for r, v in enumerate(row) if v]
    item, rater, label = np.array(rows, np.int32).reshape(-1, 3).T
    fields = () if field is None else tuple(f"f{k}" for k in range(max(field) + 1))
    return Answers(
        item,
        rater,
        label,
        tuple(f"i{k}" for k in range(len(matrix))),
        tuple(f"r{k}" for k in range(len(matrix[0]))),
        tuple(names),
        None if field is None else np.array(field, np.int32),
        fields,
        group,
    )


def parsed(text):
    """Answers from lines of raters; a star is missing."""
    lines = [line.split() for line in text.strip().splitlines()]
    return answers_of([[None if v == "*" else v for v in row] for row in zip(*lines, strict=True)])


def counted(text):
    """Answers from counts of raters: one word an item, one digit a label."""
    return answers_of(
        [[str(k) for k, n in enumerate(word) for _ in range(int(n))] for word in text.split()]
    )


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
    ("coefficient", "level", "value"),
    [
        ("percent", "nominal", 0.8181818),
        ("gwet", "nominal", 0.77544),
        ("fleiss", "nominal", 0.76117),
        ("krippendorff", "nominal", 0.74342),
        ("percent", "linear", 0.939),
        ("gwet", "linear", 0.859),
        ("percent", "quadratic", 0.975),
        ("gwet", "quadratic", 0.914),
    ],
)
def test_coefficients_of_gwets_four_raters_are_the_published_ones(coefficient, level, value):
    found = agreement(parsed(GWET), coefficient, level).value
    assert found == pytest.approx(value, abs=10.0 ** -(len(str(value)) - 2) / 2 * 1.01)


def test_fleiss_kappa_of_psychiatric_diagnoses_is_that_of_1971():
    answers = counted(FLEISS)
    assert agreement(answers, "percent").value == pytest.approx(0.5556, abs=5e-5)
    assert agreement(answers, "fleiss").value == pytest.approx(0.430, abs=5e-4)


def test_gwets_coefficients_of_the_first_fifteen_patients_are_the_published_ones():
    first = counted(" ".join(FLEISS.split()[:15]))
    assert agreement(first, "gwet").value == pytest.approx(0.4448007, abs=5e-8)
    assert agreement(first, "fleiss").value == pytest.approx(0.4139265, abs=5e-8)
    assert agreement(first, "krippendorff").value == pytest.approx(0.4204384, abs=5e-8)
