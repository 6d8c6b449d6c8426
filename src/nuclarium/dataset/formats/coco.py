"""COCO: one JSON of images and annotations for each part; polygons, or run lengths for holes."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError, UnreadableImageError
from nuclarium.core.labels import Labels
from nuclarium.core.outlines import Outline, iter_outlines
from nuclarium.dataset.drafts import Draft
from nuclarium.dataset.formats.coco_marks import (
    categories_of,
    foreign_marks,
    mark_annotations,
    own_marks,
)
from nuclarium.dataset.formats.companions import facts_of, known_facts, write_picture
from nuclarium.dataset.intake import Intake, IntakeSettings, read_plane
from nuclarium.dataset.item import Item
from nuclarium.dataset.manifest import Dataset
from nuclarium.dataset.marks import ItemMarks
from nuclarium.dataset.pairs import SPLIT_NAMES, safe_id, stem_of
from nuclarium.dataset.pixels import Pixels
from nuclarium.io.interchange.polygons import fill, flat_xy, ring_of
from nuclarium.io.interchange.rle import compress, decompress, mask_of, run_lengths

Advance = Callable[[int], None]
STYLES = ("polygon", "rle", "rle-plain")


def write_coco(dataset: Dataset, folder: Path, advance: Advance, *, style: str = "polygon") -> None:
    """Write ``images/`` and ``annotations/instances_PART.json``, PART being all without a split.

    Parameters
    ----------
    dataset : Dataset
    folder : Path
        Exists and is empty.
    advance : callable
        Called with 1 for every image.
    style : str
        ``polygon``: polygons along the edges of pixels, but compressed run lengths where a nucleus
        has holes, which COCO's polygons cannot; ``rle``: compressed run lengths for all;
        ``rle-plain``: run lengths as lists of numbers.

    Boxes, points and classes are annotations as `coco_marks.mark_annotations` makes them.
    """
    hierarchy = dataset.hierarchy
    marks = {item.id: item.read_marks(dataset.folder) for item in dataset.items if item.marks}
    labels = {label for found in marks.values() for label in found.marks.labels}
    plain = len(marks) < len(dataset.items) or not marks
    categories = categories_of(labels | ({""} if plain else set()), hierarchy)
    (folder / "images").mkdir()
    (folder / "annotations").mkdir()
    parts: dict[str, list[tuple[int, Item]]] = defaultdict(list)
    for number, item in enumerate(dataset.items, start=1):
        parts[item.split or "all"].append((number, item))
    for part, members in parts.items():
        images: list[dict[str, Any]] = []
        annotations: list[dict[str, Any]] = []
        for number, item in members:
            pixels = item.read_image(dataset.folder)
            name = write_picture(folder / "images", item.id, pixels, item.spacing)
            size = {"width": item.width, "height": item.height}
            own = {"marks": 1} if item.marks else {}
            images.append({"id": number, "file_name": name, **size, **own})
            made = list(_annotations(item.read_labels(dataset.folder), style))
            if item.marks:
                shapes = {annotation["label"]: annotation for annotation in made}
                made = mark_annotations(marks[item.id], shapes, categories, hierarchy)
            for annotation in made:
                annotations.append({"id": len(annotations) + 1, "image_id": number, **annotation})
            advance(1)
        content = {
            "info": {"description": f"{dataset.name} {dataset.version}"},
            "licenses": [{"id": 1, "name": str(dataset.meta.get("licence", "")), "url": ""}],
            "images": images,
            "annotations": annotations,
            "categories": categories,
        }
        path = folder / "annotations" / f"instances_{part}.json"
        path.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")


def read_coco(folder: Path, settings: IntakeSettings, advance: Advance) -> Intake:
    """Read all JSON files of annotations in a folder, of any categories.

    Where any annotation is a box without an outline, or there are several categories, all become
    marks with classes; otherwise they are labels alone.

    Crowds (``iscrowd``), which are regions and no objects, are left out and counted. Where two
    annotations overlap, the pixel stays with the first. An annotation is numbered by its place in
    its image, or by its own ``label``, as this program writes it.
    """
    files = annotation_files(folder)
    sheet = known_facts(folder)
    drafts: list[Draft] = []
    crowds = 0
    contents = {path: _read(path) for path in files}
    is_mixed = _is_mixed(contents.values())
    for path, content in contents.items():
        of_image: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
        for annotation in content["annotations"]:
            is_crowd = bool(annotation.get("iscrowd")) and "label" not in annotation
            crowds += is_crowd
            if not is_crowd:
                of_image[annotation["image_id"]].append(annotation)
        names = {c.get("id"): str(c.get("name", "")) for c in content.get("categories", ())}
        for image in content["images"]:
            name = safe_id(stem_of(image["file_name"]))
            defaults = {
                "source": image["file_name"],
                "split": _part_of(path),
                "spacing_um": settings.spacing_um,
            }
            own = of_image[image["id"]]
            load = _loader(_find(folder, path, image["file_name"]), own)
            marks = _mark_loader(image, own, load, names, is_mixed=is_mixed)
            facts = facts_of(sheet, name, defaults)
            drafts.append(Draft(id=name, load=load, facts=facts, marks=marks))
            advance(1)
    notes = [f"{crowds} annotations are crowds, no single nuclei, and were left out."]
    return Intake(drafts, notes if crowds else [])


def _is_mixed(contents: Iterable[Mapping[str, Any]]) -> bool:
    """Whether another program's annotations have boxes without outlines, or several classes."""
    foreign = [a for c in contents for a in c["annotations"] if "label" not in a]
    kept = [a for a in foreign if not a.get("iscrowd")]
    has_boxes = any(not a.get("segmentation") for a in kept)
    return has_boxes or len({a.get("category_id") for a in kept}) > 1


