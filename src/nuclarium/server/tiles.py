"""Tiles of images as pictures: read, shown, encoded, and kept for whoever asks next."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Box
from nuclarium.core.image import Image
from nuclarium.preprocess.recipe import apply_recipe
from nuclarium.preprocess.recipe_steps import Step
from nuclarium.preprocess.recipe_text import recipe_text
from nuclarium.preprocess.smoothing import Pixels as Light
from nuclarium.server.byte_cache import ByteCache
from nuclarium.server.errors import NotFound
from nuclarium.server.image_facts import ImageFacts
from nuclarium.server.shelf import ImageShelf, ShelfImage
from nuclarium.server.tile_encode import Encoded, encoded
from nuclarium.server.tile_look import ChannelLook, Look, shown, shown_colour
from nuclarium.server.tile_reading import (
    FIRST_PLANE,
    Pixels,
    PlanePlace,
    file_level,
    level_shape,
    overview_level,
    read_level,
    tile_box,
)

VERSION = 1
"""Of the pictures: a change of how they look makes browsers fetch them anew."""
_WINDOW_BYTES = 192 << 20
_PLANE_BYTES = 256 << 20
_TILE_BYTES = 64 << 20
_FARTHEST_REDUCTION = 4
_LAYERS = ("raw", "recipe")


@dataclass(frozen=True, slots=True)
class TileWish:
    """A tile that is asked for.

    Parameters
    ----------
    image : str
        Id.
    level, row, column : int
    place : PlanePlace
        Its channel does not count.
    looks : tuple of ChannelLook
        None: all channels with the contrast that suits them.
    invert : bool
    stain : str
    layer : str
        ``raw``, or ``recipe`` for what the project's recipe makes of the plane; contrast is then
        that of the recipe.
    """

    image: str
    level: int
    row: int
    column: int
    place: PlanePlace = FIRST_PLANE
    looks: tuple[ChannelLook, ...] = ()
    invert: bool = False
    stain: str = "none"
    layer: str = "raw"


class TilePainter:
    """Makes tiles; any thread may call it, and memory is bounded by its three caches.

    Parameters
    ----------
    shelf : ImageShelf
    recipe : sequence of Step
        Of the project.
    references : callable
        Gives the images of even fields that the recipe names.
    """

    def __init__(
        self,
        shelf: ImageShelf,
        recipe: tuple[Step, ...] = (),
        references: Callable[[], dict[str, Light]] = dict,
    ) -> None:
        self._shelf, self._recipe, self._references = shelf, recipe, references
        self._windows: ByteCache[Pixels] = ByteCache(_WINDOW_BYTES, _nbytes)
        self._planes: ByteCache[Pixels] = ByteCache(_PLANE_BYTES, _nbytes)
        self._tiles: ByteCache[Encoded] = ByteCache(_TILE_BYTES, lambda tile: len(tile.body) + 200)

    @property
    def bytes_held(self) -> int:
        """Bytes that are kept at present."""
        caches = (self._windows, self._planes, self._tiles)
        return sum(cache.bytes_held for cache in caches)

    def tag(self, wish: TileWish) -> str:
        """Return what tells this tile from others, also of other versions and recipes."""
        recipe = recipe_text(self._recipe) if wish.layer == "recipe" else ""
        return hashlib.sha256(f"{VERSION}{wish!r}{recipe}".encode()).hexdigest()[:32]

    def kept(self, wish: TileWish) -> Encoded | None:
        """Return the tile where it was made before; at once."""
        return self._tiles.get(wish)

    def tile(self, wish: TileWish) -> Encoded:
        """Return the tile.

        Raises
        ------
        NotFound
            If the image, the plane or the tile is not there.
        SettingsError
            If it cannot be shown as asked for.
        """
        return self._tiles.get_or_make(wish, lambda: self._paint(wish))

    def _paint(self, wish: TileWish) -> Encoded:
        there = self._shelf.image(wish.image)
        check_place(there.facts, wish.place)
        if wish.layer not in _LAYERS:
            raise SettingsError(f"A layer must be raw or recipe, but got {wish.layer[:40]!r}.")
        is_colour = there.facts.kind == "colour"
        if is_colour:
            pixels = self._window(there, wish, 0)
            white = 1.0 if wish.layer == "recipe" else there.facts.channels[0].dtype_max
            look = self._look(there, wish, {0: pixels})
            return encoded(shown_colour(pixels, look, white), lossless=False)
        indices = [look.index for look in wish.looks] or list(range(len(there.facts.channels)))
        planes = {index: self._window(there, wish, _channel(there, index)) for index in indices}
        return encoded(shown(planes, self._look(there, wish, planes)), lossless=True)

    def _look(self, there: ShelfImage, wish: TileWish, planes: dict[int, Pixels]) -> Look:
        looks = wish.looks or default_looks(there.facts)
        if wish.layer == "recipe":
            whites = {c: self._recipe_white(there, wish.place, c) for c in planes}
            looks = tuple(
                ChannelLook(
                    one.index,
                    0.0,
                    whites.get(one.index, whites[min(whites)]),
                    one.gamma,
                    one.colour,
                )
                for one in looks
            )
        if there.facts.kind == "colour" and any(one.index > 2 for one in looks):
            raise NotFound("A colour image has the channels 0, 1 and 2.")
        return Look(looks, wish.invert, wish.stain)

    def window(self, image: str, place: PlanePlace, level: int, row: int, column: int) -> Pixels:
        """Return the pixels of a tile in the image's own depth; not to be changed."""
        there = self._shelf.image(image)
        check_place(there.facts, place)
        wish = TileWish(image, level, row, column, place)
        return self._window(there, wish, _channel(there, place.c))

    def _window(self, there: ShelfImage, wish: TileWish, c: int) -> Pixels:
        shape = (there.facts.height, there.facts.width)
        box = tile_box(shape, wish.level, wish.row, wish.column)
        if box is None:
            raise NotFound(
                f"The tile {wish.level}/{wish.row}/{wish.column} lies outside {there.raw.name}."
            )
        place = PlanePlace(wish.place.t, c, wish.place.z, wish.place.projection)
        key = (there.id, place, wish.level, box, wish.layer)
        return self._windows.get_or_make(key, lambda: self._read(there, wish, place, box))

    def _read(self, there: ShelfImage, wish: TileWish, place: PlanePlace, box: Box) -> Pixels:
        if wish.layer == "recipe":
            plane = self._recipe_plane(there, place)
            return read_level(_as_image(plane), FIRST_PLANE, wish.level, box)
        with self._shelf.opened(there.id) as image:
            at = overview_level(image.plane_shape)
            is_far = file_level(image, wish.level)[1] > _FARTHEST_REDUCTION
            if at and wish.level >= at and is_far:
                overview = self._overview(there, image, place, at)
                return read_level(_as_image(overview), FIRST_PLANE, wish.level - at, box)
            return read_level(image, place, wish.level, box)

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

    def _recipe_white(self, there: ShelfImage, place: PlanePlace, c: int) -> float:
        plane = self._recipe_plane(there, PlanePlace(place.t, c, place.z, place.projection))
        return max(1.0, float(plane.max(initial=0)))


