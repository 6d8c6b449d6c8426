"""The tutorial for organoids runs from its first command to its last, on a smaller set."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"

# A set of 8 small stacks in place of 24, one tiny encoder in place of two, four steps of training.
SMALLER = (
    ("sample organoid", "sample organoid --small"),
    ("--min-nuclei 2 --edge shift", "--min-nuclei 2 --edge shift --size-px 64"),
    ("--stratify condition --ratios 4:1:1", "--ratios 2:1:1"),
    ("ResNet50 MobileNetV2 --steps 300", "MobileNetV2 --steps 4 --batch-size 2 --workers 0"),
)


LEFT_BEHIND = (
    "nuclarium info planes/colony01_z012.tif --json",
    "nuclarium measure masks/labels/colony01_z012.tif planes/colony01_z012.tif --out one.csv",
    "nuclarium evaluate masks/labels masks/labels",
    "nuclarium evaluate results ../stacks/truth --3d",
    "nuclarium recipe show",
    "nuclarium masks list masks --history",
    "nuclarium dataset diff datasets/organoids/v001 datasets/organoids/v002",
    "nuclarium dataset group datasets/organoids",
    "nuclarium dataset export datasets/organoids --format coco --out coco",
    "nuclarium dataset stats datasets/organoids --json",
    "nuclarium export benchmarks/encoders/mobilenet_v2/run --out winner.onnx",
)
"""The other commands, on what the tutorial leaves behind."""


def run_as_one(text, folder):
    """Run all shell blocks as one script, since one of them changes the folder."""
    code = "\n".join(re.findall(r"^```shell\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    path = str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"]
    done = subprocess.run(
        ["bash", "-e", "-c", code],
        cwd=folder,
        env={**os.environ, "PATH": path, "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.torch
def test_tutorial_runs_in_a_reduced_form(tmp_path):
    pytest.importorskip("torch")
    text = (DOCS / "tutorial_organoids.md").read_text("utf-8")
    for whole, smaller in SMALLER:
        assert whole in text, f"The tutorial must still say {whole!r}."
        text = text.replace(whole, smaller)
    printed = run_as_one(text, tmp_path)
    project = tmp_path / "organoids"
    assert "nuclei in 8 images" in printed
    manifest = json.loads((project / "datasets/organoids/v002/manifest.json").read_text("utf-8"))
    assert {item["split"] for item in manifest["items"]} == {"train", "val", "test"}
    for page in ("results", "comparison", "benchmarks/encoders"):
        assert "ynthetic" in (project / page / "index.html").read_text("utf-8")
    recorded = [
        json.loads(line)["what"]
        for line in (project / "records.jsonl").read_text("utf-8").splitlines()
    ]
    steps = {"slices", "pixels train", "pixels apply", "patches", "dataset build", "dataset split"}
    assert {*steps, "segment", "compare"} <= set(recorded)
    for command in LEFT_BEHIND:
        run_as_one(f"```shell\n{command}\n```\n", project)
