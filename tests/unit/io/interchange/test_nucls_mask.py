"""Masks of NuCLS fields: ids in two channels, overlaps, and the join with the table."""

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.nucls_files import POINT, STEM, TABLE, write_field

from nuclarium.core.classes import hierarchy_of, shipped_hierarchy
from nuclarium.core.errors import OutputError, SettingsError, UnreadableImageError
from nuclarium.core.geometry import Box
from nuclarium.core.marks import Marks
from nuclarium.io.interchange.nucls_folder import find_nucls_fields
from nuclarium.io.interchange.nucls_join import join_mask
from nuclarium.io.interchange.nucls_mask import (
    CAPACITY,
    NuclsMask,
    instance_pairs,
    read_nucls_mask,
    write_nucls_mask,
)
from nuclarium.io.interchange.nucls_paint import paint_marks
from nuclarium.io.interchange.polygons import fill

NUCLS = shipped_hierarchy()
RAW = NUCLS.levels[0].classes


def boxes(*rows, labels=None):
    n = len(rows)
    return Marks(
        np.array(rows), ("box",) * n, labels or ("tumor",) * n, (None,) * n, map(str, range(n))
    )


def png(path, pixels):
    path.write_bytes(imagecodecs.png_encode(np.ascontiguousarray(pixels)))
    return path


def test_pairs_are_those_of_the_definition():
    used, naive = set(), []
    for a in range(1, 256):
        for b in range(a + 1, 256):
            if a * b not in used:
                used.add(a * b)
                naive.append((a, b))
    assert instance_pairs().tolist() == [list(pair) for pair in naive]
    assert len(naive) == CAPACITY
    assert naive[:1] + naive[253:256] == [(1, 2), (1, 255), (2, 128), (2, 129)]


def test_product_of_the_255th_pair_needs_more_than_8_bits():
    a, b = instance_pairs()[254]
    assert int(a) * int(b) == 256
    with np.errstate(over="ignore"):
        assert a * b == 0


@pytest.mark.parametrize("count", [1, 255, 301, CAPACITY])
def test_any_number_of_nuclei_comes_back(tmp_path, count):
    labels = np.zeros((133, 140), np.int32)
    labels.ravel()[: 17437 + 1] = np.arange(17438) % (count + 1)
    classes = [RAW[i % 13] for i in range(count)]
    write_nucls_mask(tmp_path / "a.png", labels, classes)
    mask = read_nucls_mask(tmp_path / "a.png")
    np.testing.assert_array_equal(mask.numbers, labels)
    codes = np.array([253, *(NUCLS.levels[0].codes[name] for name in classes)])
    np.testing.assert_array_equal(mask.codes, codes[labels])


def test_one_nucleus_too_many_is_refused(tmp_path):
    with pytest.raises(OutputError, match="17,437 nuclei apart at most, but has 17,438"):
        write_nucls_mask(tmp_path / "a.png", np.zeros((2, 2), np.int32), ["tumor"] * 17438)
    assert not (tmp_path / "a.png").exists()


def test_field_of_view_is_grey_and_nuclei_cross_its_border(tmp_path):
    labels = np.zeros((4, 5), np.int32)
    labels[0:2, 0:2] = 1
    write_nucls_mask(tmp_path / "a.png", labels, ["correction_unlabeled"], fov=Box(1, 1, 4, 9))
    mask = read_nucls_mask(tmp_path / "a.png")
    assert mask.codes.tolist() == [
        [99, 99, 0, 0, 0],
        [99, 99, 253, 253, 253],
        [0, 253, 253, 253, 253],
        [0, 253, 253, 253, 253],
    ]
    assert mask.fov == Box(1, 1, 4, 5)


def test_ids_that_the_original_gives_the_field_of_view_are_ignored(tmp_path):
    labels = np.zeros((6, 6), np.int32)
    labels[1:3, 1:3] = 2
    write_nucls_mask(tmp_path / "a.png", labels, ["tumor", "tumor"])
    pixels = imagecodecs.png_decode((tmp_path / "a.png").read_bytes()).copy()
    pixels[labels == 0, 1:] = instance_pairs()[0]
    mask = read_nucls_mask(png(tmp_path / "a.png", pixels))
    np.testing.assert_array_equal(mask.numbers, labels)
    assert mask.fov == Box(0, 0, 6, 6)


def test_smaller_nuclei_are_painted_on_top():
    assert paint_marks(boxes([1, 1, 2, 3], [0, 0, 3, 4]), (3, 5)).tolist() == [
        [2, 2, 2, 2, 0],
        [2, 1, 1, 2, 0],
        [2, 2, 2, 2, 0],
    ]


