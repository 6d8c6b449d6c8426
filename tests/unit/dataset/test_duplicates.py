import cv2
import numpy as np
import pytest

from nuclarium.dataset.duplicates import _INVERSE, exact_duplicates, near_duplicates
from nuclarium.dataset.look import look_of, turned, turned_waves


def field(seed, side=160):
    """Nuclei of a 12-bit camera."""
    rng = np.random.default_rng(seed)
    signal = np.zeros((side, side), np.float32)
    for _ in range(25):
        middle = tuple(int(v) for v in rng.integers(0, side, 2))
        axes = tuple(int(v) for v in rng.integers(5, 11, 2))
        cv2.ellipse(
            signal,
            middle,
            axes,
            float(rng.uniform(0, 180)),
            0,
            360,
            float(rng.uniform(400, 1400)),
            -1,
        )
    signal = cv2.GaussianBlur(signal, (0, 0), 1.5) + 200
    return (signal + rng.normal(0, 12, signal.shape)).clip(0, 4095).astype(np.uint16)


def found(images):
    return near_duplicates([look_of(image) for image in images], lambda place: images[place])


@pytest.mark.parametrize("turn", range(8))
def test_waves_of_a_turned_image_are_the_turned_waves(turn, rng):
    grey = rng.normal(size=(64, 64)).astype(np.float32)
    np.testing.assert_allclose(
        look_of(turned(grey, turn)).waves, turned_waves(look_of(grey).waves, turn), atol=0.02
    )
    np.testing.assert_array_equal(turned(turned(grey, turn), _INVERSE[turn]), grey)


@pytest.mark.parametrize(
    ("change", "how"),
    [
        (lambda p: (p >> 4).astype(np.uint8), "darker"),
        (lambda p: (p * 0.5 + 30).astype(np.uint16), "darker"),
        (lambda p: p[:, ::-1].copy(), "mirrored left to right"),
        (lambda p: p[::-1].copy(), "mirrored top to bottom"),
        (lambda p: np.rot90(p).copy(), "turned by 90°"),
        (lambda p: p.T.copy(), "mirrored across its diagonal"),
        (lambda p: p[6:, :-6], "cropped or resized"),
        (lambda p: p[12:, 12:], "cropped or resized"),
        (lambda p: cv2.resize(p, (80, 80), interpolation=cv2.INTER_AREA), "cropped or resized"),
        (lambda p: (255 * (p / 4095.0) ** 0.7).astype(np.uint8), "darker"),
    ],
)
def test_changed_copy_is_found_and_the_change_named(change, how):
    images = [field(0), field(1), change(field(0)), field(2)]
    (pair,) = found(images)
    assert (pair.first, pair.second) == (0, 2)
    assert how in pair.how


def test_different_fields_flat_and_noisy_images_are_no_duplicates(rng):
    flat = np.full((64, 64), 7, np.uint8)
    y, x = np.indices((64, 64))
    uneven = (2000 - (y - 32) ** 2 - (x - 32) ** 2).astype(np.float32)
    noise = [(uneven + rng.normal(0, 20, (64, 64))).astype(np.uint16) for _ in range(3)]
    assert found([field(3), field(4), flat, flat, *noise]) == []


def test_group_of_copies_is_joined_by_as_few_pairs_as_it_takes():
    images = [field(0), field(0)[:, ::-1].copy(), field(0)[::-1].copy(), field(0) // 2]
    pairs = found(images)
    assert len(pairs) == 3


def test_no_images_have_no_duplicates():
    assert found([]) == []
    assert exact_duplicates([]) == []
