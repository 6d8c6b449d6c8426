"""Annotations of QuPath, read from GeoJSON: brush strokes, lines and points with their class."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nuclarium.core.errors import UnreadableImageError
from nuclarium.core.geometry import to_yx
from nuclarium.io.interchange.drawings import Drawing, Points

_COLLECTIONS = {
    "Polygon": "area",
    "MultiPolygon": "area",
    "LineString": "line",
    "MultiLineString": "line",
    "Point": "points",
    "MultiPoint": "points",
}


def read_geojson_drawings(path: Path) -> list[Drawing]:
    """Read what was drawn; the name of its classification is its class.

    Raises
    ------
    UnreadableImageError
        If the file is not GeoJSON.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        features = content if isinstance(content, list) else content.get("features", [content])
        return [drawing for feature in features for drawing in _drawings(feature)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise UnreadableImageError(
            f"{path.name} must be a GeoJSON FeatureCollection, but reading it failed: {error!r}. "
            "Export it from QuPath with File > Export objects as GeoJSON."
        ) from error


def _drawings(feature: Mapping[str, Any]) -> Iterator[Drawing]:
    geometry = feature["geometry"]
    geometries = geometry.get("geometries", [geometry])
    for part in geometries:
        plane = part.get("plane") or geometry.get("plane") or {}
        kind: Any = _COLLECTIONS[part["type"]]
        yield Drawing(kind, tuple(_parts(part)), _class_name(feature), z=plane.get("z"))


def _class_name(feature: Mapping[str, Any]) -> str:
    properties = feature.get("properties") or {}
    said = properties.get("classification") or {}
    if isinstance(said, str):
        return said
    names = said.get("names") or [said.get("name") or properties.get("name") or ""]
    return ": ".join(str(name) for name in names)


def _parts(geometry: Mapping[str, Any]) -> Iterator[Points]:
    kind, coordinates = geometry["type"], geometry["coordinates"]
    if kind == "MultiPolygon":
        yield from (_points(ring) for rings in coordinates for ring in rings)
    elif kind in ("Polygon", "MultiLineString"):
        yield from (_points(ring) for ring in coordinates)
    else:
        yield _points([coordinates] if kind == "Point" else coordinates)


def _points(coordinates: list[list[float]]) -> Points:
    return to_yx(np.array(coordinates, np.float64).reshape(len(coordinates), -1)[:, :2])
