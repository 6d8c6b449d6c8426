import numpy as np
import pytest

from nuclarium.core.errors import SettingsError
from nuclarium.core.image import Image
from nuclarium.predict.channel import choose_channel


def stack(*names):
    pixels = np.zeros((len(names), 16, 16), np.uint16)
    return Image.from_array(pixels, axes="CYX", channel_names=names, name="cells.tif")


def colour(red, green, blue, *, ground=0, dtype=np.uint8):
    """A disc of one colour on a grey ground."""
    y, x = np.ogrid[:40, :40]
    disc = np.hypot(y - 20, x - 20) < 10
    pixels = np.where(disc[..., None], np.array([red, green, blue]), ground)
    return Image.from_array(pixels.astype(dtype))


@pytest.mark.parametrize(
    "name",
    ["DAPI", "dapi-405", "Hoechst 33342", "DRAQ5", "SYTOX Green", "TO-PRO-3", "Nuclei", "DNA"],
)
def test_channel_named_like_a_nuclear_stain_is_taken(name):
    chosen = choose_channel(stack("GFP", "Cy5", name))
    assert chosen.channel.c == 2
    assert not chosen.is_guess


def test_only_channel_is_taken_without_a_guess():
    chosen = choose_channel(stack("GFP"))
    assert chosen.channel.c == 0
    assert not chosen.is_guess


def test_first_channel_is_a_guess_where_no_name_helps():
    chosen = choose_channel(stack("GFP", "mCherry"))
    assert chosen.channel.c == 0
    assert chosen.is_guess
    assert "first of 2" in chosen.reason


def test_names_that_only_contain_the_letters_of_a_stain_are_no_stain():
    assert choose_channel(stack("GFP", "EDNAx")).channel.c == 0


@pytest.mark.parametrize("wanted", ["Cy5", "cy5", "1"])
def test_channel_is_found_by_name_or_index(wanted):
    chosen = choose_channel(stack("DAPI", "Cy5"), wanted)
    assert chosen.channel.c == 1
    assert chosen.reason == "as asked"


@pytest.mark.parametrize("wanted", ["Alexa 488", "alexa 488", "Alexa_488"])
def test_name_with_a_space_is_found_as_the_file_spells_it(wanted):
    assert choose_channel(stack("DAPI", "Alexa 488"), wanted).channel.c == 1


def test_name_that_is_a_number_is_found_where_it_is_no_index():
    assert choose_channel(stack("405", "488"), "488").channel.c == 1
    assert choose_channel(stack("1", "0"), "0").channel.c == 0


@pytest.mark.parametrize("wanted", ["FITC", "2", "-1", "", "red"])
def test_unknown_channel_is_refused_with_those_that_there_are(wanted):
    with pytest.raises(SettingsError, match=r"cells\.tif \(0 DAPI, 1 Cy5\)"):
        choose_channel(stack("DAPI", "Cy5"), wanted)


def test_colour_image_of_three_equal_samples_is_grey():
    chosen = choose_channel(colour(200, 200, 200, ground=10))
    assert chosen.channel.sample == 0
    assert not chosen.is_guess


@pytest.mark.parametrize("sample", [0, 1, 2])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_only_colour_with_light_on_a_dark_ground_is_taken(sample, dtype):
    samples = np.roll([180, 3, 0], sample).tolist()
    chosen = choose_channel(colour(*samples, dtype=dtype))
    assert chosen.channel.sample == sample
    assert chosen.is_guess


def test_stained_tissue_on_a_bright_ground_stays_colour():
    assert choose_channel(colour(110, 60, 140, ground=240)).channel is None


def test_fluorescence_of_two_colours_stays_colour():
    assert choose_channel(colour(0, 150, 200)).channel is None


@pytest.mark.parametrize(("wanted", "sample"), [("red", 0), ("Green", 1), ("blue", 2), ("2", 2)])
def test_colour_is_taken_as_a_channel_when_asked(wanted, sample):
    assert choose_channel(colour(110, 60, 140, ground=240), wanted).channel.sample == sample


def test_black_colour_image_is_grey():
    assert choose_channel(colour(0, 0, 0)).channel is not None
