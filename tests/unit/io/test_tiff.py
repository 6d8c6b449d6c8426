import tracemalloc
import zlib

import imagecodecs
import numpy as np
import PIL.Image
import pytest
import tifffile
from tests.contracts.reader import ReaderContract

from nuclarium.core.errors import UnreadableImageError
from nuclarium.core.geometry import Box
from nuclarium.io import open_image


def write(tmp_path, pixels, **options):
    options = {"metadata": None} | options
    tifffile.imwrite(tmp_path / "a.tif", pixels, **options)
    return tmp_path / "a.tif"


class TestPlainTiff(ReaderContract):
    @pytest.fixture
    def expected(self, rng):
        return rng.integers(0, 65535, (1, 1, 1, 50, 37), dtype=np.uint16)

    @pytest.fixture
    def path(self, tmp_path, expected):
        tifffile.imwrite(tmp_path / "a.tif", expected[0, 0, 0], metadata=None, rowsperstrip=7)
        return tmp_path / "a.tif"


class TestTiledPyramid(ReaderContract):
    """An OME-TIFF with two channels, tiles and two smaller levels in SubIFDs."""

    @pytest.fixture
    def expected(self, rng):
        return rng.integers(0, 4096, (1, 2, 1, 100, 130), dtype=np.uint16)

    @pytest.fixture
    def path(self, tmp_path, expected):
        stack = expected[0, :, 0]
        metadata = {
            "axes": "CYX",
            "PhysicalSizeX": 250.0,
            "PhysicalSizeXUnit": "nm",
            "PhysicalSizeY": 0.5,
            "SignificantBits": 12,
            "Channel": {"Name": ["DAPI", "GFP"]},
        }
        options = {"tile": (32, 48), "compression": "zlib", "predictor": True}
        with tifffile.TiffWriter(tmp_path / "a.ome.tif", bigtiff=True) as tif:
            tif.write(stack, subifds=2, metadata=metadata, **options)
            tif.write(stack[:, ::2, ::2], subfiletype=1, **options)
            tif.write(stack[:, ::4, ::4], subfiletype=1, **options)
        return tmp_path / "a.ome.tif"

    def test_metadata_come_from_the_xml(self, image):
        assert image.channel_names == ("DAPI", "GFP")
        assert image.bit_depth == 12
        assert image.spacing_source == "OME-XML"
        assert (image.spacing.y, image.spacing.x) == (0.5, 0.25)

    def test_levels_hold_the_smaller_images(self, image, expected):
        assert image.level_shapes == ((100, 130), (50, 65), (25, 33))
        np.testing.assert_array_equal(image.read(c=1, level=2), expected[0, 1, 0, ::4, ::4])


class TestJpegColour(ReaderContract):
    """The reference is Pillow, as both decode the same coefficients."""

    tolerance = 2

    @pytest.fixture
    def path(self, tmp_path):
        y, x = np.mgrid[:70, :90]
        pixels = np.dstack([y + 90, x + 60, y + x]).astype(np.uint8)
        return write(tmp_path, pixels, photometric="rgb", compression="jpeg", tile=(32, 32))

    @pytest.fixture
    def expected(self, path):
        with PIL.Image.open(path) as picture:
            return np.asarray(picture)[None, None, None]


class TestPlanarColour(ReaderContract):
    @pytest.fixture
    def expected(self, rng):
        return rng.integers(0, 256, (1, 1, 1, 33, 21, 3), dtype=np.uint8)

    @pytest.fixture
    def path(self, tmp_path, expected):
        planes = np.moveaxis(expected[0, 0, 0], 2, 0)
        tifffile.imwrite(
            tmp_path / "a.tif", planes, photometric="rgb", planarconfig="separate",
            compression="lzw", rowsperstrip=10,
        )  # fmt: skip
        return tmp_path / "a.tif"


class TestImageJ(ReaderContract):
    @pytest.fixture
    def expected(self, rng):
        return rng.integers(0, 65535, (2, 3, 4, 24, 18), dtype=np.uint16)

    @pytest.fixture
    def path(self, tmp_path, expected):
        tifffile.imwrite(
            tmp_path / "a.tif",
            expected.transpose(0, 2, 1, 3, 4),
            imagej=True,
            resolution=(4, 2),
            metadata={"axes": "TZCYX", "unit": "um", "spacing": 1.5},
        )
        return tmp_path / "a.tif"

    def test_spacing_comes_from_resolution_and_unit(self, image):
        spacing = image.spacing
        assert (spacing.z, spacing.y, spacing.x) == (1.5, 0.5, 0.25)


