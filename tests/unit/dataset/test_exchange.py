import json

import cv2
import numpy as np
import pytest
from tests.datasets import dataset, draft

from nuclarium.core.errors import NuclariumError, OutputError, SettingsError
from nuclarium.dataset.exchange import FORMATS, detect_format, export_dataset, import_folder


def write(folder, name, pixels):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), pixels)


def mask(*boxes, side=12):
    found = np.zeros((side, side), np.uint8)
    for y0, x0, y1, x1 in boxes:
        found[y0:y1, x0:x1] = 255
    return found


def imported(folder, kind="auto"):
    intake, found = import_folder(folder, kind)
    return {d.id: (d, *d.load()) for d in intake.drafts}, intake.notes, found


def test_dsb2018_joins_masks_in_order_and_drops_opacity(tmp_path):
    grey = np.arange(144, dtype=np.uint8).reshape(12, 12)
    write(
        tmp_path, "stage1_train/a1/images/a1.png", np.dstack([grey] * 3 + [np.full_like(grey, 255)])
    )
    write(tmp_path, "stage1_train/a1/masks/m1.png", mask((1, 1, 5, 5)))
    write(tmp_path, "stage1_train/a1/masks/m2.png", mask((4, 4, 8, 8)))
    found, _, kind = imported(tmp_path)
    _, pixels, labels = found["a1"]
    assert kind == "dsb2018"
    np.testing.assert_array_equal(pixels, grey)
    assert (labels[2, 2], labels[4, 4], labels[6, 6]) == (1, 1, 2)


def coco(folder, *annotations, **size):
    write(folder, "images/a.png", mask())
    content = {
        "images": [{"id": 7, "file_name": "a.png", "height": 12, "width": 12, **size}],
        "annotations": [
            {"id": i, "image_id": 7, "category_id": 3, **a} for i, a in enumerate(annotations)
        ],
        "categories": [{"id": 3, "name": "cell"}],
    }
    (folder / "annotations").mkdir()
    (folder / "annotations" / "instances_val2017.json").write_text(json.dumps(content))


def test_coco_of_others_is_read_with_parts_fractions_and_crowds(tmp_path):
    coco(
        tmp_path,
        {"segmentation": [[1, 1, 4, 1, 4, 4, 1, 4], [6.4, 1.2, 8.4, 1.2, 8.4, 2.8, 6.4, 2.8]]},
        {"segmentation": {"size": [12, 12], "counts": [0, 144]}, "iscrowd": 1},
        {"segmentation": {"size": [12, 12], "counts": [120, 2, 22]}},
    )
    found, notes, kind = imported(tmp_path)
    made, _, labels = found["a"]
    assert (kind, made.facts["split"]) == ("coco", "val")
    assert notes == ["1 annotations are crowds, no single nuclei, and were left out."]
    expected = np.zeros((12, 12), np.int32)
    expected[1:4, 1:4] = expected[1:3, 6:8] = 1
    expected[0:2, 10] = 2
    np.testing.assert_array_equal(labels, expected)


@pytest.mark.parametrize(
    ("annotation", "said"),
    [
        ({"area": 9}, "outlines or boxes, but an entry lacks 'bbox'"),
        ({"segmentation": {"size": [12, 12], "counts": [3]}}, "add up to 144 pixels"),
        ({"segmentation": {"size": [9, 9], "counts": [81]}}, "must be of its size"),
        ({"segmentation": "what"}, "polygons or run lengths"),
    ],
)
def test_annotations_that_cannot_be_read_are_refused(tmp_path, annotation, said):
    coco(tmp_path, annotation)
    with pytest.raises(NuclariumError, match=said):
        imported(tmp_path)


