import numpy as np
import pytest
from tests.local_networks import local_network, write_local_model

from nuclarium.core.errors import ModelError, NuclariumError, SettingsError, UnreadableImageError
from nuclarium.core.image import Image
from nuclarium.predict.model import InputSpec, Model, load_model
from nuclarium.predict.segment import available_cores, segment, select
from nuclarium.synthetic.plane import synthetic_nuclei


@pytest.fixture
def model():
    return Model("local", local_network(), InputSpec(divisor=2, tile_size=64, halo=8))


@pytest.fixture
def pixels(rng):
    return synthetic_nuclei((96, 80), 12, rng, diameter_px=14)[0]


@pytest.fixture
def stack(pixels):
    """Slices whose maximum is `pixels`, the second the sharpest."""
    faint = (pixels // 4).astype(np.uint16)
    return Image.from_array(np.stack([faint, pixels, np.zeros_like(pixels)]), axes="ZYX")


def test_labels_have_the_shape_of_the_plane(pixels, model):
    labels = segment(Image.from_array(pixels), model)
    assert labels.shape == (96, 80)
    assert labels.dtype == np.int32
    assert 5 <= labels.max() <= 30
    np.testing.assert_array_equal(np.unique(labels), np.arange(labels.max() + 1))


@pytest.mark.parametrize("z", ["max", "best", 1, "1"])
def test_one_plane_of_a_stack_has_the_labels_of_that_plane(pixels, stack, model, z):
    labels = segment(stack, model, z=z)
    np.testing.assert_array_equal(labels, segment(Image.from_array(pixels), model))


def test_each_slice_gets_its_own_labels(pixels, stack, model):
    labels = segment(stack, model, z="each")
    assert labels.shape == (3, 96, 80)
    np.testing.assert_array_equal(labels[1], segment(Image.from_array(pixels), model))
    assert not labels[2].any()


def test_each_of_one_slice_is_still_a_stack(pixels, model):
    assert segment(Image.from_array(pixels), model, z="each").shape == (1, 96, 80)


def test_time_point_is_the_one_that_is_asked_for(pixels, model):
    image = Image.from_array(np.stack([np.zeros_like(pixels), pixels]), axes="TYX")
    assert not segment(image, model).any()
    np.testing.assert_array_equal(
        segment(image, model, t=1), segment(Image.from_array(pixels), model)
    )


@pytest.mark.parametrize("channel", ["nuclei", 1, None])
def test_channel_is_the_one_that_is_asked_for_or_named_for_nuclei(pixels, model, channel):
    both = np.stack([np.zeros_like(pixels), pixels])
    image = Image.from_array(both, axes="CYX", channel_names=("GFP", "nuclei"))
    labels = segment(image, model, channel=channel)
    np.testing.assert_array_equal(labels, segment(Image.from_array(pixels), model))


@pytest.mark.parametrize("axes", ["CYX", "TCZYX", "YXC"])
def test_axes_of_length_one_do_not_matter(pixels, model, axes):
    expanded = np.expand_dims(pixels, [i for i, axis in enumerate(axes) if axis not in "YX"])
    labels = segment(Image.from_array(expanded, axes=axes), model)
    np.testing.assert_array_equal(labels, segment(Image.from_array(pixels), model))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("engine", ["auto", "onnxruntime"])
def test_workers_and_engine_do_not_change_the_labels(pixels, model, workers, engine):
    labels = segment(Image.from_array(pixels), model, workers=workers, engine=engine)
    np.testing.assert_array_equal(labels, segment(Image.from_array(pixels), model))


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.uint32, np.float32, np.float64])
def test_type_of_the_pixels_does_not_matter(pixels, model, dtype):
    labels = segment(Image.from_array(pixels.astype(dtype)), model)
    np.testing.assert_array_equal(labels, segment(Image.from_array(pixels), model))


@pytest.mark.parametrize("value", [0, 255])
def test_constant_image_has_no_nuclei(model, value):
    assert not segment(Image.from_array(np.full((40, 50), value, np.uint8)), model).any()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("count", [1, 96 * 80])
def test_image_with_nan_is_refused(pixels, model, bad, count):
    broken = pixels.astype(np.float32)
    broken.ravel()[:count] = bad
    with pytest.raises(UnreadableImageError, match="finite"):
        segment(Image.from_array(broken, name="ratio"), model)


@pytest.mark.parametrize("shape", [(7, 100), (100, 7), (1, 1)])
def test_image_below_eight_pixels_is_refused(model, shape):
    with pytest.raises(UnreadableImageError, match="at least 8 pixels"):
        segment(Image.from_array(np.zeros(shape, np.uint8)), model)


def test_smallest_image_is_segmented(model):
    pixels = np.zeros((8, 8), np.uint8)
    pixels[1:7, 1:7] = 200
    assert segment(Image.from_array(pixels), model).max() == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"z": 3}, "z must be"),
        ({"z": "deepest"}, "z must be"),
        ({"z": -1}, "z must be"),
        ({"t": 1}, "time point"),
        ({"t": -1}, "time point"),
        ({"channel": 1}, "channel must be"),
    ],
)
def test_setting_that_does_not_fit_the_image_is_refused(stack, model, options, said):
    with pytest.raises(SettingsError, match=said):
        segment(stack, model, **options)


def test_colour_image_is_refused_by_a_model_of_one_channel(rng, model):
    tissue = Image.from_array(rng.integers(150, 256, (32, 32, 3), dtype=np.uint8))
    with pytest.raises(ModelError, match="--channel blue"):
        segment(tissue, model)
    assert segment(tissue, model, channel="blue").shape == (32, 32)


def test_model_may_be_a_file(pixels, model, tmp_path):
    path = write_local_model(tmp_path / "local.onnx")
    by_path = segment(Image.from_array(pixels), path)
    np.testing.assert_array_equal(by_path, segment(Image.from_array(pixels), load_model(path)))


def test_model_with_a_broken_network_is_refused(pixels):
    with pytest.raises(ModelError, match="cannot be started"):
        segment(Image.from_array(pixels), Model("broken", b"no network"))


def test_selection_says_what_was_chosen(stack):
    selection = select(stack, model="anything", z="best")
    assert selection.model_name == "anything"
    assert [plane.choice for plane in selection.planes] == ["z 1 of 0..2, the sharpest"]
    assert selection.chosen.reason == "the only channel"


def test_there_is_a_processor():
    assert available_cores() >= 1


def test_all_refusals_are_errors_that_a_user_can_cause():
    assert issubclass(UnreadableImageError, NuclariumError)
