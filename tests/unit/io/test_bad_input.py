"""Each kind of bad file is one sentence that names the file and what to do."""

import builtins
import gc
import os

import numpy as np
import pytest
import tifffile
import zarr
from tests.contracts.reader import open_files
from tests.czi_files import Tile, write_czi

from nuclarium.core.errors import InputNotFoundError, MissingExtraError, UnreadableImageError
from nuclarium.core.image import Image
from nuclarium.io import open_image
from nuclarium.io.checks import check_segmentable, finite
from nuclarium.io.write_lsm import write_lsm


def write_tiff(path, pixels, **options):
    tifffile.imwrite(path, pixels, metadata=None, **options)
    return path


def patched(path, code, value, count=None):
    """Set the value (and count) of a tag of the first page of a little-endian classic TIFF."""
    data = bytearray(path.read_bytes())
    at = int.from_bytes(data[4:8], "little")
    for i in range(int.from_bytes(data[at : at + 2], "little")):
        entry = at + 2 + 12 * i
        if int.from_bytes(data[entry : entry + 2], "little") == code:
            data[entry + 2 : entry + 4] = (4).to_bytes(2, "little")
            data[entry + 8 : entry + 12] = value.to_bytes(4, "little")
            if count is not None:
                data[entry + 4 : entry + 8] = count.to_bytes(4, "little")
    path.write_bytes(data)
    return path


def missing(folder):
    return folder / "bad.tif"


def empty(folder):
    (folder / "bad.tif").write_bytes(b"")
    return folder / "bad.tif"


def text(folder):
    (folder / "bad.tif").write_text("not an image at all")
    return folder / "bad.tif"


def plain_directory(folder):
    (folder / "bad.zarr").mkdir()
    return folder / "bad.zarr"


def other_zip(folder):
    import zipfile

    with zipfile.ZipFile(folder / "bad.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    return folder / "bad.zip"


def zarr_array_without_multiscales(folder):
    zarr.create_array(folder / "bad.zarr", data=np.zeros((9, 9), np.uint8))
    return folder / "bad.zarr"


def truncated(folder):
    path = write_tiff(folder / "bad.tif", np.zeros((64, 64), np.uint16))
    path.write_bytes(path.read_bytes()[:3000])
    return path


def bilevel(folder):
    return write_tiff(folder / "bad.tif", np.zeros((16, 16), bool))


def complex_numbers(folder):
    return write_tiff(folder / "bad.tif", np.zeros((16, 16), np.complex64))


def unknown_compression(folder):
    path = write_tiff(folder / "bad.tif", np.zeros((16, 16), np.uint8), compression="zlib")
    return patched(path, 259, 49999)


def cmyk(folder):
    pixels = np.zeros((16, 16, 4), np.uint8)
    return write_tiff(folder / "bad.tif", pixels, photometric="separated")


def terabytes(folder):
    path = write_tiff(folder / "bad.tif", np.zeros((16, 16), np.uint8))
    for code in (256, 257, 278):
        patched(path, code, 3_000_000)
    return path


def more_than_any_plane(folder):
    path = write_tiff(folder / "bad.tif", np.zeros((16, 16), np.uint8))
    for code in (256, 257):
        patched(path, code, 2**31)
    return path


def one_huge_compressed_strip(folder):
    path = write_tiff(folder / "bad.tif", np.zeros((16, 16), np.uint8), compression="zlib")
    for code in (256, 257, 278):
        patched(path, code, 60_000)
    return path


def offsets_beyond_the_end(folder):
    path = write_tiff(folder / "bad.tif", np.zeros((16, 16), np.uint8))
    return patched(path, 273, 2**31)


def absurd_ome_counts(folder):
    xml = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
        '<Pixels DimensionOrder="XYZCT" Type="uint8" SizeX="16" SizeY="16" SizeZ="1" SizeC="1" '
        'SizeT="99999999999"><TiffData IFD="0" PlaneCount="99999999999"/></Pixels></Image></OME>'
    )
    tifffile.imwrite(folder / "bad.tif", np.zeros((16, 16), np.uint8), description=xml,
                     metadata=None)  # fmt: skip
    return folder / "bad.tif"


def nan(folder):
    pixels = np.zeros((16, 16), np.float32)
    pixels[3, 4] = np.nan
    return write_tiff(folder / "bad.tif", pixels)


def infinite_zarr(folder):
    group = zarr.open_group(folder / "bad.zarr", mode="w", zarr_format=2)
    group.create_array("0", data=np.full((16, 16), np.inf, np.float32))
    axes = [{"name": "y"}, {"name": "x"}]
    group.attrs["multiscales"] = [{"axes": axes, "datasets": [{"path": "0"}]}]
    return folder / "bad.zarr"


