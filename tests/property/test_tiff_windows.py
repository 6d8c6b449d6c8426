"""Whatever the layout of a TIFF, a window holds the pixels that were written there."""

import tempfile
from pathlib import Path

import numpy as np
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from nuclarium.core.geometry import Box
from nuclarium.io import open_image

LAYOUTS = st.fixed_dictionaries(
    {
        "compression": st.sampled_from([None, "zlib", "lzw", "zstd", "packbits"]),
        "predictor": st.booleans(),
        "tile": st.sampled_from([None, (16, 16), (32, 48)]),
        "rowsperstrip": st.integers(1, 40),
        "byteorder": st.sampled_from("<>"),
        "bigtiff": st.booleans(),
    }
)
DTYPES = st.sampled_from(["u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"])


@given(
    layout=LAYOUTS, dtype=DTYPES, planes=st.integers(1, 3), samples=st.sampled_from([1, 3]),
    height=st.integers(1, 60), width=st.integers(1, 60), data=st.data(),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_window_is_what_was_written(layout, dtype, planes, samples, height, width, data):
    rng = np.random.default_rng(height * 97 + width)
    shape = (planes, height, width) if samples == 1 else (planes, height, width, samples)
    stack = rng.integers(0, 120, shape).astype(dtype)
    layout = dict(layout)
    layout["predictor"] = layout["predictor"] and layout["compression"] in ("zlib", "lzw", "zstd")
    if layout["tile"]:
        layout.pop("rowsperstrip")
    y0, x0 = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    y1, x1 = data.draw(st.integers(y0 + 1, height)), data.draw(st.integers(x0 + 1, width))
    z = data.draw(st.integers(0, planes - 1))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.tif"
        photometric = "minisblack" if samples == 1 else "rgb"
        tifffile.imwrite(path, stack, photometric=photometric, metadata=None, **layout)
        with open_image(path) as image:
            assert image.shape[2:5] == (planes, height, width)
            window = image.read(Box(y0, x0, y1, x1), z=z)
    np.testing.assert_array_equal(window, stack[z, y0:y1, x0:x1])
