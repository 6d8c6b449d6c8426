"""A studio served to a real browser: one synthetic colony, one person, and what is stored of it."""

import shutil
import threading
import time
from contextlib import contextmanager

import numpy as np
import tifffile
import uvicorn

from nuclarium.annotate.store import Store
from nuclarium.server.app import create_app
from nuclarium.server.origins import origins_of
from nuclarium.server.serve import StudioServer, listen
from nuclarium.synthetic.organoid import OrganoidSpec, organoid
from nuclarium.workspace.import_images import import_images
from nuclarium.workspace.project import Project

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DEPTH = 3


def colony(folder):
    """Three planes from the middle of a synthetic colony, and their truth."""
    spec = OrganoidSpec(shape=(24, 256, 256))
    pixels, labels, _ = organoid(spec, np.random.default_rng(3))
    planes = slice(11, 11 + DEPTH)
    tifffile.imwrite(
        folder / "colony.ome.tif",
        pixels[planes],
        ome=True,
        metadata={
            "axes": "ZYX",
            "PhysicalSizeX": spec.spacing.x,
            "PhysicalSizeY": spec.spacing.y,
            "PhysicalSizeZ": spec.spacing.z,
        },
    )
    return folder / "colony.ome.tif", labels[planes]


@contextmanager
def served_colony(folder):
    """Give the address of a studio with one colony, its store, and the truth."""
    file, truth = colony(folder)
    project = Project.create(folder / "project")
    import_images(project, [file])
    with Store.open(folder / "store.sqlite") as store:
        origins = origins_of("127.0.0.1")
        app = create_app(
            project, store, single_user=True, secret=bytes(32), origins=origins, start_token="t"
        )
        listening = listen("127.0.0.1", 0)
        config = uvicorn.Config(app, log_level="warning", access_log=False, ws="none")
        server = StudioServer(config, app.state.studio)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/?start=t", store, truth
        finally:
            server.should_exit = True
            thread.join(20)
            listening.close()


@contextmanager
def opened_page(browser, address, width=1280, height=800, scheme="light"):
    """Give a page of a real browser in which the colony is open."""
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    mistakes = []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.goto(address)
    page.locator("a.card, .card a").first.click()
    page.locator(".viewer canvas").first.wait_for()
    page.wait_for_function("() => document.querySelector('.title').textContent !== ''")
    yield page
    page.context.close()
    assert mistakes == []


def until(holds, seconds=20):
    """Wait until something holds and return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it never came to pass")
