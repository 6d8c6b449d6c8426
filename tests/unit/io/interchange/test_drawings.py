import json

import numpy as np
import pytest
from roifile import ROI_TYPE, ImagejRoi, roiwrite

from nuclarium.core.errors import UnreadableImageError
from nuclarium.core.outlines import iter_outlines
from nuclarium.io.interchange.drawings import Drawing, painted
from nuclarium.io.interchange.drawn_geojson import read_geojson_drawings
from nuclarium.io.interchange.drawn_rois import read_imagej_drawings
from nuclarium.io.interchange.geojson import write_geojson
from nuclarium.io.interchange.imagej_roi import write_imagej_rois

LABELS = np.zeros((12, 14), np.int32)
LABELS[1:6, 2:8] = 1
LABELS[3, 4:6] = 0
LABELS[7:11, 9:12] = 2


def mask_of(drawings, shape=LABELS.shape):
    mask = np.zeros(shape, bool)
    for drawing in drawings:
        mask[tuple(painted(drawing, shape).T)] = True
    return mask


@pytest.mark.parametrize(
    ("name", "write", "read"),
    [
        ("x.geojson", write_geojson, read_geojson_drawings),
        ("x.zip", write_imagej_rois, read_imagej_drawings),
    ],
)
def test_outlines_written_are_painted_as_the_same_pixels(tmp_path, name, write, read):
    path = tmp_path / name
    write(path, iter_outlines(LABELS))
    assert (mask_of(read(path)) == (LABELS > 0)).all()


def test_a_hole_and_an_island_in_it_are_told_apart():
    rings = [np.array([(a, a), (a, b), (b, b), (b, a)], float) for a, b in ((0, 9), (2, 7), (4, 5))]
    mask = mask_of([Drawing("area", tuple(rings))])
    assert mask.sum() == 81 - 25 + 1
    assert mask[4, 4]


def test_what_lies_outside_the_plane_is_left_out():
    square = np.array([(-5, -5), (-5, 2), (2, 2), (2, -5)], float)
    assert painted(Drawing("area", (square,)), (9, 9)).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert len(painted(Drawing("points", (square - 50,)), (9, 9))) == 0
    assert len(painted(Drawing("line", ()), (9, 9))) == 0


def test_a_thin_line_covers_the_pixels_it_runs_through():
    line = Drawing("line", (np.array([(0.5, 0.5), (0.5, 3.5), (2.5, 3.5)]),))
    assert painted(line, (9, 9)).tolist() == [[0, 0], [0, 1], [0, 2], [0, 3], [1, 3], [2, 3]]


def test_a_wide_line_covers_its_width():
    line = Drawing("line", (np.array([(5.5, 1.5), (5.5, 10.5)]),), width_px=3)
    assert mask_of([line])[:, 6].sum() == 3


def test_annotations_of_qupath_keep_class_plane_and_kind(tmp_path):
    features = [
        {
            "type": "Feature",
            "geometry": {
                "type": kind,
                "coordinates": coordinates,
                "plane": {"c": -1, "z": 2, "t": 0},
            },
            "properties": {"objectType": "annotation", "classification": said},
        }
        for kind, coordinates, said in [
            ("LineString", [[1, 2], [5, 2]], {"name": "Nucleus", "color": [1, 2, 3]}),
            ("MultiPoint", [[1, 1], [2, 2]], {"names": ["Ignore*"]}),
            ("Polygon", [[[0, 0], [4, 0], [4, 4], [0, 0]]], {}),
        ]
    ]
    path = tmp_path / "q.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    found = read_geojson_drawings(path)
    assert [d.kind for d in found] == ["line", "points", "area"]
    assert [d.class_name for d in found] == ["Nucleus", "Ignore*", ""]
    assert found[0].z == 2
    assert painted(found[0], (9, 9)).tolist() == [[2, x] for x in range(1, 6)]


def test_regions_of_imagej_keep_name_group_plane_and_width(tmp_path):
    freehand = ImagejRoi.frompoints([[1, 1], [6, 1], [6, 5], [1, 5]], name="nucleus-2")
    freehand.group = 2
    line = ImagejRoi(roitype=ROI_TYPE.LINE, x1=1.0, y1=4.0, x2=8.0, y2=4.0, name="0001-background")
    line.stroke_width = 3
    oval = ImagejRoi(roitype=ROI_TYPE.OVAL, top=2, left=2, bottom=10, right=10, name="0003-0004")
    oval.position = 3
    path = tmp_path / "set.zip"
    roiwrite(path, [freehand, line, oval])
    first, second, third = read_imagej_drawings(path)
    assert (first.class_name, first.group, first.kind) == ("nucleus", 2, "area")
    assert len(painted(first, (20, 20))) == 20
    assert (second.class_name, second.kind, second.width_px) == ("background", "line", 3)
    assert (third.class_name, third.z) == ("", 2)
    assert abs(len(painted(third, (20, 20))) - np.pi * 16) < 4
    roiwrite(tmp_path / "one.roi", freehand)
    assert len(read_imagej_drawings(tmp_path / "one.roi")) == 1


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"Iout", b"\x00" * 80, b"{}"])
def test_files_that_hold_no_drawings_are_refused(tmp_path, content):
    for name, read in (("x.zip", read_imagej_drawings), ("x.roi", read_imagej_drawings)):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnreadableImageError, match="must be an ImageJ"):
            read(tmp_path / name)
    (tmp_path / "x.geojson").write_bytes(content)
    with pytest.raises(UnreadableImageError, match="must be a GeoJSON"):
        read_geojson_drawings(tmp_path / "x.geojson")
