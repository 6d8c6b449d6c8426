"""Released NuCLS folders, field by field."""

import csv
import io

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.nucls_files import BOX, HEADER, LINE, STEM, TABLE, write_field, write_picture

from nuclarium.core.errors import (
    InputNotFoundError,
    NuclariumError,
    SettingsError,
    UnreadableImageError,
)
from nuclarium.core.geometry import Box
from nuclarium.io.interchange.nucls_folder import find_nucls_fields
from nuclarium.io.interchange.nucls_locations import read_locations
from nuclarium.io.interchange.nucls_marks import marks_of_table
from nuclarium.io.interchange.nucls_tables import read_core_tables
from nuclarium.io.interchange.nucls_write import FieldToWrite, write_nucls_folder

LOCATION = f",fovname,xmin,ymin,xmax,ymax\n0,{STEM},4,5,110,90\n"


def test_fields_are_found_and_read(tmp_path):
    pixels = write_field(tmp_path)
    write_field(tmp_path, stem="another")
    another, field = sorted(find_nucls_fields(tmp_path), key=lambda f: f.name.text != "another")
    assert field.name.hospital == "A2"
    assert another.name.hospital is None
    content = field.read()
    np.testing.assert_array_equal(content.image, pixels)
    assert content.marks.labels[0] == "fibroblast"
    assert content.labels is None
    assert content.remarks == ("1 × points without extent: row 3",)


@pytest.mark.parametrize("place", ["csv/ALL_FOV_LOCATIONS.csv", "all_fov_locations.csv"])
def test_file_of_locations_gives_the_field_of_view(tmp_path, place):
    write_field(tmp_path)
    (tmp_path / place).write_text(LOCATION, "utf-8")
    (field,) = find_nucls_fields(tmp_path)
    assert field.fov == field.read(image=False).fov == Box(5, 4, 90, 110)


def test_file_of_locations_with_other_columns_is_said_and_not_used(tmp_path):
    write_field(tmp_path)
    path = tmp_path / "all_fov_locations.csv"
    path.write_text(LOCATION.replace("xmin", "left"), "utf-8")
    (field,) = find_nucls_fields(tmp_path)
    assert field.fov is None
    assert field.read().remarks[0] == (
        "all_fov_locations.csv has no columns xmin, so fields of view are those of masks"
    )
    with pytest.raises(SettingsError, match=r"must have the columns fovname, .* has no xmin"):
        read_locations(path)


def test_nothing_but_names_is_read_at_first(tmp_path):
    write_field(tmp_path, table="no table")
    (field,) = find_nucls_fields(tmp_path)
    with pytest.raises(SettingsError, match="must have the columns"):
        field.read()


def test_folders_may_be_named_as_in_the_sets_of_many_raters(tmp_path):
    write_field(tmp_path)
    (tmp_path / "rgb").rename(tmp_path / "rgbs")
    (field,) = find_nucls_fields(tmp_path)
    assert field.read().image.shape == (100, 120, 3)


def test_field_without_picture_has_none(tmp_path):
    write_field(tmp_path)
    (tmp_path / "rgb" / f"{STEM}.png").unlink()
    (field,) = find_nucls_fields(tmp_path)
    assert field.read().image is None


def test_odd_fields_are_read_and_flagged(tmp_path):
    thin = BOX.replace("3,7,19,12", "3,7,3,12").replace("3,19,19,3,3", "3,3,3,3,3")
    flat = LINE.replace("30,45,60,58,44,30", "30,60,30,60,30,60").replace(
        "35,20,34,49,50,35", "20,50,20,50,20,50"
    )
    unlike = LINE.replace("tumor_any", "sTIL").replace("1,tumor", "2,tumor")
    repeat = unlike.replace("2,tumor", "3,tumor")
    far = "4,tumor,,,rectangle,10,10,200,20,,\n"
    write_field(tmp_path, table=HEADER + thin + flat + unlike + repeat + far, shape=(60, 120))
    (field,) = find_nucls_fields(tmp_path)
    remarks = "\n".join(field.read().remarks)
    assert "1 × boxes that are one pixel wide or high: row 0" in remarks
    assert "1 × outlines of fewer than 3 different vertices, taken as boxes: row 1" in remarks
    assert "2 × a super_classification that does not follow from the raw_class" in remarks
    assert "1 × exact repeats of an earlier row: row 3" in remarks
    assert "degenerate: 120 × 60 px" in remarks
    assert "1 × marks that reach beyond the image: row 4" in remarks


