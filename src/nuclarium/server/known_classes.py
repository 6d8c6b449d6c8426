"""The classes of the project as its settings say now, whoever changed them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nuclarium.core.class_lists import content_of
from nuclarium.core.classes import Hierarchy
from nuclarium.core.errors import NuclariumError
from nuclarium.workspace.project import Project
from nuclarium.workspace.project_classes import hierarchy_of_choice
from nuclarium.workspace.project_settings import SETTINGS_FILE, ClassChoice, read_settings

_log = logging.getLogger(__name__)


class KnownClasses:
    """Reads the settings again where they changed; any thread may call it.

    Parameters
    ----------
    project : Project

    Raises
    ------
    SettingsError, InputNotFoundError
        If the project's classes do not hold together when the server starts. Where that happens
        later, the classes stay that were read last.
    """

    def __init__(self, project: Project) -> None:
        self._folder = project.folder
        self._lock = threading.Lock()
        self._seen: tuple[object, ...] = ()
        self._read(project.settings.classes)

    @property
    def choice(self) -> ClassChoice:
        """What the settings say: names, or a hierarchy."""
        self._read_again()
        return self._choice

    def content(self) -> Mapping[str, Any]:
        """Return the classes as JSON carries them."""
        self._read_again()
        return self._content

    def hierarchy(self) -> Hierarchy:
        """Return the classes."""
        self._read_again()
        return self._hierarchy

    def _read_again(self) -> None:
        with self._lock:
            if self._signature() == self._seen:
                return
            try:
                self._read(read_settings(self._folder / SETTINGS_FILE).classes)
            except NuclariumError as error:
                self._seen = self._signature()
                _log.warning("The classes stay as they were: %s", error)

    def _read(self, choice: ClassChoice) -> None:
        hierarchy = hierarchy_of_choice(choice, self._folder)
        self._choice, self._hierarchy, self._content = choice, hierarchy, content_of(hierarchy)
        self._seen = self._signature()

    def _signature(self) -> tuple[object, ...]:
        files = [self._folder / SETTINGS_FILE]
        if isinstance(choice := self._choice, str):
            files.append(self._folder / choice)
        return tuple(_state(path) for path in files)


def _state(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return stat.st_mtime_ns, stat.st_size
