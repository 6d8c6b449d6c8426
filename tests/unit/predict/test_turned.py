import numpy as np
import pytest

from nuclarium.predict.turned import TurnedEngine


class Recorder:
    """An engine whose second answer depends on how its input lies."""

    name = "recorder"

    def __init__(self, weights):
        self.weights = weights
        self.seen = []

    def run(self, pixels):
        self.seen.append(pixels)
        height, width = pixels.shape[2:]
        return np.concatenate([pixels, pixels * self.weights[:height, :width]], axis=1)

    def release(self):
        self.seen = None


@pytest.fixture
def pixels(rng):
    return rng.random((1, 1, 6, 9), dtype=np.float32)


def test_all_eight_turns_are_seen_once(pixels):
    engine = Recorder(np.ones((9, 9), np.float32))
    TurnedEngine(engine).run(pixels)
    assert len({seen.tobytes() + bytes(seen.shape) for seen in engine.seen}) == 8
    assert all(seen.flags.c_contiguous for seen in engine.seen)


def test_what_does_not_depend_on_the_turn_comes_back_as_it_was(pixels):
    logits = TurnedEngine(Recorder(np.ones((9, 9), np.float32))).run(pixels)
    np.testing.assert_allclose(logits[:, :1], pixels, rtol=1e-6)


@pytest.mark.parametrize("turns", [1, 2, 4])
def test_as_many_turns_are_seen_as_asked_for(pixels, turns):
    engine = Recorder(np.ones((9, 9), np.float32))
    logits = TurnedEngine(engine, turns).run(pixels)
    assert len({seen.tobytes() + bytes(seen.shape) for seen in engine.seen}) == turns
    np.testing.assert_allclose(logits[:, :1], pixels, rtol=1e-6)


@pytest.mark.parametrize("turns", [0, 9])
def test_turns_that_there_are_not_are_refused(turns):
    with pytest.raises(ValueError, match="1 to 8"):
        TurnedEngine(Recorder(None), turns)


def test_answer_turns_with_the_input(pixels, rng):
    engine = TurnedEngine(Recorder(rng.random((9, 9), dtype=np.float32)))
    straight = engine.run(pixels)
    for turned, back in (
        (np.rot90(pixels, 1, axes=(2, 3)), lambda maps: np.rot90(maps, -1, axes=(2, 3))),
        (pixels[:, :, ::-1], lambda maps: maps[:, :, ::-1]),
    ):
        np.testing.assert_allclose(back(engine.run(np.ascontiguousarray(turned))), straight, 1e-5)


def test_release_reaches_the_network():
    engine = Recorder(None)
    TurnedEngine(engine).release()
    assert engine.seen is None
