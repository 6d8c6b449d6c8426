"""What settings say of the course of a training happens, and goes on after a kill as unbroken."""

import json
import warnings

import numpy as np
import pytest
from tests.dataset_files import write_dataset
from tests.training_files import write_training_files

torch = pytest.importorskip("torch", reason="the extra train is not installed")
pytest.importorskip("lightning", reason="the extra train is not installed")

from nuclarium.core.errors import OutputError, SettingsError  # noqa: E402
from nuclarium.core.image import Image  # noqa: E402
from nuclarium.predict.segment import segment  # noqa: E402
from nuclarium.train.checkpoint import WholeCheckpointIO  # noqa: E402
from nuclarium.train.config import TrainConfig, read_config  # noqa: E402
from nuclarium.train.export import export_run  # noqa: E402
from nuclarium.train.module import NucleusModule, make_optimizer, make_schedule  # noqa: E402
from nuclarium.train.pairs import train_and_watch  # noqa: E402
from nuclarium.train.run import train  # noqa: E402

pytestmark = pytest.mark.torch
NEEDED = {"name": "x", "images": "images", "labels": "labels"}


class Killed(BaseException):
    """What stops a run from outside."""


def start(config, run, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return train(config, run, progress=False, **options)


def tensors(checkpoint):
    return torch.load(checkpoint, map_location="cpu", weights_only=False)["state_dict"]


def rate_of(checkpoint):
    stored = torch.load(checkpoint, map_location="cpu", weights_only=False)
    return stored["optimizer_states"][0]["param_groups"][0]["lr"]


COURSES = {
    "binary, sums of losses, accumulation": """
targets = "binary"
augmentation = "paper"
accumulate = 2
positive_weight = 2.0
full_size = true
decoder_channels = [8, 8, 8, 8, 4]
[loss]
focal = 1.0
jaccard = 0.5
""",
    "a plateau that lowers the rate at every look": """
optimizer = "sgd"
schedule = "plateau"
plateau_patience = 0
plateau_factor = 0.1
learning_rate = 1e-5
augmentation = "none"
""",
    "cosine and adam": """
optimizer = "adam"
schedule = "cosine"
weight_decay = 0.0
loss = "dice"
""",
    "dropout": """
encoder = "efficientnet-b0"
""",
}


def write(folder, settings):
    path = write_training_files(folder)
    lines = settings.strip().splitlines()
    names = {line.partition(" = ")[0] for line in lines if " = " in line}
    own = [x for x in path.read_text().splitlines() if x.partition(" = ")[0] not in names]
    path.write_text("\n".join([*own, *lines]) + "\n")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("settings", COURSES.values(), ids=COURSES)
def test_run_that_was_killed_ends_as_an_unbroken_one(tmp_path, monkeypatch, settings):
    config = write(tmp_path / "data", settings)
    whole = start(config, tmp_path / "whole")
    begun = []

    def stop(self, *_):
        begun.append(1)
        if len(begun) > 3 * self.config.accumulate + 1:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(NucleusModule, "on_train_batch_start", stop)
        with pytest.raises(Killed):
            start(config, tmp_path / "run")
    resumed = start(config, tmp_path / "run")
    expected = tensors(tmp_path / "whole" / "checkpoints" / "last.ckpt")
    got = tensors(tmp_path / "run" / "checkpoints" / "last.ckpt")
    torch.testing.assert_close(got, expected, rtol=0, atol=0)
    torch.testing.assert_close(tensors(resumed), tensors(whole), rtol=0, atol=0)
    rates = [rate_of(tmp_path / name / "checkpoints" / "last.ckpt") for name in ("whole", "run")]
    assert rates[0] == rates[1]
    if "plateau" in settings:
        assert rates[0] == pytest.approx(1e-7)


@pytest.mark.parametrize("schedule", ["onecycle", "cosine", "constant", "plateau"])
def test_rate_follows_its_schedule(schedule):
    config = TrainConfig.model_validate({**NEEDED, "schedule": schedule, "steps": 40})
    optimizer = make_optimizer([torch.nn.Parameter(torch.zeros(1))], config)
    found = make_schedule(optimizer, config)
    rates = []
    for _ in range(40):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if found is not None:
            found.step()
    if schedule in ("constant", "plateau"):
        assert set(rates) == {config.learning_rate}
    else:
        assert max(rates) == pytest.approx(config.learning_rate, rel=1e-2)
        assert rates[-1] < 0.02 * config.learning_rate
        assert np.argmax(rates) == (2 if schedule == "onecycle" else 0)


@pytest.mark.parametrize(("name", "kind"), [("adamw", "AdamW"), ("adam", "Adam"), ("sgd", "SGD")])
def test_optimizer_is_the_one_that_is_named(name, kind):
    config = TrainConfig.model_validate({**NEEDED, "optimizer": name, "weight_decay": 0.5})
    optimizer = make_optimizer([torch.nn.Parameter(torch.zeros(1))], config)
    assert type(optimizer).__name__ == kind
    assert optimizer.param_groups[0]["weight_decay"] == 0.5


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('loss = "hinge"', "loss"),
        ("loss = { dice = 0 }", "loss"),
        ('augmentation = "some"', "augmentation"),
        ('schedule = "plateau"\nvalidation_fraction = 0', "plateau needs images to watch"),
        ("devices = 0", "devices"),
        ("positive_weight = 0", "positive_weight"),
        ('dataset = "v001"', "dataset stands for images, labels"),
    ],
)
def test_wrong_setting_is_named_in_a_sentence(tmp_path, line, said):
    path = write(tmp_path, line)
    with pytest.raises(SettingsError, match=said) as caught:
        read_config(path)
    assert "\n" not in str(caught.value)


