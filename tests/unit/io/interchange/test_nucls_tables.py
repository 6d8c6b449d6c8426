"""NuCLS's tables of all fields, the raw database, and marks of many raters from it."""

import hashlib
import sqlite3
from contextlib import closing

import numpy as np
import pandas as pd
import pytest

from nuclarium.core.classes import shipped_hierarchy
from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.io.interchange.nucls_sqlite import (
    rater_table,
    read_nucls_sqlite,
    write_nucls_sqlite,
)
from nuclarium.io.interchange.nucls_tables import read_core_tables, write_core_tables
from nuclarium.io.interchange.nucls_vocabulary import clean_group

SLIDE = "TCGA-A2-A0CM-DX1_id-5ea40963ddda5f8398979473_left-90_top-190_bottom-260_right-160"
FIELDS = pd.DataFrame({"fov_id": [0, 7], "fovname": [SLIDE, "b"], "slide_name": ["s", "b"]})
ELEMENTS = pd.DataFrame(
    {
        "ann_id": [50, 51, 52],
        "fov_id": [7, 0, 7],
        "group": ["tumor", "correction_lymphocyte", "fibroblast"],
        "type": ["polyline", "point", "rectangle"],
        "xmin": [1, 5, 3],
        "ymin": [2, 6, 3],
        "xmax": [9, 5, 3],
        "ymax": [8, 6, 9],
    }
)


def write(folder, fields=FIELDS, elements=ELEMENTS):
    fields.to_csv(folder / "fov_meta.csv.gz", index=False)
    elements.to_csv(folder / "annotation_elements.csv.gz", index=False)
    return folder


def raw(path, **changes):
    """A small database as the raw one: two raters of one place, and one who saw nothing."""
    prefix = "TCGA-A1-A0SP-DX1_id-5ea40963ddda5f8398979473_left-90_top-190_bottom-260_right-160"
    place = {"maybe-xmin": 100, "maybe-ymin": 200, "maybe-xmax": 150, "maybe-ymax": 250}
    fields = pd.DataFrame(
        [
            {
                "fov_id": i,
                "fovname": f"{who}_#_U-control_#_{prefix}",
                "slide_id": "slide1",
                "slide_name": "TCGA-A1-A0SP-DX1",
                "QC_label": "COMPLETE" if i < 3 else "NEEDS_WORK",
                "sf": 1.25,
                "XMIN": 90 + i,
                "YMIN": 190,
                **place,
            }
            for i, who in enumerate(["SP.3", "NP.1", "NP.10", "NP.2"])
        ]
    )
    groups = ["fov_basic", "Tumour", "roi", "fov_basic", "esinophil", "what?", "fov", "tumor"]
    elements = pd.DataFrame(
        {
            "element_girder_id": [f"e{i}" for i in range(8)],
            "annotation_girder_id": "a",
            "fov_id": [0, 0, 0, 1, 1, 1, 2, 3],
            "group": groups,
            "type": ["rectangle", "polyline", *["rectangle"] * 6],
            "xmin": [12, 20, 0, 11, 20, 0, 10, 1],
            "ymin": [12, 30, 0, 12, 30, 0, 10, 1],
            "xmax": [75, 29, 9, 74, 29, 9, 73, 5],
            "ymax": [75, 39, 9, 75, 39, 9, 73, 5],
            "coords_x": ["", "20,29,29,20,20,20", *[""] * 6],
            "coords_y": ["", "30,30,39,39,35,30", *[""] * 6],
        }
    )
    docs = pd.DataFrame({"annotation_girder_id": ["a"], "itemId": ["slide1"], "subset": ["E"]})
    tables = {"fov_meta": fields, "annotation_elements": elements, "annotation_docs": docs}
    with closing(sqlite3.connect(path)) as base:
        for name, table in (tables | changes).items():
            if table is not None:
                table.to_sql(name, base, index=False)
        base.commit()
    return path


@pytest.mark.data
def test_real_tables_hold_the_published_counts(data):
    tables = read_core_tables(data / "nucls_core_tables")
    assert len(tables.elements) == 59_541
    assert len(tables.fields) == 1_746
    assert tables.fields["slide_name"].nunique() == 124
    names = [name for name, _ in tables.iter_marks()]
    assert len({name.hospital for name in names}) == 18
    assert len({name.slide for name in names}) == 124
    nucls = shipped_hierarchy()
    counts = tables.elements["group"].value_counts()
    published = {
        "tumor": 21_039, "lymphocyte": 13_530, "fibroblast": 8_609, "unlabeled": 7_510,
        "plasma_cell": 5_570, "macrophage": 1_349, "vascular_endothelium": 512,
        "ductal_epithelium": 498, "apoptotic_body": 381, "mitotic_figure": 228,
        "myoepithelium": 54, "neutrophil": 45, "eosinophil": 3,
    }  # fmt: skip
    assert {name: counts[name] for name in published} == published
    assert counts[[n for n in counts.index if n.startswith("correction_")]].sum() == 213
    assert {nucls.roll_up(name, "raw") for name in counts.index} == set(published)
    types = {"rectangle": 39_749, "polyline": 19_681, "point": 111}
    assert tables.elements["type"].value_counts().to_dict() == types


