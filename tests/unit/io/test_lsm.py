import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contracts.reader import ReaderContract

from nuclarium.core.geometry import Spacing
from nuclarium.io import open_image
from nuclarium.io.lsm_info import LsmChannel, LsmNotes
from nuclarium.io.write_lsm import write_lsm


def named(*names):
    return [LsmChannel(name) for name in names]


class TestLsm(ReaderContract):
    """Synthetic files: no real one could be had."""

    @pytest.fixture
    def stack(self, rng):
        return rng.integers(0, 4096, (2, 3, 2, 20, 30), dtype=np.uint16)

    @pytest.fixture
    def path(self, tmp_path, stack):
        write_lsm(
            tmp_path / "cells.lsm",
            stack,
            spacing=Spacing(0.1, 0.2, 0.5),
            channels=named("DAPI", "GFP"),
        )
        return tmp_path / "cells.lsm"

    @pytest.fixture
    def expected(self, stack):
        return np.swapaxes(stack, 1, 2)

    def test_metadata_come_from_the_lsm_header(self, image):
        assert image.format == "Zeiss LSM"
        assert image.channel_names == ("DAPI", "GFP")
        assert image.bit_depth == 12
        assert image.spacing_source == "LSM header"
        spacing = image.spacing
        np.testing.assert_allclose([spacing.z, spacing.y, spacing.x], [0.5, 0.1, 0.2])

    def test_thumbnails_are_no_scene(self, image):
        assert image.scene_names == ("",)


def test_one_channel_of_eight_bits(tmp_path, rng):
    stack = rng.integers(0, 256, (1, 2, 1, 16, 16), dtype=np.uint8)
    write_lsm(tmp_path / "a.lsm", stack)
    with open_image(tmp_path / "a.lsm") as image:
        assert image.shape == (1, 1, 2, 16, 16)
        assert image.bit_depth == 8
        np.testing.assert_array_equal(image.read(z=1), stack[0, 1, 0])


def test_three_channels_are_channels_and_not_rgb(tmp_path, rng):
    stack = rng.integers(0, 256, (1, 1, 3, 16, 16), dtype=np.uint8)
    write_lsm(tmp_path / "a.lsm", stack, channels=named("a", "b", "c"))
    with open_image(tmp_path / "a.lsm") as image:
        assert image.shape == (1, 3, 1, 16, 16)
        np.testing.assert_array_equal(image.read(c=2), stack[0, 0, 2])


def test_without_voxel_size_there_is_no_spacing(tmp_path, rng):
    stack = rng.integers(0, 256, (1, 1, 1, 16, 16), dtype=np.uint8)
    write_lsm(tmp_path / "a.lsm", stack)
    with open_image(tmp_path / "a.lsm") as image:
        assert image.spacing is None
        assert "no voxel size" in image.spacing_source


def test_depth_of_zero_is_no_depth(tmp_path, rng):
    stack = rng.integers(0, 256, (1, 1, 1, 16, 16), dtype=np.uint8)
    write_lsm(tmp_path / "a.lsm", stack, spacing=Spacing(0.1, 0.1))
    with open_image(tmp_path / "a.lsm") as image:
        assert image.spacing.x == pytest.approx(0.1)
        assert image.spacing.z is None


def written(folder, stack, **settings):
    write_lsm(folder / "a.lsm", stack, **settings)
    return tifffile.TiffFile(folder / "a.lsm")


