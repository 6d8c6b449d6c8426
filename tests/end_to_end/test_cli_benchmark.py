"""The commands of training and benchmarks, as they are typed."""

import json

import pytest
from tests.dataset_files import write_dataset
from tests.training_files import run_here, write_training_files
from typer.testing import CliRunner

pytest.importorskip("lightning", reason="the extra train is not installed")

from nuclarium.cli.app import app
from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.train.fresh import FreshProcesses

pytestmark = pytest.mark.torch
SETTINGS = """
decoder_channels = [8, 8, 8, 8]
full_size = false
patch_size_px = 64
precision = "32-true"
"""


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_preview_is_a_picture_and_nothing_is_trained(tmp_path):
    settings = write_training_files(tmp_path / "data", settings='augmentation = "paper"\n')
    result = run("train", settings, "--preview", tmp_path / "preview.png")
    assert result.exit_code == 0
    assert (tmp_path / "preview.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "preview.png"]


def test_training_without_a_folder_is_refused(tmp_path):
    result = run("train", write_training_files(tmp_path / "data"))
    assert isinstance(result.exception, SettingsError)
    assert "--out DIR" in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "kind", "said"),
    [
        (("--reference", "other"), SettingsError, "bmgd-paper"),
        (("--encoders", "resnet9000"), SettingsError, "resnet9000"),
        (("--settings", "nowhere.toml"), InputNotFoundError, "nowhere"),
        (("--weights", "nowhere"), SettingsError, "nowhere"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_trained(tmp_path, arguments, kind, said):
    dataset = write_dataset(tmp_path / "set")
    result = run("benchmark", dataset, "--out", tmp_path / "out", *arguments)
    assert isinstance(result.exception, kind)
    assert said in str(result.exception)


@pytest.mark.slow
def test_encoders_and_seeds_are_named_one_after_another(tmp_path, monkeypatch):
    monkeypatch.setattr(FreshProcesses, "run", run_here)
    dataset = write_dataset(tmp_path / "set")
    (tmp_path / "tiny.toml").write_text(SETTINGS)
    result = run(
        *("benchmark", dataset, "--encoders", "tu-test_resnet", "tu-test_vit2", "--json"),
        *("--seeds", 3, "--steps", 1, "--batch-size", 2, "--workers", 0),
        *("--out", tmp_path / "out", "--settings", tmp_path / "tiny.toml"),
    )
    # The second is no encoder with a pyramid; the first is not reached.
    assert isinstance(result.exception, SettingsError)
    assert "tu-test_vit2" in str(result.exception)
    result = run(
        *("benchmark", dataset, "--encoders", "tu-test_resnet", "--json"),
        *("--seeds", 3, 4, "--steps", 1, "--batch-size", 2, "--workers", 0),
        *("--out", tmp_path / "out", "--settings", tmp_path / "tiny.toml"),
    )
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert [row["encoder"] for row in printed["pixels"]] == ["tu-test_resnet"]
    assert (tmp_path / "out" / "tu-test_resnet-seed4" / "scores.json").is_file()
