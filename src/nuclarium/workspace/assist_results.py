"""Suggestions from results that lie in the project: label images and GeoJSON of outlines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from nuclarium.annotate import checks
from nuclarium.annotate.nuclei import Ring
from nuclarium.annotate.store_suggestions import Suggestion
from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.core.tracing import Ring as Corners
from nuclarium.io import open_image
from nuclarium.io.interchange.geojson import read_geojson
from nuclarium.workspace.assist_nuclei import MOST_SUGGESTED
from nuclarium.workspace.assist_outlines import iter_rings
from nuclarium.workspace.project import Project

_OUTLINES = (".geojson", ".json")
_LABELS = (".tif", ".tiff", ".png")
_FOLDERS = ("outlines", "labels")


def results_of(project: Project, name: str) -> list[str]:
    """Files of results of an image in its project, relative to it: outlines before labels.

    They are what ``nuclarium segment`` and ``nuclarium pixels apply`` write: files that are called
    like the image, in a folder ``outlines`` or ``labels``.
    """
    found = []
    for kind in _FOLDERS:
        for path in sorted(project.folder.glob(f"**/{kind}/*")):
            is_result = path.suffix.lower() in (_OUTLINES if kind == "outlines" else _LABELS)
            hidden = any(part.startswith(".") for part in path.relative_to(project.folder).parts)
            if is_result and not hidden and path.name.split(".")[0] == name.split(".")[0]:
                found.append(path.relative_to(project.folder).as_posix())
    return found


def suggestions_of_file(
    project: Project, file: str, shape: tuple[int, int, int]
) -> list[Suggestion]:
    """Read a file of results as suggestions.

    Parameters
    ----------
    file : str
        Relative to the project; what lies outside it is refused.
    shape : (Z, H, W)
        Of the image.

    Raises
    ------
    NuclariumError
        If it is not there, lies outside, is no such file or does not fit the image.
    """
    path = (project.folder / file).resolve()
    if not path.is_relative_to(project.folder.resolve()) or not path.is_file():
        raise InputNotFoundError(
            "Results to import must be a file in the folder of the project, named relative to it, "
            f"but there is no {file!r} in it. Copy it into the project first."
        )
    suffix = path.suffix.lower()
    if suffix not in (*_OUTLINES, *_LABELS):
        raise SettingsError(
            f"Results to import must be GeoJSON or a label image (TIFF or PNG), but {path.name} "
            "is neither. Export one of them."
        )
    rows = _outlines(path, shape) if suffix in _OUTLINES else _labels(path, shape)
    found = []
    for suggestion in rows:
        found.append(suggestion)
        if len(found) > MOST_SUGGESTED:
            raise SettingsError(
                f"At most {MOST_SUGGESTED:,} nuclei are suggested at once, but {path.name} has "
                "more. Import a file of a part of the image."
            )
    return found


def _labels(path: Path, shape: tuple[int, int, int]) -> Iterator[Suggestion]:
    with open_image(path) as image:
        came = (image.shape[2], *image.plane_shape)
        if image.is_rgb or image.shape[1] != 1 or image.dtype.kind not in "ui":
            raise SettingsError(
                f"{path.name} must be a label image of one channel of whole numbers, but is "
                f"{'colour' if image.is_rgb else image.dtype}. Save it with 0 for background and a "
                "number for each nucleus."
            )
        if came[1:] != shape[1:] or came[0] not in (1, shape[0]):
            raise SettingsError(
                f"{path.name} must have the size of the image, {_size(shape)}, but has "
                f"{_size(came)}. Choose the labels of this image."
            )
        for z in range(came[0]):
            labels = image.read(z=z).astype(np.int32)
            for _, rings in iter_rings(labels):
                plane = z if came[0] > 1 else None
                yield Suggestion(checks.new_id("u"), rings, "", None, plane)


def _outlines(path: Path, shape: tuple[int, int, int]) -> Iterator[Suggestion]:
    scores = _scores(path)
    for outline in read_geojson(path):
        polygon = outline.polygons[0]
        rings = tuple(_flat(ring) for ring in (polygon.exterior, *polygon.holes))
        if len(rings[0]) < 6:
            continue
        if max(rings[0][::2]) > shape[2] or max(rings[0][1::2]) > shape[1] or min(rings[0]) < 0:
            raise SettingsError(
                f"The outlines of {path.name} must lie in the image of {_size(shape)}, but number "
                f"{outline.label} reaches outside. Choose the outlines of this image."
            )
        z = outline.z if shape[0] > 1 else None
        yield Suggestion(checks.new_id("u"), rings, "", scores.get(outline.label), z)


def _scores(path: Path) -> dict[int, float]:
    """Scores by label, where the file has them."""
    found = {}
    content = json.loads(path.read_text(encoding="utf-8"))
    for feature in content.get("features", []) if isinstance(content, dict) else content:
        with suppress(KeyError, TypeError, ValueError):
            properties = feature["properties"]
            found[int(properties["label"])] = float(properties["measurements"]["score"])
    return found


def _flat(ring: Corners) -> Ring:
    return tuple(float(number) for number in ring[:, ::-1].ravel())


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(str(side) for side in shape[shape[0] == 1 :]) + " px"
