"""Tiles of images as pictures: read, shown, encoded, and kept for whoever asks next."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

from nuclarium.preprocess.recipe_steps import Step
from nuclarium.preprocess.recipe_text import recipe_text
from nuclarium.preprocess.smoothing import Pixels as Light
from nuclarium.server.byte_cache import ByteCache
from nuclarium.server.errors import NotFound
from nuclarium.server.overview_files import OverviewFolder
from nuclarium.server.overviews import Overviews
from nuclarium.server.shelf import ImageShelf, ShelfImage
from nuclarium.server.tile_encode import Encoded, encoded
from nuclarium.server.tile_grid import PlanePlace
from nuclarium.server.tile_look import ChannelLook, Look, shown, shown_colour
from nuclarium.server.tile_pixels import TilePixels
from nuclarium.server.tile_reading import Pixels
from nuclarium.server.tile_wish import (
    TileWish,
    check_layer,
    check_place,
    checked_channel,
    default_looks,
)

VERSION = 1
"""Of the pictures: a change of how they look makes browsers fetch them anew."""
_TILE_BYTES = 64 << 20


class TilePainter:
    """Makes tiles; any thread may call it, and memory is bounded by its caches.

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
        self._shelf, self._recipe = shelf, recipe
        self._overviews = Overviews(OverviewFolder(shelf.overview_folder), shelf.opened)
        self._pixels = TilePixels(shelf, self._overviews, recipe, references)
        self._tiles: ByteCache[Encoded] = ByteCache(_TILE_BYTES, lambda tile: len(tile.body) + 200)

    @property
    def bytes_held(self) -> int:
        """Bytes that are kept at present."""
        return self._pixels.bytes_held + self._tiles.bytes_held

    def close(self) -> None:
        """End the pass over a file that is read for its overview."""
        self._overviews.close()

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
        return self._tiles.get_or_make(
            wish, lambda: self._paint(wish), is_kept=lambda tile: tile.made == 1
        )

    def window(self, image: str, place: PlanePlace, level: int, row: int, column: int) -> Pixels:
        """Return the pixels of a tile in the image's own depth; not to be changed."""
        there = self._shelf.image(image)
        check_place(there.facts, place)
        wish = TileWish(image, level, row, column, place)
        return self._pixels.window(there, wish, checked_channel(there.facts, place.c)).pixels

    def _paint(self, wish: TileWish) -> Encoded:
        there = self._shelf.image(wish.image)
        check_place(there.facts, wish.place)
        check_layer(wish.layer)
        is_colour = there.facts.kind == "colour"
        indices = [look.index for look in wish.looks] or list(range(len(there.facts.channels)))
        channels = [0] if is_colour else [checked_channel(there.facts, i) for i in indices]
        windows = {c: self._pixels.window(there, wish, c) for c in dict.fromkeys(channels)}
        planes = {c: window.pixels for c, window in windows.items()}
        look = self._look(there, wish, planes)
        if is_colour:
            white = 1.0 if wish.layer == "recipe" else there.facts.channels[0].dtype_max
            tile = encoded(shown_colour(planes[0], look, white), lossless=False)
        else:
            tile = encoded(shown(planes, look), lossless=True)
        return replace(tile, made=min(window.made for window in windows.values()))

    def _look(self, there: ShelfImage, wish: TileWish, planes: dict[int, Pixels]) -> Look:
        looks = wish.looks or default_looks(there.facts)
        if wish.layer == "recipe":
            whites = {c: self._pixels.recipe_white(there, wish.place, c) for c in planes}
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
