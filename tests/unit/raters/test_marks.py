"""Marks of raters are read from a long table, and bad rows are named."""

import numpy as np
import pandas as pd
import pytest
from tests.rater_marks import disc, outline_columns, table

from nuclarium.core.errors import SettingsError
from nuclarium.raters.anchors.clusters import find_anchors
from nuclarium.raters.read_marks import read_marks

NAN = np.nan
GOOD = ("a", "r1", "tumor", 0, 0, 10, 10)


def test_names_are_sorted_and_marks_stay_in_the_order_of_rows():
    marks = read_marks(table(("b", "zoe", "tumor", 1, 2, 5, 8), ("a", "ann", "stroma", 0, 0, 3, 3)))
    assert (marks.fields, marks.raters, marks.arms) == (("a", "b"), ("ann", "zoe"), ("",))
    assert marks.field.tolist() == [1, 0]
    assert marks.labels == ("stroma", "tumor")
    assert marks.boxes[0].tolist() == [2, 1, 8, 5]
    assert marks.kinds == ("box", "box")


def test_row_without_place_and_label_says_that_the_rater_saw_the_field():
    marks = read_marks(table(GOOD, ("a", "r2", "", NAN, NAN, NAN, NAN)))
    assert len(marks) == 1
    assert marks.seen.tolist() == [[0, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("a", "r1", "x", NAN, 0, 10, 10), "missing or not finite"),
        (("a", "r1", "x", 0, 0, np.inf, 10), "missing or not finite"),
        (("a", "r1", "x", 9, 0, 3, 10), r"negative size \(x 9 to 3, y 0 to 10\)"),
        (("a", "r1", "x", 0, 0, 1e300, 9), "farther out than 1,000,000,000 px"),
        (("a", "", "x", 0, 0, 3, 10), "has no rater"),
        (("", "r1", "x", 0, 0, 3, 10), "has no field"),
        (("a", "r1", "x", NAN, NAN, NAN, NAN), "a label, but no box and no outline"),
        (("a", "r1", "undetected", 0, 0, 3, 10), "has the label undetected"),
        (("a", "r1", "x", "wide", 0, 3, 10), "has 'wide' for xmin, not a number"),
    ],
)
def test_bad_row_is_named_as_a_spreadsheet_counts(row, told):
    with pytest.raises(SettingsError, match=f"1 mistake: row 3 .*{told}"):
        read_marks(table(GOOD, row))


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("kind", "lasso", "of kind 'lasso', not outline, box or point"),
        ("kind", "outline", "is an outline, but has no outline_x"),
        ("accepted", "perhaps", "'perhaps' for accepted, not true or false"),
        ("time", "noon", "'noon' for time, not seconds and not a date"),
    ],
)
def test_cell_that_means_nothing_is_named(column, value, told):
    with pytest.raises(SettingsError, match=told):
        read_marks(table(GOOD, **{column: [value]}))


@pytest.mark.parametrize(
    ("x", "y", "told"),
    [
        ("0,4,4", "0,0", "an outline of 3 x, but 2 y"),
        ("0,4", "0,0", "fewer than three finite corners"),
        ("0,4,nan", "0,0,4", "fewer than three finite corners"),
        ("0,4,four", "0,0,4", "not numbers joined by commas"),
        ("0,4,4", "0,0,1e6", "an outline of more than 100,000 px"),
    ],
)
def test_bad_outline_is_named(x, y, told):
    with pytest.raises(SettingsError, match=told):
        read_marks(table(GOOD, outline_x=[x], outline_y=[y]))


def test_bad_rows_can_be_left_out_and_are_told():
    marks = read_marks(table(GOOD, ("a", "r2", "x", 9, 0, 3, 10)), drop_bad=True)
    assert len(marks) == 1
    assert marks.remarks[0].startswith("1 row left out: row 3 has a box of negative size")
    assert marks.raters == ("r1",)


def test_closed_outline_without_a_box_has_the_extent_of_its_corners():
    closed = {"outline_x": ["0,4,4,0,0"], "outline_y": ["0,0,2,2,0"]}
    frame = table(("a", "r1", "x", NAN, NAN, NAN, NAN), **closed)
    marks = read_marks(frame)
    assert marks.kinds == ("outline",)
    assert marks.outlines[0].tolist() == [[0, 0], [0, 4], [2, 4], [2, 0]]
    assert marks.boxes.tolist() == [[0, 0, 2, 4]]


