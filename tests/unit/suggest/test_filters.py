import numpy as np
import pytest
from scipy import ndimage

from nuclarium.suggest.eigenvalues import eigenvalues_2, eigenvalues_3
from nuclarium.suggest.filters import bend, gaussian, gaussian_kernel, slope


@pytest.mark.parametrize("sigma", [0.0, 0.3, 0.7, 1.6, 3.0])
def test_weights_of_a_kernel_are_whole_and_add_up_to_a_power_of_two(sigma):
    weights = gaussian_kernel(sigma)
    assert (weights == np.rint(weights)).all()
    assert weights.sum() == 2**14


@pytest.mark.parametrize("sigma", [0.7, 1.6, 3.0])
def test_gaussian_is_that_of_scipy(rng, sigma):
    plane = rng.integers(0, 4096, (1, 40, 50)).astype(float)
    expected = ndimage.gaussian_filter(plane[0], sigma, mode="reflect")
    np.testing.assert_allclose(gaussian(plane, sigma)[0], expected, atol=0.6)


def test_gaussian_of_a_stack_is_that_of_scipy_with_a_sigma_an_axis(rng):
    stack = rng.integers(0, 4096, (7, 20, 30)).astype(float)
    expected = ndimage.gaussian_filter(stack, (0.5, 2.0, 2.0), mode="reflect")
    np.testing.assert_allclose(gaussian(stack, 2.0, 0.5), expected, atol=0.6)


def test_sums_are_exact_so_their_order_does_not_matter(rng):
    plane = rng.integers(-4096, 12288, (1, 30, 30)).astype(float)
    weights = gaussian_kernel(1.6).astype(int)
    reach = len(weights) // 2
    padded = np.pad(plane[0].astype(int), reach, mode="symmetric")
    rows = sum(w * padded[i : i + 30] for i, w in enumerate(weights.tolist()))
    whole = sum(w * rows[:, i : i + 30] for i, w in enumerate(weights.tolist()))
    assert (gaussian(plane, 1.6)[0] == whole / 2**28).all()


def test_a_plane_smaller_than_the_kernel_is_reflected_again():
    plane = np.arange(6.0).reshape(1, 2, 3)
    expected = ndimage.gaussian_filter(plane[0], 3.0, mode="reflect")
    np.testing.assert_allclose(gaussian(plane, 3.0)[0], expected, atol=0.01)


def test_slope_and_bend_are_differences_of_a_plane_that_goes_on_as_in_a_mirror(rng):
    plane = rng.integers(0, 99, (1, 5, 6)).astype(np.float32)
    padded = np.pad(plane[0], 1, mode="symmetric")
    assert (slope(plane, 1)[0] == (padded[2:] - padded[:-2])[:, 1:-1] / 2).all()
    assert (bend(plane, 2)[0] == (padded[:, 2:] + padded[:, :-2])[1:-1] - 2 * plane[0]).all()


def test_slope_along_an_axis_of_one_is_zero():
    assert (slope(np.ones((1, 2, 2), np.float32), 0) == 0).all()


def test_eigenvalues_are_those_of_numpy(rng):
    for size, function in ((2, eigenvalues_2), (3, eigenvalues_3)):
        half = rng.normal(size=(50, size, size))
        matrix = half + half.transpose(0, 2, 1)
        same = [matrix[:, i, i] for i in range(size)]
        pairs = [(i, j) for i in range(size) for j in range(i + 1, size)]
        found = function(*same, *[matrix[:, i, j] for i, j in pairs])
        expected = np.linalg.eigvalsh(matrix)[:, ::-1]
        np.testing.assert_allclose(np.stack(found, axis=1), expected, atol=1e-9)


def test_eigenvalues_of_a_multiple_of_the_identity_are_that_number():
    five, none = np.array([5.0]), np.array([0.0])
    assert [float(v[0]) for v in eigenvalues_3(five, five, five, none, none, none)] == [5, 5, 5]
