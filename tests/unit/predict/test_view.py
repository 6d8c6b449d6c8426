import numpy as np
import pytest
from scipy import ndimage
from tests.local_networks import write_local_model

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Box, Spacing
from nuclarium.predict.choose_view import choose_view
from nuclarium.predict.engine import start_engine
from nuclarium.predict.finding import Finding, input_range, look
from nuclarium.predict.magnify import MAGNIFICATIONS
from nuclarium.predict.model import InputSpec, load_model
from nuclarium.predict.sampling import sampled
from nuclarium.predict.view import View, ViewSettings, magnification_for, magnification_text
from nuclarium.preprocess.intensity import IntensityRange
from nuclarium.synthetic.plane import synthetic_nuclei

AUTO = ViewSettings()


@pytest.fixture(scope="module")
def fluo():
    model = load_model("fluo")
    return model, start_engine(model.network, engine="onnxruntime", threads=2)


def plane_of(pixels):
    return sampled(lambda box: pixels[box.slices], pixels.shape[:2])


def nuclei(shape, diameter_px, count=12):
    return synthetic_nuclei(shape, count, np.random.default_rng(3), diameter_px=diameter_px)[0]


def view_of(pixels, fluo, settings=AUTO, **options):
    return choose_view(plane_of(pixels), *fluo, settings=settings, **options)


def no_model(*_, **__):
    raise AssertionError("the model was asked")


@pytest.fixture
def unasked(monkeypatch, fluo):
    """A model that must not be asked."""
    monkeypatch.setattr("nuclarium.predict.looks.look", no_model)
    return fluo


@pytest.mark.parametrize(
    ("diameter", "magnification"),
    [(1, 4), (5.9, 4), (6, 2), (11.9, 2), (12, 1), (60, 1), (61, 0.5), (121, 0.25), (9999, 0.125)],
)
def test_magnification_brings_nuclei_to_a_size_that_networks_know(diameter, magnification):
    assert magnification_for(diameter) == magnification


def test_magnification_is_said_in_words():
    texts = [magnification_text(value) for value in MAGNIFICATIONS]
    assert texts[0] == "reduced to 1/8"
    assert texts[3:5] == ["as it is", "enlarged 2 times"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"contrast": "inverted"}, "auto, bright, dark"),
        ({"diameter_um": 0}, "0.1 to 1000"),
        ({"diameter_um": float("nan")}, "0.1 to 1000"),
        ({"magnification": 3.0}, "0.125, 0.25, 0.5, 1, 2, 4"),
        ({"magnification": 2.0, "diameter_um": 8.0}, "not both"),
    ],
)
def test_setting_that_cannot_be_is_refused(wrong, said):
    with pytest.raises(SettingsError, match=said):
        ViewSettings(**wrong)


def test_diameter_decides_with_the_spacing_and_nothing_is_looked_at(unasked):
    dark_ground = nuclei((96, 96), 16)
    settings = ViewSettings(diameter_um=10.0)
    view = view_of(dark_ground, unasked, settings, spacing=Spacing(0.1, 0.1))
    assert (view.magnification, view.diameter_px) == (0.5, pytest.approx(100))
    assert "10 µm" in view.why
    assert view.labels is None


def test_diameter_without_spacing_is_refused_with_what_to_do(unasked):
    with pytest.raises(SettingsError, match=r"cells\.tif does not say it.*--spacing-um"):
        view_of(nuclei((64, 64), 16), unasked, ViewSettings(diameter_um=8.0), name="cells.tif")


def test_magnification_and_contrast_that_are_asked_for_are_taken_unseen(unasked):
    settings = ViewSettings("dark", magnification=2.0)
    view = view_of(nuclei((64, 64), 16), unasked, settings)
    assert (view.magnification, view.is_dark) == (2.0, True)
    assert (view.why, view.contrast_why) == ("as asked", "as asked")


@pytest.mark.parametrize(
    ("side", "diameter", "magnification"),
    [(64, 5, 4.0), (96, 9, 2.0), (160, 24, 1.0), (480, 96, 0.5), (960, 190, 0.25)],
)
def test_size_of_nuclei_is_estimated(fluo, side, diameter, magnification):
    view = view_of(nuclei((side, side), diameter), fluo)
    assert view.magnification == magnification
    assert 0.75 < view.diameter_px / diameter < 1.35
    assert view.is_estimated
    assert view.labels.count > 3


def test_size_that_no_nucleus_has_is_not_believed(fluo):
    pixels = nuclei((160, 160), 24)
    assert view_of(pixels, fluo, spacing=Spacing(0.4, 0.4)).is_estimated
    assert not view_of(pixels, fluo, spacing=Spacing(0.01, 0.01)).is_estimated


@pytest.mark.parametrize(("sure_at_half", "magnification"), [(True, 0.5), (False, 1.0)])
def test_where_a_leap_ends_at_nothing_sure_half_of_it_is_tried(
    sure_at_half, magnification, fluo, monkeypatch
):
    """Crowds of blurred nuclei, 42 px across: found at 1/4 and 1/2, but not as they are."""
    score = {0.25: 0.95, 0.5: 0.95 if sure_at_half else 0.7}

    def found(*_, magnification=1.0, **__):
        return Finding(np.full(100, score.get(magnification, 0.7)), np.full(100, 42.0)), None

    monkeypatch.setattr("nuclarium.predict.looks.look", found)
    view = view_of(np.zeros((64, 64), np.uint8), fluo)
    assert view.magnification == magnification
    assert view.is_estimated == sure_at_half


