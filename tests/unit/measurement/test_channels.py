"""Channels have unique names that are fit for columns."""

import numpy as np
import pytest

from nuclarium.core.image import Image
from nuclarium.measurement.channels import channels_of, select_channels


def image_of(*names):
    return Image.from_array(np.zeros((len(names), 2, 2)), axes="CYX", channel_names=names)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("DAPI", "actin"), ["DAPI", "actin"]),
        (("", "DAPI"), ["channel_0", "DAPI"]),
        (("Alexa 488 (green)",), ["Alexa_488_green"]),
        (("GFP", "GFP"), ["GFP_0", "GFP_1"]),
        (("A b", "A_b"), ["A_b_0", "A_b_1"]),
    ],
)
def test_names(given, expected):
    assert [channel.name for channel in channels_of(image_of(*given))] == expected


def test_names_never_collide():
    names = [channel.name for channel in channels_of(image_of("GFP_1", "GFP", "GFP", ""))]
    assert len(set(names)) == 4


def test_channels_are_chosen_by_index_and_name():
    chosen = select_channels(image_of("DAPI", "Alexa 488", "c"), ["Alexa 488", 0, "Alexa_488"])
    assert [channel.c for channel in chosen] == [1, 0]


@pytest.mark.parametrize("wanted", ["nothing", 2, -1])
def test_unknown_channel_lists_those_there_are(wanted):
    with pytest.raises(ValueError, match=r"among: a, b; but got"):
        select_channels(image_of("a", "b"), [wanted])


def test_channels_without_an_image_are_refused():
    with pytest.raises(ValueError, match="no image"):
        select_channels(None, [0])
