from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nuclarium.core.classes import shipped_hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.raters.answers import Answers, read_answers
from nuclarium.raters.joint import nucls_truth, number_of_matches
from nuclarium.raters.rolled import rolled_up
from nuclarium.raters.truth import infer_truth


@pytest.fixture
def anchors() -> Answers:
    """Five anchors of four raters: two nuclei, and three that ever more of them missed."""
    rows = {
        "nucleus": "tumor tumor tumor undetected",
        "other": "lymphocyte lymphocyte tumor lymphocyte",
        "doubtful": "tumor tumor undetected undetected",
        "once": "tumor undetected undetected undetected",
        "none": "undetected undetected undetected undetected",
    }
    table = [
        (item, f"r{w}", label)
        for item, labels in rows.items()
        for w, label in enumerate(labels.split())
    ]
    return read_answers(pd.DataFrame(table, columns=["item", "rater", "label"]))[0]


def test_matches_are_detections_alone(anchors: Answers) -> None:
    np.testing.assert_array_equal(number_of_matches(anchors), [3, 4, 2, 1, 0])


def test_anchors_with_too_few_matches_have_no_truth(anchors: Answers) -> None:
    truth, table = nucls_truth(anchors)
    assert truth.items == ("nucleus", "other", "doubtful")
    assert list(table["label"])[:2] == ["tumor", "lymphocyte"]
    assert list(table["label"])[3:] == ["", ""]
    assert list(table["is_nucleus"])[:2] == [True, True]
    assert not table["is_nucleus"][3:].any()
    assert np.isnan(table["confidence"][3:]).all()


def test_matches_of_another_set_decide_and_no_match_here_has_no_label(anchors: Answers) -> None:
    truth, table = nucls_truth(anchors, matches=np.array([2, 0, 2, 2, 2]))
    assert truth.items == ("nucleus", "doubtful", "once", "none")
    assert list(table["label"])[1] == ""
    assert list(table["label"])[4] == ""
    assert not table["is_excluded"][4]


def test_where_undetected_wins_there_is_no_nucleus(anchors: Answers) -> None:
    _, table = nucls_truth(anchors, least=1, method="majority")
    assert table["is_excluded"].tolist() == [False, False, False, True, False]
    assert list(table["label"])[3] == "undetected"


def test_no_anchor_with_enough_matches_is_said(anchors: Answers) -> None:
    with pytest.raises(SettingsError, match="No anchor has 5 matches"):
        nucls_truth(anchors, least=5)


def test_a_label_that_nobody_gave_is_unlabeled() -> None:
    """Two raters who turn x and y round, among items where they are known for it."""
    rows = []
    for n in range(60):
        truth = "xy"[n % 2]
        rows += [(n, f"g{w}", truth) for w in range(3)]
        rows += [(n, f"b{w}", "yx"[n % 2]) for w in range(3)]
    rows += [("last", f"b{w}", "x") for w in range(3)]
    rows += [(n, f"g{w}", "xy"[n % 2]) for n in range(60) for w in (3, 4)]
    answers, _ = read_answers(pd.DataFrame(rows, columns=["item", "rater", "label"]))
    _, table = nucls_truth(answers, method="dawid-skene", start="majority")
    last = table.set_index("item").loc["last"]
    assert last["label"] == "unlabeled"
    assert last["confidence"] > 0.9


def test_probabilities_and_confusions_roll_up(rng: np.random.Generator) -> None:
    labels = ("lymphocyte", "plasma_cell", "tumor", "undetected")
    item = np.repeat(np.arange(50), 4)
    answers = Answers(
        item,
        np.tile(np.arange(4), 50),
        np.where(rng.random(200) < 0.7, item % 4, rng.integers(0, 4, 200)),
        tuple(map(str, range(50))),
        tuple("abcd"),
        labels,
    )
    fine = infer_truth(answers)
    coarse = rolled_up(fine, shipped_hierarchy(), "super")
    assert set(coarse.labels) == {"sTIL", "tumor_any", "undetected"}
    til = coarse.labels.index("sTIL")
    np.testing.assert_allclose(coarse.probabilities[:, til], fine.probabilities[:, :2].sum(axis=1))
    assert coarse.confusion is not None
    assert fine.confusion is not None
    np.testing.assert_allclose(coarse.confusion.sum(axis=2), 1)
    right = fine.prior[:2] @ fine.confusion[:, :2, :2].sum(axis=2).T / fine.prior[:2].sum()
    np.testing.assert_allclose(coarse.confusion[:, til, til], right)
    assert (coarse.skill >= fine.skill - 1e-12).all()


def test_truth_of_groups_lies_side_by_side(anchors: Answers) -> None:
    groups = ("pathologist", "pathologist", "student", "student")
    both = Answers(
        anchors.item, anchors.rater, anchors.label, anchors.items, anchors.raters, anchors.labels,
        group=groups,
    )  # fmt: skip
    experts = infer_truth(both.only(groups=["pathologist"]), "majority")
    students = infer_truth(both.only(groups=["student"]), "majority")
    assert experts.items == students.items
    assert experts.raters == ("r0", "r1")
    assert experts.labels[experts.labels_of_items[2]] == "tumor"
    assert students.labels[students.labels_of_items[2]] == "undetected"
