import numpy as np
import pytest

from nuclarium.core.geometry import Box
from nuclarium.io.slide import open_slide

openslide = pytest.importorskip("openslide")


@pytest.mark.data
def test_slide_by_openslide_equals_openslide(data):
    path = data / "wsi_and_vendor_formats" / "CMU-1-Small-Region.svs"
    image = open_slide(path, 0)
    with openslide.OpenSlide(path) as slide, image:
        seen = np.asarray(slide.read_region((900, 1000), 0, (50, 40)))[..., :3]
        np.testing.assert_array_equal(image.read(Box(1000, 900, 1040, 950)), seen)
        assert image.spacing.x == pytest.approx(0.499)
        assert image.format == "aperio slide (OpenSlide)"
