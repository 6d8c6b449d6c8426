"""The mask under the brush: the bits of the command line, the newest stroke, bounded memory."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from nuclarium.annotate.strokes import Stroke
from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.core.geometry import Box
from nuclarium.core.labels import Labels
from nuclarium.core.outlines import iter_outlines
from nuclarium.io.interchange.drawings import Drawing, painted
from nuclarium.io.interchange.geojson import write_geojson
from nuclarium.io.interchange.polygons import fill, ring_of
from nuclarium.suggest.file import write_classifier
from nuclarium.suggest.layers import layers_of
from nuclarium.synthetic.plane import synthetic_nuclei
from nuclarium.workspace import assist_planes
from nuclarium.workspace.assist_nuclei import NucleiSettings, nuclei_labels, nuclei_of
from nuclarium.workspace.assist_outlines import iter_rings
from nuclarium.workspace.assist_pixels import Brush, Newest, Superseded
from nuclarium.workspace.assist_planes import AssistedImage, AssistedImages
from nuclarium.workspace.assist_results import results_of, suggestions_of_file
from nuclarium.workspace.assist_strokes import pixels_of
from nuclarium.workspace.pixel_apply import PixelApplySettings, apply_pixels
from nuclarium.workspace.pixel_train import PixelTrainSettings, train_pixels
from nuclarium.workspace.project import Project

WHOLE = Box(0, 0, 160, 200)


@pytest.fixture(scope="module")
def plane() -> tuple[np.ndarray, Labels]:
    return synthetic_nuclei((160, 200), 16, np.random.default_rng(0))


@pytest.fixture
def image_file(plane: tuple[np.ndarray, Labels], tmp_path: Path) -> Path:
    tifffile.imwrite(tmp_path / "a.tif", plane[0])
    return tmp_path / "a.tif"


def stroke(name: str, kind: int, *points: float, radius: float = 2, z: int = 0) -> Stroke:
    return Stroke(f"e-{name}", "g-0", kind, radius, points, z)


def strokes_on(truth: Labels) -> list[Stroke]:
    """One over three nuclei each, and three over the background."""
    middles = [np.argwhere(truth == n).mean(axis=0) for n in (1, 4, 7)]
    ground = np.argwhere(truth == 0)[[50, 9000, 15000]]
    return [
        *(stroke(f"f{i}", 2, x - 2, y, x + 2, y) for i, (y, x) in enumerate(middles)),
        *(stroke(f"b{i}", 1, float(x), float(y)) for i, (y, x) in enumerate(ground)),
    ]


def test_forest_and_mask_are_those_of_the_command(
    plane: tuple[np.ndarray, Labels], image_file: Path, tmp_path: Path
) -> None:
    drawn = strokes_on(plane[1])
    canvas = np.zeros((160, 200), np.uint8)
    for one in drawn:
        found = pixels_of(one, (1, 160, 200))
        canvas[tuple(found.places[:, 1:].T)] = found.classes
    tifffile.imwrite(tmp_path / "a strokes.tif", canvas)
    by_command = train_pixels(
        [image_file], [tmp_path / "a strokes.tif"], tmp_path / "c.json", PixelTrainSettings()
    )
    image = AssistedImage(image_file)
    brush = Brush()
    own = brush.classifier(image, drawn)
    assert (own.forest.leaf == by_command.forest.leaf).all()
    assert (own.forest.threshold == by_command.forest.threshold).all()
    assert own.ranges == by_command.ranges
    image.close()


def test_downloaded_classifier_gives_the_same_mask_and_labels(
    plane: tuple[np.ndarray, Labels], image_file: Path, tmp_path: Path
) -> None:
    image, brush = AssistedImage(image_file), Brush()
    drawn = strokes_on(plane[1])
    write_classifier(tmp_path / "c.json", brush.classifier(image, drawn))
    settings = NucleiSettings(smooth_px=0, least_px=0)
    apply_pixels(
        tmp_path / "c.json",
        [image_file],
        tmp_path / "out",
        PixelApplySettings(smooth_px=0, least_px=0, probability=True),
    )
    layers = brush.layers(image, drawn, WHOLE, 0)
    labels = nuclei_labels(layers, None, settings)
    assert (tifffile.imread(tmp_path / "out" / "labels" / "a.tif") == labels).all()
    probability = tifffile.imread(tmp_path / "out" / "probability" / "a.tif")
    assert np.abs(probability.astype(int) - layers.probability).max() <= 1
    assert ((layers.probability >= 128) == (layers.classes == 2)).all()
    image.close()


def test_plane_of_a_stack_gets_the_mask_that_the_command_gives_it(
    plane: tuple[np.ndarray, Labels], tmp_path: Path
) -> None:
    stack = np.stack([plane[0], plane[0][::-1], plane[0] // 2])
    tifffile.imwrite(tmp_path / "s.tif", stack, metadata={"axes": "ZYX"}, ome=True)
    image, brush = AssistedImage(tmp_path / "s.tif"), Brush()
    drawn = [*strokes_on(plane[1]), stroke("last", 1, 3, 3, 9, 3, z=2)]
    write_classifier(tmp_path / "c.json", brush.classifier(image, drawn))
    apply_pixels(
        tmp_path / "c.json",
        [tmp_path / "s.tif"],
        tmp_path / "out",
        PixelApplySettings(smooth_px=0, least_px=0, part=False, fill_px=0),
    )
    masks = tifffile.imread(tmp_path / "out" / "s.tif")
    for z in range(3):
        assert ((masks[z] > 0) == (brush.layers(image, drawn, WHOLE, z).classes == 2)).all()
    image.close()


def test_window_is_the_part_of_the_whole(
    plane: tuple[np.ndarray, Labels], image_file: Path
) -> None:
    image, brush = AssistedImage(image_file), Brush()
    drawn = strokes_on(plane[1])
    part = Box(31, 17, 150, 190)
    alone = brush.layers(image, drawn, part, 0)
    whole = brush.layers(image, drawn, WHOLE, 0, keep=True)
    assert (whole.classes[part.slices] == alone.classes).all()
    assert (brush.layers(image, drawn, part, 0).uncertainty == alone.uncertainty).all()
    image.close()


def test_newer_strokes_end_the_work_on_older_ones(
    plane: tuple[np.ndarray, Labels], image_file: Path
) -> None:
    newest = Newest()
    older = newest.begin("document", ("a", "b"))
    newest.begin("another document", ("c",))
    newest.begin("document", ("a", "b"))
    older(0)
    newest.begin("document", ("a", "b", "c"))
    with pytest.raises(Superseded, match="newer"):
        older(0)
    image, brush = AssistedImage(image_file), Brush()
    with pytest.raises(Superseded):
        brush.layers(image, strokes_on(plane[1]), WHOLE, 0, check=older)
    image.close()


def test_erased_strokes_teach_nothing(plane: tuple[np.ndarray, Labels], image_file: Path) -> None:
    image, brush = AssistedImage(image_file), Brush()
    drawn = [*strokes_on(plane[1]), stroke("wipe", 0, 100, 80, radius=300)]
    with pytest.raises(SettingsError, match="Draw over background and over nuclei"):
        brush.classifier(image, drawn)
    with pytest.raises(SettingsError, match="Draw over the other class too"):
        brush.classifier(image, [one for one in drawn if one.class_id == 2])
    image.close()


def test_long_stroke_is_painted_in_pieces_and_a_huge_one_refused() -> None:
    long = stroke("long", 2, 10, 10, 700, 400, 30, 900, radius=3)
    drawn = pixels_of(long, (1, 1000, 800)).places[:, 1:]
    whole = painted(Drawing("line", (ring_of(long.points),), width_px=6), (1000, 800))
    assert set(map(tuple, drawn.tolist())) == set(map(tuple, whole.tolist()))
    far = stroke("far", 2, 0, 0, 9_000, 9_000, radius=2)
    assert len(pixels_of(far, (1, 100_000, 100_000))) > 30_000
    with pytest.raises(SettingsError, match="at most 4,194,304 pixels"):
        pixels_of(stroke("huge", 2, 0, 0, radius=9000), (1, 100_000, 100_000))


def test_third_class_has_pixels_of_its_own(
    plane: tuple[np.ndarray, Labels], image_file: Path
) -> None:
    image, brush = AssistedImage(image_file), Brush()
    y, x = np.argwhere(plane[1] == 2).mean(axis=0)
    drawn = [*strokes_on(plane[1]), stroke("third", 3, x, y)]
    layers = brush.layers(image, drawn, WHOLE, 0)
    assert brush.classifier(image, drawn).class_names == ("background", "foreground", "class 3")
    assert layers.classes[int(y), int(x)] == 3
    assert ((layers.probability >= 128) == (layers.classes == 2)).all()
    image.close()


def test_uncertainty_is_the_gap_between_the_two_best() -> None:
    votes = np.array([[[255]], [[200]], [[55]]], np.uint16)
    assert layers_of(votes, 2).uncertainty.tolist() == [[255 - (127 - 100)]]


def test_features_of_all_images_stay_within_the_bound(
    plane: tuple[np.ndarray, Labels], tmp_path: Path
) -> None:
    large = np.tile(plane[0], (4, 3))  # 640 × 600 px: four tiles of features
    bound = 12 << 20
    images, brush = AssistedImages(kept_bytes=bound), Brush()
    for name in "abcdef":
        tifffile.imwrite(tmp_path / f"{name}.tif", large)
        image = images.image(tmp_path / f"{name}.tif")
        for z in range(image.shape[0]):
            brush.layers(image, strokes_on(plane[1]), Box(0, 0, 640, 600), z)
            assert images.nbytes <= bound
    images.close()


def test_wrong_requests_are_told_in_a_sentence(
    plane: tuple[np.ndarray, Labels], image_file: Path
) -> None:
    image, brush = AssistedImage(image_file), Brush()
    drawn = strokes_on(plane[1])
    with pytest.raises(SettingsError, match="at least one pixel"):
        brush.layers(image, drawn, Box(500, 500, 600, 600), 0)
    with pytest.raises(SettingsError, match=r"0\.\.0 for a\.tif, but got 3"):
        brush.layers(image, drawn, WHOLE, 3)
    with pytest.raises(SettingsError, match="planes 0 to 0"):
        brush.classifier(image, [stroke("z", 1, 3, 3, z=7)])
    with pytest.raises(SettingsError, match="from 0 to 1,000"):
        NucleiSettings(least_um=-1)
    image.close()


def test_rings_enclose_exactly_the_pixels_with_few_corners(rng: np.random.Generator) -> None:
    labels = synthetic_nuclei((160, 200), 16, rng)[1]
    labels[60:70, 60:70] = 0  # cuts notches and corners
    corners = steps = 0
    for label, rings in iter_rings(labels):
        filled = fill([ring_of(ring) for ring in rings], labels.shape)
        inside = labels == label
        if filled.sum() == inside.sum():  # of a nucleus in parts the largest is outlined
            assert (filled == inside).all()
        assert not (filled & ~inside).any()
        corners += len(rings[0]) // 2
        steps += int(inside.sum() ** 0.5 * 4)
    assert corners < steps


def test_nuclei_of_a_box_lie_in_the_plane_and_have_scores(
    plane: tuple[np.ndarray, Labels], image_file: Path
) -> None:
    image, brush = AssistedImage(image_file), Brush()
    window = Box(40, 50, 160, 200)
    layers = brush.layers(image, strokes_on(plane[1]), window, 0)
    found = nuclei_of(layers, window, 0, None, NucleiSettings())
    x = [number for one in found for number in one.rings[0][::2]]
    assert found
    assert min(x) >= 50
    assert max(x) <= 200
    assert all(0.5 <= (one.score or 0) <= 1 for one in found)
    larger = nuclei_of(layers, window, 0, None, NucleiSettings(least_px=12))
    assert len(larger) <= len(found)
    json.dumps([one.to_json() for one in found], allow_nan=False)
    image.close()


def test_geojson_of_the_project_becomes_suggestions_and_what_does_not_fit_is_told(
    plane: tuple[np.ndarray, Labels], tmp_path: Path
) -> None:
    project = Project.create(tmp_path / "project")
    file = project.folder / "results" / "outlines" / "a.geojson"
    count = write_geojson(file, iter_outlines(plane[1]))
    (project.folder / "results" / "outlines" / "another.geojson").write_text("{}")
    assert results_of(project, "a") == ["results/outlines/a.geojson"]
    name = "results/outlines/a.geojson"
    found = suggestions_of_file(project, name, (1, 160, 200))
    assert len(found) == count
    filled = fill([ring_of(ring) for ring in found[0].rings], (160, 200))
    assert len(np.unique(plane[1][filled])) == 1
    with pytest.raises(SettingsError, match="reaches outside"):
        suggestions_of_file(project, name, (1, 90, 90))
    tifffile.imwrite(project.folder / "small.tif", plane[1][:50].astype(np.uint16))
    with pytest.raises(SettingsError, match="must have the size of the image, 160 × 200 px"):
        suggestions_of_file(project, "small.tif", (1, 160, 200))
    with pytest.raises(InputNotFoundError, match="in the folder of the project"):
        suggestions_of_file(project, "../outside.geojson", (1, 160, 200))


def test_a_file_that_opens_slowly_keeps_nobody_else_waiting(
    image_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()
    slow = image_file.with_name("slow.tif")
    open_one = assist_planes.AssistedImage

    def opened(path: Path, **more: Any) -> AssistedImage:
        if path == slow:
            begun.set()
            assert may_end.wait(20)
            path = image_file
        return open_one(path, **more)

    monkeypatch.setattr(assist_planes, "AssistedImage", opened)
    images = AssistedImages()
    found: list[AssistedImage] = []
    threads = [threading.Thread(target=lambda: found.append(images.image(slow))) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert begun.wait(20)
    assert images.image(image_file).shape
    may_end.set()
    for thread in threads:
        thread.join(20)
    assert found[0] is found[1]
    images.close()
