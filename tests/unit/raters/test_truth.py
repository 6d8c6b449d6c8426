from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nuclarium.core.errors import SettingsError
from nuclarium.raters.answers import Answers, read_answers
from nuclarium.raters.truth import infer_truth


def answers_of(*rows: str) -> Answers:
    """Take rows such as ``"a r x"``."""
    table = pd.DataFrame([row.split() for row in rows], columns=["item", "rater", "label"])
    return read_answers(table)[0]


def test_majority_is_the_label_of_most_raters() -> None:
    truth = infer_truth(answers_of("a r x", "a s y", "a t y", "b r x"), "majority")
    assert list(truth.table()["label"]) == ["y", "x"]
    np.testing.assert_allclose(truth.probabilities, [[1 / 3, 2 / 3], [1, 0]])
    np.testing.assert_allclose(truth.confidence, [2 / 3, 1])


def test_tied_labels_go_to_the_first_or_are_shared() -> None:
    tied = answers_of("a r y", "a s x", "a t y", "a u x", "a v z")
    np.testing.assert_array_equal(infer_truth(tied, "majority").labels_of_items, [0])
    for votes, row in (("winner", [1, 0, 0]), ("tied", [0.5, 0.5, 0])):
        truth = infer_truth(tied, "majority", votes=votes)
        np.testing.assert_allclose(truth.probabilities, [row])


def test_an_item_without_answer_has_no_truth() -> None:
    answers = Answers([0], [0], [0], ("a", "b"), ("r", "s"), ("x", "y"))
    truth = infer_truth(answers, "majority")
    np.testing.assert_array_equal(truth.labels_of_items, [0, -1])
    assert np.isnan(truth.probabilities[1]).all()
    assert list(truth.table()["label"]) == ["x", ""]
    np.testing.assert_array_equal(truth.skill, [1, np.nan])


def test_unknown_methods_and_settings_are_named() -> None:
    answers = answers_of("a r x")
    with pytest.raises(SettingsError, match="method must be one of majority"):
        infer_truth(answers, "oracle")
    with pytest.raises(SettingsError, match="no setting 'depth'; it has votes"):
        infer_truth(answers, "majority", depth=3)


def test_truth_without_answers_is_refused() -> None:
    with pytest.raises(SettingsError, match="there are none"):
        infer_truth(Answers([], [], [], ("a",), ("r",), ("x",)), "majority")
