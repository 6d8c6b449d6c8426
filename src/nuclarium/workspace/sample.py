"""A synthetic image of nuclei, so that everything can be tried at once without data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

from nuclarium.core.geometry import Spacing
from nuclarium.core.image import Image
from nuclarium.io.write import written_whole
from nuclarium.synthetic.plane import synthetic_nuclei

SPACING = Spacing(y=0.5, x=0.5)
_SEED = 7


def sample_image() -> Image:
    """Return a synthetic image of 512 × 512 px with about 150 nuclei; always the same.

    Examples
    --------
    >>> sample_image().plane_shape
    (512, 512)
    """
    pixels, _ = synthetic_nuclei((512, 512), 150, np.random.default_rng(_SEED))
    return Image.from_array(
        pixels, spacing=SPACING, channel_names=("DAPI (synthetic)",), name="synthetic sample"
    )


def write_sample(path: Path) -> None:
    """Write the sample image as OME-TIFF, with its spacing, and named as synthetic."""
    image = sample_image()
    with written_whole(path) as part:
        tifffile.imwrite(
            part,
            image.read(),
            ome=True,
            photometric="minisblack",
            compression="zlib",
            metadata={
                "axes": "YX",
                "Name": "synthetic nuclei, not a microscope image",
                "PhysicalSizeX": SPACING.x,
                "PhysicalSizeY": SPACING.y,
                "PhysicalSizeXUnit": "µm",
                "PhysicalSizeYUnit": "µm",
                "SignificantBits": 12,
                "Channel": {"Name": ["DAPI (synthetic)"]},
            },
        )
