"""Make docs/images/page.png: the page of a batch of synthetic images, as Chromium shows it.

``python docs/tools/readme_picture.py`` needs Chromium. Look at the picture before it is committed.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from nuclarium.synthetic.plane import synthetic_nuclei
from nuclarium.workspace.sample import SPACING
from nuclarium.workspace.segment import segment_files
from nuclarium.workspace.settings import SegmentSettings

PICTURE = Path(__file__).parents[1] / "images" / "page.png"
WIDTH, TOP, BOTTOM = 1180, 312, 1478
BATCH = {
    "control_1": (120, 24),
    "control_2": (150, 24),
    "treated_1": (70, 32),
    "treated_2": (60, 34),
}


def main() -> None:
    """Draw, segment, show and cut out."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        result = segment_files(draw(folder), folder / "results", SegmentSettings())
        page = result.page.read_text(encoding="utf-8").replace(' loading="lazy"', "")
        (folder / "page.html").write_text(page.replace('"async"', '"sync"'), encoding="utf-8")
        shot = folder / "shot.png"
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        options += [f"--user-data-dir={folder / 'profile'}", f"--screenshot={shot}"]
        options += [f"--window-size={WIDTH},{BOTTOM + 90}", (folder / "page.html").as_uri()]
        subprocess.run(["chromium", *options], check=True, capture_output=True)
        cut = Image.open(shot).convert("RGB").crop((0, TOP, WIDTH, BOTTOM))
        cut.quantize(128).save(PICTURE, optimize=True)


def draw(folder: Path) -> list[Path]:
    """Write the images of the batch, and return their files."""
    paths = []
    for seed, (name, (count, diameter)) in enumerate(BATCH.items(), start=20):
        rng = np.random.default_rng(seed)
        pixels, _ = synthetic_nuclei((512, 512), count, rng, diameter_px=diameter)
        paths.append(folder / f"{name}.ome.tif")
        size = {"PhysicalSizeX": SPACING.x, "PhysicalSizeY": SPACING.y}
        facts = {"axes": "YX", "SignificantBits": 12, "Channel": {"Name": ["DAPI (synthetic)"]}}
        tifffile.imwrite(paths[-1], pixels, ome=True, metadata=facts | size)
    return paths


if __name__ == "__main__":
    main()
