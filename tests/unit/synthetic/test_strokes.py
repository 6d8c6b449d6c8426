import numpy as np
import pytest

from nuclarium.synthetic.plane import synthetic_nuclei
from nuclarium.synthetic.strokes import BACKGROUND, NUCLEI, drawn_strokes


@pytest.fixture(scope="module")
def truth():
    return synthetic_nuclei((200, 240), 30, np.random.default_rng(0))[1]


def test_strokes_never_lie_on_the_wrong_class(truth):
    strokes = drawn_strokes(truth, np.random.default_rng(1))
    assert (truth[strokes == NUCLEI] > 0).all()
    assert (truth[strokes == BACKGROUND] == 0).all()


def test_as_many_nuclei_are_drawn_on_as_asked_for(truth):
    strokes = drawn_strokes(truth, np.random.default_rng(1), 5)
    assert len(np.unique(truth[strokes == NUCLEI])) == 5


def test_strokes_are_few_pixels_and_of_both_classes(truth):
    strokes = drawn_strokes(truth, np.random.default_rng(1))
    assert 0 < (strokes == NUCLEI).sum() < 0.05 * truth.size
    assert 0 < (strokes == BACKGROUND).sum() < 0.05 * truth.size


@pytest.mark.parametrize("value", [0, 1])
def test_plane_without_background_or_nuclei_gets_strokes_of_one_class(value):
    strokes = drawn_strokes(np.full((40, 40), value, np.int32), np.random.default_rng(0))
    assert set(np.unique(strokes)) == {0, NUCLEI if value else BACKGROUND}
