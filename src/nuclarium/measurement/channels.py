"""The channels of an image under unique names that are fit for columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box
from nuclarium.core.image import Image, PixelSource

RGB_NAMES = ("red", "green", "blue")


@dataclass(frozen=True, slots=True)
class Channel:
    """One plane of values a pixel: a channel `c`, or one `sample` of a colour."""

    name: str
    c: int
    sample: int | None = None


def channels_of(image: Image) -> tuple[Channel, ...]:
    """List the channels of an image.

    Colours are ``red``, ``green`` and ``blue``. Other channels have the file's names, with what is
    not a letter, digit, dot, plus or minus turned into ``_``; a channel without a name is
    ``channel_0`` and so on, and the index is appended to names that occur twice.
    """
    if image.is_rgb and image.shape[1] == 1:
        return tuple(Channel(name, 0, sample) for sample, name in enumerate(RGB_NAMES))
    cleaned = [re.sub(r"[^\w.+-]+", "_", name).strip("_") for name in image.channel_names]
    unique = _unique(cleaned)
    if not image.is_rgb:
        return tuple(Channel(name, c) for c, name in enumerate(unique))
    return tuple(
        Channel(f"{name}_{colour}", c, sample)
        for c, name in enumerate(unique)
        for sample, colour in enumerate(RGB_NAMES)
    )


def _unique(names: Sequence[str]) -> list[str]:
    taken: list[str] = []
    for c, name in enumerate(names):
        candidate = name if name and names.count(name) == 1 else f"{name or 'channel'}_{c}"
        while candidate in taken:
            candidate += f"_{c}"
        taken.append(candidate)
    return taken


def select_channels(image: Image | None, wanted: Sequence[int | str] | None) -> tuple[Channel, ...]:
    """Return the wanted channels in the order they were asked for; all when `wanted` is None."""
    known = channels_of(image) if image else ()
    if wanted is None:
        return known
    by_name = {channel.name: channel for channel in known}
    if image and not image.is_rgb:
        by_name |= dict(zip(image.channel_names, known, strict=True)) | by_name
    chosen: dict[Channel, None] = {}
    for item in wanted:
        if isinstance(item, str) and item in by_name:
            chosen[by_name[item]] = None
        elif not isinstance(item, str) and 0 <= item < len(known):
            chosen[known[item]] = None
        else:
            names = ", ".join(channel.name for channel in known) or "none, as there is no image"
            raise ValueError(f"channels must be among: {names}; but got {item!r}.")
    return tuple(chosen)


def channel_image(image: Image, channel: Channel) -> Image:
    """Return one channel of an image as a grey image that reads its pixels when asked."""
    if channel.sample is None and image.shape[1] == 1:
        return image
    return replace(
        image,
        source=_ChannelSource(image.source, channel),
        shape=(image.shape[0], 1, *image.shape[2:5]),
        channel_names=(channel.name,),
    )


@dataclass(frozen=True)
class _ChannelSource:
    """Pixels of one channel of another source."""

    source: PixelSource
    channel: Channel

    def read(self, window: Box, *, t: int, c: int, z: int, level: int) -> npt.NDArray[Any]:
        pixels = self.source.read(window, t=t, c=self.channel.c, z=z, level=level)
        if self.channel.sample is None:
            return pixels
        return np.ascontiguousarray(pixels[..., self.channel.sample])

    def close(self) -> None:
        self.source.close()


def iter_planes(
    image: Image | None,
    channels: Sequence[Channel],
    *,
    z: int,
    t: int,
    window: Box | None = None,
) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Yield name and pixels, shape (H, W), of each channel; a colour is read once."""
    if image is None:
        return
    read: dict[int, npt.NDArray[Any]] = {}
    for channel in channels:
        if channel.c not in read:
            read = {channel.c: image.read(window, t=t, c=channel.c, z=z)}
        pixels = read[channel.c]
        yield (
            channel.name,
            pixels if channel.sample is None else np.ascontiguousarray(pixels[..., channel.sample]),
        )
