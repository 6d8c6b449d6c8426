"""GeoJSON as QuPath expects it, checked with the json module alone."""

from __future__ import annotations

import json

import numpy as np
import pytest

from nuclarium.core.errors import UnreadableImageError
from nuclarium.core.outlines import iter_outlines, rasterise
from nuclarium.io.interchange.geojson import read_geojson, write_geojson


@pytest.fixture
def labels() -> np.ndarray:
    labels = np.zeros((9, 12), np.int32)
    labels[1:5, 1:6] = 3
    labels[2, 3] = 0
    labels[6, 6] = labels[7, 7] = 8
    labels[5:9, 9:12] = 9
    return labels


def written(tmp_path, labels, *, z=None, **options):
    count = write_geojson(tmp_path / "a.geojson", iter_outlines(labels, z=z), **options)
    content = json.loads((tmp_path / "a.geojson").read_text(encoding="utf-8"))
    assert content["type"] == "FeatureCollection"
    assert len(content["features"]) == count
    return content["features"]


def test_a_nucleus_is_a_detection_with_its_label(tmp_path, labels):
    feature = written(tmp_path, labels)[0]
    assert feature["type"] == "Feature"
    assert feature["properties"]["objectType"] == "detection"
    assert (feature["properties"]["name"], feature["properties"]["label"]) == ("3", 3)
    assert feature["properties"]["classification"]["name"] == "Nucleus"


def test_rings_are_closed_with_x_first(tmp_path, labels):
    geometry = written(tmp_path, labels)[2]["geometry"]
    assert geometry["type"] == "Polygon"
    assert geometry["coordinates"] == [[[9, 5], [12, 5], [12, 9], [9, 9], [9, 5]]]


def test_holes_and_parts_have_their_geometries(tmp_path, labels):
    with_hole, of_parts, _ = (f["geometry"] for f in written(tmp_path, labels))
    assert len(with_hole["coordinates"]) == 2
    assert of_parts["type"] == "MultiPolygon"
    assert len(of_parts["coordinates"]) == 2


def test_a_stack_says_its_plane(tmp_path, labels):
    assert "plane" not in written(tmp_path, labels)[0]["geometry"]
    assert written(tmp_path, labels, z=4)[0]["geometry"]["plane"] == {"c": -1, "z": 4, "t": 0}
    assert {outline.z for outline in read_geojson(tmp_path / "a.geojson")} == {4}


def test_measurements_that_are_not_finite_are_left_out(tmp_path, labels):
    features = written(tmp_path, labels, measurements={3: {"area_um2": 2.5, "x": float("nan")}})
    assert features[0]["properties"]["measurements"] == {"area_um2": 2.5}
    assert "measurements" not in features[1]["properties"]


def test_no_nuclei_are_an_empty_collection(tmp_path):
    assert written(tmp_path, np.zeros((3, 3), np.int32)) == []


def test_reading_gives_the_pixels_back(tmp_path, labels):
    written(tmp_path, labels)
    drawn = np.zeros_like(labels)
    for outline in read_geojson(tmp_path / "a.geojson"):
        drawn[rasterise(outline, labels.shape)] = outline.label
    np.testing.assert_array_equal(drawn, labels)


def test_features_without_a_number_are_counted_and_points_left_out(tmp_path):
    square = {"type": "Polygon", "coordinates": [[[0, 0], [2.2, 0], [2, 2], [0, 1.9], [0, 0]]]}
    features = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 1]}},
        {"type": "Feature", "geometry": square, "properties": {"name": "cell A"}},
    ]
    (tmp_path / "a.geojson").write_text(json.dumps(features))
    (outline,) = read_geojson(tmp_path / "a.geojson")
    assert (outline.label, outline.area) == (2, 4)


@pytest.mark.parametrize("text", ["", "[1]", '{"features": [{"geometry": 3}]}', "GIF89a"])
def test_something_else_is_refused_with_its_name(tmp_path, text):
    (tmp_path / "a.geojson").write_text(text)
    with pytest.raises(UnreadableImageError, match=r"a\.geojson must be a GeoJSON"):
        list(read_geojson(tmp_path / "a.geojson"))


def test_interruption_leaves_nothing(tmp_path, labels):
    def outlines():
        yield next(iter_outlines(labels))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_geojson(tmp_path / "a.geojson", outlines())
    assert list(tmp_path.iterdir()) == []
