from dataclasses import dataclass

import numpy as np
from PIL import Image

from nuclarium.report.masks import FOUND, INVENTED, MISSED, agreement_picture, mask_picture
from nuclarium.report.preview import write_preview
from nuclarium.report.sheet import Row, sheet


def picture(colour, shape=(10, 10)):
    return np.full((*shape, 3), colour, np.uint8)


def has(found, colour):
    return int((found == np.array(colour, np.uint8)).all(axis=2).sum())


def test_every_picture_is_on_the_sheet_at_its_side():
    rows = [
        Row("one", [picture((255, 0, 0)), picture((0, 255, 0))], ["a", "b"]),
        Row("two", [picture((0, 0, 255), (5, 10))]),
    ]
    found = sheet(rows, title="all", side=40)
    assert has(found, (255, 0, 0)) == 1600
    assert has(found, (0, 255, 0)) == 1600
    assert has(found, (0, 0, 255)) == 800


def test_large_pictures_are_reduced_and_long_captions_cut():
    found = sheet([Row("", [picture((9, 9, 9), (300, 150))], ["x" * 500])], title="t", side=100)
    assert has(found, (9, 9, 9)) == 100 * 50
    assert found.shape[1] == 520


def test_sheet_without_rows_is_its_title():
    assert sheet([], title="nothing").shape[2] == 3


def test_pixels_are_coloured_by_who_has_them():
    prediction = np.array([[1, 1, 0, 0]], bool)
    truth = np.array([[1, 0, 1, 0]], bool)
    expected = [FOUND, INVENTED, MISSED, (0, 0, 0)]
    np.testing.assert_array_equal(agreement_picture(prediction, truth)[0], expected)
    np.testing.assert_array_equal(mask_picture(truth)[0, :, 0], [255, 0, 255, 0])


@dataclass(frozen=True)
class Piece:
    pixels: np.ndarray
    labels: np.ndarray


def test_preview_shows_equal_values_equally_bright(tmp_path):
    labels = np.zeros((64, 64), np.int32)
    dark, bright = (np.full((64, 64), value, np.float32) for value in (0.2, 0.6))
    write_preview(tmp_path / "p.png", "paper", [[Piece(dark, labels), Piece(bright, labels)]])
    shown = np.asarray(Image.open(tmp_path / "p.png").convert("RGB"))
    assert has(shown, (51, 51, 51)) > 1000
    assert has(shown, (153, 153, 153)) > 1000


def test_long_title_is_not_cut():
    short, long = (sheet([], title="W" * length).shape[1] for length in (3, 80))
    assert (short, long > 800) == (520, True)
