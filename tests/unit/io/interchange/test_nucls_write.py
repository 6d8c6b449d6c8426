"""Folders written in NuCLS's layout, and read back."""

import imagecodecs
import numpy as np
import pytest

from nuclarium.core.classes import hierarchy_of, shipped_hierarchy
from nuclarium.core.errors import OutputError, SettingsError
from nuclarium.core.geometry import Box
from nuclarium.core.marks import Marks, no_marks
from nuclarium.io.interchange.nucls_folder import find_nucls_fields
from nuclarium.io.interchange.nucls_paint import paint_marks
from nuclarium.io.interchange.nucls_write import FieldToWrite, write_nucls_folder

NAME = "TCGA-A2-A0CM-DX1_id-5ea40963ddda5f8398979473_left-9_top-9_bottom-99_right-99"
IMAGE = np.full((80, 90, 3), 200, np.uint8)


def crowd(rng, count):
    """Boxes, outlines and points of all classes, many of them overlapping."""
    raw = shipped_hierarchy().levels[0].classes
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    boxes, kinds, outlines = [], [], []
    for i in range(count):
        centre, radius = rng.uniform(8, 70, 2), rng.uniform(2, 7, 2)
        line = np.floor(centre + radius * np.stack([np.sin(angle), np.cos(angle)], 1)) + 0.5
        kind = ("outline", "box", "point")[i % 3]
        box = [*np.floor(line.min(axis=0)), *np.ceil(line.max(axis=0))]
        boxes.append([*line[0], *line[0]] if kind == "point" else box)
        kinds.append(kind)
        outlines.append(line if kind == "outline" else None)
    labels = [("correction_" if i % 7 == 0 else "") + raw[i % 13] for i in range(count)]
    return Marks(np.array(boxes), kinds, labels, outlines, map(str, range(count)))


def test_fields_come_back_as_they_were_written(tmp_path, rng):
    marks = crowd(rng, 330)
    fields = [
        FieldToWrite(NAME, IMAGE, marks, Box(5, 6, 70, 80)),
        FieldToWrite("empty", IMAGE[..., 0], no_marks()),
    ]
    assert write_nucls_folder(tmp_path, iter(fields)) == 2
    one, other = (field.read() for field in find_nucls_fields(tmp_path))
    assert one.marks == marks
    assert one.fov == Box(5, 6, 70, 80)
    np.testing.assert_array_equal(one.image, IMAGE)
    np.testing.assert_array_equal(one.labels, paint_marks(marks, (80, 90)))
    assert not any("mask" in remark for remark in one.remarks)
    assert other.marks == no_marks()
    assert other.fov == Box(0, 0, 80, 90)


def test_overlay_is_drawn_in_the_colours_of_the_classes(tmp_path):
    marks = Marks(np.array([[2, 3, 9, 12]]), ("box",), ("plasma_cell",), (None,), ("0",))
    write_nucls_folder(tmp_path, [FieldToWrite("a", IMAGE, marks)])
    drawn = imagecodecs.png_decode((tmp_path / "visualization" / "a.png").read_bytes())
    assert drawn[2, 3].tolist() == drawn[8, 11].tolist() == [0, 255, 255]
    assert drawn[4, 5].tolist() == [200] * 3
    assert (IMAGE == 200).all()


def test_own_hierarchy_is_written_and_read(tmp_path):
    own = hierarchy_of(
        'name="x"\n[[levels]]\nname="fine"\nclasses=[{name="A",code=7,colour=[1,2,3]}]', "x.toml"
    )
    marks = Marks(np.array([[2, 3, 9, 12]]), ("box",), ("A",), (None,), ("0",))
    write_nucls_folder(tmp_path, [FieldToWrite("a", IMAGE, marks)], own)
    (field,) = find_nucls_fields(tmp_path, own)
    assert field.read().marks == marks
    (field,) = find_nucls_fields(tmp_path)
    with pytest.raises(SettingsError, match="has no raw_classification"):
        field.read()


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        (["a", "A"], OutputError, "'A' comes twice"),
        (["a/b"], SettingsError, "fit for a file"),
        ([""], SettingsError, "fit for a file"),
        (["a_left-3"], SettingsError, "name of a field must be"),
    ],
)
def test_names_that_cannot_be_files_are_refused(tmp_path, names, error, message):
    fields = [FieldToWrite(name, IMAGE, no_marks()) for name in names]
    with pytest.raises(error, match=message):
        write_nucls_folder(tmp_path, fields)


def test_folder_with_fields_is_not_written_over(tmp_path):
    write_nucls_folder(tmp_path, [FieldToWrite("a", IMAGE, no_marks())])
    with pytest.raises(OutputError, match="must hold no fields yet"):
        write_nucls_folder(tmp_path, [FieldToWrite("b", IMAGE, no_marks())])


def test_images_of_another_type_are_refused(tmp_path):
    field = FieldToWrite("a", IMAGE.astype(np.float32), no_marks())
    with pytest.raises(ValueError, match="image must be uint8"):
        write_nucls_folder(tmp_path, [field])
