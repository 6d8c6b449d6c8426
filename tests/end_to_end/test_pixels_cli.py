"""Strokes to masks to verdicts on the command line."""

import json

import numpy as np
import pytest
import tifffile

from nuclarium.synthetic.plane import synthetic_nuclei


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate("ab"):
        pixels, truth = synthetic_nuclei((200, 210), 25, np.random.default_rng(seed))
        strokes = np.where(truth > 0, 2, 1).astype(np.uint8)
        strokes[np.arange(200) % 12 != 0] = 0
        tifffile.imwrite(f"{name}.tif", pixels)
        tifffile.imwrite(f"{name}_strokes.tif", strokes)
    return tmp_path


TRAIN = "pixels train a.tif b.tif --strokes a_strokes.tif b_strokes.tif --scales 1 2 4 --out c"


def test_strokes_become_masks_and_a_person_verifies_them(run, folder):
    code, out, _ = run(*TRAIN.split())
    assert code == 0
    assert "24 features" in out
    code, out, _ = run("pixels", "apply", "c", "a.tif", "b.tif", "--out", "masks", "--who", "Ada")
    assert code == 0
    assert "a: 2" in out
    assert run("masks", "verify", "masks", "a", "--who", "Bo", "--note", "fine")[0] == 0
    listed = json.loads(run("masks", "list", "masks", "--json")[1])
    assert [(row["name"], row["status"], row["who"]) for row in listed] == [
        ("a", "verified", "Bo"),
        ("b", "preliminary", "Ada"),
    ]
    _, out, _ = run("pixels", "apply", "c", "a.tif", "b.tif", "--out", "masks", "--json")
    assert json.loads(out)["kept"] == ["a"]
    assert len(run("masks", "list", "masks", "--history")[1].splitlines()) == 4


def test_the_same_command_gives_the_same_bytes(run, folder):
    run(*TRAIN.split())
    first = (folder / "c").read_bytes()
    for out in ("one", "two"):
        run("pixels", "apply", "c", "a.tif", "--out", out)
    run(*TRAIN.split(), "--workers", "1")
    assert (folder / "c").read_bytes() == first
    for name in ("a.tif", "labels/a.tif"):
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("pixels apply a.tif b.tif --out m", "must be a classifier"),
        ("pixels train a.tif --strokes absent.tif --out c", "Strokes were expected at absent.tif"),
        ("pixels train a.tif --strokes a.tif --out c", "must be whole numbers, 0 where nothing"),
        ("pixels train a.tif --strokes a_strokes.tif --out c --scales 4 1", "must be ascending"),
        ("pixels train a.tif --strokes a_strokes.tif --out c --features sobel", "but got sobel"),
        ("pixels train a.tif --strokes a_strokes.tif --out c --classes one", "2 to 32 different"),
        ("pixels train a.tif --strokes a_strokes.tif --out c --3d", "must be a stack"),
        ("pixels train a.tif --strokes a_strokes.tif --out c --channel DAPI", "but got DAPI"),
        ("masks verify . nothing", "A mask nothing.tif was expected"),
        ("masks list absent", "A folder of masks was expected"),
    ],
)
def test_mistakes_end_in_one_sentence_and_code_2(run, folder, command, message):
    code, _, err = run(*command.split())
    assert code == 2
    assert message in err
    assert len(err.strip().splitlines()) == 1
    assert not (folder / "c").exists()


@pytest.mark.parametrize("command", ["pixels train", "pixels apply", "masks list", "masks verify"])
def test_help_shows_an_example(run, command):
    code, out, _ = run(*command.split(), "--help")
    assert code == 0
    assert "Example" in out
