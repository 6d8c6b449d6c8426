"""Take the pictures of docs/tutorial_studio.md: the tested story, lived once more in Chromium."""

from __future__ import annotations

import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.browser.test_studio_story import alone, together  # noqa: E402
from tests.studio_story import CHROMIUM, Person, annotate, make_stacks, nuclarium  # noqa: E402

from nuclarium.workspace.annotation_store import open_store  # noqa: E402

PICTURES = ROOT / "docs" / "images"
WANTED = {"scribble", "suggestions", "corrected", "wizard", "field", "review", "board", "consensus"}
COLOURS = 256


def look(person: Person, name: str) -> None:
    """Keep a picture of a page, the first of each name, in few colours."""
    file = PICTURES / f"studio_story_{name}.png"
    if name in WANTED:
        WANTED.remove(name)
        person.page.wait_for_timeout(800)
        shot = Image.open(BytesIO(person.page.screenshot())).convert("RGB")
        few = shot.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.save(file, optimize=True)


def main() -> None:
    """Live the story in a folder that is removed afterwards."""
    Person.look = look
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        place = Path(folder)
        spots = make_stacks(place / "stacks")
        nuclarium("init", "organoids", "--classes", "nucls", cwd=place)
        files = sorted((place / "stacks").iterdir())
        nuclarium("import", *files, "--project", "organoids", cwd=place)
        project = place / "organoids"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with annotate(project, "--single-user") as address, open_store(project) as store:
            images = alone(Person(browser, address), store, spots)
        with annotate(project, "--accounts") as address, open_store(project) as store:
            spots = {image: spots[name] for name, image in images.items()}
            together(browser, address, store, spots, place)
        browser.close()


if __name__ == "__main__":
    main()
