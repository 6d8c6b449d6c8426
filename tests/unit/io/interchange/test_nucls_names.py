"""Names of NuCLS fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Box
from nuclarium.io.interchange.nucls_names import field_name, parse_field_name

NAME = "TCGA-A2-A0CM-DX1_id-5ea40963ddda5f8398979473_left-20308_top-57208_bottom-57233_right-20331"


def test_name_of_a_single_rater_field_is_taken_apart():
    name = parse_field_name(NAME)
    assert (name.slide, name.hospital, name.patient) == ("TCGA-A2-A0CM-DX1", "A2", "TCGA-A2-A0CM")
    assert name.girder_id == "5ea40963ddda5f8398979473"
    assert name.extent == Box(57208, 20308, 57233, 20331)
    assert name.participant is name.evalset is None


def test_name_of_a_field_of_many_raters_is_taken_apart():
    name = parse_field_name(f"SP.3_#_U-control_#_{NAME}")
    assert (name.participant, name.evalset) == ("SP.3", "U-control")
    assert name.slide == "TCGA-A2-A0CM-DX1"


def test_long_barcode_and_missing_id_are_read():
    name = parse_field_name("TCGA-A1-A0SP-01Z-00-DX1_left-1_top-2_bottom-3_right-4")
    assert (name.slide, name.patient, name.girder_id) == (
        "TCGA-A1-A0SP-01Z-00-DX1",
        "TCGA-A1-A0SP",
        None,
    )


def test_numbers_of_fields_and_middle_parts_are_left_out():
    name = parse_field_name("ANCHFOV-12_TCGA-A1-A0SP-01Z-00-DX1_left-1_top-2_bottom-3_right-4")
    assert (name.slide, name.hospital) == ("TCGA-A1-A0SP-01Z-00-DX1", "A1")
    assert name.short_slide == "TCGA-A1-A0SP-DX1"
    assert parse_field_name(NAME).short_slide == "TCGA-A2-A0CM-DX1"
    assert parse_field_name("my slide").short_slide == "my slide"


def test_underscores_in_slide_names_are_no_separators():
    name = parse_field_name("my_slide_2_left-0_top-0_bottom-9_right-9")
    assert (name.slide, name.hospital, name.patient) == ("my_slide_2", None, None)


def test_other_names_are_slides():
    assert parse_field_name("image 7").slide == "image 7"
    assert parse_field_name("image 7").extent is None


@pytest.mark.parametrize(
    "text",
    [
        NAME.replace("_right-20331", ""),
        NAME.replace("left-20308", "left-x"),
        f"SP.3_#_{NAME}_#_",
        "SP.3_#_slide",
        NAME.replace("right-20331", "right-2"),
    ],
)
def test_half_a_name_is_refused(text):
    with pytest.raises(SettingsError, match="name of a field must"):
        parse_field_name(text)


@given(
    slide=st.sampled_from(["TCGA-A2-A0CM-DX1", "a_b", "left-3"]),
    corner=st.tuples(st.integers(-99, 99999), st.integers(-99, 99999)),
    size=st.tuples(st.integers(0, 999), st.integers(0, 999)),
    girder_id=st.none() | st.text("0123456789abcdef", min_size=24, max_size=24),
    who=st.none()
    | st.tuples(st.sampled_from(["SP.3", "NP_1"]), st.sampled_from(["E", "B-control"])),
)
def test_names_are_taken_apart_as_they_were_made(slide, corner, size, girder_id, who):
    extent = Box(*corner, corner[0] + size[0], corner[1] + size[1])
    participant, evalset = who or (None, None)
    made = field_name(slide, extent, girder_id=girder_id, participant=participant, evalset=evalset)
    assert parse_field_name(made.text) == made


@pytest.mark.parametrize(
    "parts",
    [
        {"slide": "a_#_b_#_c"},
        {"slide": "a", "girder_id": "12"},
        {"slide": "a/b"},
        {"slide": "a", "participant": "SP.3"},
    ],
)
def test_parts_that_cannot_be_told_apart_are_refused(parts):
    with pytest.raises(SettingsError, match=r"field's name|name of a field"):
        field_name(extent=Box(0, 0, 1, 1), **parts)