def dataset_settings(folder, dataset):
    path = folder / "run.toml"
    folder.mkdir(exist_ok=True)
    path.write_text(
        f'name = "d"\ndataset = "{dataset}"\nencoder = "tu-test_resnet"\ntargets = "binary"\n'
        "decoder_channels = [8, 8, 8, 8]\npatch_size_px = 64\nbatch_size = 2\nsteps = 2\n"
        'steps_per_epoch = 1\nprecision = "32-true"\nworkers = 0\n'
    )
    return path


def test_split_of_a_dataset_says_what_is_trained_on(tmp_path):
    write_dataset(tmp_path / "set")
    config = read_config(dataset_settings(tmp_path / "run", "../set"))
    assert config.dataset == tmp_path / "set" / "v001"
    train_pairs, val_pairs = train_and_watch(config)
    assert [pair.name for pair in train_pairs] == [f"field{i:02d}" for i in range(6)]
    assert [pair.name for pair in val_pairs] == ["field06", "field07"]


def test_dataset_without_a_part_is_refused(tmp_path):
    write_dataset(tmp_path / "set", parts=("train", "train", "test"))
    with pytest.raises(SettingsError, match="in its part val, but of its 3 images none"):
        start(dataset_settings(tmp_path / "run", "../set"), tmp_path / "out")


def test_images_without_any_nucleus_are_refused(tmp_path):
    write_dataset(tmp_path / "set", empty=True)
    with pytest.raises(SettingsError, match="none of the 6 label images does"):
        start(dataset_settings(tmp_path / "run", "../set"), tmp_path / "out")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("pos 3")])
def test_disk_that_is_full_is_one_sentence_and_the_run_goes_on(tmp_path, monkeypatch, error):
    write_dataset(tmp_path / "set")
    config = dataset_settings(tmp_path / "run", "../set")
    saved = []

    def refused(checkpoint, path):
        path.write_bytes(b"half")
        saved.append(path)
        if len(saved) > 2:
            raise error

    with monkeypatch.context() as patch:
        real = torch.save

        def save(checkpoint, path):
            if len(saved) < 2:
                saved.append(path)
                real(checkpoint, path)
            else:
                refused(checkpoint, path)

        patch.setattr("nuclarium.train.checkpoint.torch.save", save)
        with pytest.raises(OutputError, match=r"[Ff]ree some space") as caught:
            start(config, tmp_path / "out")
    assert "\n" not in str(caught.value)
    kept = sorted(path.name for path in (tmp_path / "out" / "checkpoints").iterdir())
    assert kept == ["best-step=1.ckpt", "last.ckpt"]
    start(config, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "course.json").read_text())["steps"] == 2


def test_checkpoint_that_breaks_off_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "last.ckpt"
    WholeCheckpointIO().save_checkpoint({"step": 1}, path)

    def breaks(_, part):
        part.write_bytes(b"half")
        raise Killed

    monkeypatch.setattr("nuclarium.train.checkpoint.torch.save", breaks)
    with pytest.raises(Killed):
        WholeCheckpointIO().save_checkpoint({"step": 2}, path)
    assert [p.name for p in tmp_path.iterdir()] == ["last.ckpt"]
    assert torch.load(path, weights_only=True) == {"step": 1}


def test_mask_network_is_exported_with_a_height_and_segments(tmp_path):
    write_dataset(tmp_path / "set")
    start(dataset_settings(tmp_path / "run", "../set"), tmp_path / "out")
    model = export_run(tmp_path / "out", tmp_path / "mask.onnx")
    assert model.decoder.join_ratio == 0.85
    assert model.card["settings"]["targets"] == "binary"
    assert str(tmp_path) not in json.dumps(model.card)
    labels = segment(Image.from_array(np.zeros((70, 90), np.uint8)), tmp_path / "mask.onnx")
    assert labels.shape == (70, 90)


def test_training_goes_on_from_a_mask_network(tmp_path):
    write_dataset(tmp_path / "set")
    start(dataset_settings(tmp_path / "run", "../set"), tmp_path / "out")
    export_run(tmp_path / "out", tmp_path / "run" / "mask.onnx")
    path = tmp_path / "run" / "again.toml"
    text = (tmp_path / "run" / "run.toml").read_text()
    kept = [x for x in text.splitlines() if x.split(" ")[0] not in ("encoder", "targets")]
    path.write_text("\n".join([*kept, 'start_from = "mask.onnx"']))
    assert read_config(path).targets == "binary"
    assert start(path, tmp_path / "again").is_file()
