"""Files of other tools, and our own, as nuclei: what a person drew elsewhere comes in by these."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nuclarium.annotate.checks import new_id
from nuclarium.annotate.nuclei import Nucleus, Ring
from nuclarium.core.errors import NuclariumError, SettingsError, UnreadableImageError
from nuclarium.core.marks import Marks, Points
from nuclarium.dataset.exchange import AUTO, import_folder
from nuclarium.dataset.intake import IntakeSettings
from nuclarium.io import open_image
from nuclarium.io.interchange.classed_geojson import read_classed_geojson
from nuclarium.io.interchange.drawings import Drawing
from nuclarium.io.interchange.drawn_rois import read_imagej_drawings
from nuclarium.io.interchange.rle import decompress, mask_of
from nuclarium.io.long_table import read_long_table
from nuclarium.workspace.assist_outlines import iter_rings

_REJECTED = "rejected"
_MOST_PIXELS = 2**30


@dataclass(frozen=True)
class Drawn:
    """What a file says of one image.

    Parameters
    ----------
    name : str
        How the file calls the image or field.
    nuclei : list of Nucleus
        With ids of their own file, or new ones.
    rater : str
        Who drew them, where the file says it.
    shape : (height, width) or None
        Of the grid, where the file has one.
    """

    name: str
    nuclei: list[Nucleus]
    rater: str = ""
    shape: tuple[int, int] | None = None


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
            found.append(Drawn(name, _traced(labels), shape=shape))
    return found


def nuclei_of_marks(marks: Marks, z: int | None = None) -> list[Nucleus]:
    """Return marks as nuclei, x first; an outline that was one line is one ring."""
    rows = zip(marks.boxes.tolist(), marks.kinds, marks.labels, marks.outlines, strict=True)
    return [
        Nucleus(new_id("n"), kind, (_ring_of_mark(box, kind, outline),), label, z)
        for box, kind, label, outline in rows
    ]


def _ring_of_mark(box: Sequence[float], kind: str, outline: Points | None) -> Ring:
    y0, x0, y1, x1 = box
    if kind == "point":
        return (round(x0, 2), round(y0, 2))
    if outline is None:
        return _corners(x0, y0, x1, y1)
    return tuple(np.asarray(outline)[:, ::-1].ravel().round(2).tolist())


def _corners(x0: float, y0: float, x1: float, y1: float) -> Ring:
    return tuple(round(number, 2) for number in (x0, y0, x1, y0, x1, y1, x0, y1))


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
        return list(_of_coco(path, content))
    if isinstance(content, dict) and {"nuclei", "image"} <= content.keys():
        rows = content["nuclei"]
        nuclei = [Nucleus.from_json(row) for row in rows if row.get("kind") != _REJECTED]
        return [Drawn(str(content["image"]), nuclei, str(content.get("owner") or ""))]
    return _of_geojson(path)


def _of_coco(path: Path, content: Mapping[str, Any]) -> Iterator[Drawn]:
    try:
        names = {row["id"]: str(row["name"]) for row in content.get("categories", ())}
        of_image: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
        for row in content["annotations"]:
            of_image[row["image_id"]].append(row)
        for image in content["images"]:
            rows = [row for row in of_image[image["id"]] if not row.get("iscrowd")]
            nuclei = [_of_annotation(row, names) for row in rows]
            yield Drawn(str(image["file_name"]), [one for one in nuclei if one is not None])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise UnreadableImageError(
            f"{path.name} must be COCO's instances with outlines or boxes, but an entry lacks or "
            f"spoils {error}."
        ) from error


def _of_annotation(row: Mapping[str, Any], names: Mapping[Any, str]) -> Nucleus | None:
    label = str(row.get("class_name", names.get(row.get("category_id"), "")))
    label = "" if label == "nucleus" and "class_name" not in row else label
    drawn = row.get("segmentation")
    if isinstance(drawn, Mapping):
        height, width = (int(side) for side in drawn["size"])
        counts = drawn["counts"]
        mask = mask_of(decompress(counts) if isinstance(counts, str) else counts, (height, width))
        traced = _traced(mask.astype(np.int32), label)
        return traced[0] if traced else None
    rings = [ring for ring in drawn or () if len(ring) >= 6]
    if rings:
        largest = max(rings, key=_area)
        return Nucleus(new_id("n"), "outline", (tuple(map(float, largest)),), label)
    x, y, wide, high = (float(number) for number in row["bbox"])
    if wide == high == 0:
        return Nucleus(new_id("n"), "point", ((x, y),), label)
    return Nucleus(new_id("n"), "box", (_corners(x, y, x + wide, y + high),), label)


def _area(ring: Sequence[float]) -> float:
    x, y = np.asarray(ring[::2], np.float64), np.asarray(ring[1::2], np.float64)
    return abs(float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2))


def _of_rois(path: Path) -> list[Drawn]:
    drawings = read_imagej_drawings(path)
    return [Drawn(path.stem, [one for drawing in drawings for one in _of_drawing(drawing)])]


def _of_drawing(drawing: Drawing) -> Iterator[Nucleus]:
    """Yield an area as an outline and each point as one; lines are no nuclei."""
    rings = [tuple(part[:, ::-1].ravel().round(2).tolist()) for part in drawing.parts]
    if drawing.kind == "points":
        for ring in rings:
            for at in range(0, len(ring), 2):
                point = (ring[at : at + 2],)
                yield Nucleus(new_id("n"), "point", point, drawing.class_name, drawing.z)
    closed = tuple(ring for ring in rings if len(ring) >= 6)
    if drawing.kind == "area" and closed:
        yield Nucleus(new_id("n"), "outline", closed, drawing.class_name, drawing.z)


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
        if height * width * depth > _MOST_PIXELS:
            raise SettingsError(
                f"A label image must have at most {_MOST_PIXELS:,} pixels, but {path.name} has "
                f"{width:,} × {height:,} × {depth:,}. Give outlines as GeoJSON, or parts."
            )
        nuclei = [
            nucleus
            for z in range(depth)
            for nucleus in _traced(image.read(z=z).astype(np.int32), z=z if depth > 1 else None)
        ]
    return [Drawn(path.name.partition(".")[0], nuclei, shape=(height, width))]


def _traced(labels: Any, label: str = "", z: int | None = None) -> list[Nucleus]:
    return [Nucleus(new_id("n"), "outline", rings, label, z) for _, rings in iter_rings(labels)]


def _of_table(path: Path) -> list[Drawn]:
    table, _ = read_long_table(path)
    needed = ("field", "xmin", "ymin", "xmax", "ymax")
    missing = [name for name in needed if name not in table]
    if missing:
        raise SettingsError(
            f"{path.name} must be a long table of marks with the columns {', '.join(needed)}, but "
            f"lacks {', '.join(missing)}."
        )
    for name in ("rater", "label", "kind", "outline_x", "outline_y"):
        table[name] = table.get(name, "")
    marked = table[table["xmin"] != ""]
    return [
        Drawn(str(field), [_of_row(path, row) for _, row in part.iterrows()], str(rater))
        for (field, rater), part in marked.groupby(["field", "rater"], sort=False)
    ]


def _of_row(path: Path, row: pd.Series[str]) -> Nucleus:
    try:
        x0, y0, x1, y1 = (float(row[name]) for name in ("xmin", "ymin", "xmax", "ymax"))
        xs = [float(number) for number in row["outline_x"].split(",") if number]
        ys = [float(number) for number in row["outline_y"].split(",") if number]
        ring = tuple(round(n, 2) for corner in zip(xs, ys, strict=True) for n in corner)
    except ValueError as error:
        raise SettingsError(f"{path.name}, row {row.name}: {error}.") from error
    if len(ring) >= 6:
        return Nucleus(new_id("n"), "outline", (ring,), row["label"])
    if row["kind"] == "point" or (x0, y0) == (x1, y1):
        return Nucleus(new_id("n"), "point", ((x0, y0),), row["label"])
    return Nucleus(new_id("n"), "box", (_corners(x0, y0, x1, y1),), row["label"])


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


def checked(drawn: Drawn) -> list[Nucleus]:
    """Return the nuclei, held to the rules of edits: one sentence names the first that is wrong."""
    found = []
    for number, nucleus in enumerate(drawn.nuclei, start=1):
        try:
            found.append(Nucleus.from_json(nucleus.bare().to_json(stored=False)))
        except NuclariumError as error:
            raise SettingsError(f"{drawn.name}, nucleus {number}: {error}") from error
    return found
