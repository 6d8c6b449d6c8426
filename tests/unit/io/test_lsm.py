import numpy as np
import pytest
from tests.contracts.reader import ReaderContract

from nuclarium.core.geometry import Spacing
from nuclarium.io import open_image
from nuclarium.io.lsm_info import LsmChannel
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