@pytest.mark.data
def test_real_fields_once_are_those_that_were_published(data):
    tables = read_core_tables(data / "nucls_core_tables")
    assert tables.remarks[0] == (
        "2 fields are stored twice under one name, with 56 elements: fov_id 333, 335"
    )
    once = tables.once()
    assert (len(once.fields), len(once.elements)) == (1_744, 59_485)


def test_marks_of_fields_carry_the_ids_of_elements(tmp_path):
    tables = read_core_tables(write(tmp_path))
    marks = tables.marks(7)
    assert marks.ids == ("50", "52")
    assert marks.kinds == ("box", "box")
    assert marks.boxes.tolist() == [[2, 1, 9, 10], [3, 3, 10, 4]]
    (first, one), (second, two) = tables.iter_marks()
    assert (first.hospital, second.text) == ("A2", "b")
    assert one.kinds == ("point",)
    assert two == marks


def test_tables_come_back_as_they_were_written(tmp_path):
    tables = read_core_tables(write(tmp_path))
    write_core_tables(tmp_path / "again", tables)
    again = read_core_tables(tmp_path / "again")
    pd.testing.assert_frame_equal(again.fields, tables.fields)
    pd.testing.assert_frame_equal(again.elements, tables.elements)
    write_core_tables(tmp_path / "third", again)
    for file in (tmp_path / "again").iterdir():
        assert file.read_bytes() == (tmp_path / "third" / file.name).read_bytes()


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("xmax", 0, "row 2 must have xmin ≤ xmax"),
        ("ymin", np.nan, "row 2 must have whole numbers as xmin"),
        ("ymin", "top", "row 2 must have whole numbers"),
        ("ymin", 1.5, "row 2 must have whole numbers"),
        ("type", "circle", "row 2 must have a type of rectangle"),
        ("fov_id", 3, "row 2 must be in a field that is there"),
        ("group", "", "row 2 must have a class as group"),
    ],
)
def test_wrong_elements_are_refused_by_row(tmp_path, column, value, message):
    elements = ELEMENTS.astype(object)
    elements.loc[0, column] = value
    with pytest.raises(SettingsError, match=f"annotation_elements.*{message}"):
        read_core_tables(write(tmp_path, elements=elements))


def test_missing_and_damaged_tables_are_said(tmp_path):
    with pytest.raises(InputNotFoundError, match="table of NuCLS was expected"):
        read_core_tables(tmp_path)
    write(tmp_path, elements=ELEMENTS.drop(columns="group"))
    with pytest.raises(SettingsError, match="but has no group"):
        read_core_tables(tmp_path)
    write(tmp_path, fields=pd.concat([FIELDS, FIELDS]))
    with pytest.raises(SettingsError, match="each fov_id once, but 0 comes twice"):
        read_core_tables(tmp_path)
    path = write(tmp_path) / "fov_meta.csv.gz"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(SettingsError, match=r"fov_meta\.csv\.gz must be a table"):
        read_core_tables(tmp_path)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("tumor", "tumor"),
        ("Tumour cell", "tumor"),
        ("fiborblast", "fibroblast"),
        ("stroma", "fibroblast"),
        ("correction_histiocyte", "correction_macrophage"),
        ("mitosis", "mitotic_figure"),
        ("Vascular", "vascular_endothelium"),
        ("myoeputhelium", "myoepithelium"),
        ("ductal epithelium", "ductal_epithelium"),
        ("esinophil", "eosinophil"),
        ("RBC", "unlabeled"),
        ("mohamed_nucleus", "unlabeled"),
        ("fov", "fov_basic"),
        ("fov_discordant", "fov_discordant"),
        ("correction_FOV_reviewed_maha", "fov_reviewed_maha"),
        ("raghav_fov", ""),
        ("correction_lasso_fibroblast", ""),
        ("nucleus", ""),
        ("what?", None),
    ],
)
def test_texts_of_annotators_are_cleaned(text, meant):
    assert clean_group(text) == meant


@pytest.mark.data
def test_every_text_of_the_real_table_is_its_own_class(data):
    groups = read_core_tables(data / "nucls_core_tables").elements["group"].unique()
    assert [clean_group(text) for text in groups] == list(groups)


