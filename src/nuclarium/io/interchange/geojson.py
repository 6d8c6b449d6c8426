"""GeoJSON of nuclei, as QuPath reads and writes it: x first, y down, full-resolution pixels."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nuclarium.core.errors import UnreadableImageError
from nuclarium.core.geometry import to_xy, to_yx
from nuclarium.core.outlines import Outline, Polygon
from nuclarium.core.tracing import Ring
from nuclarium.io.write import written_whole

Measurements = Mapping[int, Mapping[str, float]]
"""Label → name of a measurement → number."""

NUCLEUS_COLOUR = (0, 158, 115)


def write_geojson(
    path: Path,
    outlines: Iterable[Outline],
    *,
    measurements: Measurements | None = None,
    class_name: str = "Nucleus",
    colour: tuple[int, int, int] = NUCLEUS_COLOUR,
) -> int:
    """Write nuclei as a FeatureCollection of QuPath detections, one line a nucleus.

    Coordinates count pixel corners, as QuPath does: the upper left pixel reaches from 0 to 1, so an
    outline encloses exactly the pixels of its nucleus.

    Parameters
    ----------
    path : Path
        Usually ends in ``.geojson``.
    outlines : iterable of Outline
        Written as they come, so a large plane is never held whole; those of a stack carry their z.
    measurements : mapping, optional
        Numbers of each label, which must then be unique in the file; QuPath shows them. Those
        that are not finite are left out.
    class_name, colour : str, (red, green, blue)
        QuPath's classification of the nuclei, and its colour.

    Returns
    -------
    count : int
        Nuclei written.
    """
    look = {"name": class_name, "color": list(colour)}
    count = 0
    with written_whole(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        file.write('{"type": "FeatureCollection", "features": [')
        for outline in outlines:
            numbers = measurements.get(outline.label, {}) if measurements else {}
            feature = _feature(outline, look, numbers)
            file.write(",\n" if count else "\n")
            file.write(json.dumps(feature, allow_nan=False, separators=(",", ":")))
            count += 1
        file.write("\n]}\n")
    return count


def read_geojson(path: Path) -> Iterator[Outline]:
    """Yield the polygons of a GeoJSON file, as QuPath or this program writes it.

    A feature without a number of its own (its property ``label``, or a number as its name) is
    numbered by its place in the file, from 1. Coordinates are rounded to whole pixel corners.
    Geometries other than polygons are left out.

    Raises
    ------
    UnreadableImageError
        If the file is not GeoJSON.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        features = content if isinstance(content, list) else content.get("features", [content])
        for place, feature in enumerate(features, start=1):
            polygons = tuple(_polygons_of(feature["geometry"]))
            if polygons:
                plane = feature["geometry"].get("plane", {})
                yield Outline(_label_of(feature, place), polygons, plane.get("z"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableImageError(
            f"{path.name} must be a GeoJSON FeatureCollection of polygons, but reading it failed: "
            f"{error!r}. Export it from QuPath with File > Export objects as GeoJSON."
        ) from error


def _feature(
    outline: Outline, look: dict[str, Any], numbers: Mapping[str, float]
) -> dict[str, Any]:
    polygons = [[_closed(r) for r in (p.exterior, *p.holes)] for p in outline.polygons]
    one = len(polygons) == 1
    geometry: dict[str, Any] = {
        "type": "Polygon" if one else "MultiPolygon",
        "coordinates": polygons[0] if one else polygons,
    }
    if outline.z is not None:
        geometry["plane"] = {"c": -1, "z": outline.z, "t": 0}
    properties: dict[str, Any] = {
        "objectType": "detection",
        "name": str(outline.label),
        "label": outline.label,
        "classification": look,
    }
    finite = {k: float(v) for k, v in numbers.items() if np.isfinite(v)}
    if finite:
        properties["measurements"] = finite
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _closed(ring: Ring) -> list[list[int]]:
    points: list[list[int]] = to_xy(ring.astype(np.float64)).astype(np.int64).tolist()
    return [*points, points[0]]


def _polygons_of(geometry: Mapping[str, Any]) -> Iterator[Polygon]:
    coordinates = geometry["coordinates"]
    parts = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(geometry["type"], [])
    for rings in parts:
        exterior, *holes = (_ring_of(points) for points in rings)
        yield Polygon(exterior, tuple(holes))


def _ring_of(points: list[list[float]]) -> Ring:
    corners = to_yx(np.array(points, np.float64)[:, :2])
    if len(corners) > 1 and (corners[0] == corners[-1]).all():
        corners = corners[:-1]
    return np.rint(corners).astype(np.int32)


def _label_of(feature: Mapping[str, Any], place: int) -> int:
    properties = feature.get("properties") or {}
    for value in (properties.get("label"), properties.get("name")):
        if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()):
            return int(value)
    return place
