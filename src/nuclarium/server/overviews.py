"""Overviews of large planes without a pyramid: made beside the requests, in turn, and kept."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nuclarium.core.errors import NuclariumError, OutputError, UnreadableImageError
from nuclarium.core.geometry import Box
from nuclarium.core.image import Image
from nuclarium.server.byte_cache import ByteCache
from nuclarium.server.overview_files import OverviewFolder
from nuclarium.server.overview_pass import Sketch, first_level, sketch_of, small_plane
from nuclarium.server.shelf import ShelfImage
from nuclarium.server.tile_grid import FIRST_PLANE, PlanePlace, level_shape
from nuclarium.server.tile_reading import Pixels, read_level

_log = logging.getLogger(__name__)
_SKETCH_BYTES = 4 << 20
_MOST_WAITING = 32
_MOST_HELD = 1
_END_S = 10.0
Open = Callable[[str], AbstractContextManager[Image]]


@dataclass(frozen=True, slots=True)
class Window:
    """Pixels of a tile, and how much of what they were taken from is final.

    Parameters
    ----------
    pixels : ndarray
    made : float
        Below 1, they are a sketch that will be sharper when they are asked for again.
    """

    pixels: Pixels
    made: float = 1.0


@dataclass(frozen=True, slots=True)
class _Wanted:
    path: Path
    there: ShelfImage
    place: PlanePlace


class Overviews:
    """Small planes of large ones; any thread may call it.

    Parameters
    ----------
    folder : OverviewFolder
    opened : callable
        Opens an image by its id.
    """

    def __init__(self, folder: OverviewFolder, opened: Open) -> None:
        self._folder, self._opened = folder, opened
        self._sketches: ByteCache[Sketch] = ByteCache(_SKETCH_BYTES, lambda one: one.means.nbytes)
        self._lock = threading.Lock()
        self._wanted: OrderedDict[Path, _Wanted] = OrderedDict()
        self._making: tuple[Path, Pixels, float] | None = None
        self._held: OrderedDict[Path, Pixels] = OrderedDict()
        self._failed: dict[Path, str] = {}
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()

    def window(
        self,
        there: ShelfImage,
        image: Image,
        place: PlanePlace,
        level: int,
        box: Box,
        *,
        begin: bool = True,
    ) -> Window:
        """Return a window of a level that is far smaller than what the file has.

        Parameters
        ----------
        there : ShelfImage
        image : Image
            The same, open.
        place : PlanePlace
        level : int
            At least `first_level` of the plane.
        box : Box
        begin : bool
            Whether the overview is made where there is none; else a sketch is enough.

        Raises
        ------
        UnreadableImageError
            If the pass over the file failed.
        """
        first = first_level(image, place)
        path = self._folder.path(there, place, first)
        if self._folder.has(path):
            with self._folder.opened(path) as kept:
                return Window(read_level(kept, FIRST_PLANE, level - first, box))
        plane, made = self._plane(path)
        if plane is not None:
            return Window(read_level(_as_image(plane), FIRST_PLANE, level - first, box), made)
        if begin:
            self._begin(_Wanted(path, there, place))
        sketch = self._sketch(path, image, place)
        return Window(sketch.window(level_shape(image.plane_shape, level), box), 0.0)

    def close(self) -> None:
        """End the pass, wait for the piece that is read, and close files."""
        self._ended.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(_END_S)
        self._folder.close()

    def _plane(self, path: Path) -> tuple[Pixels | None, float]:
        with self._lock:
            if path in self._failed:
                raise UnreadableImageError(self._failed[path])
            if path in self._held:
                return self._held[path], 1.0
            if self._making is not None and self._making[0] == path:
                return self._making[1], min(self._making[2], 0.999)
        return None, 0.0

    def _sketch(self, path: Path, image: Image, place: PlanePlace) -> Sketch:
        return self._sketches.get_or_make(path, lambda: sketch_of(image, place))

    def _begin(self, wanted: _Wanted) -> None:
        """Put a plane in the line; what was asked for last comes first."""
        with self._lock:
            self._wanted[wanted.path] = wanted
            self._wanted.move_to_end(wanted.path)
            while len(self._wanted) > _MOST_WAITING:
                self._wanted.popitem(last=False)
            if self._thread is None and not self._ended.is_set():
                self._thread = threading.Thread(target=self._work, name="overviews", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._wanted or self._ended.is_set():
                    self._thread = None
                    return
                _, wanted = self._wanted.popitem()
            if self._folder.has(wanted.path) or wanted.path in {*self._held, *self._failed}:
                continue
            try:
                self._make(wanted)
            except NuclariumError as error:
                self._failed[wanted.path] = str(error)
            except Exception as error:  # noqa: BLE001  (the next is made all the same)
                _log.exception("An overview failed", exc_info=error)
                self._failed[wanted.path] = (
                    f"The overview of {wanted.there.raw.name} failed; the server's log has it."
                )
            finally:
                self._making = None

    def _make(self, wanted: _Wanted) -> None:
        def told(plane: Pixels, made: float) -> None:
            self._making = (wanted.path, plane, made)

        with self._opened(wanted.there.id) as image:
            sketch = self._sketch(wanted.path, image, wanted.place)
            plane = small_plane(image, wanted.place, sketch, told, self._ended.is_set)
        if plane is None:
            return
        try:
            self._folder.keep(wanted.path, plane)
        except OutputError as error:
            _log.warning("An overview stays in memory only: %s", error)
            with self._lock:
                self._held[wanted.path] = plane
                while len(self._held) > _MOST_HELD:
                    self._held.popitem(last=False)


def _as_image(plane: Pixels) -> Image:
    return Image.from_array(np.asarray(plane), axes="YX" if plane.ndim == 2 else "YXS")
