"""The families of targets of benchmarks/targets: what they say can be read out again."""

import importlib
from pathlib import Path

import numpy as np
import pytest
from skimage.draw import disk

pytest.importorskip("torch")

from nuclarium.evaluate import score
from nuclarium.models.targets import largest_distances
from nuclarium.predict.model import InputSpec
from nuclarium.train.config import TrainConfig
from nuclarium.train.data import RandomPatches
from nuclarium.train.examples import Example

FOLDER = str(Path(__file__).parents[3] / "benchmarks" / "targets")
NAMES = ("distance", "border", "star", "flow")


@pytest.fixture(autouse=True)
def _modules(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)


@pytest.fixture
def touching():
    labels = np.zeros((96, 100), np.int32)
    for label, (y, x, radius) in enumerate(
        [(20, 20, 12), (20, 45, 13), (60, 30, 20), (60, 75, 6), (74, 76, 8), (90, 5, 9)], start=1
    ):
        labels[disk((y, x), radius, shape=labels.shape)] = label
    return labels


def family(name):
    return importlib.import_module(name).FAMILY


@pytest.mark.parametrize("name", NAMES)
def test_perfect_maps_give_the_nuclei_back(name, touching):
    own = family(name)
    maps = own.perfect(touching, largest_distances(touching))
    for settings in (own.ideal, *own.grid):
        found = own.decode(maps, touching.shape, settings)
        assert score(found, touching).match(0.7).f1 == 1


@pytest.mark.parametrize("name", NAMES)
def test_maps_without_nuclei_give_none(name):
    own = family(name)
    empty = np.zeros((64, 64), np.int32)
    maps = own.perfect(empty, np.zeros(1, np.float32))
    assert len(own.grid) <= 12
    assert not own.decode(maps, empty.shape, own.grid[0]).any()


def test_patches_are_those_of_training(touching):
    learning = importlib.import_module("learning")
    config = TrainConfig(name="n", images=Path(), labels=Path(), patch_size_px=64)
    pixels = touching.astype(np.float32) / 6
    examples = [Example("a", pixels, touching, largest_distances(touching))]
    shipped = RandomPatches(examples, InputSpec(), config)
    own = learning.FamilyPatches(examples, InputSpec(), config, family("distance"))
    for number in range(40):
        for ours, theirs in zip(own[number], shipped[number], strict=True):
            np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_killed_run_goes_on_as_if_it_had_not_been(touching, tmp_path, monkeypatch):
    learning = importlib.import_module("learning")
    monkeypatch.setattr(learning, "SAVE_EVERY", 2)
    config = TrainConfig(
        name="n", images=Path(), labels=Path(), patch_size_px=64, batch_size=2, steps=4, workers=0
    )
    examples = [Example("a", touching / np.float32(6), touching, largest_distances(touching))]
    step, done = learning._step, []

    def killed_at_third(*args):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(1)
        return step(*args)

    networks = []
    for folder in ("whole", "killed"):
        (tmp_path / folder).mkdir()
        arguments = (family("star"), examples, InputSpec(), config, tmp_path / folder)
        if folder == "killed":
            monkeypatch.setattr(learning, "_step", killed_at_third)
            with pytest.raises(KeyboardInterrupt):
                learning.trained(*arguments)
            monkeypatch.setattr(learning, "_step", step)
        networks.append(learning.trained(*arguments).state_dict())
    for name, value in networks[0].items():
        np.testing.assert_allclose(value.numpy(), networks[1][name].numpy(), atol=1e-6)