def test_marks_beyond_the_image_are_cut_off():
    line = np.array([[-5.5, -5.5], [-5.5, 1.5], [1.5, 1.5], [1.5, -5.5]])
    marks = Marks(
        np.array([[-9, -9, -3, -3], [-6, -6, 2, 2], [7.5, 7.5, 7.5, 7.5]]),
        ("box", "outline", "point"),
        ("tumor",) * 3,
        (None, line, None),
        "abc",
    )
    assert paint_marks(marks, (3, 3)).tolist() == [[2, 2, 0], [2, 2, 0], [0, 0, 0]]


corners = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=3, max_size=8, unique=True
)


@settings(deadline=None)
@given(corners)
def test_outlines_cover_their_inside_and_their_vertices(points):
    line = np.array(points, float) + 0.5
    box = [*np.floor(line.min(axis=0)), *np.ceil(line.max(axis=0))]
    marks = Marks(np.array([box]), ("outline",), ("tumor",), (line,), ("a",))
    drawn = paint_marks(marks, (31, 31)) > 0
    # Shifted by less than any distance of a line of whole numbers from a point beside it.
    slightly = np.array([0.0001, 0.00003])
    inside = fill([line + slightly], (31, 31)) & fill([line - slightly], (31, 31))
    assert drawn[inside].all()
    assert all(drawn[y, x] for y, x in points)
    rows, columns = np.nonzero(drawn)
    assert [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1] == box


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [
        ((0, 0, 0), 77, "must have class codes of its hierarchy .*y 0, x 0. with the code 77"),
        ((1, 1, 1), 0, "two different numbers for every nucleus, .*class code 1 with 0 and 2"),
        ((1, 1, slice(1, 3)), 251, "two different numbers for every nucleus.*251 and 251"),
        ((0, 0, slice(None)), (0, 3, 5), "a class code wherever it has an instance id, .*3 and 5"),
        ((1, 1, 0), 2, "one class for each nucleus, .*nucleus 1 × 2, of more than one"),
    ],
)
def test_channels_that_contradict_each_other_are_refused(tmp_path, at, value, message):
    labels = np.zeros((4, 4), np.int32)
    labels[1:3, 1:3] = 1
    write_nucls_mask(tmp_path / "a.png", labels, ["tumor"])
    pixels = imagecodecs.png_decode((tmp_path / "a.png").read_bytes()).copy()
    pixels[at] = value
    with pytest.raises(UnreadableImageError, match=message):
        read_nucls_mask(png(tmp_path / "a.png", pixels))


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3), np.uint16)],
    ids=["grey", "16 bits"],
)
def test_pictures_of_another_kind_are_refused(tmp_path, pixels):
    with pytest.raises(UnreadableImageError, match="a mask of 3 channels of 8 bits"):
        read_nucls_mask(png(tmp_path / "a.png", pixels))


def test_opacity_is_left_aside(tmp_path):
    labels = np.eye(6, dtype=np.int32)
    write_nucls_mask(tmp_path / "a.png", labels, ["lymphocyte"])
    pixels = imagecodecs.png_decode((tmp_path / "a.png").read_bytes())
    clear = np.dstack([pixels, np.full((6, 6), 255, np.uint8)])
    np.testing.assert_array_equal(read_nucls_mask(png(tmp_path / "b.png", clear)).numbers, labels)