def czi_with_a_lying_directory(folder):
    path = folder / "bad.czi"
    write_czi(path, [Tile(np.zeros((16, 16), np.uint8))])
    data = bytearray(path.read_bytes())
    data[84:92] = (2**60).to_bytes(8, "little")
    path.write_bytes(data)
    return path


def czi_with_tiles_far_apart(folder):
    tiles = [Tile(np.zeros((16, 16), np.uint8)), Tile(np.zeros((16, 16), np.uint8),
             {"X": 2**31 - 99, "Y": 2**31 - 99})]  # fmt: skip
    write_czi(folder / "bad.czi", tiles)
    return folder / "bad.czi"


def half_a_stack(folder):
    path = folder / "bad.lsm"
    write_lsm(path, np.ones((1, 4, 2, 32, 32), np.uint16))
    path.write_bytes(path.read_bytes()[:9000])
    return path


def lsm_that_claims_many_planes(folder):
    path = folder / "bad.lsm"
    write_lsm(path, np.ones((1, 4, 2, 32, 32), np.uint16))
    data = bytearray(path.read_bytes())
    data[24:28] = (2**30).to_bytes(4, "little")
    path.write_bytes(data)
    return path


CASES = [
    lsm_that_claims_many_planes,
    empty, text, plain_directory, other_zip, zarr_array_without_multiscales, truncated, bilevel,
    complex_numbers, unknown_compression, cmyk, terabytes, more_than_any_plane,
    one_huge_compressed_strip, offsets_beyond_the_end, absurd_ome_counts, nan, infinite_zarr,
    czi_with_a_lying_directory, czi_with_tiles_far_apart, half_a_stack,
]  # fmt: skip
REMEDIES = ("copy", "Copy", "export", "Export", "Save", "Convert", "Write", "Replace", "Open",
            "Give")  # fmt: skip


@pytest.mark.parametrize("make", CASES)
def test_bad_file_is_refused_in_one_sentence(make, tmp_path):
    path = make(tmp_path)
    gc.collect()
    before = open_files()
    with pytest.raises(UnreadableImageError) as caught, open_image(path) as image:
        image.read()
    said = str(caught.value)
    assert path.name in said
    assert any(remedy in said for remedy in REMEDIES), said
    assert "\n" not in said
    del caught
    gc.collect()
    assert open_files() == before


def test_missing_file_is_not_found(tmp_path):
    with pytest.raises(InputNotFoundError, match=r"nothing\.tif.*Check the spelling"):
        open_image(tmp_path / "nothing.tif")
    with pytest.raises(FileNotFoundError):
        open_image(tmp_path / "nothing.tif")


def test_file_of_no_known_format_lists_every_reader_and_its_reason(tmp_path):
    with pytest.raises(UnreadableImageError) as caught:
        open_image(text(tmp_path))
    for reader in ("OpenSlide", "TIFF", "CZI", "OME-Zarr", "PNG and JPEG"):
        assert reader in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read anything")
def test_file_without_permission_is_told(tmp_path):
    path = write_tiff(tmp_path / "a.tif", np.zeros((9, 9), np.uint8))
    path.chmod(0)
    with pytest.raises(UnreadableImageError, match="no permission"):
        open_image(path)


def test_one_pixel_opens_but_cannot_be_segmented(tmp_path):
    path = write_tiff(tmp_path / "dot.tif", np.zeros((1, 1), np.uint8))
    with open_image(path) as image:
        assert image.read().shape == (1, 1)
        with pytest.raises(UnreadableImageError, match=r"dot\.tif must be at least 8.*thumbnail"):
            check_segmentable(image)


def test_eight_pixels_can_be_segmented():
    check_segmentable(Image.from_array(np.zeros((8, 8), np.uint8)))


def test_finite_counts_the_bad_pixels():
    pixels = np.array([[1.0, np.nan], [np.inf, 0.0]])
    with pytest.raises(UnreadableImageError, match="2 of 4 pixels"):
        finite(pixels, "a")


def test_slide_without_openslide_names_the_extra(tmp_path, monkeypatch):
    real = builtins.__import__

    def without_openslide(name, *args, **kwargs):
        if name == "openslide":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_openslide)
    (tmp_path / "a.vms").write_text("[Virtual Microscope Specimen]\n")
    with pytest.raises(MissingExtraError, match=r"nuclarium\[slides\]"):
        open_image(tmp_path / "a.vms")


def test_damaged_slide_for_openslide_is_a_sentence(tmp_path):
    pytest.importorskip("openslide")
    (tmp_path / "a.vms").write_text("[Virtual Microscope Specimen]\n")
    with pytest.raises(UnreadableImageError, match=r"a\.vms"):
        open_image(tmp_path / "a.vms")
