"""Textures and aspect ratios equal their definitions, written naively."""

import numpy as np
import pytest
from scipy import ndimage

from nuclarium.core.geometry import Spacing
from nuclarium.core.image import Image
from nuclarium.measurement import measure


def measured(labels, pixels):
    return measure(labels, Image.from_array(pixels))


def naive(labels, pixels, label):
    """Contrast and correlation from a list of all pairs of neighbours, both ways round."""
    pairs = []
    for y, x in np.argwhere(labels == label):
        for v, u in ((y, x + 1), (y + 1, x)):
            if v < labels.shape[0] and u < labels.shape[1] and labels[v, u] == label:
                pairs.append((float(pixels[y, x]), float(pixels[v, u])))
    a, b = np.array(pairs + [(b, a) for a, b in pairs]).T
    mean = pixels[labels == label].astype(float).mean()
    return np.sqrt(np.mean((a - b) ** 2)) / mean, np.corrcoef(a, b)[0, 1]


def test_textures_equal_the_definition(rng):
    labels, _ = ndimage.label(ndimage.gaussian_filter(rng.random((60, 70)), 2) > 0.5)
    labels[ndimage.sum_labels(labels > 0, labels, labels) < 4] = 0
    pixels = ndimage.gaussian_filter(rng.random(labels.shape), 1) * 9000
    table = measured(labels.astype(np.int32), pixels.astype(np.uint16))
    assert len(table) > 5
    for row in table.itertuples():
        contrast, correlation = naive(labels, pixels.astype(np.uint16), row.label)
        assert row.texture_contrast_channel_0 == pytest.approx(contrast)
        assert row.texture_correlation_channel_0 == pytest.approx(correlation, abs=1e-9)


def test_neighbouring_nuclei_do_not_mix():
    labels = np.repeat([[1, 1, 2, 2]], 4, axis=0)
    table = measured(labels, np.where(labels == 1, 10, 1000).astype(np.uint16))
    assert table["texture_contrast_channel_0"].tolist() == [0, 0]
    assert table["texture_correlation_channel_0"].isna().all()


def test_smooth_is_correlated_and_noise_is_not(rng):
    labels = np.ones((80, 80), np.int32)
    noise = 100 + rng.normal(size=labels.shape)
    smooth = 100 + ndimage.gaussian_filter(noise, 4)
    rough, even = (measured(labels, p)["texture_correlation_channel_0"][0] for p in (noise, smooth))
    assert abs(rough) < 0.05
    assert even > 0.95


def test_textures_do_not_know_the_gain(rng):
    labels = np.ones((20, 20), np.int32)
    pixels = rng.random(labels.shape) + 1
    first, second = (measured(labels, gain * pixels) for gain in (1, 7))
    for name in ("texture_contrast_channel_0", "texture_correlation_channel_0"):
        assert first[name][0] == pytest.approx(second[name][0])


def test_single_pixel_has_no_texture():
    table = measured(np.array([[1, 0], [0, 2]]), np.array([[5, 5], [5, 5]]))
    assert table["texture_contrast_channel_0"].isna().all()


def test_aspect_ratio_of_rectangles():
    labels = np.zeros((40, 40), np.int32)
    labels[:10, :30], labels[20:30, :10], labels[35, :20] = 1, 2, 3
    found = measure(labels)["aspect_ratio"]
    assert found[0] == pytest.approx(np.sqrt((30**2 - 1) / (10**2 - 1)))
    assert found[1] == pytest.approx(1)
    assert np.isnan(found[2])


def test_aspect_ratio_is_taken_in_micrometres():
    found = measure(np.ones((20, 10), int), spacing=Spacing(0.5, 1.0))["aspect_ratio"][0]
    assert found == pytest.approx(np.sqrt((20**2 - 1) / 4 / (10**2 - 1)))
