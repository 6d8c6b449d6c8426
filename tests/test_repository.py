"""The code is built as ARCHITECTURE.md says."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import nuclarium

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "nuclarium"
MODULES = sorted(PACKAGE.rglob("*.py"))


def public(name):
    """The object that `nuclarium.NAME` is meant to be, whatever was imported before."""
    return nuclarium.__getattr__(name)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_module_opens_with_one_sentence(path):
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    assert docstring, f"{path} must open with a docstring."
    first, _, rest = docstring.partition("\n")
    assert first.endswith(".")
    assert rest == "" or rest.startswith("\n")


def test_architecture_lists_the_packages_from_the_top_down():
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    section = text.split("## Layers")[1].split("##")[0]
    listed = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert sorted(listed) == sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
    layers = (ROOT / "pyproject.toml").read_text("utf-8").split("layers = [")[1].split("]")[0]
    assert listed == re.findall(r"\w+", layers)


def test_files_that_architecture_names_exist():
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    paths = re.findall(r"`([\w/]+(?:/|\.\w+))`", text)
    homes = (ROOT, ROOT / "src", PACKAGE, PACKAGE / "predict", PACKAGE / "io")
    made = {"labels/", "tables/", "outlines/", "run.json"}
    missing = [
        path
        for path in paths
        if "/" in path and path not in made and not any((home / path).exists() for home in homes)
    ]
    assert missing == []


def test_imports_point_down():
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_public_names_are_a_dozen_at_most():
    assert len(nuclarium.__all__) <= 12
    assert set(nuclarium.__all__) <= set(dir(nuclarium))


@pytest.mark.parametrize("name", nuclarium.__all__)
def test_public_name_is_documented(name):
    thing = public(name)
    docstring = inspect.getdoc(thing)
    assert docstring.split("\n")[0].endswith((".", ";"))
    if inspect.isfunction(thing):
        assert re.search(r"^(Parameters|Returns|Raises|Examples)\n---+$", docstring, re.MULTILINE)


def test_public_names_are_reached_whatever_was_imported_before():
    code = (
        "import nuclarium, nuclarium.measurement, nuclarium.predict.segment, nuclarium.evaluate\n"
        "for name in nuclarium.__all__:\n"
        "    assert callable(getattr(nuclarium, name)), name"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_public_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing_like_this"):
        _ = nuclarium.nothing_like_this


def test_version_is_the_same_everywhere():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    assert f'version = "{nuclarium.__version__}"' in text
    assert f"## {nuclarium.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
