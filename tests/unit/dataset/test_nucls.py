"""NuCLS as datasets: released folders, the project's tables and its database."""

import gzip
import sqlite3

import cv2
import numpy as np
import pandas as pd
import pytest
from tests.datasets import NUCLS, marked, marks_of

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.core.geometry import Box
from nuclarium.dataset.audit import audit
from nuclarium.dataset.build import build_version
from nuclarium.dataset.exchange import detect_format, import_folder
from nuclarium.dataset.intake import IntakeSettings
from nuclarium.io.interchange.nucls_write import FieldToWrite, write_nucls_folder
from nuclarium.workspace.dataset_exchange import export_files, import_dataset
from nuclarium.workspace.dataset_options import intake_settings, source_of

STEM = "TCGA-A2-A0CM-DX1_id-5ea40963ddda5f8398979473_left-{}_top-5_bottom-90_right-99"
ROWS = [
    ("outline", (10, 10, 30, 26), "tumor"),
    ("box", (40, 12, 60, 33), "correction_lymphocyte"),
    ("point", (70, 70, 70, 70), "unlabeled"),
    ("outline", (14, 14, 24, 20), "macrophage"),
]


@pytest.fixture
def released(tmp_path):
    """A folder of two fields as NuCLS releases them."""
    image = np.full((96, 90, 3), 190, np.uint8)
    marks = marks_of(ROWS, whole=True)
    fields = [
        FieldToWrite(STEM.format(1), image, marks, Box(3, 2, 90, 88)),
        FieldToWrite(STEM.format(2), image, marks.only([0, 1])),
    ]
    write_nucls_folder(tmp_path / "released", fields)
    return tmp_path / "released"


def test_released_folder_becomes_a_dataset_of_boxes_and_outlines(released, tmp_path):
    outcome = import_dataset(released, tmp_path / "d")
    assert outcome.notes[0] == "The format is taken for nucls."
    item = outcome.dataset.items[0]
    found, labels = item.read_marks(tmp_path / "d/v001"), item.read_labels(tmp_path / "d/v001")
    assert found.kinds == ("outline", "box", "point", "outline")
    assert found.marks.labels == tuple(row[2] for row in ROWS)
    assert found.numbers.tolist() == [1, 0, 0, 4]
    assert set(np.unique(labels)) == {0, 1, 4}
    assert labels[41:59, 13:32].max() == 0
    assert (item.slide, item.patient) == ("TCGA-A2-A0CM-DX1", "TCGA-A2-A0CM")
    assert item.spacing_um == (0.2, 0.2)
    assert item.extra["hospital"] == "A2"
    assert [item.extra[f"fov_{edge}"] for edge in ("xmin", "ymin", "xmax", "ymax")] == [
        *("2", "3", "88", "90")
    ]
    assert outcome.dataset.hierarchy.name == "nucls"


def test_export_is_a_folder_that_nucls_readers_know(released, tmp_path):
    import_dataset(released, tmp_path / "d")
    export_files(tmp_path / "d", tmp_path / "out", "nucls")
    for name in ("csv", "rgb", "mask", "visualization"):
        assert len(list((tmp_path / "out" / name).glob(f"{STEM.format('*')}.*"))) == 2
    for kind in ("csv", "mask"):
        one, other = (next((f / kind).glob("*left-1_*")) for f in (released, tmp_path / "out"))
        assert one.read_bytes() == other.read_bytes()


def test_field_without_a_picture_has_no_pixels(released, tmp_path):
    for kind in ("rgb", "mask"):
        (released / kind / f"{STEM.format(2)}.png").unlink()
    outcome = import_dataset(released, tmp_path / "d", "nucls")
    assert "1 of 2 fields have no picture, so they have no pixels." in outcome.notes
    assert [item.has_pixels for item in outcome.dataset.items] == [True, False]
    found = audit(outcome.dataset)
    assert (found.images, found.nuclei) == (2, 6)


def test_mask_that_does_not_fit_its_table_is_said_and_left_aside(released, tmp_path):
    path = released / "mask" / f"{STEM.format(1)}.png"
    cv2.imwrite(str(path), np.full((96, 90, 3), 7, np.uint8))
    outcome = import_dataset(released, tmp_path / "d", "nucls")
    assert any("the mask is left aside" in note for note in outcome.notes)
    assert outcome.dataset.items[0].n_nuclei == 4


