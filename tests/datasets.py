"""Small datasets for tests."""

from importlib.resources import files

import numpy as np

from nuclarium.core.marks import Marks
from nuclarium.dataset.build import build_version
from nuclarium.dataset.drafts import Draft
from nuclarium.dataset.item import Item
from nuclarium.dataset.marks import ItemMarks, draw_labels


def draft(name, pixels=None, labels=None, **facts):
    """A draft of arrays; an 8 × 8 image with two nuclei where none are given."""
    if labels is None:
        labels = np.zeros((8, 8), np.int32)
        labels[1:4, 1:4], labels[5:7, 2:7] = 1, 2
    if pixels is None:
        pixels = (labels > 0).astype(np.uint16) * 1000 + np.arange(labels.size).reshape(
            labels.shape
        ).astype(np.uint16)
    return Draft(id=name, load=lambda: (pixels, np.asarray(labels, np.int32)), facts=facts)


def dataset(folder, drafts, name="made", **meta):
    """The dataset of some drafts."""
    return build_version(folder, name, drafts, meta).dataset


def item(name="a", **facts):
    """An item without files."""
    given = {"image": "", "labels": "", "image_sha256": name, "labels_sha256": name}
    return Item(**{**given, "height": 8, "width": 8, "n_nuclei": 2, **facts, "id": name})


NUCLS = (files("nuclarium.core") / "hierarchies" / "nucls.toml").read_text("utf-8")


def marks_of(rows, *, whole=False):
    """Marks of rows (kind, (y0, x0, y1, x1), class); outlines are octagons in their boxes.

    `whole` puts corners and points in the middle of pixels, as NuCLS has them.
    """
    boxes, outlines = [], []
    for kind, (y0, x0, y1, x1), _ in rows:
        y, x = (y0 + y1) / 2, (x0 + x1) / 2
        y, x = (np.floor(y) + 0.5, np.floor(x) + 0.5) if whole else (y, x)
        boxes.append((y, x, y, x) if kind == "point" else (y0, x0, y1, x1))
        a, b, c, d = y0 + (y1 - y0) / 4, y1 - (y1 - y0) / 4, x0 + (x1 - x0) / 4, x1 - (x1 - x0) / 4
        ring = [(y0, c), (y0, d), (a, x1), (b, x1), (y1, d), (y1, c), (b, x0), (a, x0)]
        corners = np.array(ring, float)
        corners = np.floor(np.minimum(corners, np.array([y1, x1]) - 1)) + 0.5 if whole else corners
        outlines.append(corners if kind == "outline" else None)
    kinds, labels = tuple(row[0] for row in rows), tuple(row[2] for row in rows)
    ids = tuple(map(str, range(len(rows))))
    return Marks(np.array(boxes, float).reshape(-1, 4), kinds, labels, tuple(outlines), ids)


def marked(name, rows, shape=(32, 32), *, pixels=True, whole=False, **facts):
    """A draft with boxes, outlines and classes, of rows as `marks_of` takes them."""
    marks = marks_of(rows, whole=whole)
    labels, numbers = draw_labels(marks, shape)
    image = np.full((*shape, 3), 200, np.uint8)
    image[labels > 0] = 90
    return Draft(
        id=name,
        load=(lambda: (image, labels)) if pixels else None,
        facts=facts,
        marks=lambda: ItemMarks(marks, numbers if pixels else np.zeros_like(numbers)),
    )
