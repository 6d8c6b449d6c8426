"""What people drew becomes marks, label images, tables and files of other tools."""

import json

import numpy as np
import pytest
import tifffile
from roifile import roiread
from tests.annotations import edit, nucleus_id

from nuclarium.annotate.store import Store
from nuclarium.annotate.studies import Arm, Design
from nuclarium.core.errors import SettingsError
from nuclarium.io.interchange.classed_geojson import read_classed_geojson
from nuclarium.workspace.annotation_files import FORMATS, export_annotations
from nuclarium.workspace.annotations import labels_of, marks_of, one_line, table_of

SQUARE = [2, 2, 8, 2, 8, 8, 2, 8]
HOLE = [4, 4, 4, 6, 6, 6, 6, 4]
SMALL = [6, 6, 9, 6, 9, 9, 6, 9]


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "store.sqlite") as opened:
        opened.add_user("Ada", "senior", group="experts")
        opened.add_user("Grace", "rater", group="residents")
        opened.register_image("slide", "0" * 64, width=20, height=12)
        yield opened


def drawn(number, rings, kind="outline", label="tumor", **more):
    after = {"id": nucleus_id(number), "kind": kind, "rings": rings, "label": label} | more
    return edit(number, number, after=after)


@pytest.fixture
def document(store):
    head = store.open_document(store.images()[0].id, owner=None)
    changes = [
        drawn(1, [SQUARE, HOLE]),
        drawn(2, [SMALL], label="stroma", suggestion="u-1", verdict="accepted"),
        drawn(3, [[10, 1, 14, 1, 14, 5, 10, 5]], kind="box", label=""),
        drawn(4, [[17.5, 3.25]], kind="point"),
        drawn(5, [], kind="rejected", suggestion="u-2", label=""),
        drawn(6, [SMALL], verdict="wrong_outline", suggestion="u-3"),
    ]
    store.append(head.id, changes[:4], "R1")
    store.append(head.id, changes[4:], "R2")
    return head.id


def test_marks_are_the_nuclei_with_y_first(store, document):
    marks = marks_of(store.document(document))
    assert sorted(zip(marks.ids, marks.kinds, marks.labels, strict=True)) == [
        (nucleus_id(1), "outline", "tumor"),
        (nucleus_id(2), "outline", "stroma"),
        (nucleus_id(3), "box", ""),
        (nucleus_id(4), "point", "tumor"),
        (nucleus_id(6), "box", "tumor"),
    ]
    assert marks.boxes[marks.ids.index(nucleus_id(3))].tolist() == [1, 10, 5, 14]
    assert marks.boxes[marks.ids.index(nucleus_id(4))].tolist() == [3.25, 17.5, 3.25, 17.5]


def test_label_images_have_holes_and_smaller_nuclei_on_top(store, document):
    labels, ids = labels_of(store.document(document), (12, 20))
    large, small = ids.index(nucleus_id(1)) + 1, ids.index(nucleus_id(2)) + 1
    assert labels[3, 3] == large
    assert labels[4, 4] == 0
    assert labels[7, 7] == small
    assert (labels == large).sum() == 36 - 4 - 4


def test_the_label_image_of_a_field_has_its_size(store):
    head = store.open_document(store.images()[0].id, owner=None, box=(2, 1, 10, 9))
    store.append(head.id, [drawn(1, [SQUARE])], "R1")
    labels, _ = labels_of(store.document(head.id), (12, 20))
    assert labels.shape == (8, 8)
    assert labels[1:7, 0:6].all()
    assert labels.sum() == 36


