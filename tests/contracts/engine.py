"""Behaviour that every engine must show; subclass it and give `start`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tests.local_networks import local_network

from nuclarium.core.errors import ModelError
from nuclarium.predict.engine import Engine


class EngineContract:
    """Give `start`, which makes an engine of the bytes of an ONNX file and a number of threads."""

    def start(self, network: bytes, threads: int) -> Engine:
        raise NotImplementedError

    @pytest.fixture
    def engine(self):
        return self.start(local_network(), 1)

    def test_logits_have_the_size_of_the_pixels(self, engine, rng):
        for shape in [(1, 1, 32, 64), (3, 1, 96, 32), (1, 1, 33, 35)]:
            logits = engine.run(rng.random(shape, dtype=np.float32))
            assert logits.shape == (shape[0], 2, *shape[2:])
            assert logits.dtype == np.float32

    def test_logits_are_those_of_the_network(self, engine):
        pixels = np.zeros((1, 1, 9, 9), np.float32)
        pixels[0, 0, 4, 4] = 1
        fine, broad = engine.run(pixels)[0]
        np.testing.assert_allclose(fine[3:6, 3:6], 3 + 6 / 9, rtol=1e-6)
        assert (fine == 3).sum() == 81 - 9
        np.testing.assert_allclose(broad[4, 4], 3 / 81, rtol=1e-6)

    def test_image_of_a_batch_gets_what_it_gets_alone(self, engine, rng):
        pixels = rng.random((3, 1, 32, 48), dtype=np.float32)
        together = engine.run(pixels)
        for i in range(3):
            np.testing.assert_allclose(engine.run(pixels[i : i + 1])[0], together[i], atol=1e-6)

    def test_later_run_does_not_change_earlier_logits(self, engine, rng):
        first = engine.run(rng.random((1, 1, 32, 32), dtype=np.float32))
        before = first.copy()
        engine.run(rng.random((1, 1, 32, 32), dtype=np.float32))
        np.testing.assert_array_equal(first, before)

    def test_engine_stays_ready_after_its_memory_is_released(self, engine, rng):
        pixels = rng.random((1, 1, 32, 32), dtype=np.float32)
        before = engine.run(pixels)
        engine.release()
        np.testing.assert_array_equal(engine.run(pixels), before)

    def test_threads_at_once_get_what_one_gets(self, engine, rng):
        tiles = [rng.random((1, 1, 32, 32 + 8 * (i % 3)), dtype=np.float32) for i in range(24)]
        alone = [engine.run(tile) for tile in tiles]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(engine.run, tiles))
        for a, b in zip(alone, together, strict=True):
            np.testing.assert_array_equal(a, b)

    def test_number_of_threads_does_not_change_the_logits(self, engine, rng):
        pixels = rng.random((1, 1, 64, 64), dtype=np.float32)
        several = self.start(local_network(), 2).run(pixels)
        np.testing.assert_allclose(several, engine.run(pixels), atol=1e-5)

    @pytest.mark.parametrize("network", [b"", b"no network", b"\x08\x09" * 40])
    def test_broken_network_is_a_model_error(self, network):
        with pytest.raises(ModelError, match="cannot be started"):
            self.start(network, 1)

    def test_truncated_network_is_a_model_error(self):
        with pytest.raises(ModelError, match="cannot be started"):
            self.start(local_network()[:-40], 1)
