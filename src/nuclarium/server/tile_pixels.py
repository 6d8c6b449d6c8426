"""Pixels of tiles in the image's own depth: of the file, of an overview, of the recipe; kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Box
from nuclarium.core.image import Image
from nuclarium.preprocess.recipe import apply_recipe
from nuclarium.preprocess.recipe_steps import Step
from nuclarium.preprocess.smoothing import Pixels as Light
from nuclarium.server.byte_cache import ByteCache
from nuclarium.server.errors import NotFound
from nuclarium.server.overview_pass import first_level, pixels_to_read
from nuclarium.server.overviews import Overviews, Window
from nuclarium.server.shelf import ImageShelf, ShelfImage
from nuclarium.server.tile_grid import (
    FIRST_PLANE,
    PlanePlace,
    level_shape,
    overview_level,
    tile_box,
)
from nuclarium.server.tile_reading import Pixels, file_level, read_level
from nuclarium.server.tile_wish import TileWish

_WINDOW_BYTES = 192 << 20
_PLANE_BYTES = 256 << 20
_FARTHEST_REDUCTION = 4
READ_WHILE_WAITING = 32_000_000
"""Pixels that are read for an overview while a tile waits for it; more are read beside."""


class TilePixels:
    """Reads windows; any thread may call it, and memory is bounded by two caches.

    Parameters
    ----------
    shelf : ImageShelf
    overviews : Overviews
    recipe : sequence of Step
        Of the project.
    references : callable
        Gives the images of even fields that the recipe names.
    """

    def __init__(
        self,
        shelf: ImageShelf,
        overviews: Overviews,
        recipe: tuple[Step, ...],
        references: Callable[[], dict[str, Light]],
    ) -> None:
        self._shelf, self._overviews = shelf, overviews
        self._recipe, self._references = recipe, references
        self._windows: ByteCache[Window] = ByteCache(_WINDOW_BYTES, lambda one: one.pixels.nbytes)
        self._planes: ByteCache[Pixels] = ByteCache(_PLANE_BYTES, _nbytes)

    @property
    def bytes_held(self) -> int:
        """Bytes that are kept at present."""
        return self._windows.bytes_held + self._planes.bytes_held

    def window(self, there: ShelfImage, wish: TileWish, c: int) -> Window:
        """Return the pixels of a tile of one channel; not to be changed.

        Raises
        ------
        NotFound
            If there is no such tile.
        """
        shape = (there.facts.height, there.facts.width)
        box = tile_box(shape, wish.level, wish.row, wish.column)
        if box is None:
            raise NotFound(
                f"The tile {wish.level}/{wish.row}/{wish.column} lies outside {there.raw.name}."
            )
        place = PlanePlace(wish.place.t, c, wish.place.z, wish.place.projection)
        key = (there.id, place, wish.level, box, wish.layer)
        return self._windows.get_or_make(
            key, lambda: self._read(there, wish, place, box), is_kept=lambda one: one.made == 1
        )

    def recipe_white(self, there: ShelfImage, place: PlanePlace, c: int) -> float:
        """Return what is shown full of what the recipe makes of a plane."""
        plane = self._recipe_plane(there, PlanePlace(place.t, c, place.z, place.projection))
        return max(1.0, float(plane.max(initial=0)))

    def _read(self, there: ShelfImage, wish: TileWish, place: PlanePlace, box: Box) -> Window:
        if wish.layer == "recipe":
            plane = self._recipe_plane(there, place)
            return Window(read_level(_as_image(plane), FIRST_PLANE, wish.level, box))
        with self._shelf.opened(there.id) as image:
            if file_level(image, wish.level)[1] <= _FARTHEST_REDUCTION:
                return Window(read_level(image, place, wish.level, box))
            if pixels_to_read(image, place) > READ_WHILE_WAITING:
                if wish.level >= first_level(image, place):
                    return self._overviews.window(
                        there, image, place, wish.level, box, begin=wish.begin
                    )
            elif (at := overview_level(image.plane_shape)) and wish.level >= at:
                overview = self._overview(there, image, place, at)
                return Window(read_level(_as_image(overview), FIRST_PLANE, wish.level - at, box))
            return Window(read_level(image, place, wish.level, box))

    def _overview(self, there: ShelfImage, image: Image, place: PlanePlace, level: int) -> Pixels:
        """Return the whole plane at a level that has it small, which is read once."""
        box = Box.of_shape(level_shape(image.plane_shape, level))
        return self._planes.get_or_make(
            (there.id, place, level), lambda: read_level(image, place, level, box)
        )

    def _recipe_plane(self, there: ShelfImage, place: PlanePlace) -> Pixels:
        return self._planes.get_or_make(
            (there.id, place, "recipe"), lambda: self._apply_recipe(there, place)
        )

    def _apply_recipe(self, there: ShelfImage, place: PlanePlace) -> Pixels:
        samples = 3 if there.facts.kind == "colour" else 1
        pixels = there.facts.height * there.facts.width * samples
        most = _PLANE_BYTES // 16
        if pixels > most:
            raise SettingsError(
                f"The recipe layer is shown for planes of up to {most:,} values, but this one has "
                f"{pixels:,}. Look at the raw layer, or write it: nuclarium recipe apply"
            )
        with self._shelf.opened(there.id) as image:
            plane = read_level(image, place, 0, Box.of_shape(image.plane_shape))
            return apply_recipe(plane, self._recipe, image.spacing, self._references())


def _as_image(plane: Pixels) -> Image:
    return Image.from_array(plane, axes="YX" if plane.ndim == 2 else "YXS")


def _nbytes(pixels: Any) -> int:
    return int(np.asarray(pixels).nbytes)
