"""Make docs/images/nucls.png: a synthetic field in NuCLS's layout, its overlay, mask and classes.

``python docs/tools/nucls_picture.py``. Look at the picture before it is committed.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import imagecodecs
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from nuclarium.core.classes import shipped_hierarchy
from nuclarium.core.geometry import Box
from nuclarium.core.marks import Kind, Marks
from nuclarium.io.interchange.nucls_folder import find_nucls_fields
from nuclarium.io.interchange.nucls_write import FieldToWrite, write_nucls_folder

PICTURE = Path(__file__).parents[1] / "images" / "nucls.png"
NAME = "TCGA-A2-A0CM-DX1_id-5ea40963ddda5f8398979473_left-20308_top-57208_bottom-57458_right-20558"
SIDE, FOV = 300, Box(22, 22, 278, 278)
RAW = shipped_hierarchy().levels[0]


def main() -> None:
    """Draw a field, write it as NuCLS does, and put what was written side by side."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        marks, image = field(np.random.default_rng(4))
        write_nucls_folder(folder, [FieldToWrite(NAME, image, marks, FOV)])
        (found,) = find_nucls_fields(folder)
        content = found.read()
        overlay, mask = (
            imagecodecs.png_decode((folder / kind / f"{NAME}.png").read_bytes())
            for kind in ("visualization", "mask")
        )
    colours = [(255, 255, 255), *(RAW.colours[label] for label in content.marks.labels)]
    classes = np.array(colours, np.uint8)[content.labels]
    classes[edges(content.labels)] = 0
    picture = Image.fromarray(np.hstack([overlay, mask, classes])).resize((1350, 450), 0)
    draw = ImageDraw.Draw(picture)
    for x, text in ((8, "SYNTHETIC: overlay"), (458, "mask as stored"), (908, "classes read back")):
        draw.rectangle((x - 4, 4, x + 150, 24), fill=(0, 0, 0))
        draw.text((x, 6), text, fill=(255, 255, 255), font_size=14)
    picture.save(PICTURE, optimize=True)


def field(rng: np.random.Generator) -> tuple[Marks, npt.NDArray[np.uint8]]:
    """Make marks of many kinds and classes, and a picture with a spot for each."""
    image = np.full((SIDE, SIDE, 3), (226, 190, 214), np.uint8)
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    boxes, kinds, labels, outlines = [], [], [], []
    canvas = Image.fromarray(image)
    draw = ImageDraw.Draw(canvas)
    for number in range(60):
        centre, radius = rng.uniform(30, SIDE - 30, 2), rng.uniform(7, 17, 2)
        line = np.floor(centre + radius * np.stack([np.sin(angle), np.cos(angle)], axis=1)) + 0.5
        draw.polygon([(x, y) for y, x in line], fill=(120, 80, 150))
        kind: Kind = "outline" if number % 3 == 0 else "box"
        boxes.append([*np.floor(line.min(axis=0)), *np.ceil(line.max(axis=0))])
        kinds.append(kind)
        outlines.append(line if kind == "outline" else None)
        labels.append(RAW.classes[rng.integers(13)])
    ids = tuple(map(str, range(len(boxes))))
    marks = Marks(np.array(boxes), tuple(kinds), tuple(labels), tuple(outlines), ids)
    return marks, np.asarray(canvas)


def edges(labels: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Pixels whose upper or left neighbour is of another nucleus."""
    found = np.zeros(labels.shape, bool)
    found[1:] |= labels[1:] != labels[:-1]
    found[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    return found


if __name__ == "__main__":
    main()