def test_field_without_nuclei_is_flagged(tmp_path):
    write_field(tmp_path, table=HEADER)
    (field,) = find_nucls_fields(tmp_path)
    assert field.read().remarks == ("no nucleus is marked",)


def test_folders_that_are_none_are_refused(tmp_path):
    with pytest.raises(InputNotFoundError, match="folder of NuCLS was expected"):
        find_nucls_fields(tmp_path / "nothing")
    with pytest.raises(InputNotFoundError, match="a folder csv with a table for each field"):
        find_nucls_fields(tmp_path)


def test_picture_without_table_is_refused(tmp_path):
    write_field(tmp_path)
    write_picture(tmp_path / "rgb" / "alone.png")
    with pytest.raises(SettingsError, match=r"Every picture in .* 1 have none, the first alone"):
        find_nucls_fields(tmp_path)


def test_grey_and_damaged_pictures_are_refused(tmp_path):
    write_field(tmp_path)
    path = tmp_path / "rgb" / f"{STEM}.png"
    (field,) = find_nucls_fields(tmp_path)
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(UnreadableImageError, match="damaged or incomplete"):
        field.read()
    path.write_bytes(imagecodecs.png_encode(np.zeros((70, 70), np.uint8)))
    with pytest.raises(UnreadableImageError, match="picture in colour of 8 bits"):
        field.read()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LOCATION.replace("110", "4"), "row 2 must have xmin < xmax"),
        (LOCATION.replace("110", "wide"), "row 2 must have a whole number of pixels as xmax"),
        (LOCATION + f"1,{STEM},0,0,9,9\n", "row 3 must name a field that has one place"),
    ],
)
def test_mistakes_in_the_file_of_locations_are_said(tmp_path, text, message):
    write_field(tmp_path, table=TABLE)
    (tmp_path / "all_fov_locations.csv").write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=message):
        find_nucls_fields(tmp_path)


@pytest.mark.data
def test_real_boxes_survive_a_released_folder(data, tmp_path):
    tables = read_core_tables(data / "nucls_core_tables").once()
    fields = tables.fields.set_index("fovname")
    chosen = [pair for i, pair in enumerate(tables.iter_marks()) if i % 90 == 0]

    def drawn():
        for name, marks in chosen:
            view = fields.loc[name.text]
            fov = Box(view["ymin"], view["xmin"], view["ymax"], view["xmax"])
            far = marks.boxes[:, 2:].max(axis=0).astype(int)
            shape = (max(far[0], fov.y1), max(far[1], fov.x1), 3)
            yield FieldToWrite(name.text, np.full(shape, 230, np.uint8), marks, fov)

    assert write_nucls_folder(tmp_path, drawn()) == len(chosen) == 20
    for field, (name, marks) in zip(find_nucls_fields(tmp_path), chosen, strict=True):
        content = field.read()
        assert field.name == name
        assert content.marks.labels == marks.labels
        np.testing.assert_array_equal(content.marks.boxes, marks.boxes)
        assert not any("mask" in remark for remark in content.remarks)
        assert content.fov.shape >= (256, 256)


cells = st.sampled_from(
    ["", "nan", "-3", "1e9", "7", "7.5", "tumor", "polyline", "1,2,3", "inf", '"']
)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 4), st.integers(0, 10), cells)
def test_any_changed_cell_is_read_truly_or_said(tmp_path_factory, row, column, cell):
    folder = tmp_path_factory.mktemp("nucls")
    rows = [list(line) for line in csv.reader(TABLE.splitlines())]
    rows[row][column] = cell
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_field(folder, table=text.getvalue())
    (field,) = find_nucls_fields(folder)
    try:
        content = field.read()
    except NuclariumError as error:
        assert f"row {row + 1}" in str(error)  # noqa: PT017
        return
    again = marks_of_table(content.table)
    assert again == content.marks
    assert len(again) == 4
    assert np.isfinite(again.boxes).all()
    for name, written in zip(rows[0][1:9], rows[row][1:9], strict=True):
        kept = str(content.table[name].iloc[row - 1])
        assert written in ("", kept) or name in ("xmin", "ymin", "xmax", "ymax")
