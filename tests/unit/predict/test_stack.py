"""A stack is segmented slice by slice, and goes on where it was stopped."""

import numpy as np
import pytest
from tests.local_networks import local_network

from nuclarium.core.geometry import Spacing
from nuclarium.core.image import Image
from nuclarium.predict.engine import start_engine
from nuclarium.predict.model import InputSpec, Model
from nuclarium.predict.segment import choose_views, select
from nuclarium.predict.stack import segment_stack
from nuclarium.predict.store import FolderStore, MemoryStore
from nuclarium.predict.view import ViewSettings
from nuclarium.synthetic.plane import synthetic_nuclei


class StoppedError(Exception):
    """What a run ends with here."""


class Unplugged:
    """An engine that must not be asked."""

    def run(self, pixels):
        raise StoppedError

    def release(self):
        pass


@pytest.fixture
def model():
    return Model("local", local_network(), InputSpec(divisor=2, tile_size=64, halo=8))


@pytest.fixture
def stack(rng):
    plane = synthetic_nuclei((80, 64), 8, rng, diameter_px=14)[0]
    light = np.array([0.3, 0.8, 1.0, 0.9, 0.4])[:, None, None]
    pixels = (plane * light).astype(np.uint16)
    return Image.from_array(pixels, axes="ZYX", spacing=Spacing(0.5, 0.5, 1.0))


def segmented(stack, model, store, engine=None):
    selection = select(stack, z="each")
    ready = start_engine(model.network, engine="onnxruntime", threads=1)
    views = choose_views(selection, model, ready, ViewSettings(magnification=1, contrast="bright"))
    return segment_stack(
        selection, model, engine or ready, views, store=store, tiles=lambda z: MemoryStore()
    )


def test_labels_have_the_shape_of_the_stack_and_numbers_run_through(stack, model):
    found = segmented(stack, model, MemoryStore())
    labels = np.stack(list(found.iter_slices()))
    assert labels.shape == found.shape == (5, 80, 64)
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(np.unique(labels), np.arange(found.count + 1))
    assert found.count >= 3
    assert ((found.score > 0) & (found.score <= 1)).all()


def test_slices_that_were_finished_are_not_segmented_again(stack, model, tmp_path):
    first = segmented(stack, model, FolderStore(tmp_path / "slices"))
    again = segmented(stack, model, FolderStore(tmp_path / "slices"), Unplugged())
    for one, other in zip(first.iter_slices(), again.iter_slices(), strict=True):
        np.testing.assert_array_equal(one, other)
    (tmp_path / "slices" / "slice-3.npz.zst").unlink()
    with pytest.raises(StoppedError):
        segmented(stack, model, FolderStore(tmp_path / "slices"), Unplugged())
