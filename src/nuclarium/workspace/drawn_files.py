"""Files of other tools, and our own, as nuclei: what a person drew elsewhere comes in by these."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from nuclarium.annotate.checks import new_id
from nuclarium.annotate.nuclei import Nucleus
from nuclarium.core.errors import SettingsError, UnreadableImageError
from nuclarium.dataset.exchange import AUTO, import_folder
from nuclarium.dataset.intake import IntakeSettings
from nuclarium.io import open_image
from nuclarium.io.interchange.classed_geojson import read_classed_geojson
from nuclarium.io.interchange.drawn_rois import read_imagej_drawings
from nuclarium.io.long_table import read_long_table
from nuclarium.workspace.drawn_coco import read_coco
from nuclarium.workspace.drawn_shapes import (
    MOST_PIXELS,
    Drawn,
    nuclei_of_drawing,
    nuclei_of_marks,
    nucleus_of_row,
    traced,
)

_REJECTED = "rejected"


def read_drawn(path: Path, form: str = AUTO) -> list[Drawn]:
    """Read what is drawn in a file, in the files of a folder, or in a dataset.

    Parameters
    ----------
    path : Path
        GeoJSON (QuPath), ImageJ ROIs, COCO, a label image, the long table of marks, a document of
        ``nuclarium annotations export --format json``, a folder of such files, or a dataset in a
        format of ``nuclarium dataset import``.
    form : str
        ``auto``, or the name of a format of datasets.

    Raises
    ------
    NuclariumError
        If there is no such file, or it cannot be read: naming it.
    """
    if form == AUTO and path.is_file():
        return _of_file(path)
    if form == AUTO and path.is_dir():
        files = [file for file in sorted(path.iterdir()) if _reader(file) is not None]
        if files and not any(one.is_dir() for one in path.iterdir()):
            return [drawn for file in files for drawn in _of_file(file)]
    return _of_dataset(path, form)


def _of_file(path: Path) -> list[Drawn]:
    read = _reader(path)
    if read is None:
        known = ", ".join(_READERS)
        raise SettingsError(
            f"A file of what is drawn must end in one of {known}, but got {path.name}. Export one "
            "of them."
        )
    return read(path)


def _reader(path: Path) -> Callable[[Path], list[Drawn]] | None:
    return None if path.name.startswith(".") else _READERS.get(path.suffix.lower())


def _of_dataset(path: Path, form: str) -> list[Drawn]:
    intake, _ = import_folder(path, form, IntakeSettings())
    found = []
    for draft in intake.drafts:
        name = str(draft.facts.get("source") or draft.id)
        if draft.marks is not None:
            found.append(Drawn(name, nuclei_of_marks(draft.marks().marks)))
        elif draft.load is not None:
            labels = draft.load()[1]
            shape = (labels.shape[0], labels.shape[1])
            found.append(Drawn(name, traced(labels), shape=shape))
    return found


def _of_geojson(path: Path) -> list[Drawn]:
    outlines = read_classed_geojson(path)
    nuclei = [
        Nucleus(new_id("n"), "outline", one.rings, one.class_name, one.z)
        for one in outlines
        if len(one.rings[0]) >= 6
    ]
    return [Drawn(path.stem, nuclei)]


def _of_json(path: Path) -> list[Drawn]:
    """Read GeoJSON, COCO or one of our documents, whichever it is."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise UnreadableImageError(f"{path.name} must be JSON, but is not: {error}.") from error
    if isinstance(content, dict) and {"images", "annotations"} <= content.keys():
        return list(read_coco(path, content))
    if isinstance(content, dict) and {"nuclei", "image"} <= content.keys():
        rows = content["nuclei"]
        nuclei = [Nucleus.from_json(row) for row in rows if row.get("kind") != _REJECTED]
        return [Drawn(str(content["image"]), nuclei, str(content.get("owner") or ""))]
    return _of_geojson(path)


def _of_rois(path: Path) -> list[Drawn]:
    drawings = read_imagej_drawings(path)
    return [Drawn(path.stem, [one for drawing in drawings for one in nuclei_of_drawing(drawing)])]


def _of_labels(path: Path) -> list[Drawn]:
    with open_image(path) as image:
        if image.is_rgb or image.shape[1] != 1 or image.dtype.kind not in "ui":
            raise SettingsError(
                f"{path.name} must be a label image of one channel of whole numbers, but is "
                f"{'colour' if image.is_rgb else image.dtype}. Save it with 0 for background and a "
                "number for each nucleus."
            )
        depth = image.shape[2]
        height, width = image.plane_shape
        if height * width * depth > MOST_PIXELS:
            raise SettingsError(
                f"A label image must have at most {MOST_PIXELS:,} pixels, but {path.name} has "
                f"{width:,} × {height:,} × {depth:,}. Give outlines as GeoJSON, or parts."
            )
        nuclei = [
            nucleus
            for z in range(depth)
            for nucleus in traced(image.read(z=z).astype(np.int32), z=z if depth > 1 else None)
        ]
    return [Drawn(path.name.partition(".")[0], nuclei, shape=(height, width))]


def _of_table(path: Path) -> list[Drawn]:
    table, _ = read_long_table(path)
    needed = ("field", "xmin", "ymin", "xmax", "ymax")
    missing = [name for name in needed if name not in table]
    if missing:
        raise SettingsError(
            f"{path.name} must be a long table of marks with the columns {', '.join(needed)}, but "
            f"lacks {', '.join(missing)}."
        )
    for name in ("rater", "label", "kind", "outline_x", "outline_y", "z"):
        table[name] = table.get(name, "")
    marked = table[table["xmin"] != ""]
    return [
        Drawn(str(field), [nucleus_of_row(path, row) for _, row in part.iterrows()], str(rater))
        for (field, rater), part in marked.groupby(["field", "rater"], sort=False)
    ]


_READERS: dict[str, Callable[[Path], list[Drawn]]] = {
    ".geojson": _of_geojson,
    ".json": _of_json,
    ".zip": _of_rois,
    ".roi": _of_rois,
    ".tif": _of_labels,
    ".tiff": _of_labels,
    ".png": _of_labels,
    ".csv": _of_table,
    ".parquet": _of_table,
}
ENDINGS = tuple(_READERS)
