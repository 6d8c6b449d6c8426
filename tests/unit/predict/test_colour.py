"""Models of colour, with a network that takes the darkness of three colours for nuclei."""

import numpy as np
import pytest
from tests.local_networks import write_local_model

from nuclarium.core.errors import ModelError
from nuclarium.core.image import Image
from nuclarium.predict.model import load_model, shipped_models
from nuclarium.predict.segment import segment, select
from nuclarium.synthetic.plane import synthetic_nuclei


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("colour") / "tissue.onnx"
    return load_model(write_local_model(path, kind="colour"))


@pytest.fixture
def tissue(rng):
    """Purple nuclei on a bright ground, uint8 of shape (96, 80, 3), and the nuclei."""
    signal, truth = synthetic_nuclei((96, 80), 8, rng, diameter_px=18)
    light = np.clip((signal - 160.0) / 1200, 0, 1)[..., None]
    return (240 - light * np.array([150, 190, 90])).astype(np.uint8), truth


def test_colour_image_is_segmented(tissue, model):
    pixels, truth = tissue
    labels = segment(Image.from_array(pixels), model)
    assert labels.shape == truth.shape
    assert 0.6 < (labels > 0).sum() / (truth > 0).sum() < 1.6
    assert ((labels > 0) == (truth > 0)).mean() > 0.85


def test_all_three_colours_count(tissue, model):
    pixels, _ = tissue
    for sample in range(3):
        changed = pixels.copy()
        changed[..., sample] = 255
        labels = segment(Image.from_array(changed), model)
        assert (labels != segment(Image.from_array(pixels), model)).any()


@pytest.mark.parametrize(
    ("dtype", "factor"), [(np.uint16, 257), (np.uint16, 16), (np.float32, 1 / 255), (np.float64, 1)]
)
def test_type_of_the_colours_does_not_matter(tissue, model, dtype, factor):
    """The range is that of the type; 16 times is a 12-bit camera, whose white is 4095."""
    pixels, _ = tissue
    same = segment(Image.from_array((pixels * float(factor)).round(7).astype(dtype)), model)
    expected = segment(Image.from_array(pixels), model)
    assert ((same > 0) == (expected > 0)).mean() > 0.99


def test_colour_in_tiles_is_that_of_the_plane(tissue, tmp_path):
    pixels = np.tile(tissue[0], (3, 4, 1))
    small, large = (
        load_model(write_local_model(tmp_path / f"{size}.onnx", kind="colour", tile_size=size))
        for size in (64, 1024)
    )
    image = Image.from_array(pixels)
    for magnification in (0.5, 1.0, 2.0):
        tiled, whole = (segment(image, m, magnification=magnification) for m in (small, large))
        np.testing.assert_array_equal(tiled, whole)
        assert whole.max() > 20


def test_colour_model_refuses_an_image_of_one_channel(model):
    with pytest.raises(ModelError, match=r"takes a colour image, but cells\.tif has 1 channel and"):
        segment(Image.from_array(np.zeros((32, 32), np.uint8), name="cells.tif"), model)


def test_colour_model_refuses_a_single_colour(tissue, model):
    with pytest.raises(ModelError, match="channel blue was asked for"):
        segment(Image.from_array(tissue[0]), model, channel="blue")


def test_model_of_one_channel_takes_the_colour_that_is_named(tissue, tmp_path):
    fluorescence = load_model(write_local_model(tmp_path / "local.onnx"))
    image = Image.from_array(tissue[0])
    with pytest.raises(ModelError, match="--channel blue"):
        segment(image, fluorescence)
    assert segment(image, fluorescence, channel="red", contrast="dark").max() > 0


def test_selection_says_which_model_and_why(tissue):
    image = Image.from_array(tissue[0])
    asked = select(image, model="tissue", kind="colour")
    assert (asked.channel, asked.channel_name, asked.model_why) == (None, "colour", "as asked")
    grey = select(Image.from_array(tissue[0][..., 0]))
    assert (grey.model_name, grey.model_why) == ("fluo", "for one channel")
    if "he" in shipped_models():
        found = select(image)
        assert (found.model_name, found.model_why) == ("he", "for colour")