def test_raw_database_is_read_and_not_changed(tmp_path):
    path = raw(tmp_path / "raw #1?.sqlite")
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    tables = read_nucls_sqlite(path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert tables.elements["group"].tolist() == ["tumor", "eosinophil", "tumor"]
    assert tables.elements["group_text"].tolist() == ["Tumour", "esinophil", "tumor"]
    assert tables.fields["subset"].tolist() == ["E"] * 4
    assert tables.fields["xmin"].tolist()[:3] == [12, 11, 10]
    assert tables.remarks == (
        "left out: 1 elements whose text means no nucleus: 'roi'",
        "left out: 1 elements whose text is not known: 'what?'",
        "1 fields have no element",
    )
    assert tables.marks(0).kinds == ("outline",)


def test_marks_of_raters_meet_on_the_slide(tmp_path):
    table = rater_table(read_nucls_sqlite(raw(tmp_path / "a.sqlite")))
    assert table["rater"].tolist() == ["SP.3", "NP.1", "NP.10"]
    assert set(table["arm"]) == {"E"}
    assert set(table["field"]) == {"TCGA-A1-A0SP-DX1_left-100_top-200_bottom-250_right-150"}
    first = table.iloc[0]
    assert first["xmin"] == 20 / 1.25 + 90
    assert first["xmax"] - first["xmin"] == 10 / 1.25
    assert table.iloc[1]["xmin"] == 20 / 1.25 + 91
    assert first["outline_x"].split(",")[0] == f"{20.5 / 1.25 + 90:.2f}"
    nothing = table.iloc[2]
    assert nothing["label"] == ""
    assert np.isnan(nothing["xmin"])


def test_fields_that_are_not_complete_can_be_kept(tmp_path):
    tables = read_nucls_sqlite(raw(tmp_path / "a.sqlite"))
    assert rater_table(tables, only_complete=False)["rater"].tolist()[-1] == "NP.2"


def test_tables_of_one_rater_make_no_marks_of_raters(tmp_path):
    with pytest.raises(SettingsError, match="Only the raw database of many raters"):
        rater_table(read_core_tables(write(tmp_path)))
    path = raw(tmp_path / "a.sqlite")
    with closing(sqlite3.connect(path)) as base:
        base.execute("UPDATE fov_meta SET sf = 0 WHERE fov_id = 1")
        base.commit()
    with pytest.raises(SettingsError, match="must have a positive sf"):
        rater_table(read_nucls_sqlite(path))


def test_database_is_written_as_it_is_read(tmp_path):
    tables = read_core_tables(write(tmp_path))
    write_nucls_sqlite(tmp_path / "a.sqlite", tables)
    again = read_nucls_sqlite(tmp_path / "a.sqlite")
    pd.testing.assert_frame_equal(
        again.elements[list(ELEMENTS)], tables.elements, check_dtype=False
    )
    with pytest.raises(SettingsError, match="must not exist yet"):
        write_nucls_sqlite(tmp_path / "a.sqlite", tables)


def test_impossible_boxes_of_raw_data_are_left_out_and_said(tmp_path):
    path = raw(tmp_path / "a.sqlite")
    with closing(sqlite3.connect(path)) as base:
        base.execute("UPDATE annotation_elements SET xmax = 3 WHERE element_girder_id = 'e1'")
        base.execute("UPDATE annotation_elements SET ymin = NULL WHERE element_girder_id = 'e4'")
        base.commit()
    tables = read_nucls_sqlite(path)
    assert len(tables.elements) == 1
    assert (
        "left out: 1 × elements, which must have xmin ≤ xmax and ymin ≤ ymax: row 0"
        in tables.remarks
    )
    with pytest.raises(SettingsError, match="annotation_elements, has 2 mistakes: row 2"):
        read_nucls_sqlite(path, drop_wrong=False)


def test_files_that_are_no_databases_are_refused(tmp_path):
    with pytest.raises(InputNotFoundError, match="database was expected"):
        read_nucls_sqlite(tmp_path / "nothing.sqlite")
    (tmp_path / "text.sqlite").write_text("no database, but long enough to have a header" * 9)
    with pytest.raises(SettingsError, match="must be an SQLite database"):
        read_nucls_sqlite(tmp_path / "text.sqlite")
    with pytest.raises(SettingsError, match="has no annotation_elements"):
        read_nucls_sqlite(raw(tmp_path / "b.sqlite", annotation_elements=None))
    wrong = pd.DataFrame({"fov_id": [1], "group": ["tumor"]})
    with pytest.raises(SettingsError, match=r"annotation_elements of c\.sqlite must have"):
        read_nucls_sqlite(raw(tmp_path / "c.sqlite", annotation_elements=wrong))


def test_study_arm_that_is_not_sure_stays_empty(tmp_path):
    docs = pd.DataFrame({"itemId": ["slide1", "slide1"], "subset": ["E", "U-control"]})
    tables = read_nucls_sqlite(raw(tmp_path / "a.sqlite", annotation_docs=docs))
    assert set(tables.fields["subset"]) == {""}
    assert set(rater_table(tables)["arm"]) == {"U-control"}
