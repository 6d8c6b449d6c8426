import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.core.geometry import Spacing
from nuclarium.io import open_image
from nuclarium.io.write import write_labels
from nuclarium.suggest.settings import ForestSettings
from nuclarium.workspace.mask_status import MaskStatuses, listed, set_status
from nuclarium.workspace.pixel_apply import PixelApplySettings, apply_pixels
from nuclarium.workspace.pixel_images import LookSettings
from nuclarium.workspace.pixel_train import PixelTrainSettings, train_pixels
from nuclarium.workspace.stroke_files import assigned

FAST = ForestSettings(trees=16)


def grid_of_nuclei(rng, shape=(96, 110)):
    yy, xx = np.mgrid[: shape[0], : shape[1]]
    truth = (yy % 32 - 16) ** 2 + (xx % 32 - 16) ** 2 < 64
    pixels = rng.normal(300, 20, shape) + 400 * truth
    return pixels.astype(np.uint16), truth


def drawn_on(truth):
    strokes = np.zeros(truth.shape, np.uint8)
    strokes[..., 16, :] = strokes[..., 32, :] = 1
    strokes[(strokes == 1) & truth] = 2
    return strokes


@pytest.fixture
def folder(tmp_path, rng):
    pixels, truth = grid_of_nuclei(rng)
    for name in ("a", "b"):
        write_labels(tmp_path / f"{name}.tif", pixels, Spacing(0.5, 0.5))
        tifffile.imwrite(tmp_path / f"{name}_strokes.tif", drawn_on(truth))
    return tmp_path


@pytest.fixture
def classifier(folder):
    path = folder / "nuclei.classifier"
    train_pixels(
        [folder / "a.tif"], [folder / "a_strokes.tif"], path, PixelTrainSettings(forest=FAST)
    )
    return path


def test_mask_labels_and_status_are_written_with_the_spacing(folder, classifier):
    result = apply_pixels(classifier, [folder / "b.tif"], folder / "masks", who="Ada")
    assert result.records[0]["n_nuclei"] == 12
    with open_image(folder / "masks" / "b.tif") as mask:
        assert set(np.unique(mask.read())) == {0, 255}
        assert mask.dtype == np.uint8
        assert mask.spacing == Spacing(0.5, 0.5)
    with open_image(folder / "masks" / "labels" / "b.tif") as labels:
        assert labels.read().max() == 12
    (row,) = listed(folder / "masks")
    assert (row["name"], row["status"], row["who"]) == ("b", "preliminary", "Ada")


def test_the_file_says_what_the_classifier_was_trained_on(folder, classifier):
    facts = json.loads(classifier.read_text())["facts"]
    assert facts["images"][0]["image"] == "a.tif"
    assert len(facts["images"][0]["sha256"]) == 64
    assert facts["images"][0]["drawn_pixels"]["foreground"] > 20
    assert facts["forest"]["seed"] == 0


def test_strokes_on_several_images_are_found_by_name(folder):
    images = [folder / "a.tif", folder / "b.tif"]
    strokes = [folder / "b_strokes.tif", folder / "a_strokes.tif"]
    assert assigned(images, ["a", "b"], strokes) == [[strokes[1]], [strokes[0]]]
    other = [Path("x.zip"), Path("y.zip")]
    assert assigned(images, ["a", "b"], other) == [[other[0]], [other[1]]]
    with pytest.raises(SettingsError, match=r"x\.zip is like none of a, b"):
        assigned(images, ["a", "b"], [Path("x.zip")])


def test_strokes_of_another_size_are_refused(folder):
    tifffile.imwrite(folder / "small.tif", np.ones((5, 6), np.uint8))
    with pytest.raises(SettingsError, match="size of the image, 96 × 110, but have 5 × 6"):
        train_pixels([folder / "a.tif"], [folder / "small.tif"], folder / "c")


@pytest.mark.parametrize(
    ("value", "message"),
    [(0, "they are empty"), (2, "are foreground"), (7, "the largest is 7 in uint8")],
)
def test_strokes_that_teach_nothing_are_refused(folder, value, message):
    tifffile.imwrite(folder / "s.tif", np.full((96, 110), value, np.uint8))
    with pytest.raises(SettingsError, match=message):
        train_pixels([folder / "a.tif"], [folder / "s.tif"], folder / "c")
    assert not (folder / "c").exists()


def test_strokes_of_other_tools_teach_the_same(folder):
    rings = {
        "Nucleus": [[12, 12], [20, 12], [20, 20], [12, 20], [12, 12]],
        "Background": [[28, 0], [36, 0], [36, 90], [28, 90], [28, 0]],
    }
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [ring]},
            "properties": {"classification": {"name": name}},
        }
        for name, ring in rings.items()
    ]
    path = folder / "q.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    train_pixels([folder / "a.tif"], [path], folder / "c", PixelTrainSettings(forest=FAST))
    result = apply_pixels(folder / "c", [folder / "a.tif"], folder / "masks")
    assert result.records[0]["n_nuclei"] == 12


def test_a_class_without_a_known_name_is_refused(folder):
    feature = {
        "geometry": {"type": "Point", "coordinates": [1, 1]},
        "properties": {"classification": {"name": "Tumour"}},
    }
    (folder / "q.geojson").write_text(json.dumps([feature]))
    with pytest.raises(SettingsError, match="one is called 'Tumour'"):
        train_pixels([folder / "a.tif"], [folder / "q.geojson"], folder / "c")


