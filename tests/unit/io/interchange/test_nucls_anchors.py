"""Tables of anchors of many raters."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nuclarium.core.classes import shipped_hierarchy
from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.io.interchange.nucls_anchor_read import read_anchor_table
from nuclarium.io.interchange.nucls_anchor_write import write_anchor_table
from nuclarium.io.interchange.nucls_anchors import AnchorTable, AnchorTruth, anchor_id

RAW = shipped_hierarchy().levels[0].classes
LINE = np.array([[20.5, 10.5], [20.5, 18.5], [28.5, 14.5]])


def anchors():
    """Three anchors of two fields, judged by four raters, of whom one saw one field only."""
    boxes = np.array([[20.0, 10, 29, 19], [40, 10, 50, 22], [5, 5, 9, 9]])
    fields = ("A", "A", "B")
    answers = np.array(
        [
            ["tumor", "tumor", "lymphocyte", "tumor"],
            ["fibroblast", "undetected", "lymphocyte", "undetected"],
            ["undetected", "", "plasma_cell", "undetected"],
        ],
        object,
    )
    truth = AnchorTruth(
        ("tumor", "fibroblast", ""),
        np.array([0.9, 0.5, np.nan]),
        np.array([[0.1, 0.9, 0.0], [0.3, 0.2, 0.5], [np.nan] * 3]),
        ("undetected", "tumor", "fibroblast"),
    )
    accepted = np.zeros((3, 4), bool)
    accepted[0, 3] = True
    return AnchorTable(
        ids=tuple(anchor_id(box, name) for box, name in zip(boxes, fields, strict=True)),
        fields=fields,
        arms=("E",) * 3,
        boxes=boxes,
        raters=("SP.3", "JP.1", "NP.1", "NP.10"),
        answers=answers,
        truths={"Ps": truth, "UNBIASED_Ps": AnchorTruth(("tumor",) * 3, np.ones(3))},
        manual=(LINE, None, None),
        accepted=accepted,
    )


def written(tmp_path, change=lambda table: table):
    path = tmp_path / "anchors.csv"
    write_anchor_table(path, anchors())
    change(pd.read_csv(path, dtype=str, keep_default_na=False)).to_csv(path, index=False)
    return path


def test_anchors_come_back_as_they_were_written(tmp_path):
    again, before = read_anchor_table(written(tmp_path)), anchors()
    for name in ("ids", "fields", "arms", "raters", "groups", "min_iou"):
        assert getattr(again, name) == getattr(before, name)
    for name in ("boxes", "answers", "accepted"):
        np.testing.assert_array_equal(getattr(again, name), getattr(before, name))
    assert again.truths["Ps"].labels == before.truths["Ps"].labels
    np.testing.assert_array_equal(
        again.truths["Ps"].probabilities, before.truths["Ps"].probabilities
    )
    assert again.truths["Ps"].classes == ("undetected", "tumor", "fibroblast")
    assert again.truths["UNBIASED_Ps"].probabilities is None
    np.testing.assert_array_equal(again.manual[0], LINE)
    assert again.algorithmic == (None,) * 3


def test_columns_are_those_of_the_released_tables(tmp_path):
    columns = set(pd.read_csv(written(tmp_path)).columns)
    expected = {
        "anchor_id", "fovname", "min_iou", "evalset", "xmin", "has_manual_boundary",
        "has_algorithmic_boundary", "n_matches_SPs", "n_matches_JPs", "n_matches_Ps",
        "n_matches_NPs", "n_matches_All", "algorithmic_clicks_NPs", "n_algorithmic_clicks_NPs",
        "MV_inferred_label_Ps", "MV_inferred_label_count_Ps", "EM_inferred_label_Ps",
        "EM_inferred_label_confidence_Ps", "EM_inferred_label_count_Ps",
        "UNBIASED_EM_inferred_label_Ps", "EM_prob_undetected_Ps", "EM_prob_tumor_Ps", "NP.10",
        "manual_coords_x", "algorithmic_coords_y",
    }  # fmt: skip
    assert expected <= columns


def test_ids_are_inclusive_pixels_and_the_field(tmp_path):
    first = pd.read_csv(written(tmp_path)).iloc[0]
    assert first["anchor_id"] == "10,20,18,28_A"
    assert (first["xmin"], first["xmax"]) == (10, 18)
    assert read_anchor_table(written(tmp_path)).boxes[0].tolist() == [20, 10, 29, 19]


def test_not_annotated_is_no_answer_and_undetected_is_one(tmp_path):
    table = read_anchor_table(written(tmp_path)).answers_table()
    assert len(table) == 11
    third = table[table["field"] == "B"]
    assert third["rater"].tolist() == ["SP.3", "NP.1", "NP.10"]
    assert third["label"].tolist() == ["undetected", "plasma_cell", "undetected"]
    assert list(table) == ["item", "rater", "label", "field", "arm"]


def test_outline_taken_by_one_rater_is_not_credited_to_another(tmp_path):
    table = read_anchor_table(written(tmp_path)).accepted_table()
    taken = table[table["accepted"]]
    assert taken["rater"].tolist() == ["NP.10"]
    assert len(table) == 7


def test_matches_and_majority_follow_the_definition():
    table = anchors()
    assert table.matches("Ps").tolist() == [2, 1, 0]
    assert table.matches("NPs").tolist() == [2, 1, 1]
    labels, counts = table.majority("All")
    assert labels == ("tumor", "fibroblast", "plasma_cell")
    assert counts.tolist() == [3, 1, 1]
    assert table.majority("JPs")[0] == ("tumor", "", "")


def test_raters_of_other_studies_are_found_by_their_answers(tmp_path):
    names = {"SP.3": "ann", "JP.1": "bob", "NP.1": "eve", "NP.10": "joe"}
    path = written(tmp_path, lambda table: table.rename(columns=names).replace("NP.10", "joe"))
    table = read_anchor_table(path)
    assert table.raters == ("ann", "bob", "eve", "joe")
    assert table.groups == {"All": table.raters}
    assert table.accepted[0].tolist() == [False, False, False, True]
    assert read_anchor_table(path, raters=["joe"]).answers.shape == (3, 1)
    with pytest.raises(SettingsError, match="but has no tim"):
        read_anchor_table(path, raters=["tim"])


def test_several_clusterings_in_one_table_are_chosen_from(tmp_path):
    def doubled(table):
        return pd.concat([table, table.assign(min_iou="0.5")])

    path = written(tmp_path, doubled)
    with pytest.raises(SettingsError, match=r"of one clustering, but has those of min_iou 0\.25"):
        read_anchor_table(path)
    table = read_anchor_table(path, min_iou=0.5)
    assert (len(table), table.min_iou) == (3, 0.5)
    with pytest.raises(SettingsError, match=r"min_iou 0\.75, but has none"):
        read_anchor_table(path, min_iou=0.75)


def cell(row, column, value):
    def change(table):
        table.loc[row, column] = value
        return table

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (cell(1, "xmax", "2"), "row 3 must have xmin ≤ xmax"),
        (cell(1, "xmax", ""), "row 3 must have whole numbers"),
        (cell(0, "ymin", "nan"), "row 2 must have whole numbers"),
        (cell(2, "NP.1", "tumour"), "row 4 must have a raw class, .* as NP.1, but has 'tumour'"),
        (cell(2, "NP.1", ""), "row 4 must have a raw class"),
        (cell(1, "anchor_id", "10,20,18,28_A"), "row 3 must have an anchor_id that no earlier"),
        (cell(0, "manual_coords_x", "1,2"), "row 2 must have as many whole numbers in manual_co"),
        (cell(1, "EM_inferred_label_Ps", "7.5"), "row 3 must have a raw class, undetected or noth"),
        (cell(1, "EM_prob_tumor_Ps", "7.5"), "row 3 must have a probability, 0 to 1, or nothing"),
        (cell(1, "EM_prob_tumor_Ps", "x"), "row 3 must have a probability"),
        (cell(1, "algorithmic_clicks_All", "NP.1,NP.2"), "row 3 must have names of raters"),
        (lambda table: table.drop(columns="fovname"), "but has no fovname"),
        (lambda table: table.iloc[:, :9], "none that is known as one"),
    ],
)
def test_each_mistake_is_said_with_its_row(tmp_path, change, message):
    with pytest.raises(SettingsError, match=message):
        read_anchor_table(written(tmp_path, change))


def test_corrections_count_as_their_class(tmp_path):
    path = written(tmp_path, cell(0, "JP.1", "correction_tumor"))
    assert read_anchor_table(path).answers[0, 1] == "tumor"


def test_missing_file_is_said(tmp_path):
    with pytest.raises(InputNotFoundError, match="table of anchors was expected"):
        read_anchor_table(tmp_path / "nothing.csv")


def test_parts_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="Every part must have 1 anchors"):
        AnchorTable(("a",), ("A",), ("E",), np.zeros((1, 4)), ("r",), np.zeros((2, 1), object))


cells = st.sampled_from(["", "nan", "-3", "7", "7.5", "tumor", "undetected", "1,2,3", "SP.3,x"])


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_changed_cell_is_read_or_said(tmp_path_factory, data):
    path = written(tmp_path_factory.mktemp("anchors"))
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    column = data.draw(st.sampled_from(list(table)))
    table.loc[data.draw(st.integers(0, 2)), column] = data.draw(cells)
    table.to_csv(path, index=False)
    said = ""
    try:
        again = read_anchor_table(path)
        assert np.isfinite(again.boxes).all()
        assert set(again.answers.ravel()) <= {"", "undetected", *RAW}
    except SettingsError as error:
        said = str(error)
    assert said == "" or "row" in said or "min_iou" in said
