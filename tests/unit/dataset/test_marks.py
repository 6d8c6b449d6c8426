"""Items with boxes, outlines, points and classes: kept, checked, counted as what they are."""

import hashlib
import json

import numpy as np
import pytest
from tests.datasets import NUCLS, dataset, draft, marked, marks_of

from nuclarium.core.errors import (
    InputNotFoundError,
    NuclariumError,
    SettingsError,
    UnreadableImageError,
)
from nuclarium.core.marks import Marks
from nuclarium.dataset.build import build_version
from nuclarium.dataset.drafts import Draft
from nuclarium.dataset.manifest import MANIFEST
from nuclarium.dataset.marks import (
    ItemMarks,
    draw_labels,
    marks_bytes,
    marks_of_labels,
    parse_marks,
    read_marks,
)
from nuclarium.dataset.read import read_dataset

ROWS = [
    ("outline", (2, 2, 10, 10), "tumor"),
    ("box", (12, 4, 20, 9), "lymphocyte"),
    ("point", (25, 25, 25, 25), "unlabeled"),
]


@pytest.fixture
def mixed(tmp_path):
    """A dataset of one field with an outline, a box and a point, and one without marks' pixels."""
    drafts = [marked("a", ROWS), marked("b", ROWS[:2], pixels=False)]
    return build_version(tmp_path / "mixed", "mixed", drafts, {}, classes=NUCLS).dataset


def test_boxes_and_points_never_become_pixels_of_the_labels(mixed):
    item = mixed.items[0]
    labels, found = item.read_labels(mixed.folder), item.read_marks(mixed.folder)
    assert set(np.unique(labels)) == {0, 1}
    assert labels[12:20, 4:9].max() == 0
    assert found.kinds == ("outline", "box", "point")
    assert found.numbers.tolist() == [1, 0, 0]
    assert item.n_nuclei == 3


def test_marks_are_a_table_that_anyone_can_read():
    marks = Marks(np.array([[1.5, 2, 3, 4]]), ("box",), ("tumor",), (None,), ("n7",))
    text = marks_bytes(ItemMarks(marks, np.zeros(1, np.int32))).decode()
    assert text == (
        "id,number,kind,class_name,xmin,ymin,xmax,ymax,outline_x,outline_y\n"
        "n7,0,box,tumor,2,1.5,4,3,,\n"
    )
    assert parse_marks(text, "text").marks == marks


def test_outline_without_corners_stays_an_outline_by_kind():
    marks = Marks(np.array([[0, 0, 3, 3.0]]), ("box",), ("tumor",), (None,), ("0",))
    found = ItemMarks(marks, np.zeros(1, np.int32), np.array([True]))
    back = parse_marks(marks_bytes(found).decode(), "text")
    assert found.kinds == back.kinds == ("outline",)
    assert back.marks == marks


def test_item_without_marks_has_the_outlines_of_its_labels(tmp_path):
    made = dataset(tmp_path, [draft("a")])
    found = made.items[0].read_marks(made.folder)
    assert found.kinds == ("outline", "outline")
    assert found.marks.boxes.tolist() == [[1, 1, 4, 4], [5, 2, 7, 7]]
    assert not made.has_marks


def test_outlines_fill_to_the_labels_that_they_are_of(rng):
    labels = np.kron(rng.integers(0, 4, (5, 5)), np.ones((3, 3), int)).astype(np.int32)
    found = marks_of_labels(labels)
    drawn = draw_labels(found.marks, labels.shape)[0]
    back = np.array([0, *found.numbers])[drawn]
    np.testing.assert_array_equal(back, labels)


def test_small_outlines_are_drawn_over_large_ones_and_a_covered_one_has_no_number():
    rows = [("outline", (3, 3, 7, 7), "tumor"), ("outline", (0, 0, 10, 10), "tumor")]
    labels, numbers = draw_labels(marks_of(rows), (10, 10))
    assert (labels[5, 5], labels[1, 5]) == (1, 2)
    assert numbers.tolist() == [1, 2]
    twice = marks_of([rows[0], rows[0]])
    assert draw_labels(twice, (10, 10))[1].tolist() == [0, 2]


