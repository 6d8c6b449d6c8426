"""Laws of patches: they cover the plane, and are its pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Box
from nuclarium.dataset.patches import PatchSettings, iter_patches, patch_boxes

sides = st.integers(1, 90)
sizes = st.integers(16, 40)
edges = st.sampled_from(["drop", "shift", "pad"])


def settings_for(size, edge, **content):
    return PatchSettings(size, edge, **{"min_nuclei": 0, **content})


@given(height=sides, width=sides, size=sizes, edge=st.sampled_from(["shift", "pad"]))
def test_shifted_and_padded_patches_cover_every_pixel(height, width, size, edge):
    hits = np.zeros((height, width), int)
    for box in patch_boxes((height, width), size, edge):
        hits[box.slices] += 1
    assert (hits >= 1).all()
    if edge == "pad":
        assert (hits == 1).all()


@given(height=sides, width=sides, size=sizes)
def test_dropping_leaves_out_only_the_rest(height, width, size):
    boxes = patch_boxes((height, width), size, "drop")
    assert len(boxes) == (height // size) * (width // size)
    assert all(box.intersection(Box(0, 0, height, width)) == box for box in boxes)


@given(height=st.integers(40, 90), width=st.integers(40, 90), size=sizes)
def test_shifted_patches_stay_inside(height, width, size):
    whole = Box(0, 0, height, width)
    assert all(b.intersection(whole) == b for b in patch_boxes((height, width), size, "shift"))


@given(height=sides, width=sides, size=sizes, edge=edges, seed=st.integers(0, 99))
def test_patch_is_the_window_of_its_plane_and_zero_beyond(height, width, size, edge, seed):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(1, 4096, (height, width), dtype=np.uint16)
    labels = rng.integers(0, 5, (height, width), dtype=np.int32)
    for patch in iter_patches(pixels, labels, settings_for(size, edge)):
        assert patch.pixels.shape == patch.labels.shape == (size, size)
        assert (patch.pixels.dtype, patch.labels.dtype) == (np.uint16, np.int32)
        inside = patch.box.intersection(Box(0, 0, height, width))
        rows, columns = inside.shape
        np.testing.assert_array_equal(patch.pixels[:rows, :columns], pixels[inside.slices])
        np.testing.assert_array_equal(patch.labels[:rows, :columns], labels[inside.slices])
        assert not patch.pixels[rows:].any()
        assert not patch.pixels[:, columns:].any()
        assert patch.n_nuclei == len(set(labels[inside.slices].flat) - {0})


@given(least=st.integers(0, 4), share=st.floats(0, 1), seed=st.integers(0, 99))
def test_patches_that_are_kept_are_those_with_enough_in_them(least, share, seed):
    labels = np.random.default_rng(seed).integers(0, 9, (64, 64), dtype=np.int32)
    labels[:, :20] = 0
    everything = list(iter_patches(labels, labels, settings_for(16, "drop")))
    limits = settings_for(16, "drop", min_nuclei=least, min_area_fraction=share)
    kept = list(iter_patches(labels, labels, limits))
    expected = [p for p in everything if p.n_nuclei >= least and p.area_fraction >= share]
    assert [p.box for p in kept] == [p.box for p in expected]


def test_colours_are_cut_alike():
    pixels = np.arange(20 * 20 * 3, dtype=np.uint8).reshape(20, 20, 3)
    labels = np.ones((20, 20), np.int32)
    (patch,) = iter_patches(pixels, labels, settings_for(32, "pad"))
    np.testing.assert_array_equal(patch.pixels[:20, :20], pixels)


@pytest.mark.parametrize(
    "wrong",
    [{"size_px": 8}, {"size_px": 64.0}, {"size_px": 9999}, {"edge": "mirror"},
     {"min_nuclei": -1}, {"min_nuclei": 1.5}, {"min_area_fraction": 2}, {"min_area_fraction": "a"}],
)  # fmt: skip
def test_wrong_setting_is_refused_in_one_sentence(wrong):
    with pytest.raises(SettingsError, match=f"{next(iter(wrong))} of patches must be"):
        PatchSettings(**wrong)