def tables(folder, *, ending="", twice=True, **changes):
    """The project's tables: two fields, the first of them twice."""
    rows = {
        "ann_id": range(5),
        "fov_id": [0, 0, 1, 1, 2],
        "group": ["tumor", "fov_basic" if changes.pop("fov", 0) else "tumor"] * 2 + ["lymphocyte"],
        "type": ["polyline", "rectangle"] * 2 + ["point"],
        "xmin": [1, 4, 1, 4, 9],
        "ymin": [1, 5, 1, 5, 9],
        "xmax": [7, 8, 7, 8, 9],
        "ymax": [9, 9, 9, 9, 9],
        **changes,
    }
    names = [STEM.format(1), STEM.format(1 if twice else 3), STEM.format(2)]
    fields = {"fov_id": [0, 1, 2], "fovname": names, "slide_name": ["TCGA-A2-A0CM-DX1"] * 3}
    folder.mkdir()
    for name, columns in (("annotation_elements", rows), ("fov_meta", fields)):
        text = pd.DataFrame(columns).to_csv(index=False).encode()
        data = gzip.compress(text) if ending else text
        (folder / f"{name}.csv{ending}").write_bytes(data)
    return folder


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_tables_alone_become_items_without_pixels(tmp_path, ending):
    outcome = import_dataset(tables(tmp_path / "t", ending=ending), tmp_path / "d")
    items, folder = outcome.dataset.items, outcome.dataset.folder
    assert [item.n_nuclei for item in items] == [2, 2, 1]
    assert items[1].id == f"{items[0].id}_2"
    found = items[0].read_marks(folder)
    assert found.kinds == ("outline", "box")
    assert found.marks.boxes.tolist() == [[1, 1, 10, 8], [5, 4, 10, 9]]
    assert any("--once leaves them out" in note for note in outcome.notes)
    assert [finding.kind for finding in audit(outcome.dataset).findings] == ["same marks"]


def test_fields_that_are_stored_twice_can_be_taken_once(tmp_path):
    settings = IntakeSettings(once=True)
    outcome = import_dataset(tables(tmp_path / "t"), tmp_path / "d", "nucls", settings)
    assert [item.n_nuclei for item in outcome.dataset.items] == [2, 1]


def test_tables_are_exported_and_imported_again(tmp_path):
    source = tables(tmp_path / "t", type=["rectangle"] * 4 + ["point"])
    before = import_dataset(source, tmp_path / "d").dataset
    export_files(tmp_path / "d", tmp_path / "out", "nucls")
    after = import_dataset(tmp_path / "out", tmp_path / "back").dataset
    assert after.content_hash == before.content_hash


def test_database_is_read_as_its_tables(tmp_path):
    folder = tables(tmp_path / "t", twice=False)
    path = tmp_path / "raw.sqlite"
    with sqlite3.connect(path) as base:
        for name in ("annotation_elements", "fov_meta"):
            pd.read_csv(folder / f"{name}.csv").to_sql(name, base, index=False)
    base.close()
    outcome = import_dataset(path, tmp_path / "d", "nucls")
    assert [item.n_nuclei for item in outcome.dataset.items] == [2, 1, 2]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"xmax": [0, 8, 7, 8, 9]}, "row 2 must have xmin ≤ xmax"),
        ({"ymin": ["", 5, 1, 5, 9]}, "row 2 must have whole numbers"),
        ({"group": ["tumor", "", "tumor", "tumor", "tumor"]}, "row 3 must have a class"),
        ({"group": ["tumour"] * 5}, "must be of a class of nucls .* but is of 'tumour'"),
    ],
)
def test_wrong_rows_of_tables_are_refused(tmp_path, changes, said):
    with pytest.raises(SettingsError, match=said):
        import_dataset(tables(tmp_path / "t", **changes), tmp_path / "d", "nucls")


def test_missing_columns_of_tables_are_told(tmp_path):
    folder = tables(tmp_path / "t")
    (folder / "fov_meta.csv").write_text("fov_id\n1\n")
    with pytest.raises(
        SettingsError, match=r"fov_meta.csv must have the columns .* has no fovname"
    ):
        import_dataset(folder, tmp_path / "d", "nucls")


def test_own_classes_are_taken_from_a_file(tmp_path):
    (tmp_path / "own.toml").write_text(NUCLS.replace('name = "nucls"', 'name = "own"', 1))
    settings = intake_settings(None, None, None, "auto", None, None, classes=tmp_path / "own.toml")
    found = import_dataset(tables(tmp_path / "t"), tmp_path / "d", "nucls", settings)
    assert found.dataset.hierarchy.name == "own"
    with pytest.raises(InputNotFoundError, match="hierarchy of classes was expected"):
        intake_settings(None, None, None, "auto", None, None, classes=tmp_path / "none.toml")


def test_format_may_stand_before_the_folder(tmp_path):
    from pathlib import Path

    assert source_of([Path("nucls"), Path("x")], "auto") == (Path("x"), "nucls")
    assert source_of([Path("x")], "coco") == (Path("x"), "coco")
    with pytest.raises(SettingsError, match="a format and a folder"):
        source_of([Path("x"), Path("y")], "auto")


