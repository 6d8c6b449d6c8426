"""What images were found to be, kept in the project between starts of the server."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from nuclarium.core.errors import OutputError, UnreadableImageError
from nuclarium.io import open_image
from nuclarium.io.write import write_json
from nuclarium.server.image_facts import ImageFacts, facts_of
from nuclarium.workspace.file_states import FileStates
from nuclarium.workspace.raw_images import RawImage


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
