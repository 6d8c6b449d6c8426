"""Comparisons are said in sentences that are true of the numbers."""

import pytest

from nuclarium.report.feature_names import feature_name
from nuclarium.report.findings import counts_like, finding, trend_finding

ROW = {
    "feature": "area_um2",
    "condition": "1800 Pa",
    "reference": "250 Pa",
    "groups": 6,
    "groups_reference": 5,
    "difference": -12.3,
    "low": -20.0,
    "high": -4.0,
    "percent": -12.0,
    "percent_low": -20.0,
    "percent_high": -4.0,
    "p": 0.0002,
    "p_holm": 0.004,
}
NAN = float("nan")


def said(**changes):
    return finding({**ROW, **changes}, "colonies")


def test_a_difference_is_said_as_people_say_it():
    assert said() == (
        "Nuclei at 1800 Pa are 12 % (4 to 20 %) smaller in area than at 250 Pa; 6 against 5 "
        "colonies; p = 0.004 after Holm."
    )


@pytest.mark.parametrize(
    ("feature", "text"),
    [
        ("circularity", "have a 12 % (4 to 20 %) lower circularity than"),
        ("intensity_mean", "are 12 % (4 to 20 %) darker than"),
        ("nuclei_per_plane", "Colonies at 1800 Pa have 12 % (4 to 20 %) fewer nuclei a plane than"),
        ("colony_area_um2", "Colonies at 1800 Pa are 12 % (4 to 20 %) smaller in area than"),
        ("neighbours_within_50_um", "lower number of neighbours within 50 µm than"),
        ("volume_um3", "are 12 % (4 to 20 %) smaller in volume than"),
    ],
)
def test_every_feature_has_its_words(feature, text):
    assert text in said(feature=feature)


def test_what_is_not_shown_is_not_called_absent():
    assert said(p_holm=0.3, percent=1.0, percent_low=-3.0, percent_high=5.0) == (
        "No difference in area between 1800 Pa and 250 Pa was shown: +1 % (−3 to 5 %); 6 against 5 "
        "colonies; p = 0.3 after Holm."
    )


def test_without_percent_the_difference_has_its_unit():
    text = said(percent=NAN, percent_low=NAN, percent_high=NAN)
    assert "are 12 µm² (4 to 20 µm²) smaller" in text


def test_without_an_interval_of_the_ratio_the_number_stands_alone():
    assert "are 12 % smaller in area" in said(percent_low=NAN, percent_high=NAN)


def test_one_group_has_no_p_value():
    text = said(groups=1, p=NAN, p_holm=NAN, percent_low=NAN, percent_high=NAN)
    assert text.endswith("1 against 5 colonies, too few for an interval or a p value.")


def test_what_never_varies_is_said_to_be_the_same():
    text = said(difference=0.0, percent=0.0, p=NAN, p_holm=NAN)
    assert text == "Area: no difference between 1800 Pa and 250 Pa; 6 against 5 colonies."


def test_nuclei_are_worth_what_their_groups_allow():
    row = {"feature": "area_um2", "condition": "250 Pa", "nuclei": 184, "groups": 6}
    rows = [{**row, "effective_nuclei": 11.3}]
    assert counts_like(rows, [0.52], ("colony", "colonies")) == (
        "184 nuclei of 6 colonies at 250 Pa count like 11 in area (ICC 0.52)."
    )


def test_unknown_columns_are_called_by_their_name():
    name = feature_name("my_own_score")
    assert (name.label, name.unit, name.less) == ("My own score", "", "lower my own score")


def test_trend_is_said_for_a_round_step():
    row = {"feature": "volume_um3", "trend": -0.068, "trend_low": -0.091, "trend_high": -0.044}
    assert trend_finding({**row, "p_trend_holm": 1e-5}, (250, 950, 1800), "Pa") == (
        "Volume falls by 68 (44 to 91 µm³) per 1,000 Pa; p < 0.001 after Holm over features."
    )