def test_a_third_class_has_an_image_of_its_own(folder):
    strokes = tifffile.imread(folder / "a_strokes.tif")
    strokes[:, 108:] = 3
    tifffile.imwrite(folder / "three.tif", strokes)
    names = PixelTrainSettings(forest=FAST, class_names=("background", "nuclei", "edge"))
    train_pixels([folder / "a.tif"], [folder / "three.tif"], folder / "c", names)
    apply_pixels(folder / "c", [folder / "a.tif"], folder / "masks")
    assert tifffile.imread(folder / "masks" / "classes" / "a.tif").max() <= 3


def test_an_image_of_another_kind_fails_and_the_others_go_on(folder, classifier, rng):
    tifffile.imwrite(folder / "c.tif", rng.integers(0, 255, (40, 50, 3)).astype(np.uint8))
    images = [folder / "c.tif", folder / "absent.tif", folder / "a.tif"]
    result = apply_pixels(classifier, images, folder / "masks")
    reasons = [failure.reason for failure in result.failures]
    assert "trained on images of 1 channel" in reasons[0]
    assert "there is nothing" in reasons[1]
    assert [record["name"] for record in result.records] == ["a"]


def test_a_stack_is_looked_at_in_three_dimensions(folder, rng):
    pixels, truth = grid_of_nuclei(rng, (64, 64))
    stack = np.stack([pixels] * 5)
    write_labels(folder / "stack.tif", stack, Spacing(0.5, 0.5, 1.0))
    tifffile.imwrite(folder / "s.tif", np.stack([drawn_on(truth)] * 5), metadata={"axes": "ZYX"})
    settings = PixelTrainSettings(
        look=LookSettings(dims=3), forest=FAST, scales_px=(1.0, 2.0), class_names=("bg", "nuclei")
    )
    found = train_pixels([folder / "stack.tif"], [folder / "s.tif"], folder / "c3", settings)
    assert found.facts["images"][0]["z_step_px"] == 2.0
    result = apply_pixels(folder / "c3", [folder / "stack.tif", folder / "a.tif"], folder / "masks")
    assert result.records[0]["n_nuclei"] == 4
    assert "must be a stack to look along z" in result.failures[0].reason
    assert tifffile.imread(folder / "masks" / "stack.tif").shape == (5, 64, 64)


def test_a_recipe_is_kept_in_the_classifier_and_applied_with_it(folder, rng):
    pixels, truth = grid_of_nuclei(rng)
    ramp = (np.arange(110) * 30).astype(np.uint16)
    for name in ("a", "b"):
        write_labels(folder / f"{name}.tif", pixels + ramp, Spacing(0.5, 0.5))
    look = LookSettings(recipe="subtract_gaussian sigma_um=10")
    settings = PixelTrainSettings(look=look, forest=FAST, scales_px=(1.0, 2.0))
    train_pixels([folder / "a.tif"], [folder / "a_strokes.tif"], folder / "c", settings)
    assert apply_pixels(folder / "c", [folder / "b.tif"], folder / "masks").records[0]["n_nuclei"]
    mask = tifffile.imread(folder / "masks" / "b.tif") > 0
    assert (mask & truth).sum() / (mask | truth).sum() > 0.8
    wrong = PixelTrainSettings(look=LookSettings(recipe="sharpen"))
    with pytest.raises(SettingsError, match="A step of a recipe must be one of"):
        train_pixels([folder / "a.tif"], [folder / "a_strokes.tif"], folder / "c", wrong)


def test_smallest_nuclei_are_given_in_um2_where_the_spacing_is_known(folder, classifier):
    settings = PixelApplySettings(least_um2=100, part=False)
    result = apply_pixels(classifier, [folder / "a.tif"], folder / "masks", settings)
    assert result.records[0]["n_nuclei"] == 0


def test_a_verified_mask_is_kept_and_a_rejected_one_replaced(folder, classifier):
    masks, images = folder / "masks", [folder / "a.tif", folder / "b.tif"]
    apply_pixels(classifier, images, masks)
    set_status(masks, ["a"], "verified", who="Ada", note="looked at twice")
    set_status(masks, [str(masks / "b.tif")], "rejected", who="Bo")
    assert apply_pixels(classifier, images, masks).kept == ["a"]
    assert [row["status"] for row in listed(masks)] == ["verified", "preliminary"]
    history = [(row["name"], row["status"]) for row in listed(masks, history=True)]
    assert history == [
        ("a", "preliminary"),
        ("b", "preliminary"),
        ("a", "verified"),
        ("b", "rejected"),
        ("b", "preliminary"),
    ]
    assert apply_pixels(classifier, images, masks, overwrite=True).kept == []


def test_a_mask_that_a_person_changed_is_kept_and_said(folder, classifier):
    masks = folder / "masks"
    apply_pixels(classifier, [folder / "a.tif"], masks)
    tifffile.imwrite(masks / "a.tif", np.zeros((96, 110), np.uint8))
    assert listed(masks)[0]["remark"] == "changed since it was preliminary"
    assert apply_pixels(classifier, [folder / "a.tif"], masks).kept == ["a"]


def test_a_status_of_a_mask_that_is_not_there_is_refused(folder):
    with pytest.raises(InputNotFoundError, match=r"A mask x\.tif was expected"):
        set_status(folder, ["a", "x"], "verified")
    assert MaskStatuses(folder).history() == []


def test_a_sheet_with_an_unknown_status_is_refused_by_its_row(folder):
    (folder / "masks.csv").write_text("name,status\na,preliminary\nb,good\n")
    with pytest.raises(SettingsError, match=r"Row 3 of .*but has 'b' and 'good'"):
        listed(folder)


def test_notes_with_commas_and_lines_are_read_back(folder):
    set_status(folder, ["a"], "rejected", who='Ada "A"', note="blurred,\nout of focus")
    (row,) = listed(folder)
    assert (row["who"], row["note"]) == ('Ada "A"', "blurred,\nout of focus")
