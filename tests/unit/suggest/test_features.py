from itertools import combinations

import numpy as np
import pytest
from scipy import ndimage

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Box
from nuclarium.suggest.features import Canvas, StepRange, feature_tile
from nuclarium.suggest.settings import FAMILIES, FeatureSettings

UNIT = 4095.0
PAD = 60


def canvas_of(pixels, z_step=1.0):
    stack = pixels if pixels.ndim == 3 else pixels[None]
    return Canvas(
        lambda box: stack[None][..., *box.slices], stack.shape, (StepRange(0, UNIT),), z_step
    )


def features_of(pixels, settings, z_step=1.0):
    """Each feature by name, in steps of intensity."""
    tile = feature_tile(canvas_of(pixels, z_step), settings, Box.of_shape(pixels.shape[-2:]))
    steps = [2 if name.startswith("gaussian") else 4 for name in settings.names]
    return {name: tile.full(i) / steps[i] for i, name in enumerate(settings.names)}


def blobs(rng, shape):
    smooth = ndimage.gaussian_filter(rng.random(shape), 2.5)
    return np.rint(4000 * (smooth - smooth.min()) / np.ptp(smooth))


def naive(pixels, scale, z_step=1.0):
    """The definitions, at full resolution, of scipy and numpy in float64."""
    flat = pixels.ndim == 2
    sigmas = np.array([scale, scale] if flat else [scale / z_step, scale, scale])
    pad = [PAD] * pixels.ndim if flat else [4, PAD, PAD]
    wide = np.pad(pixels, [(p, p) for p in pad], mode="symmetric")
    inner = tuple(slice(p, -p) for p in pad)

    def smooth(values, factor=1.0):
        return ndimage.gaussian_filter(values, sigmas * factor, mode="reflect")

    def slope(values, axis):
        return np.gradient(values, axis=axis) * sigmas[axis]

    axes = range(pixels.ndim)
    g = smooth(wide)
    slopes = [slope(g, axis) for axis in axes]
    hessian, tensor = np.zeros((2, *wide.shape, pixels.ndim, pixels.ndim))
    for axis in axes:
        second = np.roll(g, 1, axis) + np.roll(g, -1, axis) - 2 * g
        hessian[..., axis, axis] = second * sigmas[axis] ** 2
        tensor[..., axis, axis] = smooth(slopes[axis] ** 2, 0.5)
    for a, b in combinations(axes, 2):
        hessian[..., a, b] = hessian[..., b, a] = slope(slopes[a], b)
        tensor[..., a, b] = tensor[..., b, a] = smooth(slopes[a] * slopes[b], 0.5)
    found = {
        "gaussian": g,
        "gradient": np.sqrt(sum(s * s for s in slopes)),
        "laplacian": np.trace(hessian, axis1=-2, axis2=-1),
        "difference": g - smooth(wide, 0.66),
    }
    for name, matrix in (("structure", tensor), ("hessian", hessian)):
        values = np.linalg.eigvalsh(matrix)[..., ::-1]
        values = np.sqrt(np.maximum(values, 0)) if name == "structure" else values
        for part in axes:
            found[f"{name}, eigenvalue {part + 1}"] = values[..., part]
    return {name: values[inner] for name, values in found.items()}


def key_of(name, scale):
    return name.replace(f" {scale:g} px", "")


@pytest.mark.parametrize("scale", [0.7, 1.0, 1.6])
def test_small_scales_are_the_definitions_to_a_few_steps(rng, scale):
    pixels = blobs(rng, (60, 70))
    expected = naive(pixels, scale)
    found = features_of(pixels, FeatureSettings((scale,)))
    for name, values in found.items():
        error = np.abs(values[0] - expected[key_of(name, scale)])
        assert error.max() < (6 if "structure" in name else 2), name


@pytest.mark.parametrize("scale", [3.5, 5.0, 10.0])
def test_large_scales_at_reduced_size_are_the_definitions_to_an_eighth_of_their_spread(rng, scale):
    pixels = blobs(rng, (120, 140))
    expected = naive(pixels, scale)
    found = features_of(pixels, FeatureSettings((scale,)))
    for name, values in found.items():
        want = expected[key_of(name, scale)]
        error = np.sqrt(((values[0] - want) ** 2).mean()) / want.std()
        assert error < (0.25 if "structure" in name and name.endswith("2") else 0.125), name
        assert np.corrcoef(values.ravel(), want.ravel())[0, 1] > 0.97, name


def test_features_of_a_stack_are_the_definitions_with_anisotropic_spacing(rng):
    pixels = blobs(rng, (9, 40, 44))
    expected = naive(pixels, 1.6, z_step=2.0)
    found = features_of(pixels, FeatureSettings((1.6,), dims=3), z_step=2.0)
    assert len(found) == 10
    for name, values in found.items():
        error = np.abs(values - expected[key_of(name, 1.6)])[1:-1]
        assert error.max() < (8 if "structure" in name else 3), name


def test_a_stack_of_two_dimensional_features_is_its_planes_one_by_one(rng):
    stack = blobs(rng, (3, 40, 44))
    settings = FeatureSettings((1.0, 3.5))
    whole = features_of(stack, settings)
    for z, plane in enumerate(stack):
        for name, values in features_of(plane, settings).items():
            assert (whole[name][z] == values[0]).all()


def test_families_are_computed_as_among_all(rng):
    pixels = blobs(rng, (40, 44))
    everything = features_of(pixels, FeatureSettings((1.6,)))
    for family in FAMILIES:
        for name, values in features_of(pixels, FeatureSettings((1.6,), (family,))).items():
            assert (values == everything[name]).all()


def test_each_channel_has_all_features_with_its_own_range(rng):
    pixels = np.stack([blobs(rng, (20, 24)), blobs(rng, (20, 24)) * 3])[:, None]
    ranges = (StepRange(0, UNIT), StepRange(0, 3 * UNIT))
    canvas = Canvas(lambda box: pixels[..., *box.slices], (1, 20, 24), ranges)
    settings = FeatureSettings((1.0,), channels=2)
    tile = feature_tile(canvas, settings, Box(0, 0, 20, 24))
    assert len(tile.planes) == len(settings.names) == 16
    one = features_of(pixels[1, 0] / 3, FeatureSettings((1.0,)))
    assert (tile.full(8) / 2 == one["gaussian 1 px"]).all()


def test_intensities_far_beyond_the_range_keep_their_order():
    steps = StepRange(100, 200).apply(np.array([0, 100, 150, 200, 300, 390]))
    assert steps.tolist() == [-4095, 0, 2048, 4095, 8190, 11876]


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (17, 5)])
def test_a_plane_smaller_than_the_filters_has_features(shape):
    pixels = np.arange(np.prod(shape), dtype=float).reshape(shape)
    for values in features_of(pixels, FeatureSettings((0.7, 5.0, 10.0))).values():
        assert values.shape == (1, *shape)


@pytest.mark.parametrize("scales", [(), (1.0, 1.0), (2.0, 1.0), (0.1,), (99.0,), (float("nan"),)])
def test_scales_that_are_none_are_refused(scales):
    with pytest.raises(SettingsError, match="scales must be ascending"):
        FeatureSettings(scales)


def test_an_unknown_feature_is_refused_with_those_that_there_are():
    with pytest.raises(SettingsError, match=r"gaussian, gradient.*but got sobel"):
        FeatureSettings(families=("sobel",))