def test_box_without_height_is_a_point_and_told():
    marks = read_marks(table(GOOD, ("a", "r1", "x", 3, 4, 3, 4), ("a", "r1", "x", 3, 4, 9, 4)))
    assert marks.kinds == ("box", "point", "point")
    assert marks.boxes[2].tolist() == [4, 6, 4, 6]
    assert "1 box without width or height taken as points: row 4." in marks.remarks


def test_repeated_row_counts_once_and_is_told():
    marks = read_marks(table(GOOD, GOOD, GOOD, time=["1", "2", "3"]))
    assert len(marks) == 1
    assert "2 rows said again" in marks.remarks[0]


def test_two_labels_of_one_rater_at_one_place_are_told():
    marks = read_marks(table(GOOD, ("a", "r1", "stroma", 0, 0, 10, 10)))
    assert len(marks) == 2
    assert "2 rows of one rater at exactly one place with different labels" in marks.remarks[0]


def test_rater_in_two_groups_is_refused():
    with pytest.raises(SettingsError, match="rater r1 is in JP and SP"):
        read_marks(table(GOOD, ("a", "r1", "x", 0, 0, 3, 3), group=["SP", "JP"]))


def test_group_written_once_holds_for_all_rows_of_a_rater():
    marks = read_marks(table(GOOD, ("a", "r1", "x", 0, 0, 3, 3), group=["SP", ""]))
    assert marks.groups == ("SP",)


@pytest.mark.parametrize("missing", ["field", "rater", "xmin"])
def test_missing_column_is_named(missing):
    with pytest.raises(SettingsError, match=missing):
        read_marks(table(GOOD).drop(columns=missing))


def test_other_columns_are_read_as_text_numbers_and_dates_alike():
    frame = table(GOOD, ("a", "2", "x", 0, 0, 3, 3), accepted=[True, ""], suggestion=["s7", ""])
    marks = read_marks(frame.assign(time=["1970-01-01T00:01:00", ""], id=["m1", "m2"]))
    assert marks.accepted.tolist() == [1, -1]
    assert marks.suggestion == ("s7", "")
    assert marks.ids == ("m1", "m2")
    np.testing.assert_array_equal(marks.time, [60, NAN])


def test_names_that_are_whole_numbers_stay_whole_beside_empty_cells():
    frame = pd.DataFrame({"field": [1, 1], "rater": [7.0, 8.0], "label": ["x", ""]})
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), (0, 0, 4, 4), strict=True):
        frame[name] = [value, NAN]
    assert read_marks(frame).raters == ("7", "8")


def test_empty_table_has_no_marks():
    marks = read_marks(table(GOOD).iloc[:0])
    assert len(marks) == 0
    assert marks.seen.shape == (0, 3)


def test_marks_of_some_raters_leave_out_where_others_looked():
    marks = read_marks(table(GOOD, ("b", "r2", "x", 0, 0, 3, 3))).of_raters(["r2"])
    assert marks.seen.tolist() == [[1, 1, 0]]
    assert marks.boxes.tolist() == [[0, 0, 3, 3]]
    with pytest.raises(SettingsError, match="There is no rater 'r9'; the table has r1, r2"):
        marks.of_raters(["r9"])


def test_outline_of_a_box_is_only_its_rectangle():
    columns = {name: [text] for name, text in outline_columns(disc(5, 5, 5)).items()}
    marks = read_marks(table(GOOD, kind=["box"], **columns))
    assert marks.kinds == ("box",)
    assert marks.outlines == (None,)


@pytest.mark.data
def test_real_table_of_nucls_is_read_with_its_points_and_its_two_odd_rows(data):
    path = data / "nucls_core_tables" / "annotation_elements.csv.gz"
    frame = pd.read_csv(path).rename(columns={"fov_id": "field", "group": "label"})
    frame["rater"] = "one"
    marks = read_marks(frame.drop(columns="type"))
    assert len(marks) == 59_540
    assert marks.kinds.count("point") == (frame["type"] == "point").sum() == 111
    assert len(marks.fields) == 1746
    assert "1 row said again" in marks.remarks[0]
    assert "2 rows of one rater at exactly one place" in marks.remarks[1]
    assert len(find_anchors(marks)) == len(marks)
