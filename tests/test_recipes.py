"""The shipped models are what the recipes of this repository make."""

import tomllib
from pathlib import Path

import pytest

from nuclarium.cli import main
from nuclarium.predict.model import DecoderSpec, load_model

RECIPES = Path(__file__).parents[1] / "recipes"


@pytest.mark.parametrize("name", ["fluo", "he"])
def test_a_shipped_model_has_the_settings_of_its_recipe(name):
    recipe = tomllib.loads((RECIPES / f"{name}.toml").read_text())
    model = load_model(name)
    settings = model.card["settings"]
    assert model.decoder == DecoderSpec(**recipe.pop("decoder"))
    assert model.input.turns == recipe.get("turns", 1)
    assert model.input.blur_px == recipe.get("blur_px", 0.0)
    card = recipe.pop("card")
    assert {key: model.card[key] for key in card} == card
    if start := recipe.get("start_from"):
        recipe["start_from"] = Path(start).name
        assert (RECIPES / Path(start).with_suffix(".toml").name).exists()
    stored = {key: value for key, value in recipe.items() if key in settings}
    assert {"steps", "batch_size", "learning_rate", "ema_decay", "seed"} <= stored.keys()
    assert {key: settings[key] for key in stored} == stored


@pytest.mark.parametrize("name", ["fluo", "he"])
def test_a_shipped_model_is_small_and_was_run_to_a_step_of_its_recipe(name):
    model = load_model(name)
    settings = model.card["settings"]
    assert len(model.network) <= 20_000_000
    assert model.card["step"] % settings["steps_per_epoch"] == 0
    assert 0 < model.card["step"] <= settings["steps"]
    if settings.get("keep") == "last":
        assert model.card["step"] == settings["steps"]


def test_cards_tell_how_good_a_model_is_what_it_is_bad_at_and_how_it_is_made(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["nuclarium", "models"])
    with pytest.raises(SystemExit) as ending:
        main()
    assert ending.value.code in (None, 0)
    fluo, he = capsys.readouterr().out.split("\nhe\n")
    for card in (fluo, he):
        assert "made_by: make models" in card
        for part in ("sha256: ", "limits: ", "data_licence: CC0", "seed 1", "F1 at IoU 0.5: 0."):
            assert part in card
