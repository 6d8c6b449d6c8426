"""The images of a project as the server shows them: registered, described, open while in use."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nuclarium.annotate.store import Store
from nuclarium.core.errors import NuclariumError, OutputError, UnreadableImageError
from nuclarium.core.image import Image
from nuclarium.io import open_image
from nuclarium.io.write import write_json
from nuclarium.server.errors import NotFound
from nuclarium.server.image_facts import ImageFacts, facts_of
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
        self._looking, self._lock = threading.Lock(), threading.Lock()
        self._open: OrderedDict[str, tuple[Image, int]] = OrderedDict()

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
        with self._lock:
            there = self._open.pop(image, None)
            pixels, users = there or (open_image(raw.path, scene=raw.scene), 0)
            self._open[image] = (pixels, users + 1)
            self._close_some()
        try:
            yield pixels
        finally:
            with self._lock:
                pixels, users = self._open[image]
                self._open[image] = (pixels, users - 1)
                self._close_some()

    def close(self) -> None:
        """Close all files."""
        with self._lock:
            for pixels, _ in self._open.values():
                pixels.close()
            self._open.clear()

    def _close_some(self) -> None:
        idle = [name for name, (_, users) in self._open.items() if users == 0]
        for name in idle[: max(0, len(self._open) - MOST_OPEN)]:
            self._open.pop(name)[0].close()

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


class FactsFile:
    """What images were found to be, kept between starts; it may be lost, and is made again.

    Parameters
    ----------
    path : Path
        Where it is kept.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, ImageFacts] = {}
        self._is_new = False
        with suppress(OSError, ValueError, AttributeError, TypeError, KeyError):
            for key, row in json.loads(path.read_text(encoding="utf-8")).items():
                self._known[key] = ImageFacts.from_json(row)

    def of(self, raw: RawImage, states: FileStates) -> ImageFacts:
        """Return the facts of an image whose file is as it was imported.

        Raises
        ------
        UnreadableImageError
            If the file is missing, has changed since, or cannot be read.
        """
        state = states.state_of(raw.path, raw.sha256) if raw.sha256 else "ok"
        if state != "ok":
            what = "is missing" if state == "missing" else "has changed since"
            raise UnreadableImageError(
                f"{raw.path.name} must be where it was imported and as it was, but it {what}. Put "
                "it back, or import it again."
            )
        key = f"{raw.sha256}:{raw.scene}"
        if key not in self._known:
            with open_image(raw.path, scene=raw.scene) as image:
                self._known[key] = facts_of(image)
            self._is_new = True
        return self._known[key]

    def save(self) -> None:
        """Keep what was learnt; a project that cannot be written goes without."""
        if self._is_new:
            with suppress(OutputError, OSError):
                write_json(self._path, {k: facts.to_json() for k, facts in self._known.items()})
                self._is_new = False


def _signature(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return stat.st_mtime_ns, stat.st_size
