"""Recipes: their text, their checks, their arithmetic, and the same bits everywhere."""

import hashlib
import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.preprocess.test_smoothing import pattern

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Spacing
from nuclarium.preprocess.recipe import FlatField, Mean, RollingBall, Threshold, apply_recipe
from nuclarium.preprocess.recipe_text import (
    STEPS,
    make_step,
    parse_recipe,
    recipe_text,
    steps_as_values,
    steps_from_values,
)

EVERYTHING = (
    "flat_field sigma_px=20 | subtract value=100 | threshold low=50 high=3000 | mean radius_px=1 | "
    "rolling_ball radius_px=9 | gaussian sigma_px=0.8 | subtract_gaussian sigma_px=30 | "
    "stretch low=1 high=99.8"
)


def test_every_step_is_in_a_recipe_and_back():
    steps = parse_recipe(EVERYTHING)
    assert {step.name for step in steps} == set(STEPS)
    assert parse_recipe(recipe_text(steps)) == steps
    assert steps_from_values(steps_as_values(steps)) == steps


def test_settings_file_gives_the_same_steps():
    text = """
    [[recipe.steps]]
    step = "threshold"
    high = 1500
    [[recipe.steps]]
    step = "mean"
    radius_px = 1.0
    """
    steps = steps_from_values(tomllib.loads(text)["recipe"]["steps"])
    assert steps == parse_recipe("threshold high=1500 | mean radius_px=1")


sizes = st.sampled_from(["mean radius", "gaussian sigma", "rolling_ball radius"])


@given(size=sizes, unit=st.sampled_from(["px", "um"]), value=st.floats(1, 10))
def test_text_gives_the_same_step_for_any_size(size, unit, value):
    value = float(f"{value:.6g}")
    steps = parse_recipe(f"{size}_{unit}={value!r}")
    assert parse_recipe(recipe_text(steps)) == steps


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("meen radius_px=1", "Did you mean mean"),
        ("mean", "either radius_px or radius_um, but got none"),
        ("mean radius_px=1 radius_um=1", "but got both"),
        ("mean radius_px=0.2", "0.5 to 10 px"),
        ("mean radius_px=99", "0.5 to 10 px"),
        ("mean radius_um=-1", "positive radius"),
        ("mean radius=1", "among radius_px, radius_um, but got radius"),
        ("mean radius_px=one", "must be a number, but got 'one'"),
        ("mean radius_px=nan", "must be a number"),
        ("mean radius_px=inf", "must be a number"),
        ("mean 1", "name=value"),
        ("mean radius_px=1 radius_px=2", "each once"),
        ("threshold", "must have high"),
        ("threshold high=5 low=9", "low below high"),
        ("stretch low=60 high=40", "percentiles"),
        ("stretch high=101", "percentiles"),
        ("rolling_ball radius_px=0.5", "1 to 200 px"),
        ("flat_field", "either sigma_px or sigma_um"),
        ("flat_field reference=a.tif sigma_px=3", "not both"),
    ],
)
def test_wrong_step_is_refused_in_one_sentence(text, said):
    with pytest.raises(SettingsError, match=said):
        parse_recipe(text)


@pytest.mark.parametrize("values", [3, ["mean"], [{"radius_px": 1}], [{"step": 3}]])
def test_wrong_settings_file_is_refused(values):
    with pytest.raises(SettingsError, match="step"):
        steps_from_values(values)


def test_true_is_no_number():
    with pytest.raises(SettingsError, match="must be a number"):
        make_step("mean", {"radius_px": True})


def test_steps_do_what_they_say_one_after_the_other():
    pixels = np.array([[0, 100, 1500, 4000]], np.uint16)
    result = apply_recipe(pixels, parse_recipe("threshold high=1500 low=50 | subtract value=100"))
    assert result.tolist() == [[0, 0, 1400, 1400]]
    assert result.dtype == np.float32


def test_raw_pixels_stay_as_they_are():
    pixels = pattern(40, 40)
    before = pixels.copy()
    apply_recipe(pixels, parse_recipe(EVERYTHING))
    np.testing.assert_array_equal(pixels, before)


def test_no_step_is_the_pixels_themselves():
    pixels = np.array([[1, 65535]], np.uint16)
    np.testing.assert_array_equal(apply_recipe(pixels, ()), pixels)


def test_stretch_goes_from_0_to_1_and_a_constant_is_0():
    pixels = pattern(50, 50)
    result = apply_recipe(pixels, parse_recipe("stretch low=2 high=98"))
    assert (result.min(), result.max()) == (0, 1)
    low, high = np.percentile(pixels, (2, 98))
    expected = np.clip((pixels - low) / (high - low), 0, 1)
    np.testing.assert_allclose(result, expected, atol=1e-6)
    assert not apply_recipe(np.full((5, 5), 7, np.uint8), parse_recipe("stretch")).any()


def test_size_in_micrometres_is_that_in_pixels():
    pixels = pattern(40, 40)
    in_um = apply_recipe(pixels, [RollingBall(radius_um=2.5)], Spacing(0.25, 0.25))
    np.testing.assert_array_equal(in_um, apply_recipe(pixels, [RollingBall(radius_px=10)]))


def test_micrometres_without_spacing_are_refused_with_the_remedy():
    with pytest.raises(SettingsError, match="--spacing-um"):
        apply_recipe(pattern(9, 9), [Mean(radius_um=1)])


def test_micrometres_that_are_too_many_pixels_are_refused():
    with pytest.raises(SettingsError, match=r"5 µm, which is 50 px"):
        apply_recipe(pattern(9, 9), [Mean(radius_um=5)], Spacing(0.1, 0.1))


def test_colours_are_treated_one_by_one():
    pixels = np.stack([pattern(20, 20), pattern(20, 20).T, pattern(20, 20) // 2], axis=2)
    steps = parse_recipe("mean radius_px=1 | stretch")
    result = apply_recipe(pixels, steps)
    for s in range(3):
        np.testing.assert_array_equal(result[..., s], apply_recipe(pixels[..., s], steps))


def test_flat_field_by_a_reference_makes_an_even_field():
    light = np.tile(np.linspace(50, 150, 40), (30, 1))
    step = FlatField(reference="flat.tif")
    result = apply_recipe(light * 7, [step], references={"flat.tif": light})
    np.testing.assert_allclose(result, 700, rtol=1e-6)


def test_reference_of_another_size_or_none_is_refused():
    for references in (None, {"flat.tif": np.ones((3, 3))}):
        with pytest.raises(SettingsError, match="must have the size of the image"):
            apply_recipe(pattern(9, 9), [FlatField(reference="flat.tif")], references=references)


def test_bits_are_the_same_on_every_machine():
    """Protects the promise that a recipe gives one result; a change here breaks old recipes."""
    result = apply_recipe(pattern(72, 90).astype(np.uint16), parse_recipe(EVERYTHING))
    assert (
        hashlib.sha256(result.astype("<f4").tobytes()).hexdigest()
        == "2f7d67e606e8b093abb01acc9686b2d2ff6c2674a279158831db21ed7947f557"
    )


def test_threshold_is_a_frozen_value():
    with pytest.raises(AttributeError):
        Threshold(high=3).high = 4
