"""Results are written whole or not at all, and read back as they were."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import tifffile

from nuclarium.core.errors import InputNotFoundError, OutputError
from nuclarium.core.geometry import Spacing
from nuclarium.io.write import (
    unit_of,
    write_json,
    write_labels,
    write_table,
    write_text,
    written_whole,
)


def write_half(path, error, *, folder=False):
    with written_whole(path) as part:
        if folder:
            part.mkdir()
            part = part / "half"
        part.write_text("half")
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_interruption_leaves_nothing(tmp_path, error):
    with pytest.raises(error):
        write_half(tmp_path / "a.csv", error)
    assert list(tmp_path.iterdir()) == []


def test_interruption_leaves_the_earlier_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("before")
    with pytest.raises(KeyboardInterrupt):
        write_half(path, KeyboardInterrupt)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_seen_under_the_name_before_the_end(tmp_path):
    with written_whole(tmp_path / "a.csv") as part:
        part.write_text("whole")
        assert not (tmp_path / "a.csv").exists()
    assert (tmp_path / "a.csv").read_text() == "whole"


def test_a_folder_replaces_an_earlier_folder(tmp_path):
    for content in ("first", "second"):
        with written_whole(tmp_path / "out") as part:
            part.mkdir()
            (part / content).touch()
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["second"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_half_written_folder_is_removed(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write_half(tmp_path / "out", KeyboardInterrupt, folder=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x" * 250, "ä" * 120, "<script>.csv", "a\nb", " .", "-rf"])
def test_names_of_any_kind_can_be_written(tmp_path, name):
    write_text(tmp_path / name, "text\n")
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_folder_that_is_a_file_is_named_in_the_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="must be writable, but the system says"):
        write_text(tmp_path / "file" / "a.txt", "text")


def test_what_was_wrong_with_the_input_is_not_blamed_on_the_output(tmp_path):
    with pytest.raises(InputNotFoundError):
        write_half(tmp_path / "a.csv", InputNotFoundError("b.tif is not there."))


def test_names_that_are_not_unicode_can_be_reported(tmp_path):
    write_json(tmp_path / "a.json", {"name": "caf\udce9.tif"})
    assert json.loads((tmp_path / "a.json").read_text())["name"] == "caf\udce9.tif"


@pytest.mark.parametrize(
    ("largest", "dtype"), [(3, "uint16"), (65_535, "uint16"), (65_536, "int32")]
)
def test_labels_are_read_back_in_the_smallest_type_that_opens_everywhere(tmp_path, largest, dtype):
    labels = np.zeros((5, 7), np.int32)
    labels[2, 3] = largest
    write_labels(tmp_path / "a.ome.tif", labels)
    stored = tifffile.imread(tmp_path / "a.ome.tif")
    assert stored.dtype == dtype
    np.testing.assert_array_equal(stored, labels)


def test_labels_carry_spacing_axes_and_name(tmp_path):
    write_labels(tmp_path / "a.ome.tif", np.ones((3, 4, 5), np.int32), Spacing(0.25, 0.5, 2.0))
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as file:
        pixels = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]["Pixels"]
        assert file.series[0].axes == "ZYX"
        assert file.pages[0].tags["XResolution"].value == (20_000, 1)
    found = [pixels[f"PhysicalSize{axis}"] for axis in "XYZ"]
    assert found == [0.5, 0.25, 2.0]
    assert pixels["PhysicalSizeXUnit"] == "µm"


def test_labels_without_spacing_claim_none(tmp_path):
    write_labels(tmp_path / "a.ome.tif", np.ones((4, 5), np.int32))
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as file:
        assert "PhysicalSize" not in file.ome_metadata
        assert file.pages[0].tags["ResolutionUnit"].value == 1


def test_large_planes_are_tiled_and_compressed(tmp_path):
    write_labels(tmp_path / "a.ome.tif", np.ones((600, 2100), np.int32))
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as file:
        assert file.pages[0].tile == (512, 512)
        assert file.pages[0].compression == 8
        assert file.asarray().shape == (600, 2100)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros((2, 2)), "labels must be integers"),
        (np.zeros(4, np.int32), "labels must be integers"),
        (np.full((2, 2), -1, np.int32), "must not be negative"),
    ],
)
def test_labels_that_are_none_are_refused(tmp_path, labels, message):
    with pytest.raises(ValueError, match=message):
        write_labels(tmp_path / "a.ome.tif", labels)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame({"label": [1, 2], "area_um2": [0.1 + 0.2, np.nan], "solidity": [1.0, 0.5]})


def test_csv_keeps_every_digit(tmp_path, table):
    write_table(tmp_path / "a.csv", table)
    content = (tmp_path / "a.csv").read_bytes().decode()
    assert content == "label,area_um2,solidity\n1,0.30000000000000004,1.0\n2,,0.5\n"


def test_parquet_keeps_types_and_units(tmp_path, table):
    write_table(tmp_path / "a.parquet", table)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "a.parquet"), table)
    schema = pq.read_schema(tmp_path / "a.parquet")
    assert schema.field("area_um2").metadata == {b"unit": "µm²".encode()}
    assert schema.field("solidity").metadata is None


def test_a_table_without_nuclei_keeps_its_columns(tmp_path, table):
    for name in ("a.csv", "a.parquet"):
        write_table(tmp_path / name, table.iloc[:0])
    assert list(pd.read_csv(tmp_path / "a.csv")) == list(table)
    assert pd.read_parquet(tmp_path / "a.parquet").dtypes.equals(table.dtypes)


def test_other_endings_are_refused(tmp_path, table):
    with pytest.raises(OutputError, match=r"as \.csv or \.parquet, but got a\.xlsx"):
        write_table(tmp_path / "a.xlsx", table)


def test_json_holds_numpy_paths_and_what_is_not_finite(tmp_path):
    values = {"n": np.int64(3), "x": float("nan"), "list": (np.float32(0.5), "µ"), 4: tmp_path}
    write_json(tmp_path / "a.json", values)
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"n": 3, "x": None, "list": [0.5, "µ"], "4": str(tmp_path)}


@pytest.mark.parametrize(
    ("column", "unit"), [("area_um2", "µm²"), ("centroid_y_px", "px"), ("label", None)]
)
def test_units_are_the_end_of_a_name(column, unit):
    assert unit_of(column) == unit


def test_same_labels_give_the_same_bytes(tmp_path, rng):
    labels = rng.integers(0, 9, (3, 20, 30), dtype=np.int32)
    for name in ("a", "b"):
        write_labels(tmp_path / name, labels, Spacing(0.5, 0.5))
    write_labels(tmp_path / "c", labels + 1, Spacing(0.5, 0.5))
    one, same, other = ((tmp_path / name).read_bytes() for name in "abc")
    assert one == same
    assert identifier(one) != identifier(other)


def identifier(data):
    return re.search(rb'UUID="([^"]+)"', data)[1]
