"""Labels of large planes: OME-Zarr 0.5, written tile by tile, with a pyramid that mixes nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest
import zarr

from nuclarium.core.errors import OutputError
from nuclarium.core.geometry import Box, Spacing, iter_boxes
from nuclarium.io.write_zarr import LabelsZarr, LabelsZarrWriter, write_labels_zarr


@pytest.fixture
def labels(rng) -> np.ndarray:
    return np.kron(rng.integers(0, 70_000, (43, 31)), np.ones((50, 50))).astype(np.int32)


def written(path, labels, size, spacing=None):
    tiles = [(box, labels[box.slices]) for box in iter_boxes(labels.shape, size)]
    write_labels_zarr(path, labels.shape, reversed(tiles), spacing)
    return zarr.open_group(path, mode="r")


@pytest.mark.parametrize("size", [1024, 700])
def test_tiles_of_any_size_and_order_give_the_plane(tmp_path, labels, size):
    group = written(tmp_path / "a.ome.zarr", labels, size)
    np.testing.assert_array_equal(group["0"][:], labels)


def test_pyramid_is_every_second_pixel_of_the_level_above(tmp_path, labels):
    group = written(tmp_path / "a.ome.zarr", labels, 1024)
    assert sorted(group.array_keys()) == ["0", "1", "2"]
    for level in (1, 2):
        step = 2**level
        np.testing.assert_array_equal(group[str(level)][:], labels[::step, ::step])


def test_metadata_follows_ome_zarr_0_5(tmp_path, labels):
    written(tmp_path / "a.ome.zarr", labels, 1024, Spacing(0.25, 0.5))
    meta = json.loads((tmp_path / "a.ome.zarr" / "zarr.json").read_text())
    assert (meta["zarr_format"], meta["node_type"]) == (3, "group")
    ome = meta["attributes"]["ome"]
    assert ome["version"] == "0.5"
    assert "image-label" in ome
    (multiscale,) = ome["multiscales"]
    assert multiscale["axes"] == [
        {"name": "y", "type": "space", "unit": "micrometer"},
        {"name": "x", "type": "space", "unit": "micrometer"},
    ]
    for level, dataset in enumerate(multiscale["datasets"]):
        assert dataset["path"] == str(level)
        (scale,) = dataset["coordinateTransformations"]
        assert scale == {"type": "scale", "scale": [0.25 * 2**level, 0.5 * 2**level]}
        array = json.loads((tmp_path / "a.ome.zarr" / str(level) / "zarr.json").read_text())
        assert array["dimension_names"] == ["y", "x"]
        assert array["data_type"] == "int32"


def test_without_spacing_the_axes_have_no_unit(tmp_path):
    group = written(tmp_path / "a.ome.zarr", np.ones((3, 4), np.int32), 2)
    assert "unit" not in group.attrs["ome"]["multiscales"][0]["axes"][0]


def test_empty_tiles_take_no_room(tmp_path):
    write_labels_zarr(tmp_path / "a.ome.zarr", (5000, 5000), [])
    assert sum(p.is_file() for p in (tmp_path / "a.ome.zarr").rglob("c/*/*")) == 0
    assert LabelsZarr(tmp_path / "a.ome.zarr")(Box(0, 0, 9, 9)).sum() == 0


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_interruption_leaves_nothing(tmp_path, error):
    def tiles():
        yield Box(0, 0, 2, 2), np.ones((2, 2), np.int32)
        raise error

    with pytest.raises(error):
        write_labels_zarr(tmp_path / "a.ome.zarr", (4, 4), tiles())
    assert list(tmp_path.iterdir()) == []


def test_a_failing_pyramid_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nuclarium.io.write_zarr._add_level", fail)
    with pytest.raises(OutputError, match="No space left"):
        write_labels_zarr(tmp_path / "a.ome.zarr", (3000, 3000), [])
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_can_be_read_before_the_end(tmp_path):
    with LabelsZarrWriter(tmp_path / "a.ome.zarr", (4, 4)) as writer:
        writer.write(Box(1, 1, 3, 3), np.full((2, 2), 5, np.int32))
        assert writer.read(Box(0, 0, 4, 4)).sum() == 20


@pytest.mark.parametrize("box", [Box(0, 0, 9, 2), Box(0, 0, 1, 2)])
def test_tiles_that_do_not_fit_are_refused(tmp_path, box):
    with (
        pytest.raises(ValueError, match="labels must fill a box inside"),
        LabelsZarrWriter(tmp_path / "a.ome.zarr", (4, 4)) as writer,
    ):
        writer.write(box, np.ones((2, 2), np.int32))


def test_something_else_is_not_read(tmp_path):
    with pytest.raises(OutputError, match="must be a label image in OME-Zarr"):
        LabelsZarr(tmp_path)
