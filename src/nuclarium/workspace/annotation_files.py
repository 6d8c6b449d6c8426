"""Documents of annotations as files of other tools."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nuclarium.annotate.document import Document
from nuclarium.annotate.document_classes import classes_of
from nuclarium.annotate.store import Store
from nuclarium.core.errors import SettingsError
from nuclarium.core.outlines import iter_outlines
from nuclarium.io.interchange.classed_geojson import (
    ClassedOutline,
    write_classed_geojson,
)
from nuclarium.io.interchange.imagej_roi import write_imagej_rois
from nuclarium.io.write import write_label_stack, write_labels
from nuclarium.workspace.annotation_coco import write_coco
from nuclarium.workspace.annotations import field_name, labels_of, table_of

Writer = Callable[[Document, Path, str, tuple[int, int]], None]


def export_annotations(
    store: Store,
    folder: Path,
    form: str,
    *,
    study: str | None = None,
    classes: Mapping[str, Any] | None = None,
    corrected: bool = False,
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
    classes : mapping, optional
        Of the project, as JSON carries them; documents of studies have their own.
    corrected : bool
        Whether the table has marks as they are now; otherwise as `table_of` says. Other formats
        have documents as they are now.

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
        table_of(store, study=study, corrected=corrected).to_csv(path, index=False)
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
        document = store.document(head.id)
        head = replace(document.head, hierarchy=classes_of(head, classes or {}))
        write(replace(document, head=head), path, image.name, (image.height, image.width))
        files.append(path)
    return files


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


_WRITERS: dict[str, tuple[str, Writer]] = {
    "labels": (".tif", _write_labels),
    "geojson": (".geojson", _write_geojson),
    "rois": (".zip", _write_rois),
    "coco": (".json", write_coco),
}
FORMATS = (*_WRITERS, "table")


def _colours(hierarchy: Mapping[str, Any]) -> dict[str, tuple[int, int, int]]:
    levels = hierarchy.get("levels") or [{}]
    rows = [row for row in levels[0].get("classes") or [] if isinstance(row, Mapping)]
    known = [row for row in rows if isinstance(row.get("colour"), list | tuple)]
    return {row["name"]: tuple(row["colour"]) for row in known}


def _as_file_name(name: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in name).lstrip(".")
