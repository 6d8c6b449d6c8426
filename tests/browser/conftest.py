"""A served project, once a session, and a Chromium, once a module, for the tests of the page."""

import os
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest
import tifffile

from nuclarium.synthetic.plane import synthetic_nuclei

ROOT = Path(__file__).parents[2]
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def browser():
    """Chromium of a module: while Playwright's loop runs, no test of another one can run a loop."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium was found on the PATH")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """A stack of two channels with its pixel size, and a plane without one."""
    folder = tmp_path_factory.mktemp("images")
    plane, _ = synthetic_nuclei((512, 640), 150, np.random.default_rng(0))
    stack = np.stack([np.stack([plane * f, plane[::-1] * f]) for f in (0.3, 0.6, 1, 0.6, 0.3)])
    about = {"axes": "ZCYX", "PhysicalSizeX": 0.3, "PhysicalSizeXUnit": "µm",
             "PhysicalSizeY": 0.3, "PhysicalSizeYUnit": "µm"}  # fmt: skip
    tifffile.imwrite(folder / "stack.ome.tif", stack.astype(np.uint16), metadata=about, ome=True)
    tifffile.imwrite(folder / "plain.tif", plane)
    return folder


@pytest.fixture(scope="session")
def serve():
    """Start `nuclarium annotate` for a file or folder; give its address, with what lets in."""
    with ExitStack() as stack:
        yield lambda path: stack.enter_context(served(path))


@contextmanager
def served(path):
    command = [sys.executable, "-c", "from nuclarium.cli import main; main()"]
    process = subprocess.Popen(
        [*command, "annotate", str(path), "--port", "0", "--no-browser"],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        said = []
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"http://\S+", line):
                yield found[0]
                break
        else:
            pytest.fail(f"nuclarium annotate ended: {''.join(said)}")
        process.terminate()


@pytest.fixture(scope="session")
def address(images, serve):
    """Where the images are served to one person, with the word that lets in."""
    return serve(images)


@pytest.fixture
def enter(browser):
    """Open an address in a window of its own; a mistake in the page's script fails the test."""
    contexts, mistakes = [], []

    def open_page(address):
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 800}))
        opened = contexts[-1].new_page()
        opened.on("pageerror", lambda error: mistakes.append(str(error)))
        opened.goto(address)
        return opened

    yield open_page
    for context in contexts:
        context.close()
    assert mistakes == []


@pytest.fixture
def page(enter, address):
    """The start page of the studio, entered."""
    return enter(address)