@pytest.mark.parametrize("unit", ["um", "micron", "µm", "\\u00B5m", "microns"])
def test_words_for_micrometre_in_imagej(tmp_path, unit):
    description = f"ImageJ=1.53k\nimages=1\nunit={unit}\nloop=false\n".encode("latin-1", "replace")
    path = write(tmp_path, np.zeros((9, 9), np.uint8), resolution=(5, 5), description=description)
    with open_image(path) as image:
        assert image.format == "ImageJ TIFF"
        assert image.spacing.x == pytest.approx(0.2)


@pytest.mark.parametrize("unit", ["inch", "pixel", "", "furlong"])
def test_imagej_units_that_do_not_calibrate(tmp_path, unit):
    description = f"ImageJ=1.53k\nimages=1\nunit={unit}\n"
    path = write(tmp_path, np.zeros((9, 9), np.uint8), resolution=(72, 72), description=description)
    with open_image(path) as image:
        assert image.spacing is None


def test_imagej_labels_name_the_channels(tmp_path):
    stack = np.zeros((2, 9, 9), np.uint8)
    metadata = {"axes": "CYX", "Labels": ["DAPI", "GFP"]}
    path = write(tmp_path, stack, imagej=True, metadata=metadata)
    with open_image(path) as image:
        assert image.channel_names == ("DAPI", "GFP")


@pytest.mark.parametrize("dpi", [72, 96, 150, 300, 600])
def test_print_resolution_is_no_spacing(tmp_path, dpi):
    path = write(tmp_path, np.zeros((9, 9), np.uint8), resolution=(dpi, dpi), resolutionunit=2)
    with open_image(path) as image:
        assert image.spacing is None
        assert f"{dpi} dots per inch" in image.spacing_source


def test_resolution_of_a_microscope_is_spacing(tmp_path):
    path = write(tmp_path, np.zeros((9, 9), np.uint8), resolution=(20000, 20000), resolutionunit=3)
    with open_image(path) as image:
        assert image.spacing.x == pytest.approx(0.5)
        assert image.spacing_source == "TIFF resolution"


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "f2", "f4", "f8"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_types_and_byte_orders(tmp_path, rng, dtype, byteorder):
    pixels = rng.integers(0, 100, (20, 30)).astype(dtype)
    path = write(tmp_path, pixels, byteorder=byteorder, rowsperstrip=6)
    with open_image(path) as image:
        np.testing.assert_array_equal(image.read(Box(3, 5, 17, 29)), pixels[3:17, 5:29])


@pytest.mark.parametrize(
    "compression",
    ["lzw", "zlib", "zstd", "packbits", "lzma", "jpeg2000", "jpegxl", "png", "webp", "lerc"],
)
def test_lossless_compressions(tmp_path, rng, compression):
    pixels = rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)
    args = {"lossless": True} if compression in ("webp", "jpegxl") else None
    path = write(
        tmp_path, pixels, photometric="rgb", compression=compression, tile=(16, 16),
        compressionargs=args,
    )  # fmt: skip
    with open_image(path) as image:
        np.testing.assert_array_equal(image.read(Box(5, 7, 33, 48)), pixels[5:33, 7:48])


def test_alpha_is_dropped_and_told(tmp_path, rng):
    pixels = rng.integers(0, 256, (20, 20, 4), dtype=np.uint8)
    path = write(tmp_path, pixels, photometric="rgb", extrasamples=["unassalpha"])
    with open_image(path) as image:
        assert image.shape == (1, 1, 1, 20, 20, 3)
        assert any("alpha" in note for note in image.notes)
        np.testing.assert_array_equal(image.read(), pixels[..., :3])


def test_samples_of_a_grey_pixel_are_channels(tmp_path, rng):
    pixels = rng.integers(0, 256, (20, 22, 5), dtype=np.uint8)
    path = write(tmp_path, pixels, photometric="minisblack", planarconfig="contig")
    with open_image(path) as image:
        assert image.shape == (1, 5, 1, 20, 22)
        np.testing.assert_array_equal(image.read(c=3), pixels[..., 3])


def test_pages_are_planes_and_this_is_told(tmp_path, rng):
    stack = rng.integers(0, 256, (4, 20, 22), dtype=np.uint8)
    path = write(tmp_path, stack, photometric="minisblack")
    with open_image(path) as image:
        assert image.shape == (1, 1, 4, 20, 22)
        assert "4 pages are taken as Z planes" in image.notes[0]
        np.testing.assert_array_equal(image.read(z=2), stack[2])


