import numpy as np
import pytest

from nuclarium.synthetic.wobble import Wobble


@pytest.mark.parametrize("seed", range(4))
def test_normalised_body_has_the_volume_of_the_unit_sphere(seed):
    rng = np.random.default_rng(seed)
    wobble = Wobble.drawn(rng, amplitude=0.1, dent=0.3)
    directions = rng.normal(size=(20_000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    # Volume of a star-shaped body: a third of the integral of the cubed radius.
    assert (wobble.rim(directions) ** 3).mean() == pytest.approx(1, abs=0.01)


def test_without_bumps_it_is_a_sphere(rng):
    wobble = Wobble.drawn(rng, amplitude=0.0, dent=0.0)
    assert wobble.rim(np.eye(3)).tolist() == [1, 1, 1]


def test_dent_is_where_it_is_said_to_be():
    none = np.zeros((0, 3))
    wobble = Wobble(none, np.zeros(0), np.zeros(0), dent=np.array([0.3, 0, 0]))
    there, behind = wobble.rim(np.array([[1.0, 0, 0], [-1, 0, 0]]))
    assert there == pytest.approx(0.7)
    assert behind == pytest.approx(1, abs=1e-4)
