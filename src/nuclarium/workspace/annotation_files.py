"""Documents of annotations as files of other tools, and files of other tools as suggestions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from nuclarium.annotate.checks import new_id
from nuclarium.annotate.document import Document
from nuclarium.annotate.store import Store
from nuclarium.annotate.store_suggestions import Suggestion
from nuclarium.core.errors import SettingsError, UnreadableImageError
from nuclarium.core.labels import as_labels
from nuclarium.core.outlines import iter_outlines
from nuclarium.io.guard import explained
from nuclarium.io.interchange.classed_geojson import (
    ClassedOutline,
    read_classed_geojson,
    write_classed_geojson,
)
from nuclarium.io.interchange.imagej_roi import write_imagej_rois
from nuclarium.io.write import write_json, write_label_stack, write_labels
from nuclarium.workspace.annotations import field_name, labels_of, marks_of, table_of

Writer = Callable[[Document, Path, str, tuple[int, int]], None]


def export_annotations(
    store: Store, folder: Path, form: str, *, study: str | None = None
) -> list[Path]:
    """Write all documents of a store, or of a study, in one format.

    Parameters
    ----------
    store : Store
    folder : Path
    form : str
        ``labels`` (TIFF), ``geojson`` (QuPath), ``rois`` (ImageJ), ``coco`` or ``table`` (the long
        table of marks, CSV).
    study : str, optional

    Returns
    -------
    files : list of Path
        One a document, named by field, rater and arm (and the end of its id, where another is named
        alike); one for the table.

    Raises
    ------
    SettingsError
        If there is no such format.
    """
    if form == "table":
        path = folder / "marks.csv"
        folder.mkdir(parents=True, exist_ok=True)
        table_of(store, study=study).to_csv(path, index=False)
        return [path]
    if form not in _WRITERS:
        known = ", ".join([*_WRITERS, "table"])
        raise SettingsError(f"A format of annotations must be one of {known}, but got {form!r}.")
    ending, write = _WRITERS[form]
    images = {image.id: image for image in store.images()}
    files: list[Path] = []
    for head in store.documents(study=study):
        image = images[head.image]
        words = [field_name(head, image.name), head.owner or "shared", head.arm or ""]
        name = "_".join(word for word in words if word) + ("_again" if head.repeat else "")
        path = folder / f"{_as_file_name(name)}{ending}"
        if path in files:  # of another study, or of another image whose name is written alike
            path = path.with_name(f"{path.stem}_{head.id[-8:]}{ending}")
        write(store.document(head.id), path, image.name, (image.height, image.width))
        files.append(path)
    return files


def suggest_from_file(store: Store, image: str, path: Path, *, source: str = "") -> int:
    """Keep the outlines of a file as suggestions for an image; returns how many.

    Parameters
    ----------
    store : Store
    image : str
        Id of the image in the store.
    path : Path
        GeoJSON, or a label image (TIFF) on the grid of the whole image; of a stack, all planes.
    source : str
        What the set is called; the name of the file when left out.
    """
    is_text = path.suffix.lower() in (".geojson", ".json")
    outlines = read_classed_geojson(path) if is_text else _outlines_of_labels(path)
    suggested = [
        Suggestion(new_id("u"), one.rings, one.class_name, one.score, one.z) for one in outlines
    ]
    return store.suggest(image, source or path.name, suggested)


def classed_outlines(document: Document) -> list[ClassedOutline]:
    """Return the nuclei of a document as outlines with classes; boxes and points, too."""
    return [
        ClassedOutline(nucleus.rings, nucleus.label, nucleus.id, nucleus.z)
        for nucleus in document.nuclei.values()
        if nucleus.kind != "rejected"
    ]


def _write_labels(document: Document, path: Path, _: str, shape: tuple[int, int]) -> None:
    planes = [n.z for n in document.nuclei.values() if n.z is not None and n.kind == "outline"]
    if not planes:
        write_labels(path, labels_of(document, shape)[0])
        return
    drawn = (labels_of(document, shape, z=z)[0] for z in range(max(planes) + 1))
    x0, y0, x1, y1 = document.head.box or (0, 0, shape[1], shape[0])
    write_label_stack(path, drawn, (max(planes) + 1, y1 - y0, x1 - x0))


def _write_geojson(document: Document, path: Path, _: str, __: tuple[int, int]) -> None:
    write_classed_geojson(path, classed_outlines(document), _colours(document.head.hierarchy))


def _write_rois(document: Document, path: Path, _: str, shape: tuple[int, int]) -> None:
    x0, y0, _x1, _y1 = document.head.box or (0, 0, 0, 0)
    planes = sorted({n.z for n in document.nuclei.values() if n.kind == "outline"}, key=str)
    write_imagej_rois(
        path,
        (
            outline
            for z in planes
            for outline in iter_outlines(
                labels_of(_of_plane(document, z), shape)[0], offset=(y0, x0), z=z
            )
        ),
    )


def _of_plane(document: Document, z: int | None) -> Document:
    nuclei = {key: nucleus for key, nucleus in document.nuclei.items() if nucleus.z == z}
    return Document(document.head, nuclei)


def _write_coco(document: Document, path: Path, name: str, shape: tuple[int, int]) -> None:
    marks = marks_of(document)
    classes = list(dict.fromkeys([*_classes(document.head.hierarchy), *marks.labels]))
    numbers = {class_name: place for place, class_name in enumerate(classes, start=1)}
    annotations = []
    for row, (y0, x0, y1, x1) in enumerate(marks.boxes.tolist()):
        outline = marks.outlines[row]
        annotations.append(
            {
                "id": row + 1,
                "image_id": 1,
                "category_id": numbers[marks.labels[row]],
                "segmentation": [] if outline is None else [outline[:, ::-1].ravel().tolist()],
                "area": (x1 - x0) * (y1 - y0) if outline is None else _area(outline),
                "bbox": [x0, y0, x1 - x0, y1 - y0],
                "iscrowd": 0,
                "nucleus": marks.ids[row],
            }
            | _plane_of(document, marks.ids[row])
        )
    categories = [
        {"id": number, "name": class_name or "nucleus", "supercategory": "cell"}
        for class_name, number in numbers.items()
    ]
    picture = {"id": 1, "file_name": name, "width": shape[1], "height": shape[0]}
    content = {"images": [picture], "annotations": annotations, "categories": categories}
    write_json(path, content)


_WRITERS: dict[str, tuple[str, Writer]] = {
    "labels": (".tif", _write_labels),
    "geojson": (".geojson", _write_geojson),
    "rois": (".zip", _write_rois),
    "coco": (".json", _write_coco),
}
FORMATS = (*_WRITERS, "table")


def _plane_of(document: Document, nucleus: str) -> dict[str, int]:
    z = document.nuclei[nucleus].z
    return {} if z is None else {"z": z}


def _area(outline: Any) -> float:
    y, x = outline.T
    return abs(float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2))


def _classes(hierarchy: Mapping[str, Any]) -> Sequence[str]:
    """Classes of the finest level of a hierarchy, as the page is given it."""
    levels = hierarchy.get("levels") or [{}]
    rows = levels[0].get("classes") or []
    return [row["name"] if isinstance(row, Mapping) else str(row) for row in rows]


def _colours(hierarchy: Mapping[str, Any]) -> dict[str, tuple[int, int, int]]:
    levels = hierarchy.get("levels") or [{}]
    rows = [row for row in levels[0].get("classes") or [] if isinstance(row, Mapping)]
    known = [row for row in rows if isinstance(row.get("colour"), list | tuple)]
    return {row["name"]: tuple(row["colour"]) for row in known}


def _outlines_of_labels(path: Path) -> list[ClassedOutline]:
    with explained(path.name, "a label image (TIFF)"):
        array = tifffile.imread(path)
    if array.ndim not in (2, 3):
        raise UnreadableImageError(
            f"{path.name} must be a label image of one plane or a stack, but has the shape "
            f"{array.shape}."
        )
    planes = [(None, array)] if array.ndim == 2 else list(enumerate(array))
    return [
        ClassedOutline(
            tuple(
                tuple(map(float, ring[:, ::-1].ravel()))
                for ring in (polygon.exterior, *polygon.holes)
            ),
            z=z,
        )
        for z, plane in planes
        for outline in iter_outlines(as_labels(plane, path.name))
        for polygon in outline.polygons
    ]


def _as_file_name(name: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in name).lstrip(".")
