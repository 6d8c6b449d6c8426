from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nuclarium.core.errors import SettingsError
from nuclarium.raters.answers import Answers, read_answers


def table(*rows: tuple[object, ...], columns: str = "item rater label") -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split())


def test_names_are_in_order_of_their_first_row_and_labels_are_sorted() -> None:
    answers, remarks = read_answers(
        table(("b", "ann", "x"), ("a", "bob", "undetected"), ("b", "bob", "z"), ("a", "ann", "x"))
    )
    assert answers.items == ("b", "a")
    assert answers.raters == ("ann", "bob")
    assert answers.labels == ("x", "z", "undetected")
    np.testing.assert_array_equal(answers.matrix(), [[0, 1], [0, 2]])
    assert [remark for remark in remarks if "once" not in remark] == []


def test_whole_numbers_lose_their_point_and_are_sorted_as_numbers() -> None:
    answers, _ = read_answers(table((1.0, 1.0, 10.0), (2.0, 1.0, 9.0)))
    assert answers.labels == ("9", "10")
    assert answers.items == ("1", "2")


def test_a_row_without_label_keeps_its_item_and_is_no_answer() -> None:
    answers, remarks = read_answers(table(("a", "r", "x"), ("b", "r", None), ("a", "s", "")))
    assert answers.items == ("a", "b")
    assert len(answers) == 1
    assert "2 rows have no label and are no answers." in remarks
    assert "1 of 2 items have no answer and no truth." in remarks


def test_repeats_are_kept_or_the_last_counts_or_they_are_an_error() -> None:
    twice = table(("a", "r", "x"), ("a", "r", "y"), ("a", "s", "x"))
    kept, remarks = read_answers(twice)
    assert len(kept) == 3
    assert any("each counts" in remark for remark in remarks)
    last, _ = read_answers(twice, repeats="last")
    np.testing.assert_array_equal(last.label, [1, 0])
    np.testing.assert_array_equal(kept.matrix(), last.matrix())
    with pytest.raises(SettingsError, match="1 answers repeat"):
        read_answers(twice, repeats="error")


def test_labels_that_are_not_known_are_left_out_with_a_remark() -> None:
    answers, remarks = read_answers(table(("a", "r", "x"), ("a", "s", "typo")), labels=["x", "y"])
    assert answers.labels == ("x", "y")
    assert len(answers) == 1
    assert any("label typo, which is not among" in remark for remark in remarks)


def test_fields_and_groups_are_read_where_they_are() -> None:
    answers, _ = read_answers(
        table(
            ("a", "r", "x", "f1", "expert"),
            ("b", "r", "x", "f2", "expert"),
            ("b", "s", "x", "f2", None),
            columns="item rater label field group",
        )
    )
    assert answers.field is not None
    np.testing.assert_array_equal(answers.field, [0, 1])
    assert answers.fields == ("f1", "f2")
    assert answers.group == ("expert", "")


def test_an_item_in_two_fields_is_refused() -> None:
    rows = table(("a", "r", "x", "f1"), ("a", "s", "x", "f2"), columns="item rater label field")
    with pytest.raises(SettingsError, match="item must have one field"):
        read_answers(rows)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(SettingsError, match="Name the column for rater"):
        read_answers(pd.DataFrame({"item": [1], "label": [2]}))


def test_a_table_without_any_answer_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least one answer"):
        read_answers(table(("a", "r", None)))


def test_only_some_raters_leaves_items_in_their_places() -> None:
    answers, _ = read_answers(
        table(
            ("a", "r", "x", "p"),
            ("b", "s", "y", "n"),
            ("b", "r", "y", "p"),
            columns="item rater label group",
        )
    )
    experts = answers.only(groups=["n"])
    assert experts.items == ("a", "b")
    assert experts.raters == ("s",)
    np.testing.assert_array_equal(experts.matrix(), [[-1], [1]])
    np.testing.assert_array_equal(answers.only(items=["b"]).matrix(), [[1, 1]])
    np.testing.assert_array_equal(answers.only(np.array([1, 0])).matrix(), [[-1, 0], [1, 1]])
    with pytest.raises(SettingsError, match="no rater 'q'"):
        answers.only(["q"])


def test_codes_without_a_name_are_refused() -> None:
    with pytest.raises(ValueError, match="label must be codes"):
        Answers([0], [0], [1], ("a",), ("r",), ("x",))


def test_a_matrix_that_would_fill_the_memory_is_refused() -> None:
    names = tuple(map(str, range(20_000)))
    answers = Answers([0], [0], [0], names, names, ("x",))
    with pytest.raises(SettingsError, match="does not fit"):
        answers.matrix()


def test_raters_who_always_agree_and_raters_who_guess_are_said(rng: np.random.Generator) -> None:
    items = np.repeat(np.arange(200), 4)
    for labels, sentence in (
        (items % 3, "always agree"),
        (rng.integers(0, 3, 800), "expected by chance"),
        (np.zeros(800, int), "All answers are the same label"),
    ):
        table = pd.DataFrame({"item": items, "rater": np.tile(np.arange(4), 200), "label": labels})
        _, remarks = read_answers(table)
        assert any(sentence in remark for remark in remarks)
        assert len(remarks) == 1


def test_items_with_one_answer_each_are_said() -> None:
    _, remarks = read_answers(table(("a", "r", "x"), ("b", "s", "y"), ("c", "r", "y")))
    assert any("No item has two answers" in remark for remark in remarks)