@settings(deadline=None)
@given(st.data())
def test_damaged_masks_are_refused_or_read_as_they_are(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("mask") / "a.png"
    labels = np.kron(np.arange(9, dtype=np.int32).reshape(3, 3), np.ones((4, 4), np.int32))
    write_nucls_mask(path, labels, [*RAW[:8]])
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        mask = read_nucls_mask(path)
    except UnreadableImageError:
        return
    np.testing.assert_array_equal(mask.numbers, labels)


def test_codes_that_do_not_fit_a_mask_are_refused(tmp_path):
    for code in (253, 256):
        own = hierarchy_of(
            f'name="x"\n[[levels]]\nname="f"\nclasses=[{{name="A",code={code},colour=[0,0,0]}}]',
            "x.toml",
        )
        with pytest.raises(SettingsError, match=f"255 or less, and not 253, .*A has {code}"):
            write_nucls_mask(tmp_path / "a.png", np.zeros((2, 2), np.int32), ["A"], hierarchy=own)


def mask_of(marks, shape=(60, 60), numbers=None, codes=None):
    """The mask of marks, with other ids or codes for its rows."""
    drawn = paint_marks(marks, shape)
    finest = NUCLS.levels[0]
    codes = codes or [finest.codes[name] for name in NUCLS.roll_up_many(marks.labels, "raw")]
    numbers = numbers or range(1, len(marks) + 1)
    return NuclsMask(
        np.array([253, *codes], np.uint8)[drawn], np.array([0, *numbers], np.int32)[drawn], None
    )


MARKS = boxes(
    [2, 2, 12, 12], [10, 10, 22, 30], [30, 5, 40, 20], [45, 45, 50, 55],
    labels=("tumor", "lymphocyte", "tumor", "unlabeled"),
)  # fmt: skip


def test_nuclei_find_their_rows_whatever_their_ids_are():
    joined = join_mask(mask_of(MARKS, numbers=[900, 3, 17000, 2]), MARKS, NUCLS, "a.png")
    np.testing.assert_array_equal(joined.labels, paint_marks(MARKS, (60, 60)))
    assert joined.remarks == ()


def test_nucleus_that_is_hidden_but_for_a_rim_finds_its_row():
    marks = boxes([2, 2, 12, 12], [2, 2, 11, 12], [20, 20, 30, 30], [40, 40, 50, 50])
    hidden = mask_of(marks, numbers=[4, 3, 2, 1])
    hidden.numbers[2:12, 2:4] = 4
    joined = join_mask(hidden, marks, NUCLS, "a.png")
    assert np.unique(joined.labels).tolist() == [0, 1, 2, 3, 4]
    assert (joined.labels[2:12, 2:4] == 1).all()
    assert joined.remarks == ()


def test_nucleus_under_others_is_said():
    marks = boxes([2, 2, 4, 12], [2, 2, 3, 12], [3, 2, 4, 12])
    joined = join_mask(mask_of(marks), marks, NUCLS, "a.png")
    assert joined.remarks == ("1 × nuclei under others or beyond the image: row 0",)
    assert np.unique(joined.labels).tolist() == [0, 2, 3]


def test_rows_and_nuclei_without_a_partner_are_said():
    mask = mask_of(MARKS)
    mask.numbers[mask.numbers == 3] = 0
    mask.codes[0:2, 50:55] = 1
    mask.numbers[0:2, 50:55] = 9
    joined = join_mask(mask, MARKS, NUCLS, "a.png")
    assert joined.remarks == (
        "1 × nuclei that the mask does not show: row 2",
        "1 nuclei of the mask that the table does not have, at (y 0, x 50)",
    )
    assert np.unique(joined.labels).tolist() == [0, 1, 2, 4]


def test_classes_that_differ_are_said():
    joined = join_mask(mask_of(MARKS, codes=[1, 3, 5, 99]), MARKS, NUCLS, "a.png")
    assert joined.remarks == ("1 × classes that differ between mask and table: row 2",)


def test_mask_of_another_field_is_refused():
    moved = boxes([40, 2, 50, 12], [2, 40, 12, 59], [20, 25, 40, 35])
    with pytest.raises(SettingsError, match=r"a\.png must show .* 4 of 4 rows .* 3 of its 3 nuc"):
        join_mask(mask_of(moved), MARKS, NUCLS, "a.png")


def test_mask_and_table_without_nuclei_agree():
    none = MARKS.only([])
    assert not join_mask(mask_of(none), none, NUCLS, "a.png").labels.any()


def test_mask_gives_labels_and_field_of_view_of_a_field(tmp_path):
    write_field(tmp_path)
    (field,) = find_nucls_fields(tmp_path)
    marks = field.read().marks
    (tmp_path / "mask").mkdir()
    path = tmp_path / "mask" / f"{STEM}.png"
    labels = paint_marks(marks, (100, 120))
    write_nucls_mask(path, labels, marks.labels, fov=Box(3, 4, 90, 110))
    (field,) = find_nucls_fields(tmp_path)
    content = field.read()
    np.testing.assert_array_equal(content.labels, labels)
    assert content.fov == Box(3, 4, 90, 110)
    assert field.read(mask=False).labels is None

    write_nucls_mask(path, labels[:90], marks.labels)
    with pytest.raises(SettingsError, match="size of its picture, 120 × 100 px, but has 120 × 90"):
        field.read()
    (field.csv).write_text(TABLE.replace(POINT, ""), "utf-8")
    write_nucls_mask(path, labels, marks.labels)
    assert "1 nuclei of the mask that the table does not have" in field.read().remarks[-1]
