import numpy as np
import pytest

from nuclarium.train.empty import ground, haze, noise_field

SIZE = 96


def is_stretched(field):
    return np.allclose(np.percentile(field, (1.0, 99.8)), [0, 1], atol=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_stretched_as_an_image_would_be(seed):
    field = noise_field(SIZE, np.random.default_rng(seed))
    assert field.shape == (SIZE, SIZE)
    assert field.dtype == np.float32
    assert is_stretched(field)


@pytest.mark.parametrize("seed", range(10))
def test_ground_holds_no_pixel_of_a_nucleus(seed, rng):
    labels = np.zeros((120, 150), np.int32)
    labels[10:40, 10:40] = 1
    labels[80:110, 100:140] = 2
    pixels = rng.random(labels.shape, dtype=np.float32) * 0.1
    pixels[labels > 0] = 50
    field = ground(pixels, labels, SIZE, np.random.default_rng(seed))
    assert field.shape == (SIZE, SIZE)
    assert is_stretched(field)
    # A pixel of a nucleus would be far above all others.
    assert field.max() < 2


def test_no_ground_is_taken_from_a_crowd(rng):
    labels = np.zeros((120, 150), np.int32)
    labels[::8, ::8] = 1
    assert ground(np.ones(labels.shape, np.float32), labels, SIZE, rng) is None


def test_constant_ground_stays_finite(rng):
    field = ground(np.ones((90, 90), np.float32), np.zeros((90, 90), np.int32), SIZE, rng)
    assert np.isfinite(field).all()


def test_haze_has_no_edge_as_sharp_as_a_nucleus():
    pixels = np.zeros((SIZE, SIZE), np.float32)
    pixels[30:50, 30:50] = 1
    for seed in range(5):
        field = haze(pixels, 20, np.random.default_rng(seed))
        assert field.shape == pixels.shape
        assert is_stretched(field)
        calm = field.reshape(SIZE // 8, 8, SIZE // 8, 8).mean(axis=(1, 3))
        assert np.abs(np.diff(calm, axis=1)).max() < 0.6
