"""Make docs/images/organoid.jpg: slices of a synthetic colony, and the same with the true outlines.

``python docs/tools/organoid_picture.py``. Look at the picture before it is committed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from nuclarium.synthetic.organoid import CONDITIONS, OrganoidSpec, organoid

PICTURE = Path(__file__).parents[1] / "images" / "organoid.jpg"
SLICES = (6, 12, 20)
BLACK, WHITE = 280, 1700


def main() -> None:
    """Make a colony, and put its slices side by side."""
    pixels, labels, _ = organoid(OrganoidSpec(CONDITIONS[2]), np.random.default_rng(8))
    columns = []
    for z in SLICES:
        grey = (np.clip((pixels[z] - float(BLACK)) / (WHITE - BLACK), 0, 1) ** 0.8 * 255).round()
        plain = np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
        outlined = plain.copy()
        outlined[edges(labels[z])] = (255, 200, 0)
        columns.append(np.vstack([plain, outlined])[:, 40:-40])
    picture = Image.fromarray(np.hstack(columns))
    draw = ImageDraw.Draw(picture)
    draw.text((8, 8), "SYNTHETIC", fill=(255, 255, 255), font_size=22)
    width = picture.width // len(SLICES)
    for index, z in enumerate(SLICES):
        draw.text((index * width + 8, 360), f"slice {z}", fill=(255, 255, 255), font_size=16)
    scale = 780 / picture.width
    picture = picture.resize((780, round(picture.height * scale)), Image.Resampling.LANCZOS)
    picture.save(PICTURE, quality=45, optimize=True)


def edges(labels: np.ndarray) -> np.ndarray:
    """Pixels above or left of another label."""
    edge = np.zeros(labels.shape, bool)
    edge[:-1] |= labels[:-1] != labels[1:]
    edge[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    return edge


if __name__ == "__main__":
    main()
