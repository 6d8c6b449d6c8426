import subprocess
import sys

import numpy as np

from nuclarium.core.geometry import Spacing
from nuclarium.core.image import Image
from nuclarium.io import describe, format_description


def image(**facts):
    return Image.from_array(np.zeros((2, 3, 40, 1200), np.uint16), axes="CZYX", name="a", **facts)


def test_text_says_size_channels_and_spacing():
    text = format_description(
        describe(image(spacing=Spacing(0.5, 0.25, 2.0), channel_names=("DAPI", "")))
    )
    assert "1,200 × 40 px (300.0 × 20.0 µm)" in text
    assert "1 time point, 2 channels, 3 planes" in text
    assert "DAPI, (channel 1, no name)" in text
    assert "0.25 × 0.5 µm, planes 2 µm apart" in text


def test_text_without_spacing_says_why_and_what_to_do():
    text = format_description(describe(image()))
    assert "unknown: an array has no spacing; give the pixel size yourself" in text


def test_importing_readers_loads_no_image_library():
    code = (
        "import sys, nuclarium.io; "
        "heavy = {'tifffile', 'zarr', 'imagecodecs', 'PIL', 'openslide'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