def test_pages_of_other_shapes_are_scenes(tmp_path, rng):
    small = rng.integers(0, 256, (10, 12), dtype=np.uint8)
    with tifffile.TiffWriter(tmp_path / "a.tif") as tif:
        tif.write(np.zeros((20, 22), np.uint8), metadata=None)
        tif.write(small, metadata=None)
    with open_image(tmp_path / "a.tif", scene=1) as image:
        np.testing.assert_array_equal(image.read(), small)
        assert len(image.scene_names) == 2


def test_ome_images_are_scenes_with_their_own_metadata(tmp_path, rng):
    a, b = (rng.integers(0, 256, (20, n), dtype=np.uint8) for n in (22, 30))
    with tifffile.TiffWriter(tmp_path / "a.ome.tif") as tif:
        for name, pixels, size in (("left", a, 0.5), ("right", b, 0.25)):
            metadata = {"Name": name, "PhysicalSizeX": size, "PhysicalSizeY": size}
            tif.write(pixels, metadata=metadata)
    with open_image(tmp_path / "a.ome.tif", scene=1) as image:
        assert image.scene_names == ("left", "right")
        assert image.spacing.x == 0.25
        np.testing.assert_array_equal(image.read(), b)


def test_min_is_white_is_told_and_left(tmp_path, rng):
    pixels = rng.integers(0, 256, (20, 20), dtype=np.uint8)
    with open_image(write(tmp_path, pixels, photometric="miniswhite")) as image:
        np.testing.assert_array_equal(image.read(), pixels)
        assert "MinIsWhite" in image.notes[0]


def test_colour_table_of_colours_is_applied(tmp_path, rng):
    table = rng.integers(0, 256, (3, 256)).astype(np.uint16)
    pixels = rng.integers(0, 256, (20, 20), dtype=np.uint8)
    path = write(tmp_path, pixels, photometric="palette", colormap=table * 257)
    with open_image(path) as image:
        assert image.is_rgb
        np.testing.assert_array_equal(image.read(), table.T[pixels])


def test_colour_table_of_a_tint_leaves_intensities(tmp_path, rng):
    table = np.zeros((3, 256), np.uint16)
    table[2] = np.arange(256) * 257
    pixels = rng.integers(0, 256, (20, 20), dtype=np.uint8)
    with open_image(write(tmp_path, pixels, photometric="palette", colormap=table)) as image:
        assert not image.is_rgb
        np.testing.assert_array_equal(image.read(), pixels)


def test_set_of_two_ome_files_is_one_image(tmp_path, rng):
    planes = rng.integers(0, 256, (2, 16, 16), dtype=np.uint8)
    names = ("a.ome.tif", "b.ome.tif")
    data = "".join(
        f'<TiffData FirstC="{i}" FirstZ="0" FirstT="0" IFD="0" PlaneCount="1">'
        f'<UUID FileName="{name}">urn:uuid:{i}</UUID></TiffData>'
        for i, name in enumerate(names)
    )
    for i, name in enumerate(names):
        xml = (
            f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:{i}">'
            '<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" '
            'SizeX="16" SizeY="16" SizeZ="1" SizeC="2" SizeT="1"><Channel ID="Channel:0:0"/>'
            f'<Channel ID="Channel:0:1"/>{data}</Pixels></Image></OME>'
        )
        tifffile.imwrite(tmp_path / name, planes[i], description=xml, metadata=None)
    with open_image(tmp_path / names[0]) as image:
        for c in (0, 1):
            np.testing.assert_array_equal(image.read(c=c), planes[c])
    (tmp_path / names[1]).unlink()
    with open_image(tmp_path / names[0]) as image:
        assert "1 planes are missing" in " ".join(image.notes)
        with pytest.raises(UnreadableImageError, match=r"no plane for T=0, C=1, Z=0"):
            image.read(c=1)


