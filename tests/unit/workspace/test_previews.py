"""Previews that recipes make: beside the images, which stay as they are."""

import cv2
import numpy as np
import pytest
import tifffile

from nuclarium.core.errors import OutputError, SettingsError
from nuclarium.core.geometry import Spacing
from nuclarium.io import hash_file, open_image
from nuclarium.preprocess.recipe import apply_recipe
from nuclarium.preprocess.recipe_text import parse_recipe
from nuclarium.preprocess.slices import SliceSettings
from nuclarium.workspace.import_images import import_images
from nuclarium.workspace.previews import PreviewSettings, write_previews
from nuclarium.workspace.project import Project
from nuclarium.workspace.raw_images import plain_images, project_images


@pytest.fixture
def stack(tmp_path, rng):
    path = tmp_path / "raw" / "a.tif"
    path.parent.mkdir()
    pixels = rng.integers(0, 4096, (3, 30, 40), dtype=np.uint16)
    tifffile.imwrite(path, pixels, imagej=True, metadata={"axes": "ZYX"})
    return path, pixels


def test_png_shows_the_recipe_from_black_to_white(stack, tmp_path):
    path, pixels = stack
    steps = parse_recipe("threshold high=1500 | stretch low=0 high=100")
    before = hash_file(path)
    images, _ = plain_images([path])
    (written,), failures = write_previews(
        images, tmp_path / "out", PreviewSettings(steps, SliceSettings("1"))
    )
    shown = cv2.imread(str(written), cv2.IMREAD_UNCHANGED)
    expected = np.rint(apply_recipe(pixels[1], steps).astype(float) * 255)
    assert written.name == "a_z001.png"
    np.testing.assert_array_equal(shown[..., 0] if shown.ndim == 3 else shown, expected)
    assert hash_file(path) == before
    assert not failures


def test_tif_holds_the_values_and_the_spacing(stack, tmp_path):
    path, pixels = stack
    steps = parse_recipe("mean radius_um=0.5")
    spacing = Spacing(0.5, 0.5)
    settings = PreviewSettings(steps, kind="tif", spacing=spacing)
    images, _ = plain_images([path])
    (written,), _ = write_previews(images, tmp_path / "out", settings)
    with open_image(written) as image:
        expected = apply_recipe(pixels.max(axis=0), steps, spacing)
        np.testing.assert_array_equal(image.read(), expected)
        assert image.spacing.y == 0.5


def test_missing_spacing_is_a_failure_of_its_image(stack, tmp_path):
    images, _ = plain_images([stack[0]])
    steps = parse_recipe("mean radius_um=1")
    written, failures = write_previews(images, tmp_path / "out", PreviewSettings(steps))
    assert not written
    assert "--spacing-um" in failures[0].reason


def test_folder_of_the_raw_images_is_refused(stack):
    images, _ = plain_images([stack[0]])
    with pytest.raises(OutputError, match="a folder of their own"):
        write_previews(images, stack[0].parent, PreviewSettings(()))


def test_previews_of_a_project_are_recorded_with_the_recipe(stack, tmp_path):
    project = Project.create(tmp_path / "project")
    import_images(project, [stack[0]])
    tifffile.imwrite(project.folder / "flat.tif", np.full((30, 40), 9, np.uint8))
    steps = parse_recipe("flat_field reference=flat.tif | mean radius_px=1")
    write_previews(
        project_images(project), project.folder / "previews", PreviewSettings(steps),
        project=project,
    )  # fmt: skip
    record = project.records()[-1]
    assert record["settings"]["recipe"] == "flat_field reference=flat.tif | mean radius_px=1"
    assert list(record["outputs"]) == ["previews/a_max.png"]


def test_unknown_format_is_refused():
    with pytest.raises(SettingsError, match="png or tif"):
        PreviewSettings((), kind="jpg")
