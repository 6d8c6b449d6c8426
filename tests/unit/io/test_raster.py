import zlib

import imagecodecs
import numpy as np
import PIL.Image
import pytest
from tests.contracts.reader import ReaderContract

from nuclarium.core.errors import UnreadableImageError
from nuclarium.io import open_image


class TestPngGrey16(ReaderContract):
    @pytest.fixture
    def expected(self, rng):
        return rng.integers(0, 65535, (1, 1, 1, 30, 41), dtype=np.uint16)

    @pytest.fixture
    def path(self, tmp_path, expected):
        PIL.Image.fromarray(expected[0, 0, 0]).save(tmp_path / "a.png", dpi=(25400, 25400))
        return tmp_path / "a.png"

    def test_dots_per_inch_are_no_spacing(self, image):
        assert image.spacing is None
        assert "dots per inch" in image.spacing_source


class TestJpegColour(ReaderContract):
    @pytest.fixture
    def picture(self, rng):
        small = PIL.Image.fromarray(rng.integers(0, 256, (6, 9, 3), dtype=np.uint8))
        return small.resize((45, 30), PIL.Image.Resampling.BICUBIC)

    @pytest.fixture
    def path(self, tmp_path, picture):
        picture.save(tmp_path / "a.jpg", quality=95, dpi=(300, 300))
        return tmp_path / "a.jpg"

    tolerance = 3

    @pytest.fixture
    def expected(self, path):
        with PIL.Image.open(path) as picture:
            return np.asarray(picture)[None, None, None]


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P"])
def test_png_modes_equal_those_of_pillow(tmp_path, rng, mode):
    pixels = rng.integers(0, 256, (20, 30, 4), dtype=np.uint8)
    picture = PIL.Image.fromarray(pixels).convert("RGB").convert(mode)
    picture.save(tmp_path / "a.png")
    seen = np.asarray(picture.convert("L" if mode in ("L", "LA") else "RGB"))
    with open_image(tmp_path / "a.png") as image:
        assert image.is_rgb == (seen.ndim == 3)
        np.testing.assert_array_equal(image.read(), seen)


def test_png_of_16_bit_colour_keeps_its_bits(tmp_path, rng):
    pixels = rng.integers(0, 65535, (20, 30, 3), dtype=np.uint16)
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(pixels))
    with open_image(tmp_path / "a.png") as image:
        assert image.bit_depth == 16
        np.testing.assert_array_equal(image.read(), pixels)


def test_grey_jpeg(tmp_path):
    PIL.Image.new("L", (30, 20), 77).save(tmp_path / "a.jpg")
    with open_image(tmp_path / "a.jpg") as image:
        assert image.shape == (1, 1, 1, 20, 30)
        assert (image.read() == 77).all()


def test_cmyk_jpeg_is_refused(tmp_path):
    PIL.Image.new("CMYK", (30, 20)).save(tmp_path / "a.jpg")
    with pytest.raises(UnreadableImageError, match=r"a\.jpg must be grey or RGB.*Convert"):
        open_image(tmp_path / "a.jpg")


def test_black_and_white_png_is_refused(tmp_path):
    PIL.Image.new("1", (30, 20)).save(tmp_path / "a.png")
    with pytest.raises(UnreadableImageError, match=r"a\.png.*black or white.*Export"):
        open_image(tmp_path / "a.png")


def test_png_that_claims_to_be_huge_is_refused(tmp_path):
    data = bytearray(imagecodecs.png_encode(np.zeros((9, 9), np.uint8)))
    data[16:24] = (2**31 - 1).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(UnreadableImageError, match=r"a\.png must"):
        open_image(tmp_path / "a.png")


def test_png_with_one_flipped_bit_is_refused(tmp_path, rng):
    pixels = rng.integers(0, 256, (20, 30), dtype=np.uint8)
    data = bytearray(imagecodecs.png_encode(pixels))
    data[len(data) // 2] ^= 4
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(UnreadableImageError, match=r"a\.png.*checksum.*copy it again"):
        open_image(tmp_path / "a.png")


@pytest.mark.data
def test_real_pictures_equal_those_of_pillow(data):
    pictures = [
        sorted((data / "dsb2018" / "images").glob("*.png"))[0],
        sorted((data / "monuseg" / "images").glob("*.png"))[0],
    ]
    for path in pictures:
        with PIL.Image.open(path) as seen, open_image(path) as image:
            mode = "RGB" if image.is_rgb else "L"
            np.testing.assert_array_equal(image.read(), np.asarray(seen.convert(mode)))
