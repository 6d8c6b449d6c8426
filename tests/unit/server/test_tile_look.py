import numpy as np
import pytest

from nuclarium.core.errors import SettingsError
from nuclarium.preprocess.stain import stain_amounts
from nuclarium.server.tile_look import ChannelLook, Look, plain_colours, shown, shown_colour

RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)


def test_contrast_is_scaled_from_the_depth_of_the_image_in_one_step():
    picture = shown({0: RAMP}, Look((ChannelLook(0, 1000, 1510),)))
    values = np.clip((RAMP.astype(float) - 1000) / 510, 0, 1) * 255
    np.testing.assert_array_equal(picture, np.rint(values.astype(np.float32)))
    assert len(np.unique(picture)) == 256, "12 bits fill all greys of a narrow contrast"


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32])
def test_types_of_pixels_look_alike(dtype):
    look = Look((ChannelLook(0, 5, 4000, 0.5, (10, 200, 30)),))
    expected = shown({0: RAMP}, look)
    np.testing.assert_array_equal(shown({0: RAMP.astype(dtype)}, look), expected)


def test_gamma_below_one_lifts_what_is_dim():
    linear, lifted = (shown({0: RAMP}, Look((ChannelLook(0, 0, 4095, g),))) for g in (1, 0.5))
    assert (lifted[0, 1:] > linear[0, 1:]).all()
    assert lifted.max() == 255


def test_channels_add_up_like_light():
    low, high = np.full((2, 2), 100, np.uint16), np.full((2, 2), 200, np.uint16)
    red, all_three = (
        ChannelLook(0, 0, 200, 1, (255, 0, 0)),
        ChannelLook(1, 0, 200, 1, (200, 100, 0)),
    )
    picture = shown({0: low, 1: high}, Look((red, all_three)))
    np.testing.assert_array_equal(picture[0, 0], [255, 100, 0])


def test_high_below_low_and_invert_turn_it_round():
    look = ChannelLook(0, 4095, 0)
    turned = shown({0: RAMP}, Look((look,)))
    inverted = shown({0: RAMP}, Look((ChannelLook(0, 0, 4095),), invert=True))
    assert np.abs(turned.astype(int) - inverted).max() <= 1
    assert (turned[0, 0], turned[-1, -1]) == (255, 0)


def test_colours_without_a_wish_are_those_of_the_file(rng):
    pixels = rng.integers(0, 256, (9, 7, 3), dtype=np.uint8)
    np.testing.assert_array_equal(shown_colour(pixels, Look(plain_colours(255.0)), 255.0), pixels)
    deep = pixels.astype(np.uint16) * 257
    look = Look(plain_colours(65535.0))
    np.testing.assert_array_equal(shown_colour(deep, look, 65535.0), pixels)


def test_stain_alone_is_white_where_there_is_none():
    white = np.full((1, 1, 3), 255, np.uint8)
    blue = np.array([[[90, 80, 160]]], np.uint8)
    for stain in ("haematoxylin", "eosin"):
        look = Look(plain_colours(255.0), stain=stain)
        np.testing.assert_array_equal(shown_colour(white, look, 255.0), white)
    shown_blue = shown_colour(blue, Look(plain_colours(255.0), stain="haematoxylin"), 255.0)
    assert shown_blue.sum() < 600


def test_amounts_of_stains_are_those_that_were_mixed():
    unit = [np.array(v) / np.linalg.norm(v) for v in ((0.65, 0.70, 0.29), (0.07, 0.99, 0.11))]
    density = 0.8 * unit[0] + 0.3 * unit[1]
    pixels = (65535 * np.exp(-density)).reshape(1, 1, 3)
    np.testing.assert_allclose(stain_amounts(pixels, 65535)[0, 0], [0.8, 0.3], atol=1e-3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0:1:2:3",
        "-1:0:1:1:FFFFFF",
        "0:1:1:1:FFFFFF",
        "0:0:nan:1:FFFFFF",
        "0:0:inf:1:000000",
        "0:0:1:0:FFFFFF",
        "0:0:1:21:FFFFFF",
        "0:0:1:1:FFFFF",
        "0:0:1:1:GGGGGG",
        "0:0:1:1:000000:9",
        "0:0:1e99:1:FFFFFF",
        "a:0:1:1:FFFFFF",
        "0:0:1:1:" + "F" * 9999,
    ],
)
def test_wrong_look_is_refused_in_one_sentence(text):
    with pytest.raises(SettingsError, match="A channel must be"):
        ChannelLook.parse(text)