def test_names_of_raters_come_back_in_the_names_of_files(tmp_path):
    stem = f"SP.3_#_U-control_#_{STEM.format(1)}"
    write_nucls_folder(
        tmp_path / "r", [FieldToWrite(stem, np.zeros((9, 9, 3), np.uint8), marks_of([]))]
    )
    made = import_dataset(tmp_path / "r", tmp_path / "d").dataset
    assert (made.items[0].extra["rater"], made.items[0].extra["arm"]) == ("SP.3", "U-control")
    export_files(tmp_path / "d", tmp_path / "out", "nucls")
    assert (tmp_path / "out" / "csv" / f"{stem}.csv").is_file()
    back = import_dataset(tmp_path / "out", tmp_path / "back").dataset
    assert back.content_hash == made.content_hash


def test_labels_without_classes_do_not_fit_into_nucls(tmp_path):
    from tests.datasets import dataset, draft

    made = dataset(tmp_path / "m", [draft("a")])
    with pytest.raises(SettingsError, match="1 images here have labels alone: a"):
        export_files(made.folder, tmp_path / "out", "nucls")


def test_formats_of_outlines_say_what_they_leave_out(tmp_path):
    made = build_version(tmp_path / "m", "m", [marked("a", ROWS, (96, 96))], {}, classes=NUCLS)
    written = export_files(made.dataset.folder, tmp_path / "out", "stardist")
    assert written.notes == [
        "stardist holds outlines alone: 2 boxes and points and the classes (4) are left out. "
        "coco, coco-rle, nucls, parquet hold all."
    ]


def test_coco_has_crowds_for_what_is_ambiguous_and_codes_for_classes(tmp_path):
    import json

    made = build_version(tmp_path / "m", "m", [marked("a", ROWS, (96, 96))], {}, classes=NUCLS)
    export_files(made.dataset.folder, tmp_path / "out", "coco")
    content = json.loads((tmp_path / "out/annotations/instances_all.json").read_text())
    rows = content["annotations"]
    assert [row["category_id"] for row in rows] == [1, 3, 99, 5]
    assert [row["iscrowd"] for row in rows] == [0, 0, 1, 0]
    assert [bool(row["segmentation"]) for row in rows] == [True, False, False, True]
    assert rows[1]["bbox"] == [12, 40, 21, 20]
    assert {"id": 3, "name": "lymphocyte", "supercategory": "lymphocyte"} in content["categories"]


def test_boxes_and_classes_of_other_programs_are_read_from_coco(tmp_path):
    import json

    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((20, 20), np.uint8))
    square = [[1, 1, 5, 1, 5, 5, 1, 5]]
    given = [
        {"category_id": 3, "bbox": [1, 1, 4, 4], "segmentation": square},
        {"category_id": 4, "bbox": [10, 10, 3, 5]},
        {"category_id": 3, "bbox": [2, 2, 9, 9], "iscrowd": 1, "segmentation": square},
    ]
    content = {
        "images": [{"id": 1, "file_name": "a.png"}],
        "annotations": [{"id": 70 + i, "image_id": 1, **row} for i, row in enumerate(given)],
        "categories": [{"id": 3, "name": "tumor"}, {"id": 4, "name": "stroma"}],
    }
    (tmp_path / "all.json").write_text(json.dumps(content))
    intake, kind = import_folder(tmp_path)
    found = intake.drafts[0].marks()
    assert kind == detect_format(tmp_path) == "coco"
    assert found.kinds == ("outline", "box")
    assert found.marks.labels == ("tumor", "stroma")
    assert found.marks.ids == ("70", "71")
    assert found.marks.boxes.tolist() == [[1, 1, 5, 5], [10, 10, 15, 13]]
    assert found.numbers.tolist() == [1, 0]
    assert intake.notes == ["1 annotations are crowds, no single nuclei, and were left out."]


@pytest.mark.parametrize(
    ("bbox", "said"),
    [([1, 2, 3], "four numbers"), ([1, 1, -3, 3], "y0 <= y1"), ([1, 1, float("nan"), 3], "finite")],
)
def test_wrong_boxes_of_coco_are_refused(tmp_path, bbox, said):
    import json

    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((20, 20), np.uint8))
    content = {
        "images": [{"id": 1, "file_name": "a.png"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": bbox}],
    }
    (tmp_path / "all.json").write_text(json.dumps(content))
    intake, _ = import_folder(tmp_path, "coco")
    with pytest.raises(SettingsError, match=f"a.png.*{said}"):
        intake.drafts[0].marks()
