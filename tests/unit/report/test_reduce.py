"""Planes reduced part by part equal planes reduced whole."""

from __future__ import annotations

import numpy as np
import pytest

from nuclarium.core.geometry import Box
from nuclarium.core.image import Image
from nuclarium.io.write_zarr import LabelsZarr, write_labels_zarr
from nuclarium.report.reduce import read_labels_small, read_small, sampled


@pytest.mark.parametrize("size", [(7, 5), (50, 31), (97, 64)])
def test_labels_read_in_tiles_equal_labels_sampled_whole(rng, monkeypatch, size):
    monkeypatch.setattr("nuclarium.report.reduce._TILE", 20)
    labels = rng.integers(0, 1000, (97, 64)).astype(np.int32)
    asked: list[Box] = []

    def read(box: Box) -> np.ndarray:
        asked.append(box)
        return labels[box.slices]

    np.testing.assert_array_equal(
        read_labels_small(read, labels.shape, size), sampled(labels, size)
    )
    assert max(max(box.shape) for box in asked) <= 20


def test_strips_of_an_image_give_the_strided_plane(rng, monkeypatch):
    monkeypatch.setattr("nuclarium.report.reduce._STRIP_PIXELS", 700)
    pixels = rng.integers(0, 255, (97, 64)).astype(np.uint8)
    small = read_small(Image.from_array(pixels), (20, 13))
    np.testing.assert_array_equal(small, pixels[::4, ::4])


def test_the_pyramid_of_stored_labels_is_used(tmp_path, monkeypatch):
    labels = np.kron(np.arange(1, 101).reshape(10, 10), np.ones((300, 300))).astype(np.int32)
    write_labels_zarr(tmp_path / "a", labels.shape, [(Box(0, 0, 3000, 3000), labels)])
    stored = LabelsZarr(tmp_path / "a")
    assert stored.reduced((700, 700)).shape == (750, 750)
    assert stored.reduced((2000, 2000)).shape == (3000, 3000)
    np.testing.assert_array_equal(
        read_labels_small(stored, stored.shape, (100, 100)), sampled(labels, (100, 100))
    )
