"""Which channel of an image holds the nuclei: the one that the user names, else the evident one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nuclarium.core.errors import SettingsError
from nuclarium.core.image import Image
from nuclarium.measurement.channels import Channel, channel_image, channels_of, select_channels
from nuclarium.preprocess.intensity import sample_plane

_NUCLEAR_STAIN = re.compile(
    r"dapi|hoechst|draq|sytox|to-?pro|nucle|\bdna\b|h2b|\b405\b|\bh33342\b", re.IGNORECASE
)
_FAINT = 0.1
_DARK = 0.35


@dataclass(frozen=True)
class ChosenChannel:
    """A channel, and why it was taken.

    Parameters
    ----------
    channel : Channel or None
        None when the image is to be taken as a colour image.
    reason : str
        For the record.
    is_guess : bool
        Whether the user should have a look.
    """

    channel: Channel | None
    reason: str
    is_guess: bool = False


Judge = Callable[[Image], float]
"""Says how sure a model is of the nuclei in a grey image; larger is surer."""


def choose_channel(
    image: Image, wanted: str | None = None, *, judge: Judge | None = None
) -> ChosenChannel:
    """Choose the channel of the nuclei.

    Parameters
    ----------
    image : Image
        One plane.
    wanted : str, optional
        Name or index, from 0; colours are ``red``, ``green`` and ``blue``.
    judge : callable, optional
        Compares channels whose names say nothing.

    Returns
    -------
    chosen : ChosenChannel
        Without `wanted`: the only channel, or the one whose name is that of a nuclear stain, or the
        one that the judge prefers, or the first. A colour image whose colours are all the same, or
        where only one carries light on a dark ground, is taken as one channel; any other
        stays a colour image.

    Raises
    ------
    SettingsError
        If there is no such channel.
    """
    known = channels_of(image)
    if wanted is not None:
        return ChosenChannel(_named(image, wanted), "as asked")
    if image.is_rgb:
        return _evident_colour(image, known)
    if len(known) == 1:
        return ChosenChannel(known[0], "the only channel")
    for channel in known:
        if _NUCLEAR_STAIN.search(channel.name):
            return ChosenChannel(channel, "named like a nuclear stain")
    if judge is not None:
        sureness = [judge(channel_image(image, channel)) for channel in known]
        best = known[sureness.index(max(sureness))]
        return ChosenChannel(best, f"of {len(known)}, the one that looks most like nuclei", True)
    return ChosenChannel(
        known[0], f"the first of {len(known)}, none being named like a nuclear stain", True
    )


def _named(image: Image, wanted: str) -> Channel:
    known = channels_of(image)
    is_index = wanted.isdecimal() and int(wanted) < len(known)
    item: int | str = int(wanted) if is_index else wanted
    by_lower = {name.lower(): name for name in (*image.channel_names, *(c.name for c in known))}
    if isinstance(item, str):
        item = by_lower.get(item.lower(), item)
    try:
        return select_channels(image, [item])[0]
    except ValueError as error:
        names = ", ".join(f"{i} {channel.name}" for i, channel in enumerate(known))
        raise SettingsError(
            f"The channel must be one of {image.name} ({names}), but got {wanted}."
        ) from error


def _evident_colour(image: Image, known: tuple[Channel, ...]) -> ChosenChannel:
    colours = sample_plane(lambda box: image.read(box), image.plane_shape).astype(np.float32)
    if (colours == colours[:, :1]).all():
        return ChosenChannel(known[0], "the three colours are the same")
    low, high = np.percentile(colours, (5, 99.5), axis=0)
    light = high - low
    brightest = int(light.argmax())
    others = np.delete(light, brightest)
    full = float(np.iinfo(image.dtype).max) if image.dtype.kind == "u" else float(high.max())
    if (others < _FAINT * light[brightest]).all() and (low < _DARK * full).all():
        name = known[brightest].name
        return ChosenChannel(known[brightest], f"only {name} carries light", True)
    return ChosenChannel(None, "colour")
