"""The images of a project as the server shows them: registered, described, open while in use."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nuclarium.annotate.store import Store
from nuclarium.core.errors import NuclariumError
from nuclarium.core.image import Image
from nuclarium.io import open_image
from nuclarium.server.errors import NotFound
from nuclarium.server.facts_file import FactsFile
from nuclarium.server.image_facts import ImageFacts
from nuclarium.server.open_images import OpenImages
from nuclarium.workspace.file_states import FileStates
from nuclarium.workspace.layout import STATE
from nuclarium.workspace.project import IMAGES_TABLE, Project
from nuclarium.workspace.raw_images import RawImage, project_images

MOST_OPEN = 16
"""Files that stay open; more wait until one is not in use."""


@dataclass(frozen=True, slots=True)
class ShelfImage:
    """An image: id in the store, where it is, what is known of it."""

    id: str
    raw: RawImage
    facts: ImageFacts
    condition: str
    group: str

    def to_json(self) -> dict[str, Any]:
        """Return what JSON carries."""
        said = {"id": self.id, "name": self.raw.name}
        return said | self.facts.to_json() | {"condition": self.condition, "group": self.group}


class ImageShelf:
    """Images of a project by id; any thread may call it.

    Parameters
    ----------
    project : Project
    store : Store
        Where images are registered.
    """

    def __init__(self, project: Project, store: Store) -> None:
        self._project, self._store = project, store
        self._facts = FactsFile(project.folder / STATE / "studio_images.json")
        self._images: dict[str, ShelfImage] = {}
        self._failures: dict[str, str] = {}
        self._seen: tuple[int, int] | None = None
        self._looking = threading.Lock()
        self._open = OpenImages(MOST_OPEN)

    @property
    def overview_folder(self) -> Path:
        """Where overviews of large planes are kept; all in it may be deleted."""
        return self._project.folder / STATE / "overviews"

    def images(self) -> list[ShelfImage]:
        """Return all images that can be read, in the order of import."""
        self._look_again()
        return list(self._images.values())

    def failures(self) -> dict[str, str]:
        """Return why images cannot be read, by name."""
        self._look_again()
        return dict(self._failures)

    def image(self, image: str) -> ShelfImage:
        """Return an image; NotFound where there is none of this id that can be read."""
        found = self._images.get(image)
        if found is None:
            self._look_again()
            found = self._images.get(image)
        if found is None:
            raise NotFound(f"An image of the project was expected, but got {image[:60]!r}.")
        return found

    @contextmanager
    def opened(self, image: str) -> Iterator[Image]:
        """Give the image open; it may be closed again when nobody uses it."""
        raw = self.image(image).raw
        with self._open.opened(image, lambda: open_image(raw.path, scene=raw.scene)) as pixels:
            yield pixels

    def close(self) -> None:
        """Close all files."""
        self._open.close()

    def _look_again(self) -> None:
        """Read the project's table where it changed since, and look at images that are new."""
        signature = _signature(self._project.folder / IMAGES_TABLE)
        if signature == self._seen:
            return
        with self._looking:
            if signature != self._seen:
                self._look()
                self._seen = signature

    def _look(self) -> None:
        table = self._project.images()
        if not len(table):
            self._images, self._failures = {}, {}
            return
        states = FileStates.load(self._project.file_states)
        images, failures = {}, {}
        known = dict(
            zip(table["name"], zip(table["condition"], table["group"], strict=True), strict=True)
        )
        for raw in project_images(self._project):
            try:
                facts = self._facts.of(raw, states)
            except NuclariumError as error:
                failures[raw.name] = str(error)
                continue
            stored = self._store.register_image(
                raw.name, raw.sha256, width=facts.width, height=facts.height
            )
            images[stored.id] = ShelfImage(stored.id, raw, facts, *known[raw.name])
        states.save()
        self._facts.save()
        self._images, self._failures = images, failures


def _signature(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return stat.st_mtime_ns, stat.st_size
