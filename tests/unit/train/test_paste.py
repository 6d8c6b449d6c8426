import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

pytest.importorskip("torch", reason="the extra train is not installed")

from nuclarium.models.targets import largest_distances
from nuclarium.train.paste import MOST_COVERED, Patch, add_light, add_stain, pasted

pytestmark = pytest.mark.torch
LABELS = arrays(np.int32, (12, 14), elements=st.integers(0, 4))


def patch_of(labels):
    return Patch(labels.astype(np.float32), labels, largest_distances(labels))


@given(LABELS, LABELS)
def test_nuclei_of_both_are_there_and_little_of_the_lower_is_hidden(below, above):
    both, alpha = pasted(patch_of(below), patch_of(above))
    count = int(below.max())
    assert len(both.largest) == 1 + count + int(above.max())
    on_top = both.labels > count
    for label in np.unique(above[above > 0]):
        own = above == label
        covered = (below[own] > 0).mean()
        is_kept = (both.labels[own] == label + count).all()
        assert is_kept == (covered <= MOST_COVERED)
    np.testing.assert_array_equal(both.labels[~on_top], below[~on_top])
    assert 0 <= alpha.min() <= alpha.max() <= 1 + 1e-6


def test_light_adds_and_stain_absorbs():
    alpha = np.zeros((8, 8), np.float32)
    alpha[2:6, 2:6] = 1
    ground = np.full((8, 8), 0.2, np.float32)
    assert add_light(ground, ground, alpha)[3, 3] == pytest.approx(0.4)
    assert add_light(ground, ground, alpha)[0, 0] == pytest.approx(0.2)
    colours = np.ones((8, 8, 3), np.float32)
    other = colours.copy()
    other[2:6, 2:6] = 0.5
    np.testing.assert_allclose(add_stain(colours * 0.5, other, alpha)[3, 3], 0.25)


def test_targets_are_kept_when_only_pixels_change():
    labels = np.zeros((20, 20), np.int32)
    labels[5:15, 5:15] = 1
    patch = patch_of(labels)
    targets = patch.targets
    assert patch.with_pixels(patch.pixels + 1).targets is targets
