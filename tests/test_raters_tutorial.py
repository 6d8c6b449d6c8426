"""The tutorial for raters runs from its first command to its last, on a smaller study."""

import importlib.util
import json
import re
import sys
from pathlib import Path

import pandas as pd
import pytest

DOCS = Path(__file__).parents[1] / "docs"
REAL = "## The same with real tables"
SMALLER = (
    ("sample raters", "sample raters --fields 4 --raters SP=2,JP=1,NP=3"),
    ("consensus study", "consensus study --repetitions 3"),
)


def tool(name):
    """A module of docs/tools, which is no part of the package."""
    spec = importlib.util.spec_from_file_location(name, DOCS / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def halves():
    """The synthetic part of the page, made smaller, and the part of real tables."""
    synthetic, heading, real = (DOCS / "tutorial_raters.md").read_text("utf-8").partition(REAL)
    assert heading
    for whole, smaller in SMALLER:
        assert whole in synthetic, f"The tutorial must still say {whole!r}."
        synthetic = synthetic.replace(whole, smaller)
    return synthetic, real


def run(text, folder):
    """Run the blocks of a text; return pairs of what is shown and what was printed."""
    blocks = tool("run_blocks")
    steps = blocks.find_steps(text)
    return [
        (step.shown.code if step.shown else None, printed)
        for step, printed in zip(steps, blocks.run_steps(steps, folder), strict=True)
    ]


@pytest.mark.slow
def test_tutorial_runs_on_a_smaller_synthetic_study(tmp_path):
    run(halves()[0], tmp_path)
    page = (tmp_path / "consensus" / "index.html").read_text("utf-8")
    assert "Synthetic: raters and nuclei" in page
    assert page.count("data:image/webp") > 10
    named = re.findall(r"^\| `([\w.]+)` \|", halves()[0], re.MULTILINE)
    missing = [name for name in named if not (tmp_path / "consensus" / name).exists()]
    assert missing == []
    written = {path.name for path in (tmp_path / "consensus").glob("*.csv")}
    assert written <= set(named)
    record = json.loads((tmp_path / "consensus" / "run.json").read_text("utf-8"))
    assert record["synthetic"]
    truth = pd.read_csv(tmp_path / "consensus" / "truth.csv")
    chances = truth.filter(regex="^p_").sum(axis=1)
    assert chances.between(1 - 1e-7, 1 + 1e-7).all()


@pytest.mark.slow
@pytest.mark.data
def test_tutorial_runs_on_real_tables_and_prints_what_is_shown(tmp_path, data):
    for name, folder in (("crowd", "crowd_label_tables"), ("nucls", "nucls_core_tables")):
        if not (data / folder).is_dir():
            pytest.skip(f"there is no {folder} in {data}")
        (tmp_path / name).symlink_to(data / folder, target_is_directory=True)
    is_as_shown = tool("run_blocks").is_as_shown
    text = "```python\nimport pandas as pd\n```\n" + halves()[1]
    for shown, printed in run(text, tmp_path):
        assert shown is None or is_as_shown(shown, printed), printed
    anesthesia = pd.read_csv(tmp_path / "anesthesia" / "truth.csv")
    assert len(anesthesia) == 45
