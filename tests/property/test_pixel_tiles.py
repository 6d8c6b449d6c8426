"""Tiles of features are those of the whole plane, wherever the cuts run."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nuclarium.core.geometry import Box, iter_boxes
from nuclarium.suggest.features import Canvas, StepRange, alignment, feature_tile, halo
from nuclarium.suggest.settings import FeatureSettings

SCALES = st.lists(
    st.sampled_from([0.3, 0.7, 1.0, 1.6, 3.5, 5.0, 10.0]), min_size=1, max_size=3, unique=True
).map(lambda scales: tuple(sorted(scales)))
SIDES = st.integers(1, 150)


@settings(deadline=None, max_examples=60)
@given(
    scales=SCALES, shape=st.tuples(SIDES, SIDES), side=st.integers(1, 12), seed=st.integers(0, 99)
)
def test_tiles_are_the_whole(scales, shape, side, seed):
    pixels = np.random.default_rng(seed).integers(0, 4096, (1, 1, *shape)).astype(np.uint16)
    canvas = Canvas(lambda box: pixels[..., *box.slices], (1, *shape), (StepRange(0, 4095),))
    chosen = FeatureSettings(scales)
    whole = feature_tile(canvas, chosen, Box.of_shape(shape))
    for box in iter_boxes(shape, side * 4 * alignment(chosen)):
        tile = feature_tile(canvas, chosen, box)
        for index in range(len(chosen.names)):
            assert (tile.full(index) == whole.full(index)[:, *box.slices]).all()


@settings(deadline=None, max_examples=15)
@given(depth=st.integers(2, 5), z_step=st.floats(0.5, 6), seed=st.integers(0, 99))
def test_tiles_of_a_stack_are_the_whole(depth, z_step, seed):
    shape = (depth, 70, 61)
    pixels = np.random.default_rng(seed).integers(0, 4096, (1, *shape)).astype(np.uint16)
    canvas = Canvas(lambda box: pixels[..., *box.slices], shape, (StepRange(0, 4095),), z_step)
    chosen = FeatureSettings((1.0, 3.5), dims=3)
    whole = feature_tile(canvas, chosen, Box.of_shape(shape[1:]))
    for box in iter_boxes(shape[1:], 32):
        tile = feature_tile(canvas, chosen, box)
        for index in range(len(chosen.names)):
            assert (tile.full(index) == whole.full(index)[:, *box.slices]).all()


@given(scales=SCALES, seed=st.integers(0, 99))
@settings(deadline=None, max_examples=30)
def test_a_pixel_beyond_the_halo_changes_nothing(scales, seed):
    chosen = FeatureSettings(scales)
    reach = -(-halo(chosen) // alignment(chosen)) * alignment(chosen)
    rng = np.random.default_rng(seed)
    size = 32 + 2 * reach + 40
    pixels = rng.integers(0, 4096, (1, 1, size, size)).astype(np.uint16)
    start = -(-(reach + 20) // alignment(chosen)) * alignment(chosen)
    box = Box(start, start, start + 8, start + 8)
    ranges = (StepRange(0, 4095),)

    def tile(values):
        canvas = Canvas(lambda b: values[..., *b.slices], (1, size, size), ranges)
        return feature_tile(canvas, chosen, box)

    changed = pixels.copy()
    changed[..., : start - reach - 1, :] = 0
    one, other = tile(pixels), tile(changed)
    for index in range(len(chosen.names)):
        assert (one.full(index) == other.full(index)).all()
