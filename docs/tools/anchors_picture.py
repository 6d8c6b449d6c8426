"""Make docs/images/anchors.png: marks of raters on three fields, and the anchors found from them.

``python docs/tools/anchors_picture.py``. Look at the picture before it is committed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw

from nuclarium.raters.anchors.anchors import Anchors
from nuclarium.raters.anchors.clusters import find_anchors
from nuclarium.raters.marks import RaterMarks
from nuclarium.raters.read_marks import read_marks
from nuclarium.report.lettering import font

PICTURE = Path(__file__).parents[1] / "images" / "anchors.png"
SIDE, SCALE, HEAD, GAP = 180, 2, 62, 14
RATERS = 6
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
FIELDS = (
    ("careful raters", 1.1, 0.06),
    ("hasty raters, jitter 0.2", 1.1, 0.2),
    ("nuclei that overlap, jitter 0.15", 0.45, 0.15),
)


def main() -> None:
    """Draw marks above and anchors below, for each field."""
    columns = []
    for number, (title, distance, jitter) in enumerate(FIELDS):
        boxes, table = field(distance, jitter, np.random.default_rng(20 + number))
        marks = read_marks(table)
        anchors = find_anchors(marks)
        columns.append((title, boxes, marks, anchors))
    cell = SIDE * SCALE
    size = (len(columns) * (cell + GAP) + GAP, 2 * (cell + HEAD) + GAP)
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    for number, (title, boxes, marks, anchors) in enumerate(columns):
        left = GAP + number * (cell + GAP)
        found = len(anchors)
        lines = [f"{len(marks)} marks of {RATERS} raters", f"{len(boxes)} nuclei, {found} anchors"]
        for row, painter in enumerate((paint_marks, paint_anchors)):
            top = row * (cell + HEAD)
            draw.text((left, top + 8), title, fill="black", font=font(19))
            draw.text((left, top + 34), lines[row], fill="#444444", font=font(17))
            panel = Image.new("RGB", (cell, cell), "#f4f4f4")
            painter(ImageDraw.Draw(panel), boxes, marks, anchors)
            picture.paste(panel, (left, top + HEAD))
    picture = picture.quantize(64)
    picture.save(PICTURE, optimize=True)


def field(
    distance: float, jitter: float, rng: np.random.Generator
) -> tuple[np.ndarray, pd.DataFrame]:
    """Boxes of nuclei, and a table of marks; each rater misses one nucleus in ten."""
    size = 34.0
    centres: list[np.ndarray] = []
    while len(centres) < 9:
        place = rng.uniform(20, SIDE - 20, 2) if distance > 1 else rng.normal(SIDE / 2, 30, 2)
        if all(np.hypot(*(place - other)) > distance * size for other in centres):
            centres.append(place)
    half = size * np.exp(rng.normal(0, 0.15, (9, 2))) / 2
    boxes = np.c_[np.array(centres) - half, np.array(centres) + half]
    edges = boxes + rng.normal(0, jitter, (RATERS, 9, 4)) * np.tile(2 * half, 2)
    rater, nucleus = np.nonzero(rng.random((RATERS, 9)) > 0.1)
    y0, x0, y1, x1 = edges[rater, nucleus].T
    table = pd.DataFrame({"field": "f", "rater": rater, "label": "nucleus"})
    return boxes, table.assign(xmin=x0, ymin=y0, xmax=x1, ymax=y1)


def corners(box: np.ndarray) -> list[float]:
    """Turn a box into x first, in the pixels of the picture."""
    y0, x0, y1, x1 = box * SCALE
    return [x0, y0, x1, y1]


def paint_marks(
    draw: ImageDraw.ImageDraw, boxes: np.ndarray, marks: RaterMarks, _: Anchors
) -> None:
    """Nuclei in grey, a box a mark in the colour of its rater."""
    for box in boxes:
        draw.ellipse(corners(box), fill="#cfcfdc")
    for box, rater in zip(marks.boxes, marks.rater, strict=True):
        draw.rectangle(corners(box), outline=COLOURS[rater], width=2)


def paint_anchors(
    draw: ImageDraw.ImageDraw, boxes: np.ndarray, marks: RaterMarks, anchors: Anchors
) -> None:
    """Anchors with their numbers of marks; those of fewer than half of the raters in red."""
    for box in boxes:
        draw.ellipse(corners(box), fill="#cfcfdc")
    counts = anchors.table(marks)["n_marks"].to_numpy()
    for box, count in zip(anchors.boxes, counts, strict=True):
        is_few = 2 * count < RATERS
        colour = "#d00000" if is_few else "#1a1a1a"
        draw.rectangle(corners(box), outline=colour, width=2 if is_few else 4)
        place = box[:2][::-1] * SCALE + 5
        draw.text(
            tuple(place),
            str(count),
            fill=colour,
            font=font(17),
            stroke_width=2,
            stroke_fill="#f4f4f4",
        )


if __name__ == "__main__":
    main()