def test_dataset_without_marks_has_the_hash_and_schema_of_before(tmp_path):
    made = dataset(tmp_path, [draft("a", condition="x")])
    content = json.loads((made.folder / MANIFEST).read_text())
    assert content["schema"] == 1
    assert not {"marks", "marks_sha256"} & set(content["items"][0])
    text = json.dumps(content["items"], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert made.content_hash == hashlib.sha256(text.encode()).hexdigest()


def test_dataset_with_marks_says_so_to_earlier_versions(mixed):
    assert json.loads((mixed.folder / MANIFEST).read_text())["schema"] == 2
    assert read_dataset(mixed.folder, verify=True).hierarchy.name == "nucls"


def test_whoever_needs_pixels_of_tables_says_so(mixed):
    item = mixed.items[1]
    assert not item.has_pixels
    for read in (item.read_image, item.read_labels):
        with pytest.raises(SettingsError, match="b has none: its dataset was made of tables"):
            read(mixed.folder)


@pytest.mark.parametrize("name", ["marks/a.csv", "classes.toml"])
def test_changed_marks_and_classes_are_found_when_verified(mixed, name):
    path = mixed.folder / name
    path.chmod(0o644)
    path.write_text(path.read_text() + "\n")
    with pytest.raises(UnreadableImageError, match="contents were changed"):
        read_dataset(mixed.folder, verify=True)


def test_missing_and_damaged_marks_are_told(mixed, tmp_path):
    with pytest.raises(InputNotFoundError, match="Restore it"):
        read_marks(tmp_path / "none.csv")
    with pytest.raises(SettingsError, match="lacks id, number, kind"):
        parse_marks("x,y\n", "place")


def test_same_marks_make_no_new_version_and_others_share_pixels(tmp_path, mixed):
    folder = mixed.folder.parent
    drafts = [marked("a", ROWS), marked("b", ROWS[:2], pixels=False)]
    assert not build_version(folder, "mixed", drafts, {}, classes=NUCLS).is_new
    drafts[0] = marked("a", ROWS[:2])
    made = build_version(folder, "mixed", drafts, {}, classes=NUCLS)
    assert made.is_new
    one, other = ((folder / v / "images/a.tif").stat().st_ino for v in ("v001", "v002"))
    assert one == other
    assert not build_version(folder, "mixed", drafts, {}, classes=NUCLS).is_new
    assert build_version(folder, "mixed", drafts, {}, classes=NUCLS + "# changed\n").is_new


def wrong(**changes):
    """One box of a 32 × 32 field, with something changed."""
    given = {
        "boxes": [[1, 1, 5, 5], [8, 8, 9, 9]],
        "labels": ("tumor", "tumor"),
        "numbers": [0, 0],
        **changes,
    }
    made = Marks(np.array(given["boxes"], float), ("box",) * 2, given["labels"], (None,) * 2, "pq")
    return ItemMarks(made, np.array(given["numbers"], np.int32))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"labels": ("tumor", "")}, r"Mark 2 of a \(q\) must have a class of nucls, but has none"),
        (
            {"labels": ("tumour", "tumor")},
            r"Mark 1 of a \(p\) must be of a class.*'tumour'",
        ),
        ({"boxes": [[1, 1, 5, 5], [40, 40, 44, 50]]}, "Mark 2 .*lie in its image of 32 × 32 px"),
        ({"numbers": [1, 1]}, "Mark 2 .*nucleus of its own, but mark 1 is 1 too"),
        ({"numbers": [0, 7]}, "Mark 2 .*in the labels as 7, but no pixel"),
        ({"numbers": [0, 0]}, "Every nucleus in the labels of a must have a mark, but 1 have none"),
    ],
)
def test_wrong_marks_are_refused_in_a_sentence(tmp_path, changes, said):
    image, labels = np.zeros((32, 32), np.uint8), np.zeros((32, 32), np.int32)
    labels[1:5, 1:5] = 1
    made = Draft(id="a", load=lambda: (image, labels), marks=lambda: wrong(**changes))
    with pytest.raises(SettingsError, match=said):
        build_version(tmp_path / "x", "x", [made], {}, classes=NUCLS)
    assert not (tmp_path / "x" / "v001").exists()


@pytest.mark.parametrize(
    ("edges", "said"),
    [
        ("nan,1,2,2", "finite"),
        ("5,1,2,2", "y0 <= y1 and x0 <= x1"),
        ("what,1,2,2", "must hold numbers"),
    ],
)
def test_boxes_of_no_numbers_and_negative_ones_are_refused(edges, said):
    head = "id,number,kind,class_name,xmin,ymin,xmax,ymax,outline_x,outline_y\n"
    with pytest.raises(SettingsError, match=f"^place.*{said}"):
        parse_marks(f"{head}a,0,box,tumor,{edges},,\n", "place")


def test_draft_without_image_and_marks_is_refused(tmp_path):
    with pytest.raises(NuclariumError, match="a must have an image or marks"):
        build_version(tmp_path / "x", "x", [Draft(id="a", load=None)], {})


def test_box_may_reach_beyond_its_image_as_a_cut_nucleus_does(tmp_path):
    rows = [("box", (-3, 28, 5, 40), "tumor")]
    made = build_version(tmp_path / "x", "x", [marked("a", rows)], {}, classes=NUCLS).dataset
    assert made.items[0].n_nuclei == 1