def test_window_of_a_large_slide_reads_only_its_tiles(tmp_path):
    side, count = 100_000, (-(-100_000 // 512)) ** 2
    tile = zlib.compress(np.full((512, 512), 9, np.uint8).tobytes())
    options = {"shape": (side, side), "dtype": np.uint8, "tile": (512, 512), "bigtiff": True}
    write(tmp_path, (tile for _ in range(count)), compression="zlib", **options)
    with open_image(tmp_path / "a.tif") as image:
        tracemalloc.start()
        window = image.read(Box(70_000, 70_000, 70_256, 70_256))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (window == 9).all()
    assert peak < 4 << 20


def test_rows_of_an_unpacked_strip_are_read_alone(tmp_path):
    pixels = np.lib.stride_tricks.as_strided(np.zeros(1, np.uint16), (20_000, 5000), (0, 0))
    path = write(tmp_path, pixels, rowsperstrip=20_000)
    with open_image(path) as image:
        tracemalloc.start()
        image.read(Box(9000, 100, 9100, 200))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 8 << 20


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "shape", "spacing_x"),
    [
        ("CMU-1-Small-Region.svs", (1, 1, 1, 2967, 2220, 3), 0.499),
        ("test3-DAPI-2-387.ndpi", (1, 1, 1, 4864, 3968, 3), 0.2282),
        ("4D-series.ome.tiff", (7, 1, 5, 167, 439), None),
        ("OS-1-detail.ome.tif", (1, 1, 1, 1101, 1101, 3), 0.2271),
        ("instanseg_HE_example.tif", (1, 1, 1, 1484, 1380, 3), 0.5001),
        ("instanseg_Fluorescence_example.tif", (1, 2, 1, 450, 450), None),
    ],
)
def test_real_files(data, name, shape, spacing_x):
    with open_image(data / "wsi_and_vendor_formats" / name) as image:
        assert image.shape == shape
        found = None if image.spacing is None else image.spacing.x
        assert found == (None if spacing_x is None else pytest.approx(spacing_x, rel=1e-3))


@pytest.mark.data
@pytest.mark.parametrize("name", ["4D-series.ome.tiff", "instanseg_Fluorescence_example.tif"])
def test_real_stacks_equal_those_of_tifffile(data, name):
    path = data / "wsi_and_vendor_formats" / name
    whole = tifffile.imread(path)
    with open_image(path) as image:
        planes = [image.read(t=t, c=c, z=z) for t, c, z in np.ndindex(image.shape[:3])]
    np.testing.assert_array_equal(np.reshape(planes, whole.shape), whole)


@pytest.mark.data
@pytest.mark.parametrize("name", ["CMU-1-Small-Region.svs", "test3-DAPI-2-387.ndpi"])
def test_slides_equal_those_of_openslide(data, name):
    openslide = pytest.importorskip("openslide")
    path = data / "wsi_and_vendor_formats" / name
    with openslide.OpenSlide(path) as slide, open_image(path) as image:
        for y, x in ((0, 0), (1000, 700), (2500, 1900)):
            seen = np.asarray(slide.read_region((x, y), 0, (300, 250)))[..., :3].astype(int)
            ours = image.read(Box(y, x, y + 250, x + 300))
            np.testing.assert_allclose(ours, seen, atol=2)


def test_directories_that_run_in_a_circle_are_refused(tmp_path):
    path = write(tmp_path, np.zeros((2, 9, 9), np.uint8), photometric="minisblack")
    data = bytearray(path.read_bytes())
    first = int.from_bytes(data[4:8], "little")
    end = first + 2 + 12 * int.from_bytes(data[first : first + 2], "little")
    data[end : end + 4] = data[4:8]
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(UnreadableImageError, match=r"a\.tif must list each.*copy it again"):
        open_image(tmp_path / "a.tif")


@pytest.mark.parametrize("compression", [33003, 33005])
def test_aperio_jpeg_2000_equals_that_of_openslide(tmp_path, compression):
    openslide = pytest.importorskip("openslide")
    y, x = np.mgrid[:64, :64]
    tile = np.dstack([y + 90, x + 60, y + x]).astype(np.uint8)
    coded = imagecodecs.jpeg2k_encode(tile, level=0, codecformat="j2k", mct=False)
    description = "Aperio Image Library v11.2.1\r\n64x64|AppMag = 20|MPP = 0.4990"
    path = write(
        tmp_path, iter([coded]), shape=(64, 64, 3), dtype=np.uint8, tile=(64, 64),
        photometric="rgb", compression=compression, description=description,
    )  # fmt: skip
    with openslide.OpenSlide(path) as slide, open_image(path) as image:
        seen = np.asarray(slide.read_region((0, 0), 0, (64, 64)))[..., :3]
        assert image.format == "Aperio SVS"
        assert image.spacing.x == 0.499
        np.testing.assert_allclose(image.read().astype(int), seen, atol=1)
