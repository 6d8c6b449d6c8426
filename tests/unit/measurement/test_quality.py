"""Doubtful images are warned of in plain sentences, sound ones are not."""

import numpy as np
import pytest
from scipy import ndimage

from nuclarium.core.geometry import Spacing
from nuclarium.core.image import Image
from nuclarium.measurement import measure, warnings_for
from nuclarium.measurement.focus import edge_blur
from nuclarium.measurement.quality import iter_sample_windows

SPACING = Spacing(0.5, 0.5)


@pytest.fixture
def labels():
    y, x = np.mgrid[:40, :40] - 20
    disc = y**2 + x**2 < 12**2
    return np.kron(np.arange(1, 10).reshape(3, 3), np.ones((40, 40), np.int32)).astype(
        np.int32
    ) * np.tile(disc, (3, 3))


def bright(labels, rng, blur=1.0, height=120.0):
    pixels = ndimage.gaussian_filter(np.where(labels > 0, height, 10.0), blur)
    return (pixels + rng.normal(0, 1, labels.shape)).clip(0, 255).astype(np.uint8)


def warned(pixels, labels, spacing=SPACING):
    image = Image.from_array(pixels, spacing=spacing)
    return [warning.text for warning in warnings_for(image, labels, measure(labels))]


def test_sound_image_has_no_warning(labels, rng):
    assert warned(bright(labels, rng), labels) == []


def test_unknown_spacing_is_said_with_its_reason(labels, rng):
    [sentence] = warned(bright(labels, rng), labels, spacing=None)
    assert "an array has no spacing" in sentence


def test_blur_is_seen(labels, rng):
    [sentence] = warned(bright(labels, rng, blur=7), labels)
    assert "out of focus" in sentence


def test_saturation_is_seen(labels, rng):
    [sentence] = warned(bright(labels, rng, height=300), labels)
    assert "largest value, 255" in sentence


def test_twelve_bit_camera_in_sixteen_bits_is_seen(labels, rng):
    pixels = np.minimum(bright(labels, rng).astype(np.uint16) * 40, 4095)
    assert "largest value, 4095" in warned(pixels, labels)[0]


def test_no_nuclei_are_said(labels, rng):
    assert warned(bright(labels, rng), labels * 0) == ["No nuclei were found in this plane."]


def test_nuclei_at_the_border_are_counted(labels, rng):
    cut = labels[20:100, 20:100]
    [sentence] = warned(bright(labels, rng)[20:100, 20:100], cut)
    assert sentence.startswith("8 of 9 nuclei touch")


def test_labels_may_be_read_by_windows(labels, rng):
    image = Image.from_array(bright(labels, rng, blur=7), spacing=SPACING)
    read = warnings_for(image, lambda window: labels[window.slices], measure(labels))
    assert read == warnings_for(image, labels, measure(labels))


@pytest.mark.parametrize("share", [0.1, 0.15, 0.2])
@pytest.mark.parametrize("scale", [1, 3])
@pytest.mark.parametrize("height", [40, 200])
def test_blur_is_measured_in_diameters_whatever_scale_and_brightness(
    labels, rng, share, scale, height
):
    large = np.kron(labels, np.ones((scale, scale), np.int32))
    pixels = bright(large, rng, blur=share * 24 * scale, height=height)
    assert edge_blur(pixels, large) == pytest.approx(share, abs=0.04)


def test_focus_of_few_nuclei_or_a_flat_image_is_unknown(labels, rng):
    assert np.isnan(edge_blur(bright(labels, rng), np.where(labels < 5, labels, 0)))
    assert np.isnan(edge_blur(np.zeros(labels.shape, np.uint8), labels))


@pytest.mark.parametrize("shape", [(100_000, 120_000), (300, 90_000), (2049, 2049)])
def test_sample_of_a_huge_plane_is_bounded_and_inside(shape):
    windows = list(iter_sample_windows(shape))
    assert 4 <= len(windows) <= 16
    assert all(w.shape == (min(512, shape[0]), 512) for w in windows)
    assert max(w.y1 for w in windows) == shape[0]
    assert max(w.x1 for w in windows) == shape[1]


@pytest.mark.data
def test_false_alarms_of_focus_on_real_images_are_few(data):
    import imageio.v3 as iio

    folder = data / "dsb2018"
    names = (folder / "fluorescence_val.txt").read_text().split()
    alarms = 0
    for name in names:
        pixels = iio.imread(folder / "images" / f"{name}.png")
        labels = iio.imread(folder / "labels" / f"{name}.png").astype(np.int32)
        pixels = np.ascontiguousarray(pixels if pixels.ndim == 2 else pixels[..., 0])
        alarms += any("focus" in sentence for sentence in warned(pixels, labels))
    assert alarms <= 0.05 * len(names)
