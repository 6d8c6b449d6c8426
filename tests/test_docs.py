"""What the documents say is true: code runs, links lead somewhere, nothing is left out."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from nuclarium.predict.model import DecoderSpec

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])
RUN = [
    "README.md",
    "docs/tutorial.md",
    "docs/python.md",
]


def tool(name):
    """A module of docs/tools, which is no part of the package."""
    spec = importlib.util.spec_from_file_location(name, DOCS / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def read(*parts):
    return ROOT.joinpath(*parts).read_text("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN)
def test_code_runs_and_prints_what_is_shown(page, tmp_path):
    run_blocks = tool("run_blocks")
    steps = run_blocks.find_steps(read(page))
    assert {step.block.language for step in steps} == {"shell", "python"}
    for step, printed in zip(steps, run_blocks.run_steps(steps, tmp_path), strict=True):
        if step.shown is not None:
            same = run_blocks.is_as_shown(step.shown.code, printed)
            assert same, f"{page} shows another output than this; run `make tutorial`.\n{printed}"


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("150 nuclei", "149 nuclei", True),
        ("150 nuclei", "120 nuclei", False),
        ("150 nuclei", "150 cells", False),
        ("area  1,200.5", "area 1,200.4", True),
        ("dice  0.972", "dice  0.900", False),
    ],
)
def test_outputs_may_differ_in_numbers_only_and_slightly(shown, printed, same):
    assert tool("run_blocks").is_as_shown(shown, printed) == same


def test_command_line_reference_is_that_of_the_commands():
    assert read("docs/cli.md") == tool("cli_page").page(), "run `make tutorial`"


def test_every_command_is_in_the_readme():
    commands = re.findall(r"^## (nuclarium \w+)", read("docs/cli.md"), re.MULTILINE)
    assert [name for name in commands if f"`{name}`" not in read("README.md")] == []


def settings_shown(heading):
    """Names and defaults of the tables under a heading of the guide to training."""
    text = read("docs/training.md")
    return dict(re.findall(heading, text, re.MULTILINE))


ROW = r"^\| `(\w+)` \| (?:`(.+?)`|none|–) \|"


@pytest.mark.torch
def test_every_setting_of_training_is_documented_with_its_default():
    config = pytest.importorskip("nuclarium.train.config").TrainConfig
    shown = settings_shown(ROW)
    for name, field in config.model_fields.items():
        assert name in shown, f"{name} must be in docs/training.md."
        if shown[name]:
            value = tomllib.loads(f"value = {quoted(shown[name])}")["value"]
            default = field.default
            assert value == (list(default) if isinstance(default, tuple) else default), name
        else:
            assert field.default is None or field.is_required(), name


def quoted(text):
    is_word = re.fullmatch(r"[\w-]*[a-z][\w-]*", text) and text not in ("true", "false")
    return f'"{text}"' if is_word else text


def test_every_setting_of_decoding_is_documented_with_its_default():
    shown = settings_shown(ROW)
    for field in fields(DecoderSpec):
        assert float(shown[field.name]) == field.default


@pytest.mark.torch
def test_settings_shown_are_valid():
    config = pytest.importorskip("nuclarium.train.config").TrainConfig
    (block,) = [
        b for b in tool("run_blocks").find_blocks(read("docs/training.md")) if b.language == "toml"
    ]
    config.model_validate(tomllib.loads(block.code))


def test_every_warning_is_explained():
    source = "".join(
        path.read_text("utf-8")
        for folder in ("measurement", "workspace")
        for path in (ROOT / "src" / "nuclarium" / folder).glob("*.py")
    )
    kinds = set(re.findall(r'QualityWarning\(\s*"([^"]+)"|"kind": "([^"]+)", "text"', source))
    kinds = {first or second for first, second in kinds}
    assert len(kinds) >= 8
    assert [kind for kind in kinds if f"| `{kind}` |" not in read("docs/tutorial.md")] == []


def anchors(text):
    """Anchors of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?:", target):
            continue
        name, _, anchor = target.partition("#")
        found = page.parent / name if name else page
        assert found.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(found.read_text("utf-8")), f"{page.name} links to {target}"


def test_readme_is_short_and_its_picture_small():
    assert len(read("README.md").splitlines()) <= 120
    assert [p.name for p in (DOCS / "images").iterdir() if p.stat().st_size > 300_000] == []


def tracked_files():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("this is no git repository")
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_no_file_names_a_machine_or_a_registry():
    homes = [f"/{folder}/" for folder in ("work/main", "work/shared", "work/dev", "home", "Users")]
    hosts = [
        ".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"))
    ]
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in tracked_files()
        if path.exists()
        and path.suffix in (".py", ".md", ".toml", ".txt", ".json", ".css", ".js", ".j2", "")
        for word in [*homes, *hosts]
        if word in path.read_text("utf-8")
    ]
    assert found == []