def test_one_line_encloses_what_rings_enclose():
    line = one_line((tuple(SQUARE), tuple(HOLE)))
    y, x = line.T
    assert abs((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2) == 36 - 4


def test_the_table_has_a_row_a_mark_of_finished_documents(store, document):
    assert len(table_of(store)) == 0
    store.set_status(document, "done", "R1")
    table = table_of(store).set_index("id").sort_index()
    assert table["rater"].tolist() == ["R1"] * 4 + ["R2"]
    assert table["group"].tolist() == ["experts"] * 4 + ["residents"]
    assert table["field"].unique().tolist() == ["slide"]
    assert table["accepted"].tolist() == [False, True, False, False, False]
    assert table["suggestion"].tolist() == ["", "u-1", "", "", "u-3"]
    assert table.loc[nucleus_id(2), ["outline_x", "outline_y"]].tolist() == ["6,9,9,6", "6,6,9,9"]
    assert table.loc[nucleus_id(6), "outline_x"] == ""
    assert (table["time"].str.len() > 20).all()


def test_the_table_of_a_study_tells_arms_repeats_and_who_saw_nothing(store):
    arms = (Arm("hidden", False),)
    image = store.images()[0].id
    study = store.add_study("s", Design(arms, repeats=1), [(image, None)], ["R2"], by="R1")
    first, again = (store.open_task(task.id).id for task in store.tasks(study=study.id))
    store.append(first, [drawn(1, [SMALL])], "R2")
    store.set_status(first, "done", "R2")
    store.set_status(again, "done", "R2")
    store.append(first, [edit(2, 1, base=1, label="corrected")], "R1")
    table = table_of(store, study=study.id).sort_values("arm")
    assert table[["rater", "arm"]].to_numpy().tolist() == [["R2", "hidden"], ["R2", "hidden-again"]]
    assert table["label"].tolist()[0] == "tumor"
    assert table["accepted"].tolist()[0] == ""
    assert table[["label", "xmin"]].isna().to_numpy()[1].all()
    assert "corrected" in table_of(store, corrected=True)["label"].tolist()


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_written(store, document, tmp_path, form):
    store.set_status(document, "done", "R1")
    (path,) = export_annotations(store, tmp_path / "out", form)
    if form == "labels":
        assert np.unique(tifffile.imread(path)).tolist() == [0, 1, 2]
    elif form == "geojson":
        found = read_classed_geojson(path)
        assert {one.class_name for one in found} == {"tumor", "stroma", ""}
        assert any(len(one.rings) == 2 for one in found)
    elif form == "rois":
        assert len(roiread(path)) == 2
    elif form == "coco":
        content = json.loads(path.read_text("utf-8"))
        assert sorted(a["area"] for a in content["annotations"]) == [0, 9, 9, 16, 32]
    else:
        assert path.read_text("utf-8").count("\n") == 6


def test_stacks_become_stacks(store, tmp_path):
    head = store.open_document(store.images()[0].id, owner=None)
    store.append(head.id, [drawn(1, [SQUARE], z=0), drawn(2, [SQUARE], z=2)], "R1")
    (path,) = export_annotations(store, tmp_path, "labels")
    assert tifffile.imread(path).any(axis=(1, 2)).tolist() == [True, False, True]
    (path,) = export_annotations(store, tmp_path, "rois")
    assert sorted(roi.position for roi in roiread(path)) == [1, 3]

    (path,) = export_annotations(store, tmp_path / "coco", "coco")
    content = json.loads(path.read_text("utf-8"))
    assert sorted(one["z"] for one in content["annotations"]) == [0, 2]


def test_documents_that_would_be_named_alike_are_all_written(store, tmp_path):
    image = store.images()[0].id
    for number, name in enumerate(("first", "second")):
        store.add_study(name, Design(), [(image, (0, 0, 9, 9))], ["R2"], by="R1")
        (task,) = store.tasks(study=store.studies()[number].id)
        document = store.open_task(task.id).id
        store.append(document, [drawn(10 + number, [SMALL])], "R2")
    paths = export_annotations(store, tmp_path, "coco")
    assert len(paths) == len({*paths}) == 2
    nuclei = [json.loads(one.read_text("utf-8"))["annotations"][0]["nucleus"] for one in paths]
    assert len({*nuclei}) == 2


def test_a_format_that_is_not_known_is_refused(store, tmp_path):
    with pytest.raises(SettingsError, match="must be one of labels, geojson"):
        export_annotations(store, tmp_path, "svg")
