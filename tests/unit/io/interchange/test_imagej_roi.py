"""ROI sets, read back with an independent call of roifile and with struct."""

from __future__ import annotations

import struct
import zipfile

import numpy as np
import pytest
import roifile

from nuclarium.core.outlines import iter_outlines
from nuclarium.io.interchange.imagej_roi import write_imagej_rois


@pytest.fixture
def labels() -> np.ndarray:
    labels = np.zeros((9, 12), np.int32)
    labels[1:5, 1:6] = 3
    labels[2, 3] = 0
    labels[5:9, 9:12] = 12
    return labels


def test_rois_are_named_by_label_and_follow_pixel_edges(tmp_path, labels):
    assert write_imagej_rois(tmp_path / "a.zip", iter_outlines(labels)) == 2
    _, roi = roifile.roiread(tmp_path / "a.zip")
    assert roi.name == "00012"
    assert roi.roitype == roifile.ROI_TYPE.TRACED
    assert roi.coordinates().tolist() == [[9, 5], [12, 5], [12, 9], [9, 9]]


def test_the_header_holds_the_bounds_of_the_nucleus(tmp_path, labels):
    write_imagej_rois(tmp_path / "a.zip", iter_outlines(labels))
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        header = archive.read("00012.roi")[:18]
    assert header[:4] == b"Iout"
    assert struct.unpack(">4hH", header[8:18]) == (5, 9, 9, 12, 4)


def test_a_nucleus_with_a_hole_is_a_composite(tmp_path, labels):
    write_imagej_rois(tmp_path / "a.zip", iter_outlines(labels))
    roi, _ = roifile.roiread(tmp_path / "a.zip")
    assert roi.composite
    assert [len(ring) for ring in roi.coordinates(multi=True)] == [5, 5]


def test_a_stack_says_its_slice_from_one(tmp_path, labels):
    outlines = [*iter_outlines(labels, z=0), *iter_outlines(labels, z=4)]
    write_imagej_rois(tmp_path / "a.zip", outlines)
    rois = roifile.roiread(tmp_path / "a.zip")
    assert [roi.position for roi in rois] == [1, 1, 5, 5]
    assert [roi.name for roi in rois][::2] == ["0001-00003", "0005-00003"]


def test_coordinates_beyond_sixteen_bits_are_kept(tmp_path):
    outlines = iter_outlines(np.ones((2, 3), np.int32), offset=(70_000, 90_000))
    write_imagej_rois(tmp_path / "a.zip", outlines)
    roi = roifile.roiread(tmp_path / "a.zip")
    roi = roi[0] if isinstance(roi, list) else roi
    assert roi.coordinates().tolist() == [
        [90_000, 70_000],
        [90_003, 70_000],
        [90_003, 70_002],
        [90_000, 70_002],
    ]
