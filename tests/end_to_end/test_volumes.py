"""A real LSM stack with known truth, from the command to the scores in three dimensions."""

import json
import sys

import numpy as np
import pytest
import tifffile

from nuclarium.cli import main
from nuclarium.core.geometry import Spacing
from nuclarium.evaluate import score_volume
from nuclarium.io.lsm_info import LsmChannel
from nuclarium.io.write_lsm import write_lsm
from nuclarium.synthetic.organoid import OrganoidSpec, organoid


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["nuclarium", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code or 0


@pytest.mark.slow
def test_colony_of_an_lsm_file_is_found_in_three_dimensions(tmp_path, monkeypatch):
    spec = OrganoidSpec(shape=(24, 224, 224))
    pixels, truth, _ = organoid(spec, np.random.default_rng(5))
    path = tmp_path / "colony.lsm"
    write_lsm(path, pixels[None, :, None], spacing=spec.spacing, channels=[LsmChannel("DAPI")])
    assert run(monkeypatch, "segment", path, "--3d", "--out", tmp_path / "results") == 0
    labels = tifffile.imread(tmp_path / "results" / "labels" / "colony.ome.tif")
    scores = score_volume(zip(labels, truth, strict=True))
    assert scores.match(0.5).f1 > 0.8
    (image,) = json.loads((tmp_path / "results" / "run.json").read_text())["images"]
    assert image["image"]["spacing_um"] == {"z": 1.0, "y": 0.25, "x": 0.25}
    assert spec.spacing == Spacing(0.25, 0.25, 1.0)


@pytest.mark.slow
@pytest.mark.data
def test_demo_of_stardist_is_found_in_three_dimensions(data, tmp_path, monkeypatch):
    stack = data / "stardist_demo" / "img3d.tif"
    assert run(monkeypatch, "segment", stack, "--3d", "--out", tmp_path / "results") == 0
    labels = tifffile.imread(tmp_path / "results" / "labels" / "img3d.ome.tif")
    truth = tifffile.imread(data / "stardist_demo" / "mask3d.tif")
    assert score_volume(zip(labels, truth, strict=True)).match(0.5).f1 > 0.85