def test_another_library_reads_what_is_written(tmp_path, rng):
    stack = rng.integers(0, 4096, (1, 5, 1, 40, 60), dtype=np.uint16)
    channel = LsmChannel("DAPI", (0, 0, 255), excitation_nm=405, emission_nm=(420, 480))
    notes = LsmNotes("colony", "SYNTHETIC", "40x")
    with written(
        tmp_path, stack, spacing=Spacing(0.25, 0.25, 1), channels=[channel], notes=notes
    ) as tif:
        assert tif.is_lsm
        assert tif.series[0].axes == "ZYX"
        np.testing.assert_array_equal(tif.series[0].asarray(), stack[0, :, 0])
        info = tif.lsm_metadata
    sizes = [info[f"VoxelSize{axis}"] for axis in "XYZ"]
    np.testing.assert_allclose(sizes, [0.25e-6, 0.25e-6, 1e-6])
    assert (info["DataType"], info["ScanType"], info["DimensionZ"]) == (2, 0, 5)
    assert info["ChannelColors"]["ColorNames"] == ["DAPI"]
    assert info["ChannelColors"]["Colors"] == [[0, 0, 255, 0]]
    np.testing.assert_allclose(info["ChannelWavelength"], [[420e-9, 480e-9]])
    scan = info["ScanInformation"]
    assert (scan["Name"], scan["Description"], scan["Objective"]) == ("colony", "SYNTHETIC", "40x")
    track = scan["Tracks"][0]
    assert track["DataChannels"][0] == {"Name": "DAPI", "Color": 255 << 16, "BitsPerSample": 12}
    assert track["IlluminationChannels"][0]["Wavelength"] == 405


def test_every_page_is_followed_by_a_small_picture_in_colour(tmp_path):
    stack = np.zeros((1, 2, 1, 100, 200), np.uint16)
    stack[0, 1, 0, :, :100] = 1000
    with written(tmp_path, stack, channels=[LsmChannel("DAPI", (0, 0, 255))]) as tif:
        assert [page.is_reduced for page in tif.pages] == [False, True, False, True]
        picture = tif.pages[3].asarray()
    assert picture.shape == (3, 32, 64)
    assert picture[2, 16, 10] == 255
    assert picture[:2].max() == picture[2, 16, 50] == 0


def test_description_of_the_recording_is_shown(tmp_path):
    notes = LsmNotes(description="not a microscope image")
    write_lsm(tmp_path / "a.lsm", np.zeros((1, 1, 1, 9, 9), np.uint8), notes=notes)
    with open_image(tmp_path / "a.lsm") as image:
        assert image.description == "not a microscope image"
        assert image.notes == ()


@pytest.mark.parametrize(
    ("stack", "channels", "said"),
    [
        (np.full((1, 1, 1, 4, 4), 4096, np.uint16), None, "12-bit values"),
        (np.zeros((1, 1, 4, 4), np.uint16), None, "shape"),
        (np.zeros((1, 1, 1, 4, 4), np.float32), None, "uint8 or uint16"),
        (np.zeros((1, 1, 2, 4, 4), np.uint8), named("a"), "channels must be 2"),
    ],
)
def test_what_the_format_cannot_hold_is_refused(tmp_path, stack, channels, said):
    with pytest.raises(ValueError, match=said):
        write_lsm(tmp_path / "a.lsm", stack, channels=channels)
    assert list(tmp_path.iterdir()) == []


def test_more_than_four_gigabytes_are_refused(tmp_path):
    huge = np.broadcast_to(np.uint8(1), (1, 5000, 1, 1000, 1000))
    with pytest.raises(ValueError, match="4 GiB"):
        write_lsm(tmp_path / "a.lsm", huge)


@settings(max_examples=20, deadline=None)
@given(
    shape=st.tuples(*[st.integers(1, 3)] * 3, st.integers(1, 40), st.integers(1, 40)),
    seed=st.integers(0, 99),
)
def test_what_is_written_is_read_back(tmp_path_factory, shape, seed):
    stack = np.random.default_rng(seed).integers(0, 4096, shape, dtype=np.uint16)
    path = tmp_path_factory.mktemp("lsm") / "a.lsm"
    write_lsm(path, stack)
    with open_image(path) as image:
        assert image.shape[:3] == (shape[0], shape[2], shape[1])
        for t, z, c in np.ndindex(shape[:3]):
            np.testing.assert_array_equal(image.read(t=t, z=z, c=c), stack[t, z, c])
