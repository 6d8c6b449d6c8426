import dataclasses
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from nuclarium.core.errors import InputNotFoundError, ModelError, SettingsError
from nuclarium.core.geometry import Box
from nuclarium.suggest.classifier import classified, probability
from nuclarium.suggest.features import Canvas
from nuclarium.suggest.file import classifier_digest, read_classifier, write_classifier
from nuclarium.suggest.ranges import joint_ranges, step_range
from nuclarium.suggest.session import Session
from nuclarium.suggest.settings import FeatureSettings
from nuclarium.suggest.strokes import Strokes, merged, strokes_from_labels
from nuclarium.suggest.tiles import FeatureTiles
from nuclarium.synthetic.plane import synthetic_nuclei


def canvas_of(pixels):
    def read(box):
        return pixels[box.slices][None, None]

    return Canvas(read, (1, *pixels.shape), step_range(read, pixels.shape))


@pytest.fixture
def nuclei(rng):
    yy, xx = np.mgrid[:160, :170]
    truth = (yy % 40 - 20) ** 2 + (xx % 40 - 20) ** 2 < 120
    pixels = rng.normal(100, 12, truth.shape) + truth * 80
    return pixels.astype(np.uint16), truth


@pytest.fixture
def session(nuclei):
    pixels, truth = nuclei
    drawn = np.zeros(truth.shape, np.uint8)
    drawn[20, 15:26], drawn[60, 55:66], drawn[40], drawn[:, 80] = 2, 2, 1, 1
    tiles = FeatureTiles(canvas_of(pixels), FeatureSettings((0.7, 1.6, 3.5)), workers=2)
    return Session(tiles, strokes_from_labels(drawn))


def test_a_few_strokes_give_the_mask(session, nuclei):
    mask = session.classes()[0] == 2
    overlap = (mask & nuclei[1]).sum() / (mask | nuclei[1]).sum()
    assert overlap > 0.85


def test_the_mask_of_a_window_is_that_part_of_the_whole(session):
    window = Box(13, 40, 77, 151)
    assert (session.classes(window) == session.classes()[:, *window.slices]).all()


def test_more_than_half_the_probability_is_the_foreground(session):
    found = classified(session.classifier, session.tiles) == 2
    share = probability(session.classifier, session.tiles)
    assert (found[share > 127]).all()
    assert not found[share < 127].any()


def test_a_new_stroke_makes_a_new_value_over_the_same_features(session):
    drawn = np.zeros((160, 170), np.uint8)
    drawn[100, 95:106] = 2
    more = session.drawn(strokes_from_labels(drawn))
    assert more.tiles is session.tiles
    assert len(more.strokes) == len(session.strokes) + 11
    assert more.classifier is more.classifier


def test_strokes_lie_over_each_other_and_nothing_takes_back():
    first = strokes_from_labels(np.array([[1, 1, 2]]))
    over = Strokes(np.array([[0, 0, 1], [0, 0, 2]]), np.array([2, 0], np.uint8))
    both = merged([first, over])
    assert both.places.tolist() == [[0, 0, 0], [0, 0, 1]]
    assert both.classes.tolist() == [1, 2]
    assert both.present == (1, 2)


def test_empty_strokes_and_strokes_of_one_class_are_refused(session):
    with pytest.raises(SettingsError, match="they are empty"):
        _ = dataclasses.replace(session, strokes=Strokes()).classifier
    one = strokes_from_labels(np.ones((3, 4), np.uint8))
    with pytest.raises(SettingsError, match="all 12 drawn pixels are background"):
        _ = dataclasses.replace(session, strokes=one).classifier


def test_what_is_written_is_read_back(session, tmp_path):
    path = tmp_path / "nuclei.classifier"
    write_classifier(path, session.classifier)
    again = read_classifier(path)
    assert classifier_digest(again) == classifier_digest(session.classifier)
    assert (classified(again, session.tiles) == session.classes()).all()


def test_the_same_strokes_give_the_same_bytes(session, tmp_path):
    for name in "ab":
        write_classifier(tmp_path / name, dataclasses.replace(session).classifier)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_file_that_is_no_classifier_is_refused(tmp_path):
    for content in (b"\x89PNG\r\n", b"{}", b"[1]", b""):
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(ModelError, match="but it is another kind of file"):
            read_classifier(tmp_path / "x")
    with pytest.raises(InputNotFoundError, match="but there is no file"):
        read_classifier(tmp_path / "absent")


def test_a_damaged_or_later_classifier_is_refused(session, tmp_path):
    path = tmp_path / "x"
    write_classifier(path, session.classifier)
    content = json.loads(path.read_text())
    content["features"]["scales_px"] = [0.7, 1.6, 3.0]
    path.write_text(json.dumps(content))
    with pytest.raises(ModelError, match="but it is damaged"):
        read_classifier(path)
    path.write_text(json.dumps(content | {"schema": 9}))
    with pytest.raises(ModelError, match="must be of schema 1, but is of 9"):
        read_classifier(path)


def test_ranges_of_several_images_cover_all_of_them():
    dark, bright = (
        step_range(lambda box, p=p: p[box.slices][None, None], p.shape)
        for p in (np.arange(100.0).reshape(10, 10), np.full((10, 10), 500.0))
    )
    (joint,) = joint_ranges([dark, bright])
    assert joint.low == dark[0].low
    assert joint.high == 501


def test_tiles_are_forgotten_when_they_take_too_much_and_computed_again(nuclei):
    canvas = canvas_of(np.tile(nuclei[0], (4, 4)))
    tiles = FeatureTiles(canvas, FeatureSettings((1.0,)), kept_bytes=1)
    first, second = tiles.boxes()[:2]
    kept = tiles.tile(first)
    assert tiles.tile(first) is kept
    tiles.tile(second)
    assert tiles.tile(first) is not kept
    assert (tiles.tile(first).planes[0] == kept.planes[0]).all()


_OTHER_PROCESSOR = """
import hashlib, sys
import cv2, numpy as np
from pathlib import Path
from nuclarium.suggest.classifier import probability
from nuclarium.suggest.features import Canvas
from nuclarium.suggest.file import read_classifier
from nuclarium.suggest.tiles import FeatureTiles
if sys.argv[3] == "plain":
    cv2.setUseOptimized(False)
    cv2.setNumThreads(1)
pixels = np.load(sys.argv[2])
classifier = read_classifier(Path(sys.argv[1]))
canvas = Canvas(lambda box: pixels[box.slices][None, None], (1, *pixels.shape), classifier.ranges)
tiles = FeatureTiles(canvas, classifier.features)
found = probability(classifier, tiles)
planes = b"".join(p.tobytes() for box in tiles.boxes() for p in tiles.tile(box).planes)
print(hashlib.sha256(found.tobytes() + planes).hexdigest())
"""


@pytest.mark.slow
def test_an_older_processor_computes_the_same_features_and_mask(session, tmp_path):
    pixels, _ = synthetic_nuclei((300, 310), 60, np.random.default_rng(1))
    np.save(tmp_path / "pixels.npy", pixels)
    write_classifier(tmp_path / "c", session.classifier)
    older = {
        "OPENCV_CPU_DISABLE": "AVX512-SKX,AVX2,FP16,AVX,SSE4.2,SSE4.1",
        "OPENCV_IPP": "disabled",
        "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512_SKX",
    }
    found = {
        subprocess.run(
            [sys.executable, "-c", _OTHER_PROCESSOR, tmp_path / "c", tmp_path / "pixels.npy", how],
            env=os.environ | changed,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for how, changed in (("as it is", {}), ("plain", older))
    }
    assert len(found) == 1
