"""A tile that is asked for, and what an image must have for it."""

from __future__ import annotations

from dataclasses import dataclass

from nuclarium.core.errors import SettingsError
from nuclarium.server.errors import NotFound
from nuclarium.server.image_facts import ImageFacts
from nuclarium.server.tile_grid import FIRST_PLANE, PlanePlace
from nuclarium.server.tile_look import ChannelLook

LAYERS = ("raw", "recipe")
_PROJECTIONS = ("none", "max", "mean")


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
    begin : bool
        Whether a large plane without a pyramid is read for it; else a sketch of it is enough.
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
    begin: bool = True


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
    if place.projection not in _PROJECTIONS:
        raise SettingsError(
            f"A projection must be none, max or mean, but got {place.projection[:40]!r}."
        )


def check_layer(layer: str) -> None:
    """Refuse a layer that there is not."""
    if layer not in LAYERS:
        raise SettingsError(f"A layer must be raw or recipe, but got {layer[:40]!r}.")


def checked_channel(facts: ImageFacts, index: int) -> int:
    """Refuse a channel that the image does not have."""
    count = len(facts.channels)
    if not 0 <= index < count:
        raise NotFound(f"The image has the channels 0 to {count - 1}, but got {index}.")
    return index