def default_looks(facts: ImageFacts) -> tuple[ChannelLook, ...]:
    """Return how the channels of an image are shown when nothing is said."""
    return tuple(
        ChannelLook(i, one.low, one.high, 1.0, tuple(bytes.fromhex(one.colour)))  # type: ignore[arg-type]
        for i, one in enumerate(facts.channels)
    )


def check_place(facts: ImageFacts, place: PlanePlace) -> None:
    """Refuse a plane that the image does not have."""
    for what, index, count in (("slice", place.z, facts.n_z), ("time point", place.t, facts.n_t)):
        if not 0 <= index < count:
            raise NotFound(f"The image has the {what}s 0 to {count - 1}, but got {index}.")
    if place.projection not in ("none", "max", "mean"):
        raise SettingsError(
            f"A projection must be none, max or mean, but got {place.projection[:40]!r}."
        )


def _channel(there: ShelfImage, index: int) -> int:
    count = len(there.facts.channels)
    if not 0 <= index < count:
        raise NotFound(f"The image has the channels 0 to {count - 1}, but got {index}.")
    return index


def _as_image(plane: Pixels) -> Image:
    return Image.from_array(plane, axes="YX" if plane.ndim == 2 else "YXS")


def _nbytes(pixels: Any) -> int:
    return int(np.asarray(pixels).nbytes)
