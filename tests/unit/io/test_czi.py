import imagecodecs
import numpy as np
import pytest
from tests.contracts.reader import ReaderContract
from tests.czi_files import JPEG, JPEG_XR, RAW, ZSTD0, ZSTD1, Tile, metadata_xml, write_czi

from nuclarium.core.errors import UnreadableImageError
from nuclarium.io import open_image


class TestCziStack(ReaderContract):
    @pytest.fixture
    def expected(self, rng):
        return rng.integers(0, 16384, (2, 2, 3, 20, 31), dtype=np.uint16)

    @pytest.fixture
    def path(self, tmp_path, expected):
        tiles = [
            Tile(expected[t, c, z], {"X": 7, "Y": -3, "T": t, "C": c, "Z": z}, ZSTD1)
            for t, c, z in np.ndindex(expected.shape[:3])
        ]
        xml = metadata_xml(
            scaling_m={"X": 1e-7, "Y": 2e-7, "Z": 5e-7}, channels=("DAPI", "GFP"), bits=14
        )
        write_czi(tmp_path / "stack.czi", tiles, xml)
        return tmp_path / "stack.czi"

    def test_metadata_come_from_the_xml(self, image):
        assert image.channel_names == ("DAPI", "GFP")
        assert image.bit_depth == 14
        spacing = image.spacing
        np.testing.assert_allclose([spacing.z, spacing.y, spacing.x], [0.5, 0.2, 0.1])


class TestCziMosaic(ReaderContract):
    """Two overlapping colour tiles, and a pyramid of one level."""

    @pytest.fixture
    def expected(self, rng):
        return rng.integers(0, 256, (1, 1, 1, 40, 60, 3), dtype=np.uint8)

    @pytest.fixture
    def path(self, tmp_path, expected):
        whole = expected[0, 0, 0]
        tiles = [
            Tile(whole[:, 25:], {"X": 25, "M": 1}, ZSTD0),
            Tile(255 - whole[:, :30], {"M": 0}),
            Tile(whole[:, :30], {"M": 2}),
            Tile(whole[::2, ::2].copy(), {"M": 3}, RAW, zoom=2),
        ]
        write_czi(tmp_path / "mosaic.czi", tiles)
        return tmp_path / "mosaic.czi"

    def test_pyramid_is_a_level(self, image, expected):
        assert image.level_shapes == ((40, 60), (20, 30))
        np.testing.assert_array_equal(image.read(level=1), expected[0, 0, 0, ::2, ::2])

    def test_mosaic_is_told(self, image):
        assert "a mosaic of 3 tiles" in image.notes[0]


@pytest.mark.parametrize("compression", [RAW, ZSTD0, ZSTD1, JPEG_XR])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("colour", [(), (3,)])
def test_lossless_compressions(tmp_path, rng, compression, dtype, colour):
    pixels = rng.integers(0, np.iinfo(dtype).max, (33, 47, *colour), dtype=dtype)
    write_czi(tmp_path / "a.czi", [Tile(pixels, {}, compression)])
    with open_image(tmp_path / "a.czi") as image:
        np.testing.assert_array_equal(image.read(), pixels)


def test_jpeg_is_close(tmp_path):
    y, x = np.mgrid[:64, :64]
    pixels = np.dstack([y * 2, x * 2, y + x]).astype(np.uint8)
    write_czi(tmp_path / "a.czi", [Tile(pixels, {}, JPEG)])
    with open_image(tmp_path / "a.czi") as image:
        np.testing.assert_allclose(image.read().astype(int), pixels, atol=8)


def test_scenes_have_their_own_size_and_name(tmp_path, rng):
    a = rng.integers(0, 256, (16, 20), dtype=np.uint8)
    b = rng.integers(0, 256, (30, 24), dtype=np.uint8)
    tiles = [Tile(a, {"S": 0, "X": 100}), Tile(b, {"S": 1, "Y": 500})]
    write_czi(tmp_path / "a.czi", tiles, metadata_xml(scenes=("left", "right")))
    for scene, pixels in enumerate((a, b)):
        with open_image(tmp_path / "a.czi", scene=scene) as image:
            assert image.scene_names == ("left", "right")
            np.testing.assert_array_equal(image.read(), pixels)


def test_plane_that_was_not_acquired_is_told(tmp_path, rng):
    pixels = rng.integers(0, 256, (16, 20), dtype=np.uint8)
    tiles = [Tile(pixels, {"C": 0, "Z": 0}), Tile(pixels, {"C": 1, "Z": 1})]
    write_czi(tmp_path / "a.czi", tiles)
    with open_image(tmp_path / "a.czi") as image:
        assert image.shape == (1, 2, 2, 16, 20)
        with pytest.raises(UnreadableImageError, match="has no plane for T=0, C=1, Z=0"):
            image.read(c=1)


def test_unknown_compression_names_the_remedy(tmp_path, rng):
    pixels = rng.integers(0, 256, (16, 20), dtype=np.uint8)
    write_czi(tmp_path / "a.czi", [Tile(pixels, {}, 999)])
    with (
        open_image(tmp_path / "a.czi") as image,
        pytest.raises(UnreadableImageError, match=r"a\.czi must be stored raw.*ZEN"),
    ):
        image.read()


def test_mixed_pixel_types_are_refused(tmp_path):
    tiles = [Tile(np.zeros((9, 9), np.uint8)), Tile(np.zeros((9, 9), np.uint16), {"C": 1})]
    write_czi(tmp_path / "a.czi", tiles)
    with pytest.raises(UnreadableImageError, match="pixels of one known type"):
        open_image(tmp_path / "a.czi")


@pytest.mark.parametrize("compression", [RAW, ZSTD0, ZSTD1])
def test_colours_are_those_that_openslide_sees(tmp_path, compression):
    openslide = pytest.importorskip("openslide")
    y, x = np.mgrid[:64, :64]
    pixels = np.dstack([y * 2, x * 2, np.full_like(x, 200)]).astype(np.uint8)
    xml = metadata_xml(scaling_m={"X": 1e-7, "Y": 1e-7}, size=(64, 64))
    write_czi(tmp_path / "a.czi", [Tile(pixels, {"S": 0, "M": 0}, compression)], xml)
    with openslide.OpenSlide(tmp_path / "a.czi") as slide, open_image(tmp_path / "a.czi") as image:
        seen = np.asarray(slide.read_region((0, 0), 0, (64, 64)))[..., :3]
        np.testing.assert_array_equal(image.read(), seen)


@pytest.mark.data
def test_real_file(data):
    path = data / "wsi_and_vendor_formats" / "xyz__multiple_images.czi"
    with open_image(path) as image:
        assert image.shape == (1, 1, 2, 251, 251)
        assert image.dtype == np.uint16
        assert len(image.scene_names) == 2
        assert image.spacing.z == pytest.approx(0.3, rel=0.01)
        assert image.channel_names == ("ChA",)


def test_decoders_of_the_test_give_back_what_they_took(rng):
    pixels = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    coded = imagecodecs.jpegxr_encode(pixels, level=1.0)
    np.testing.assert_array_equal(imagecodecs.jpegxr_decode(coded), pixels)
