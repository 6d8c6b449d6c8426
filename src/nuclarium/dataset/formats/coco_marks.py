"""COCO with boxes, outlines and classes mixed: its categories and annotations, both ways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from nuclarium.core.classes import Hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.core.labels import Labels
from nuclarium.core.marks import Points
from nuclarium.core.outlines import ring_area
from nuclarium.dataset.marks import ItemMarks, checked_marks, marks_of_labels

NUCLEUS: dict[str, Any] = {"id": 1, "name": "nucleus", "supercategory": "cell"}


def categories_of(labels: Iterable[str], hierarchy: Hierarchy | None) -> list[dict[str, Any]]:
    """Return COCO's categories for the labels that occur.

    With a hierarchy these are all classes of its finest level, with their codes and, as
    `supercategory`, their class of the next level; then labels of coarser levels. Without one they
    are the labels in order of their names. What has no label is a ``nucleus``.
    """
    if hierarchy is None:
        names = sorted(set(labels) - {""})
        found = [_category(number, name, "cell") for number, name in enumerate(names, start=1)]
        return found if found and "" not in labels else [*found, _after(found, "nucleus")]
    finest = hierarchy.levels[0]
    found = [
        _category(finest.codes[name], name, finest.parents.get(name, "cell"))
        for name in finest.classes
    ]
    plain = {hierarchy.plain(label) or "nucleus" for label in labels} - set(finest.classes)
    for name in sorted(plain):
        found.append(_after(found, name))
    return found


def mark_annotations(
    found: ItemMarks,
    shapes: Mapping[int, Mapping[str, Any]],
    categories: Sequence[Mapping[str, Any]],
    hierarchy: Hierarchy | None,
) -> list[dict[str, Any]]:
    """Return one annotation a mark.

    A nucleus with pixels has the segmentation of its pixels, an outline that others cover has that
    of its corners, and a box or a point none. What is ambiguous is a crowd (``iscrowd`` 1), which
    COCO's scores count neither as found nor as missed. ``kind``, ``class_name``, ``mark``,
    ``label``, ``edges`` and ``outline`` are this program's own, so that import gives the same.

    Parameters
    ----------
    found : ItemMarks
    shapes : dict of int to dict
        ``segmentation`` and ``area`` of the numbers in the label image.
    categories : sequence of dict
        As `categories_of` gives them.
    hierarchy : Hierarchy or None
    """
    ids = {category["name"]: category["id"] for category in categories}
    marks, rows = found.marks, []
    for row, (kind, label) in enumerate(zip(found.kinds, marks.labels, strict=True)):
        y0, x0, y1, x1 = marks.boxes[row].tolist()
        number, ring = int(found.numbers[row]), marks.outlines[row]
        plain = label if hierarchy is None else hierarchy.plain(label)
        flat = [] if ring is None else ring[:, ::-1].ravel().tolist()
        area = (y1 - y0) * (x1 - x0) if ring is None else abs(ring_area(ring))
        shape = shapes.get(number, {"segmentation": [flat] if flat else [], "area": area})
        rows.append(
            {
                "category_id": ids[plain or "nucleus"],
                "bbox": [x0, y0, x1 - x0, y1 - y0],
                "iscrowd": int(_is_ambiguous(plain, hierarchy)),
                "segmentation": shape["segmentation"],
                "area": shape["area"],
                "label": number,
                "kind": kind,
                "class_name": label,
                "mark": marks.ids[row],
                "edges": [x0, y0, x1, y1],
                **({"outline": flat} if flat else {}),
            }
        )
    return rows


def own_marks(annotations: Sequence[Mapping[str, Any]], place: str) -> ItemMarks:
    """Read back the marks of an image that `mark_annotations` wrote."""
    try:
        rings = [_ring(a.get("outline")) for a in annotations]
        untraced = [
            a["kind"] == "outline" and r is None for a, r in zip(annotations, rings, strict=True)
        ]
        edges = [[float(a["edges"][i]) for i in (1, 0, 3, 2)] for a in annotations]
        numbers = np.array([int(a["label"]) for a in annotations], np.int32)
        kinds = [
            "box" if bare else a["kind"] for a, bare in zip(annotations, untraced, strict=True)
        ]
        labels, ids = ([str(a[k]) for a in annotations] for k in ("class_name", "mark"))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise SettingsError(f"{place}: an annotation with a kind is not whole: {error}.") from error
    marks = checked_marks(edges, kinds, labels, rings, ids, place=place)
    return ItemMarks(marks, numbers, np.array(untraced, bool) if any(untraced) else None)


def foreign_marks(
    annotations: Sequence[Mapping[str, Any]],
    labels: Labels | None,
    names: Mapping[Any, str],
    place: str,
) -> ItemMarks:
    """Make marks of another program's annotations, which are numbered by their place from 1.

    Parameters
    ----------
    annotations : sequence of dict
    labels : ndarray of int32 or None
        With the pixels of those that have a segmentation.
    names : dict
        Class by `category_id`.
    place : str
        Name of the image, for errors.
    """
    drawn = {} if labels is None else _rings(labels)
    rows = []
    for number, annotation in enumerate(annotations, start=1):
        ring = drawn.get(number)
        box = _box(annotation, ring, place)
        kind = "outline" if ring is not None else "point" if box[:2] == box[2:] else "box"
        name = names.get(annotation.get("category_id"), "")
        rows.append((box, kind, name, ring, str(annotation.get("id", number)), number))
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    marks = checked_marks(*columns[:5], place=place)
    numbers = [number if number in drawn else 0 for number in columns[5]]
    return ItemMarks(marks, np.array(numbers, np.int32))


def _rings(labels: Labels) -> dict[int, Points | None]:
    found = marks_of_labels(labels)
    return dict(zip(found.numbers.tolist(), found.marks.outlines, strict=True))


def _box(annotation: Mapping[str, Any], ring: Points | None, place: str) -> list[float]:
    try:
        x, y, width, height = map(float, annotation["bbox"])
    except KeyError:
        if ring is None:
            raise SettingsError(
                f"An annotation of {place} must have a bbox or a segmentation of at least a pixel, "
                "but has neither."
            ) from None
        return [*ring.min(axis=0).tolist(), *ring.max(axis=0).tolist()]
    except (TypeError, ValueError) as error:
        raise SettingsError(
            f"An annotation of {place} must have a bbox of four numbers, x, y, width and height, "
            f"but has {annotation['bbox']!r}."
        ) from error
    return [y, x, y + height, x + width]


def _ring(flat: Sequence[float] | None) -> Points | None:
    if not flat:
        return None
    return np.array(flat, np.float64).reshape(-1, 2)[:, ::-1].copy()


def _is_ambiguous(label: str, hierarchy: Hierarchy | None) -> bool:
    if hierarchy is None or hierarchy.ambiguous is None or not label:
        return False
    return hierarchy.roll_up(label, hierarchy.levels[-1].name) == hierarchy.ambiguous


def _category(number: int, name: str, above: str) -> dict[str, Any]:
    return {"id": number, "name": name, "supercategory": above}


def _after(found: Sequence[Mapping[str, Any]], name: str) -> dict[str, Any]:
    return _category(max((c["id"] for c in found), default=0) + 1, name, "cell")