@pytest.mark.parametrize(("when_reduced", "magnification"), [(0.95, 0.5), (0.87, 2.0)])
def test_specks_are_not_believed_where_large_nuclei_are_surer(
    when_reduced, magnification, fluo, monkeypatch
):
    """At full size hundreds of specks in and between nuclei that are 110 px across."""

    def found(*_, magnification=1.0, **__):
        if magnification >= 1:
            return Finding(np.full(400, 0.88), np.full(400, 9.6)), None
        return Finding(np.full(20, when_reduced), np.full(20, 110.0)), None

    monkeypatch.setattr("nuclarium.predict.looks.look", found)
    assert view_of(np.zeros((64, 64), np.uint8), fluo).magnification == magnification


def test_normal_image_is_looked_at_once_and_its_labels_are_kept(fluo, monkeypatch):
    looked = []

    def counting(*arguments, **options):
        looked.append(options)
        return look(*arguments, **options)

    monkeypatch.setattr("nuclarium.predict.looks.look", counting)
    view = view_of(nuclei((160, 160), 24), fluo)
    assert looked == [{"is_dark": False, "magnification": 1.0}]
    assert view.labels.shape == (160, 160)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_dark_nuclei_on_a_bright_ground_are_found_as_the_bright_ones(fluo, dtype):
    pixels = (nuclei((160, 160), 24) // 16).astype(dtype)
    bright, dark = view_of(pixels, fluo), view_of(255 - pixels, fluo)
    assert (bright.is_dark, dark.is_dark) == (False, True)
    assert bright.contrast_why == "the ground is dark"
    assert dark.labels.count == bright.labels.count
    same = (dark.labels.to_array() > 0) == (bright.labels.to_array() > 0)
    assert same.mean() > 0.999


def test_contrast_that_is_asked_for_is_not_doubted(fluo):
    pixels = nuclei((160, 160), 24)
    view = view_of(4095 - pixels, fluo, ViewSettings("bright"))
    assert not view.is_dark
    assert view.contrast_why == "as asked"


def test_inverted_image_gets_the_input_of_the_image(rng):
    pixels = rng.gamma(2, 30, (500, 1)).clip(0, 255)
    spec = InputSpec()
    still = spec.standardise(input_range(pixels, spec).apply(pixels))
    turned = spec.standardise(input_range(255 - pixels, spec, is_dark=True).apply(255 - pixels))
    np.testing.assert_allclose(turned, still, atol=1e-4)


def empty_fields():
    rng = np.random.default_rng(0)
    y, x = np.indices((160, 160))
    noise = rng.standard_normal((160, 160))
    hot = np.full((160, 160), 100.0)
    hot[rng.random((160, 160)) < 0.001] = 4000
    return {
        "constant": np.full((160, 160), 70),
        "noise": 500 + 50 * noise,
        "smooth noise": 500 + 300 * ndimage.gaussian_filter(noise, 1.5),
        "photons": rng.poisson(3, (160, 160)),
        "gradient": 10 * (x + y),
        "noisy gradient": 10 * (x + y) + 50 * noise,
        "vignette": 3000 - (x - 80) ** 2 / 5 - (y - 80) ** 2 / 5 + 20 * noise,
        "hot pixels": hot,
        "hot pixels in noise": hot + 20 * noise,
    }


@pytest.mark.parametrize("kind", empty_fields())
@pytest.mark.parametrize("turned", [False, True])
def test_empty_field_has_no_nuclei_at_the_size_and_contrast_that_are_chosen(fluo, kind, turned):
    field = empty_fields()[kind].clip(0, 65535).astype(np.uint16)
    view = view_of(65535 - field if turned else field, fluo)
    assert not view.is_estimated
    assert not view.is_doubtful
    assert view.magnification == 1
    assert view.labels.count == 0


def test_grain_of_the_ground_beside_large_nuclei_is_not_taken_for_nuclei(fluo):
    """What the network finds there is sure of itself, but holds none of the light."""
    pixels = nuclei((64, 64), 20, count=4).astype(np.float32)
    large = np.kron(pixels, np.ones((16, 16), np.float32))
    large = ndimage.gaussian_filter(large, 12)
    y, x = np.indices(large.shape)
    grain = 25 * (np.sin(x * 0.9) + np.sin(y * 0.9))
    view = view_of((large + grain + 60).astype(np.uint16), fluo)
    assert view.magnification < 1
    assert 200 < view.diameter_px < 450


@pytest.mark.parametrize(("width", "least"), [(0.7, 1.0), (0.8, 1.0), (0.9, 1.5)])
def test_grain_of_a_dark_ground_is_not_enlarged_until_it_looks_like_nuclei(fluo, width, least):
    light = ndimage.gaussian_filter(np.random.default_rng(1).standard_normal((160, 160)), width)
    grain = np.clip(np.rint(3 * (light / light.std() - least)), 0, None).astype(np.uint8)
    view = view_of(grain, fluo)
    assert view.magnification == 1
    assert view.labels.count == 0


def test_smoothness_is_the_correlation_of_neighbours(fluo, rng):
    noise = rng.normal(100, 10, (200, 200))
    soft = ndimage.gaussian_filter(noise, 4)
    flat = np.full((64, 64), 7, np.uint8)
    sharp, smooth, even = (
        look(plane_of(each), *fluo, magnification=2)[0] for each in (noise, soft, flat)
    )
    assert abs(sharp.smoothness) < 0.03
    assert smooth.smoothness > 0.95
    assert even.smoothness == 1


def test_finding_that_holds_little_light_must_be_surer():
    def found(score, covered):
        return Finding(np.full(50, score), np.full(50, 20.0), covered)

    assert found(0.87, 1.0).is_sure
    assert found(0.87, 1.0).is_likely
    assert not found(0.87, 0.3).is_sure
    assert not found(0.87, 0.3).is_likely
    assert found(0.93, 0.3).is_sure


def test_evidence_of_few_nuclei_is_less():
    one, many = (Finding(np.full(n, 0.9), np.full(n, 20.0)) for n in (1, 50))
    assert one.evidence < many.evidence < many.sureness == pytest.approx(0.9)
    assert Finding(np.zeros(0), np.zeros(0)).evidence < 0


def test_typical_diameter_heeds_large_nuclei_more_than_specks():
    sizes = np.array([2.0, 2.0, 2.0, 20.0, 22.0])
    assert Finding(np.ones(5), sizes).typical_diameter == 20.0


@pytest.mark.parametrize("magnification", MAGNIFICATIONS)
def test_little_of_a_large_plane_is_looked_at_and_where_there_is_light(magnification):
    shape = (6000, 9000)
    lit = Box(4000, 5000, 5500, 6500)

    def read(box):
        pixels = np.zeros(box.shape, np.uint8)
        part = box.intersection(lit)
        if 0 not in part.shape:
            pixels[part.shifted(-box.y0, -box.x0).slices] = 200
            pixels[::2] = 0
        return pixels

    windows = sampled(read, shape).windows(magnification, InputSpec())
    assert 1 <= len(windows) <= 4
    for window in windows:
        assert Box.of_shape(shape).intersection(window) == window
        assert 0 not in window.intersection(lit).shape
        assert max(window.shape) * magnification <= 512
    assert sum(w.shape[0] * w.shape[1] for w in windows) <= 0.08 * shape[0] * shape[1]


def test_small_plane_is_looked_at_whole():
    plane = plane_of(np.zeros((200, 300), np.uint8))
    assert plane.windows(1.0, InputSpec()) == (Box(0, 0, 200, 300),)
    assert plane.windows(0.125, InputSpec()) == (Box(0, 0, 200, 300),)
    assert plane.windows(4.0, InputSpec()) != (Box(0, 0, 200, 300),)


def test_reduced_plane_is_looked_at_whole_where_a_window_would_be_most_of_it():
    plane = plane_of(np.zeros((1040, 1388), np.uint8))
    assert plane.windows(0.5, InputSpec()) == (Box(0, 0, 1040, 1388),)
    assert plane.windows(1.0, InputSpec()) != (Box(0, 0, 1040, 1388),)
    wide = plane_of(np.zeros((400, 3000), np.uint8))
    assert wide.windows(0.5, InputSpec()) != (Box(0, 0, 400, 3000),)


def test_colours_keep_the_range_of_their_type():
    pixels = np.full((9, 3), 80, np.uint8)
    spec = InputSpec(kind="colour")
    assert input_range(pixels, spec) == IntensityRange(0.0, 255.0)
    assert input_range(pixels, spec, is_dark=True) == IntensityRange(0.0, 255.0)


def test_what_looks_little_like_nuclei_is_doubtful(fluo):
    """Noise so smooth that it has blobs of the size of nuclei."""
    noise = ndimage.gaussian_filter(np.random.default_rng(1).standard_normal((256, 256)), 5)
    pixels = (3000 * (noise - noise.min())).astype(np.uint16)
    view = view_of(pixels, fluo)
    assert view.is_doubtful == (view.labels.count > 0)
    assert not view_of(nuclei((160, 160), 24, count=1), fluo).is_doubtful


@pytest.mark.parametrize(("um", "magnification"), [(0.1, 0.5), (0.25, 1), (0.5, 1), (1.0, 2)])
def test_size_in_a_section_is_that_of_the_pixels(um, magnification, tmp_path):
    colour = load_model(write_local_model(tmp_path / "a.onnx", kind="colour"))
    plane = plane_of(np.full((64, 64, 3), 230, np.uint8))
    view = choose_view(plane, colour, None, settings=AUTO, spacing=Spacing(um, um))
    assert view.magnification == magnification
    assert f"{um:g} µm" in view.why


def test_view_as_it_is_changes_nothing():
    assert (View().magnification, View().is_dark) == (1.0, False)
