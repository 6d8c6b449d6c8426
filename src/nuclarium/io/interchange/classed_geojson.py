"""GeoJSON of outlines with classes and fractions of pixels, as people draw them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nuclarium.core.errors import UnreadableImageError
from nuclarium.core.outlines import ring_area
from nuclarium.io.write import written_whole

Ring = tuple[float, ...]
"""Corners ``x, y, x, y …`` in pixels, not closed."""


@dataclass(frozen=True, slots=True)
class ClassedOutline:
    """An outline of one part, with its class.

    Parameters
    ----------
    rings : tuple of Ring
        Exterior, then holes; one ring of one corner is a point.
    class_name : str
        Empty where there is none.
    id : str
        Empty where there is none.
    z : int or None
        Plane of a stack, from 0.
    score : float or None
        Between 0 and 1, where it is known.
    """

    rings: tuple[Ring, ...]
    class_name: str = ""
    id: str = ""
    z: int | None = None
    score: float | None = None


def write_classed_geojson(
    path: Path,
    outlines: Iterable[ClassedOutline],
    colours: Mapping[str, tuple[int, int, int]] | None = None,
) -> int:
    """Write a FeatureCollection of QuPath annotations, one line each; returns how many.

    Parameters
    ----------
    path : Path
    outlines : iterable of ClassedOutline
    colours : mapping of str to (red, green, blue), optional
        Of classes, as QuPath shows them.
    """
    count = 0
    with written_whole(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        file.write('{"type": "FeatureCollection", "features": [')
        for outline in outlines:
            file.write(",\n" if count else "\n")
            text = json.dumps(_feature(outline, colours or {}), separators=(",", ":"))
            file.write(text)
            count += 1
        file.write("\n]}\n")
    return count


def read_classed_geojson(path: Path) -> list[ClassedOutline]:
    """Read the polygons of a GeoJSON file with their classes; of several parts the largest.

    Geometries other than polygons are left out.

    Raises
    ------
    UnreadableImageError
        If the file is not GeoJSON.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        features = content if isinstance(content, list) else content.get("features", [content])
        return [outline for feature in features for outline in _outlines(feature)]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise UnreadableImageError(
            f"{path.name} must be a GeoJSON FeatureCollection of polygons, but reading it failed: "
            f"{error!r}. Export it from QuPath with File > Export objects as GeoJSON."
        ) from error


def _feature(
    outline: ClassedOutline, colours: Mapping[str, tuple[int, int, int]]
) -> dict[str, Any]:
    rings = [_closed(ring) for ring in outline.rings]
    is_point = len(outline.rings[0]) == 2
    geometry: dict[str, Any] = {
        "type": "Point" if is_point else "Polygon",
        "coordinates": rings[0][0] if is_point else rings,
    }
    if outline.z is not None:
        geometry["plane"] = {"c": -1, "z": outline.z, "t": 0}
    properties: dict[str, Any] = {"objectType": "annotation"}
    if outline.id:
        properties["name"] = outline.id
    if outline.class_name:
        properties["classification"] = {"name": outline.class_name}
        if outline.class_name in colours:
            properties["classification"]["color"] = list(colours[outline.class_name])
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _closed(ring: Ring) -> list[list[float]]:
    points = [[x, y] for x, y in zip(ring[::2], ring[1::2], strict=True)]
    return [*points, points[0]]


def _outlines(feature: Mapping[str, Any]) -> Iterator[ClassedOutline]:
    geometry = feature["geometry"]
    coordinates = geometry["coordinates"]
    parts = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(geometry["type"], [])
    parts = sorted(parts, key=lambda rings: -abs(ring_area(np.asarray(rings[0])[:, :2])))[:1]
    properties = feature.get("properties") or {}
    class_name = (properties.get("classification") or {}).get("name", "")
    name = properties.get("name") or ""
    score = (properties.get("measurements") or {}).get("score")
    for rings in parts:
        yield ClassedOutline(
            tuple(_open(ring) for ring in rings),
            str(class_name),
            str(name),
            geometry.get("plane", {}).get("z"),
            float(score) if isinstance(score, int | float) else None,
        )


def _open(points: list[list[float]]) -> Ring:
    ends = points[:-1] if len(points) > 1 and points[0] == points[-1] else points
    return tuple(float(number) for point in ends for number in point[:2])