def _mark_loader(
    image: Mapping[str, Any],
    annotations: Sequence[Mapping[str, Any]],
    load: Callable[[], tuple[Pixels, Labels]],
    names: Mapping[Any, str],
    *,
    is_mixed: bool,
) -> Callable[[], ItemMarks] | None:
    name = str(image["file_name"])
    if image.get("marks"):
        return lambda: own_marks(annotations, name)
    if is_mixed:
        return lambda: foreign_marks(annotations, load()[1], names, name)
    return None


def annotation_files(folder: Path) -> list[Path]:
    """Return the JSON files of a folder that hold images and annotations."""
    files = [*folder.glob("*.json"), *folder.glob("annotations/*.json")]
    return sorted(path for path in files if _is_coco(path))


def _is_coco(path: Path) -> bool:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return isinstance(content, dict) and {"images", "annotations"} <= content.keys()


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    try:
        for annotation in content["annotations"]:
            annotation["image_id"], annotation.get("segmentation") or annotation["bbox"]
        for image in content["images"]:
            image["id"], image["file_name"]
    except (KeyError, TypeError) as error:
        raise SettingsError(
            f"{path} must be COCO's instances with outlines or boxes, but an entry lacks {error}."
        ) from error
    return content


def _part_of(path: Path) -> str | None:
    words = path.stem.casefold().replace("2017", "").replace("-", "_").split("_")
    return next((SPLIT_NAMES[word] for word in words if word in SPLIT_NAMES), None)


def _find(folder: Path, annotations: Path, name: str) -> Path:
    """Look for an image where programs put it."""
    stem = annotations.stem.rpartition("_")[2]
    homes = (folder / "images", folder, folder / stem, folder / "images" / stem)
    for home in (*homes, annotations.parent):
        if (home / name).is_file():
            return home / name
    raise SettingsError(
        f"{annotations.name} names the image {name}, but it is not in {folder} or its folder "
        "images. Put the images there."
    )


def _annotations(labels: Labels, style: str) -> Iterator[dict[str, Any]]:
    if style not in STYLES:
        raise SettingsError(f"style must be one of {', '.join(STYLES)}, but got {style}.")
    for outline in iter_outlines(labels):
        corners = np.concatenate([polygon.exterior for polygon in outline.polygons])
        (y0, x0), (y1, x1) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
        yield {
            "category_id": 1,
            "segmentation": _segmentation(outline, labels, style),
            "area": int(outline.area),
            "bbox": [x0, y0, x1 - x0, y1 - y0],
            "iscrowd": 0,
            "label": outline.label,
        }


def _segmentation(outline: Outline, labels: Labels, style: str) -> Any:
    has_holes = any(polygon.holes for polygon in outline.polygons)
    if style == "polygon" and not has_holes:
        return [flat_xy(polygon.exterior) for polygon in outline.polygons]
    counts = run_lengths(labels == outline.label)
    return {
        "size": list(labels.shape),
        "counts": counts if style == "rle-plain" else compress(counts),
    }


def _loader(
    image: Path, annotations: Sequence[Mapping[str, Any]]
) -> Callable[[], tuple[Pixels, Labels]]:
    def load() -> tuple[Pixels, Labels]:
        pixels = read_plane(image)
        shape = pixels.shape[0], pixels.shape[1]
        labels = np.zeros(shape, np.int32)
        for place, annotation in enumerate(annotations, start=1):
            number = annotation.get("label", place)
            if number and annotation.get("segmentation"):
                mask = _mask(annotation["segmentation"], shape, image.name)
                labels[mask & (labels == 0)] = number
        return pixels, labels

    return load


def _mask(segmentation: Any, shape: tuple[int, int], name: str) -> npt.NDArray[np.bool_]:
    """Pixels of a segmentation: a union of polygons, or run lengths of either kind."""
    try:
        if isinstance(segmentation, Mapping):
            size = tuple(segmentation["size"])
            if size != shape:
                raise UnreadableImageError(
                    f"An annotation of {name} must be of its size, {shape}, but is of {size}."
                )
            counts = segmentation["counts"]
            return mask_of(decompress(counts) if isinstance(counts, str) else counts, shape)
        rings = [ring_of(numbers) for numbers in segmentation]
    except (KeyError, TypeError, ValueError) as error:
        raise SettingsError(
            f"An annotation of {name} must be polygons or run lengths, but reading it failed: "
            f"{error}."
        ) from error
    mask = np.zeros(shape, bool)
    for ring in rings:
        mask |= fill([ring], shape)
    return mask