def test_coco_holes_are_run_lengths_and_others_polygons(tmp_path):
    labels = np.zeros((8, 8), np.int32)
    labels[0:3, 0:3], labels[4:7, 4:7] = 1, 2
    labels[1, 1] = 0
    made = dataset(tmp_path / "made", [draft("a", labels=labels)])
    export_dataset(made, tmp_path / "out", "coco")
    content = json.loads((tmp_path / "out/annotations/instances_all.json").read_text())
    ring, square = (a["segmentation"] for a in content["annotations"])
    assert isinstance(ring["counts"], str)
    assert square == [[4, 4, 7, 4, 7, 7, 4, 7]]
    assert [a["bbox"] for a in content["annotations"]] == [[0, 0, 3, 3], [4, 4, 3, 3]]
    assert [a["area"] for a in content["annotations"]] == [8, 9]


def test_yolo_image_without_text_has_no_nuclei_and_a_box_is_refused(tmp_path):
    write(tmp_path, "images/train/a.png", mask())
    write(tmp_path, "images/val/b.png", mask())
    text = tmp_path / "labels" / "train" / "a.txt"
    text.parent.mkdir(parents=True)
    text.write_text("2 0 0 0.5 0 0.5 0.25 0 0.25\n")
    found, _, kind = imported(tmp_path)
    assert kind == "yolo"
    assert [(n, d.facts["split"], int((t > 0).sum())) for n, (d, _, t) in found.items()] == [
        ("a", "train", 18),
        ("b", "val", 0),
    ]
    text.write_text("0 0.5 0.5 0.1 0.1\n")
    with pytest.raises(SettingsError, match=r"line 1 .* Boxes alone"):
        imported(tmp_path)


def test_cellpose_names_are_read_as_labels(tmp_path):
    write(tmp_path, "a.png", mask())
    write(tmp_path, "a_cp_masks.png", mask((1, 1, 3, 3), (6, 6, 9, 9)))
    found, _, _ = imported(tmp_path, "cellpose")
    assert set(np.unique(found["a"][2])) == {0, 255}


def test_cellpose_refuses_an_image_that_is_called_the_mask_of_another(tmp_path):
    made = dataset(tmp_path / "made", [draft("a"), draft("a_masks")])
    with pytest.raises(OutputError, match="a_masks are the labels of a"):
        export_dataset(made, tmp_path / "out", "cellpose")
    assert not (tmp_path / "out").exists()


def test_parquet_tells_datasets_which_columns_are_pictures(tmp_path):
    import pyarrow.parquet as pq

    made = dataset(tmp_path / "made", [draft("a", split="val")])
    export_dataset(made, tmp_path / "out", "parquet")
    file = pq.ParquetFile(tmp_path / "out/data/validation-00000-of-00001.parquet")
    features = json.loads(file.schema_arrow.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == features["labels"] == {"_type": "Image"}
    assert list(features) == file.schema_arrow.names
    row = file.read().to_pylist()[0]
    assert row["image"]["path"] == "a.png"
    assert cv2.imdecode(np.frombuffer(row["labels"]["bytes"], np.uint8), -1).max() == 2


def test_every_export_has_a_data_sheet(tmp_path):
    made = dataset(tmp_path / "made", [draft("a", condition="x")], licence="CC-BY-4.0", origin="us")
    export_dataset(made, tmp_path / "out", "datasheet")
    text = (tmp_path / "out" / "README.md").read_text()
    assert "license: cc-by-4.0" in text
    assert "**How it was annotated:** not said" in text
    assert "| x | 1 | 2 | 2.00 |" in text


def test_full_folder_and_unknown_format_are_refused(tmp_path):
    made = dataset(tmp_path / "made", [draft("a")])
    with pytest.raises(OutputError, match="new or empty"):
        export_dataset(made, tmp_path, "coco")
    with pytest.raises(SettingsError, match=", ".join(FORMATS)):
        export_dataset(made, tmp_path / "out", "voc")


def test_plain_folder_is_taken_for_images_and_labels(tmp_path):
    write(tmp_path, "250Pa/images/a.png", mask())
    write(tmp_path, "250Pa/masks/a.png", mask((1, 1, 3, 3)))
    assert detect_format(tmp_path) == "bmgd"
