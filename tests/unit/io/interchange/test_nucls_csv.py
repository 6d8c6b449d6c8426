"""Tables of NuCLS fields, and marks from them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.nucls_files import BOX, HEADER, LINE, OPEN, POINT, TABLE

from nuclarium.core.classes import hierarchy_of
from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.core.marks import Marks
from nuclarium.io.interchange.nucls_csv import read_nucls_csv, write_nucls_csv
from nuclarium.io.interchange.nucls_marks import inclusive, marks_of_table, table_of_marks


def read(tmp_path, text, **options):
    path = tmp_path / "field.csv"
    path.write_text(text, "utf-8")
    return read_nucls_csv(path, **options)


def test_released_table_comes_back_byte_for_byte(tmp_path):
    table = read(tmp_path, TABLE)
    write_nucls_csv(tmp_path / "again.csv", table)
    assert (tmp_path / "again.csv").read_text("utf-8") == TABLE


def test_boxes_reach_to_the_end_of_their_last_pixel(tmp_path):
    marks = marks_of_table(read(tmp_path, TABLE))
    assert marks.kinds == ("box", "outline", "outline", "point")
    assert marks.boxes[0].tolist() == [7, 3, 13, 20]
    assert marks.boxes[3].tolist() == [40.5, 5.5, 40.5, 5.5]
    assert marks.labels[3] == "correction_lymphocyte"
    assert marks.ids == ("0", "1", "2", "3")


def test_vertices_are_middles_of_pixels_and_the_last_is_not_repeated(tmp_path):
    _, closed, opened, _ = marks_of_table(read(tmp_path, TABLE)).outlines
    assert closed[0].tolist() == [35.5, 30.5]
    assert (len(closed), len(opened)) == (5, 6)


def test_marks_come_back_as_they_were(tmp_path):
    marks = marks_of_table(read(tmp_path, TABLE))
    table = table_of_marks(marks)
    assert marks_of_table(table) == marks
    pd.testing.assert_frame_equal(
        table.drop(index=2), read(tmp_path, TABLE).drop(index=2), check_dtype=False
    )
    assert table.coords_x[2] == "62,70,80,79,70,63,62"


def test_type_follows_from_the_number_of_coordinates_where_it_is_missing(tmp_path):
    table = read(
        tmp_path,
        TABLE.replace(",type", "")
        .replace("rectangle,", "")
        .replace("polyline,", "")
        .replace("point,", ""),
    )
    assert table["type"].tolist() == ["rectangle", "polyline", "polyline", "rectangle"]
    blank = read(tmp_path, HEADER + LINE.replace("polyline", ""))
    assert blank["type"].tolist() == ["polyline"]
    five = LINE.replace("polyline", "").replace(",44,30", ",30").replace("49,50,35", "50,35")
    assert read(tmp_path, HEADER + five)["type"].tolist() == ["rectangle"]


def test_earlier_export_with_groups_is_read(tmp_path):
    table = read(tmp_path, "group,xmin,ymin,xmax,ymax\ncorrection_tumor,1,2,3,4\n")
    assert table.iloc[0].tolist()[:4] == [
        "correction_tumor",
        "tumor_nonMitotic",
        "tumor_any",
        "rectangle",
    ]
    assert marks_of_table(table).boxes.tolist() == [[2, 1, 5, 4]]


def test_classes_of_the_file_are_kept(tmp_path):
    table = read(tmp_path, TABLE.replace("AMBIGUOUS,AMBIGUOUS", "tumor_nonMitotic,"))
    assert table.main_classification[2] == "tumor_nonMitotic"
    assert table.super_classification[2] == "AMBIGUOUS"


def test_own_hierarchy_names_the_columns(tmp_path):
    own = hierarchy_of(
        'name="x"\n[[levels]]\nname="fine"\nclasses=[{name="A",code=1,colour=[0,0,0]}]', "x.toml"
    )
    table = read(tmp_path, "fine_classification,xmin,ymin,xmax,ymax\nA,1,2,3,4\n", hierarchy=own)
    assert table.columns[:2].tolist() == ["fine_classification", "type"]
    assert table_of_marks(marks_of_table(table), own).fine_classification.tolist() == ["A"]


def test_table_without_rows_is_an_image_without_nuclei(tmp_path):
    table = read(tmp_path, HEADER)
    assert len(marks_of_table(table)) == 0
    write_nucls_csv(tmp_path / "again.csv", table_of_marks(marks_of_table(table)))
    assert (tmp_path / "again.csv").read_text("utf-8") == HEADER


def test_indices_that_repeat_are_counted_anew(tmp_path):
    table = read(tmp_path, HEADER + BOX + BOX)
    assert table.index.tolist() == [0, 1]
    assert read(tmp_path, HEADER + OPEN + BOX).index.tolist() == [2, 0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TABLE.replace("xmax", "x_max"), "must have the columns .*xmax, ymax, but has no xmax"),
        (TABLE.replace("raw_", "cooked_"), "but has no raw_classification"),
        (
            TABLE.replace("19,12,", "nan,12,"),
            "row 2 must have a whole number of pixels as xmax, but",
        ),
        (TABLE.replace("19,12,", ",12,"), "row 2 must have a whole number of pixels as xmax, but"),
        (TABLE.replace("19,12,", "1e30,12,"), "row 2 must have a whole number .* but has '1e30'"),
        (TABLE.replace("19,12,", "19.5,12,"), "row 2 must have a whole number .* but has '19.5'"),
        (TABLE.replace("19,12,", "2,12,"), "row 2 must have xmin ≤ xmax, but has 3 and 2"),
        (TABLE.replace("60,50,", "60,19,"), "row 3 must have ymin ≤ ymax, but has 20 and 19"),
        (
            TABLE.replace("tumor,tumor_", "tumour,tumor_"),
            "row 3 must have a class of tumor, .*'tumour'",
        ),
        (TABLE.replace("fibroblast", ""), "row 2 must have a class of"),
        (TABLE.replace("rectangle", "ellipse"), "row 2 must have a type of rectangle, .*'ellipse'"),
        (
            TABLE.replace('49,50,35"', '49,50"'),
            "row 3 must have as many coords_x as coords_y.* 6 and 5",
        ),
        (TABLE.replace('"30,45,', '"30,,'), "row 3 must have a whole number of pixels as coords_x"),
        (
            TABLE.replace("5,40,5,40,5,40", "5,40,6,40,5,40"),
            "row 5 is a point, which must have zero",
        ),
        (
            TABLE.replace(POINT, "3,tumor,,,polyline,1,1,2,2,,\n"),
            "row 5 is a polyline, which must have",
        ),
        (TABLE.replace(POINT, "3,tumor\n"), "row 5 has 2 values for 11 columns"),
        (TABLE.replace("coords_y", "coords_x"), "several named 'coords_x'"),
        (TABLE.replace('7,7,12,12,7"', "7,7,12"), "it cannot be read"),
        ("", "must begin with column names, but it is empty"),
    ],
)
def test_each_mistake_is_said_with_its_row(tmp_path, text, message):
    with pytest.raises(SettingsError, match=message) as caught:
        read(tmp_path, text)
    assert "field.csv" in str(caught.value)


def test_missing_file_and_pictures_are_no_tables(tmp_path):
    with pytest.raises(InputNotFoundError, match="table of a field was expected"):
        read_nucls_csv(tmp_path / "nothing.csv")
    (tmp_path / "a.csv").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(SettingsError, match="text in UTF-8"):
        read_nucls_csv(tmp_path / "a.csv")


def test_labels_outside_the_hierarchy_are_not_written():
    for label in ("", "tumour"):
        marks = Marks(np.array([[0, 0, 2, 2]]), ("box",), (label,), (None,), ("a",))
        with pytest.raises(SettingsError, match="must be a class of the hierarchy nucls"):
            table_of_marks(marks)


def test_outline_along_edges_of_pixels_becomes_the_outermost_pixels_inside():
    square = np.array([[2.0, 3.0], [2.0, 8.0], [6.0, 8.0], [6.0, 3.0]])
    marks = Marks(np.array([[2, 3, 6, 8]]), ("outline",), ("tumor",), (square,), ("a",))
    table = table_of_marks(marks)
    assert table.coords_x[0] == "3,7,7,3,3"
    assert table.coords_y[0] == "2,2,5,5,2"
    assert table[["xmin", "ymin", "xmax", "ymax"]].iloc[0].tolist() == [3, 2, 7, 5]


def test_fractions_become_the_pixels_that_they_touch():
    boxes = np.array([[0.2, 1.0, 3.0, 4.6], [5.0, 5.0, 5.0, 5.0]])
    marks = Marks(boxes, ("box", "point"), ("tumor",) * 2, (None,) * 2, ("a", "b"))
    assert inclusive(marks.boxes).tolist() == [[1, 0, 4, 2], [5, 5, 5, 5]]


whole = st.integers(-(10**6), 10**6)
corners = st.tuples(whole, whole, st.integers(0, 400), st.integers(0, 400))
lines = st.lists(st.tuples(whole, whole), min_size=3, max_size=9, unique=True)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(corners, lines, st.tuples(whole, whole)), max_size=5))
def test_whole_pixels_survive_the_way_there_and_back(tmp_path_factory, things):
    kinds, boxes, outlines = [], [], []
    for thing in things:
        if isinstance(thing, list):
            line = np.array(thing, float) + 0.5
            kinds.append("outline")
            boxes.append([*np.floor(line.min(axis=0)), *np.ceil(line.max(axis=0))])
            outlines.append(line)
        elif len(thing) == 2:
            kinds.append("point")
            boxes.append([value + 0.5 for value in thing * 2])
            outlines.append(None)
        else:
            y, x, height, width = thing
            kinds.append("box")
            boxes.append([y, x, y + height + 1, x + width + 1])
            outlines.append(None)
    n = len(things)
    marks = Marks(
        np.array(boxes).reshape(-1, 4), kinds, ("tumor",) * n, outlines, map(str, range(n))
    )
    path = tmp_path_factory.mktemp("csv") / "field.csv"
    write_nucls_csv(path, table_of_marks(marks))
    assert marks_of_table(read_nucls_csv(path)) == marks


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=80).map(lambda t: (HEADER + t).encode()))
def test_any_bytes_are_a_table_or_a_sentence(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("csv") / "field.csv"
    path.write_bytes(content)
    said = ""
    try:
        table = read_nucls_csv(path)
        assert len(marks_of_table(table)) == len(table)
    except SettingsError as error:
        said = str(error)
    assert said == "" or "field.csv" in said
