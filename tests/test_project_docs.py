"""The page on projects is true: it runs, and leaves out no setting, step or column."""

import importlib.util
import re
import sys
import tomllib
from pathlib import Path

import pytest

from nuclarium.preprocess.recipe_text import STEPS, steps_from_values
from nuclarium.workspace.project import IMAGE_COLUMNS
from nuclarium.workspace.project_settings import settings_text

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "project.md").read_text("utf-8")


def run_blocks():
    spec = importlib.util.spec_from_file_location("run_blocks", DOCS / "tools" / "run_blocks.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["run_blocks"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_code_runs_and_prints_what_is_shown(tmp_path):
    tool = run_blocks()
    steps = tool.find_steps(PAGE)
    for step, printed in zip(steps, tool.run_steps(steps, tmp_path), strict=True):
        if step.shown is not None:
            assert tool.is_as_shown(step.shown.code, printed), printed


def test_every_setting_of_a_new_project_is_documented_with_its_default():
    section = PAGE.split("## Settings")[1]
    shown = dict(re.findall(r"^\| `(\w+\.\w+)` \| `?(.+?)`? \|", section, re.MULTILINE))
    content = tomllib.loads(settings_text("a", "2026-01-01"))
    names = {f"{section}.{name}" for section in content for name in content[section]}
    assert shown.keys() == names
    for name in names - {"project.name", "project.created"}:
        section, _, key = name.partition(".")
        assert tomllib.loads(f"value = {shown[name]}")["value"] == content[section][key], name


def test_every_step_of_a_recipe_is_documented_with_its_settings():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", PAGE, re.MULTILINE))
    for name, step in STEPS.items():
        for key in step.__dataclass_fields__:
            if not key[0].isupper() and key not in ("name", "what"):
                assert f"`{key}`" in rows[name], (name, key)


def test_tables_shown_are_a_valid_recipe():
    (block,) = [b for b in run_blocks().find_blocks(PAGE) if b.language == "toml"]
    assert len(steps_from_values(tomllib.loads(block.code)["recipe"]["steps"])) == 2


def test_every_column_of_the_images_is_named():
    assert [name for name in IMAGE_COLUMNS if f"`{name}`" not in PAGE] == []
