"""What all routes of one server share: project, store, images, people, events, jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
from fastapi import Request

from nuclarium.annotate.store import Store
from nuclarium.preprocess.smoothing import Pixels as Light
from nuclarium.server.events import Events
from nuclarium.server.jobs import Jobs
from nuclarium.server.known_classes import KnownClasses
from nuclarium.server.known_documents import KnownDocuments
from nuclarium.server.known_people import KnownPeople
from nuclarium.server.origins import Origins
from nuclarium.server.passwords import Passwords
from nuclarium.server.rendering import Rendering
from nuclarium.server.sessions import Sessions
from nuclarium.server.shelf import ImageShelf
from nuclarium.server.tiles import TilePainter
from nuclarium.server.tries import Tries
from nuclarium.workspace.previews import recipe_references
from nuclarium.workspace.project import Project


@dataclass
class Studio:
    """One server's state.

    Parameters
    ----------
    project : Project
    store : Store
        Closed by whoever opened it.
    single_user : bool
        One person on one machine, without log-in.
    sessions : Sessions
    origins : Origins
        Which names and origins are the server's own.
    page : Path
        Folder of the built page.
    start_token : str
        What lets the one person of a single-user studio in; nobody comes in by an empty one.
    """

    project: Project
    store: Store
    single_user: bool
    sessions: Sessions
    origins: Origins
    page: Path
    start_token: str = ""
    shelf: ImageShelf = field(init=False)
    tiles: TilePainter = field(init=False)
    people: KnownPeople = field(init=False)
    classes: KnownClasses = field(init=False)
    rendering: Rendering = field(default_factory=Rendering)
    events: Events = field(default_factory=Events)
    jobs: Jobs = field(default_factory=lambda: Jobs(threads=2))
    passwords: Passwords = field(default_factory=Passwords)
    documents: KnownDocuments = field(default_factory=KnownDocuments)
    tries: Tries = field(default_factory=Tries)

    def __post_init__(self) -> None:
        self.shelf = ImageShelf(self.project, self.store)
        self.tiles = TilePainter(self.shelf, self.project.settings.recipe, self._light)
        self.people = KnownPeople(self.store)
        self.classes = KnownClasses(self.project)

    def close(self) -> None:
        """End jobs, threads and listeners, and close files."""
        self.events.close()
        self.jobs.close()
        self.rendering.close()
        self.tiles.close()
        self.shelf.close()

    def _light(self) -> dict[str, Light]:
        found = recipe_references(self.project.settings.recipe, self.project)
        return {name: np.asarray(pixels) for name, pixels in found.items()}


def studio_of(request: Request) -> Studio:
    """Return the state of the server that a request came to."""
    return cast(Studio, request.app.state.studio)
