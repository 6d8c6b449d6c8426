"""Behaviour that every reader must show; subclass it and give `path` and `expected`."""

from __future__ import annotations

import gc
import json
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from nuclarium.core.errors import UnreadableImageError
from nuclarium.core.geometry import Box
from nuclarium.core.image import Image
from nuclarium.io import describe, format_description, open_image


def open_files() -> int:
    """Number of file descriptors of this process, or 0 where the system does not tell."""
    folder = Path("/proc/self/fd")
    return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0


def refusal(path: Path) -> str | None:
    """Return why a file cannot be opened and read, or None if it can."""
    try:
        with open_image(path) as image:
            image.read()
    except UnreadableImageError as error:
        return str(error)
    return None


class ReaderContract:
    """Give `path`, a file of this format, and `expected`, its pixels as TCZYX or TCZYXS.

    `tolerance` is the largest difference that lossy compression may cause.
    """

    tolerance = 0

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        raise NotImplementedError

    @pytest.fixture
    def expected(self) -> np.ndarray:
        raise NotImplementedError

    @pytest.fixture
    def image(self, path):
        with open_image(path) as image:
            yield image

    def assert_same(self, pixels, expected):
        difference = np.abs(pixels.astype(np.float64) - expected.astype(np.float64))
        assert difference.max() <= self.tolerance

    def test_shape_and_type_are_those_of_the_pixels(self, image, expected):
        assert image.shape == expected.shape
        assert image.dtype == expected.dtype

    def test_every_plane_is_the_expected_one(self, image, expected):
        for t, c, z in np.ndindex(*image.shape[:3]):
            pixels = image.read(t=t, c=c, z=z)
            assert pixels.dtype == image.dtype
            self.assert_same(pixels, expected[t, c, z])

    def test_window_equals_slice_of_whole(self, image):
        rng = np.random.default_rng(1)
        for level, (height, width) in enumerate(image.level_shapes):
            whole = image.read(level=level)
            for _ in range(8):
                y0, y1 = sorted(rng.choice(height + 1, 2, replace=False).tolist())
                x0, x1 = sorted(rng.choice(width + 1, 2, replace=False).tolist())
                window = image.read(Box(y0, x0, y1, x1), level=level)
                np.testing.assert_array_equal(window, whole[y0:y1, x0:x1])

    def test_levels_have_the_shapes_that_they_claim(self, image):
        for level, shape in enumerate(image.level_shapes):
            assert image.read(level=level).shape[:2] == shape

    def test_metadata_have_their_types(self, image):
        assert isinstance(image, Image)
        assert all(type(length) is int for length in image.shape)
        assert all(type(name) is str for name in (*image.channel_names, *image.scene_names))
        assert isinstance(image.dtype, np.dtype)
        assert image.dtype.isnative
        assert type(image.bit_depth) is int
        assert 1 <= image.bit_depth <= image.dtype.itemsize * 8
        assert image.format
        assert image.spacing_source
        assert image.path is not None

    def test_description_is_ready_for_json_and_for_people(self, image):
        description = describe(image)
        assert json.loads(json.dumps(description)) == description
        text = format_description(description)
        assert image.format in text
        assert f"{image.plane_shape[1]:,} × {image.plane_shape[0]:,} px" in text

    def test_two_threads_read_what_one_reads(self, image):
        height, width = image.plane_shape
        boxes = [Box(y, 0, y + 1, width) for y in range(min(height, 24))]
        alone = [image.read(box) for box in boxes]
        with ThreadPoolExecutor(2) as pool:
            together = list(pool.map(image.read, boxes))
        for a, b in zip(alone, together, strict=True):
            np.testing.assert_array_equal(a, b)

    @pytest.mark.parametrize("index", [{"t": 99}, {"c": -1}, {"z": 99}, {"level": 99}])
    def test_index_outside_is_an_index_error(self, image, index):
        with pytest.raises(IndexError):
            image.read(**index)

    def test_window_outside_is_an_index_error(self, image):
        height, width = image.plane_shape
        with pytest.raises(IndexError):
            image.read(Box(0, 0, height + 1, width))

    def test_written_pixels_do_not_change_the_image(self, image):
        first = image.read()
        before = first.copy()
        first = np.require(first, requirements=["W"])
        first[...] = 0
        np.testing.assert_array_equal(image.read(), before)

    def test_scene_that_is_not_there_is_refused(self, path):
        with pytest.raises(UnreadableImageError, match=r"scene must be in 0\.\."):
            open_image(path, scene=99)

    def test_closing_releases_the_file(self, path):
        before = open_files()
        image = open_image(path)
        image.read()
        image.close()
        image.close()
        gc.collect()
        assert open_files() == before
        with pytest.raises(UnreadableImageError, match="closed"):
            image.read()

    def test_extension_does_not_matter(self, path, expected):
        if path.is_dir():
            pytest.skip("a directory has no signature to go by")
        renamed = path.rename(path.with_name("no_extension"))
        with open_image(renamed) as image:
            assert image.shape == expected.shape

    def test_truncated_file_is_refused_or_read_without_another_error(self, path):
        if path.is_dir():
            pytest.skip("a directory is not truncated")
        data = path.read_bytes()
        before = open_files()
        for part in (0.02, 0.3, 0.6, 0.9, 0.99):
            path.write_bytes(data[: max(1, int(len(data) * part))])
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                said = refusal(path)
            assert said is None or path.name in said
        gc.collect()
        assert open_files() == before
