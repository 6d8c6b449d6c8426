"""How pixels are shown: contrast, gamma and colour of channels that are mixed like light."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError
from nuclarium.preprocess.stain import STAINS, stain_only

Pixels = npt.NDArray[Any]
Bytes = npt.NDArray[np.uint8]
MOST_CHANNELS = 32
_GREY = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class ChannelLook:
    """How one channel is shown.

    Parameters
    ----------
    index : int
        Of the channel, from 0; red, green and blue of a colour image are 0, 1 and 2.
    low, high : float
        Values that are black and full; where `high` is the lower one, the channel is inverted.
    gamma : float
        Power of the value between them: below 1 lifts what is dim.
    colour : (int, int, int)
        Red, green and blue at full, 0 to 255.
    """

    index: int
    low: float
    high: float
    gamma: float = 1.0
    colour: tuple[int, int, int] = _GREY

    @classmethod
    def parse(cls, text: str) -> ChannelLook:
        """Read ``INDEX:LOW:HIGH:GAMMA:RRGGBB``.

        Examples
        --------
        >>> ChannelLook.parse("1:100:4095:0.5:00ff00")
        ChannelLook(index=1, low=100.0, high=4095.0, gamma=0.5, colour=(0, 255, 0))
        """
        parts = text.split(":")
        try:
            index, (low, high, gamma) = int(parts[0]), (float(part) for part in parts[1:4])
            red, green, blue = _colour(parts[4])
            is_right = len(parts) == 5 and index >= 0 and 0.05 <= gamma <= 20 and low != high
            is_right = is_right and math.isfinite(low) and math.isfinite(high)
        except (ValueError, IndexError):
            is_right = False
        if not is_right or max(abs(low), abs(high)) > 1e30:
            raise SettingsError(
                "A channel must be INDEX:LOW:HIGH:GAMMA:RRGGBB with LOW other than HIGH and GAMMA "
                f"from 0.05 to 20, such as 0:100:4095:1:FFFFFF, but got {text[:60]!r}."
            )
        return cls(index, low, high, gamma, (red, green, blue))


@dataclass(frozen=True, slots=True)
class Look:
    """How a plane is shown: channels that are mixed, inverted or not, or one stain alone."""

    channels: tuple[ChannelLook, ...]
    invert: bool = False
    stain: str = "none"

    def __post_init__(self) -> None:
        if len(self.channels) > MOST_CHANNELS:
            raise SettingsError(
                f"At most {MOST_CHANNELS} channels are mixed, but got {len(self.channels)}."
            )
        if self.stain not in ("none", *STAINS):
            raise SettingsError(
                f"A stain must be none, {' or '.join(STAINS)}, but got {self.stain[:40]!r}."
            )

    @property
    def is_grey(self) -> bool:
        """Whether the picture has no colours."""
        return all(len(set(channel.colour)) == 1 for channel in self.channels)


def shown(planes: Mapping[int, Pixels], look: Look) -> Bytes:
    """Make the picture of some channels.

    Parameters
    ----------
    planes : mapping of int to ndarray, shape (H, W)
        Values by index of channel, in the image's own depth.
    look : Look
        Its channels are in `planes`.

    Returns
    -------
    picture : ndarray of uint8, shape (H, W) where nothing has a colour, else (H, W, 3)
    """
    mixed = _mixed(planes, look)
    return 255 - mixed if look.invert else mixed


def shown_colour(pixels: Pixels, look: Look, white: float) -> Bytes:
    """Make the picture of a colour image, shape (H, W, 3), whose white is `white`."""
    if look.stain != "none":
        alone = stain_only(pixels, look.stain, white)
        return 255 - alone if look.invert else alone
    if pixels.dtype == np.uint8 and look.channels == plain_colours(255.0):
        return 255 - pixels if look.invert else pixels
    return shown({sample: pixels[..., sample] for sample in range(3)}, look)


def plain_colours(white: float) -> tuple[ChannelLook, ...]:
    """Return the look of red, green and blue as they are."""
    colours = ((255, 0, 0), (0, 255, 0), (0, 0, 255))
    return tuple(ChannelLook(i, 0.0, white, 1.0, colour) for i, colour in enumerate(colours))


def _mixed(planes: Mapping[int, Pixels], look: Look) -> Bytes:
    if look.is_grey and len(look.channels) == 1:
        only = look.channels[0]
        return _to_bytes(_values(planes[only.index], only) * np.float32(only.colour[0]))
    if look.is_grey:
        grey = [(planes[one.index], replace(one, colour=_GREY)) for one in look.channels]
        light = [
            _values(pixels, channel) * np.float32(one.colour[0])
            for (pixels, channel), one in zip(grey, look.channels, strict=True)
        ]
        return _to_bytes(_sum(light))
    first = planes[look.channels[0].index]
    picture = np.zeros((*first.shape, 3), np.float32)
    for channel in look.channels:
        values = _values(planes[channel.index], channel)
        for sample, strength in enumerate(channel.colour):
            if strength:
                picture[..., sample] += values * np.float32(strength)
    return _to_bytes(picture)


def _sum(light: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
    return np.asarray(np.sum(light, axis=0), np.float32)


def _to_bytes(light: npt.NDArray[np.float32]) -> Bytes:
    return np.rint(np.minimum(light, np.float32(255))).astype(np.uint8)


def _values(pixels: Pixels, channel: ChannelLook) -> npt.NDArray[np.float32]:
    """Return values from 0 at `low` to 1 at `high`, to the power of gamma."""
    if pixels.dtype.kind == "u" and pixels.dtype.itemsize <= 2:
        table = _table(channel.low, channel.high, channel.gamma, pixels.dtype.itemsize)
        return np.asarray(table[pixels])
    return _curve(pixels.astype(np.float64), channel.low, channel.high, channel.gamma)


@lru_cache(maxsize=128)
def _table(low: float, high: float, gamma: float, size: int) -> npt.NDArray[np.float32]:
    return _curve(np.arange(1 << (8 * size), dtype=np.float64), low, high, gamma)


def _curve(
    values: npt.NDArray[np.float64], low: float, high: float, gamma: float
) -> npt.NDArray[np.float32]:
    part: npt.NDArray[Any] = np.clip((values - low) / (high - low), 0.0, 1.0)
    if gamma != 1:
        part = part**gamma
    return np.asarray(part, np.float32)


def _colour(text: str) -> tuple[int, int, int]:
    digits = text.removeprefix("#")
    if len(digits) != 6:
        raise ValueError(text)
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue
