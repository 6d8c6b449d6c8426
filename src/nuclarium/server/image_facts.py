"""What the page must know of an image before it asks for tiles: size, channels, contrast."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nuclarium.core.geometry import Box
from nuclarium.core.image import Image
from nuclarium.measurement.channels import channels_of
from nuclarium.preprocess.intensity import iter_samples, percentiles
from nuclarium.server.tile_grid import TILE, PlanePlace, level_count, level_shape
from nuclarium.server.tile_reading import Pixels, file_level, read_level

_COLOURS = ("00A2FF", "FF3DF5", "F5E400", "00D26A", "FF7A1A", "9B8CFF")
"""Told apart by colour-blind people, too, in the order of channels."""
_RGB = ("FF0000", "00FF00", "0000FF")
_SHOWN = (0.5, 99.8)
_SAMPLED_SIDE = 1024


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """A channel: name, colour as RRGGBB, contrast that suits it, largest value of its depth."""

    name: str
    colour: str
    low: float
    high: float
    dtype_max: float


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """An image as the page is told of it, without what the project says of it."""

    width: int
    height: int
    n_z: int
    n_t: int
    channels: tuple[ChannelFacts, ...]
    kind: str
    spacing_um: tuple[float, float] | None
    levels: int

    def to_json(self) -> dict[str, Any]:
        """Return what JSON carries."""
        return asdict(self) | {"tile": TILE}

    @classmethod
    def from_json(cls, row: Any) -> ImageFacts:
        """Read what `to_json` gave; KeyError or TypeError where it is something else."""
        values = {name: row[name] for name in cls.__dataclass_fields__}
        values["channels"] = tuple(ChannelFacts(**channel) for channel in row["channels"])
        if values["spacing_um"] is not None:
            values["spacing_um"] = tuple(values["spacing_um"])
        return cls(**values)


def facts_of(image: Image) -> ImageFacts:
    """Look at an image: its metadata, and some of its pixels for the contrast."""
    height, width = image.plane_shape
    spacing = None if image.spacing is None else (image.spacing.y, image.spacing.x)
    channels = _colour_channels(image) if image.is_rgb else _grey_channels(image)
    kind = "colour" if image.is_rgb else "fluorescence"
    n_t, _, n_z = image.shape[:3]
    return ImageFacts(
        width, height, n_z, n_t, channels, kind, spacing, level_count(image.plane_shape)
    )


def largest_value(image: Image) -> float:
    """Return the largest value of the image's depth: 4095 for 12 bits, 1 for floats."""
    if image.dtype.kind == "f":
        return 1.0
    bits = min(image.bit_depth, 8 * image.dtype.itemsize)
    return float(2 ** (bits - (image.dtype.kind == "i")) - 1)


def contrast_of(pixels: Pixels) -> tuple[float, float]:
    """Return values that are shown black and full: percentiles 0.5 and 99.8, never the same."""
    low, high = (float(value) for value in percentiles(pixels.reshape(-1), _SHOWN))
    least = 1.0 if pixels.dtype.kind in "ui" else max(abs(low) * 1e-3, 1e-6)
    return low, max(high, low + least)


def sample_of(image: Image, c: int) -> Pixels:
    """Return pixels that stand for a channel: up to three slices, of a large plane a small one."""
    n_t, _, n_z = image.shape[:3]
    slices = sorted({n_z // 4, n_z // 2, n_z - 1 - n_z // 4})
    return np.concatenate([_sampled(image, PlanePlace(n_t // 2, c, z)) for z in slices])


def _sampled(image: Image, place: PlanePlace) -> Pixels:
    level = 0
    while max(level_shape(image.plane_shape, level)) > _SAMPLED_SIDE:
        level += 1
    if file_level(image, level)[1] <= 4:
        box = Box.of_shape(level_shape(image.plane_shape, level))
        return read_level(image, place, level, box).reshape(-1, *image.shape[5:])

    def read(box: Box) -> Pixels:
        return image.read(box, t=place.t, c=place.c, z=place.z)

    parts = [pixels for _, pixels in iter_samples(read, image.plane_shape)]
    return np.concatenate([part.reshape(-1, *image.shape[5:]) for part in parts])


def _colour_channels(image: Image) -> tuple[ChannelFacts, ...]:
    names = [channel.name for channel in channels_of(image)][:3]
    white = largest_value(image)
    if image.dtype.kind == "f":
        white = max(1.0, float(sample_of(image, 0).max()))
    colours = zip(names, _RGB, strict=True)
    return tuple(ChannelFacts(name, colour, 0.0, white, white) for name, colour in colours)


def _grey_channels(image: Image) -> tuple[ChannelFacts, ...]:
    names = [channel.name for channel in channels_of(image)]
    found = []
    for c, name in enumerate(names):
        pixels = sample_of(image, c)
        low, high = contrast_of(pixels)
        most = max(largest_value(image), float(pixels.max()))
        colour = "FFFFFF" if len(names) == 1 else _COLOURS[c % len(_COLOURS)]
        found.append(ChannelFacts(name, colour, low, high, most))
    return tuple(found)
