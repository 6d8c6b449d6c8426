"""What a family of targets is, and the end that all decoders share."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage

from nuclarium.core.labels import Labels

Maps = npt.NDArray[Any]
Settings = dict[str, float]

MIN_AREA_PX = 20
"""Smaller objects are no nuclei, in every family: the value of the recipe of `fluo`."""

MIN_SCORE = 0.65
"""Least mean foreground probability of a nucleus, in every family that predicts foreground."""


@dataclass(frozen=True)
class Family:
    """A way to say nuclei in maps, and to read them out again.

    Parameters
    ----------
    name, title : str
        For files, and for the table.
    channels : int
        Maps of the network.
    targets : callable
        From labels, and the largest distance in each, to what `loss` compares the logits with.
    loss : callable
        Of logits (N, channels, H, W) and a batch of targets.
    maps : callable
        From logits (channels, H', W') and the shape (H, W) of the image, which the logits may
        exceed below and on the right, to what `decode` reads.
    perfect : callable
        From labels, and the largest distance in each, to the maps of a network without fault.
    decode : callable
        From maps, the shape of the image and settings to labels.
    grid : sequence of dict
        The settings that are tried.
    ideal : dict
        The settings for perfect maps: nothing is too small or too faint.
    """

    name: str
    title: str
    channels: int
    targets: Callable[[Labels, npt.NDArray[np.float32]], npt.NDArray[np.float32]]
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    maps: Callable[[npt.NDArray[np.float32], tuple[int, int]], Maps]
    perfect: Callable[[Labels, npt.NDArray[np.float32]], Maps]
    decode: Callable[[Maps, tuple[int, int], Settings], Labels]
    grid: Sequence[Settings]
    ideal: Settings


def settings_grid(**values: Sequence[float]) -> list[Settings]:
    """Every combination of values, each with the area that all families share."""
    return [
        {"min_area_px": MIN_AREA_PX, **dict(zip(values, row, strict=True))}
        for row in itertools.product(*values.values())
    ]


def finished(
    labels: Labels, probability: npt.NDArray[np.float32], *, min_area_px: float, min_score: float
) -> Labels:
    """Drop nuclei that are too small or too faint, fill holes and number the rest from 1."""
    area = np.bincount(labels.ravel())
    score = np.bincount(labels.ravel(), probability.ravel()) / np.maximum(area, 1)
    keep = (area >= min_area_px) & (score >= min_score)
    keep[0] = False
    labels = (np.cumsum(keep) * keep).astype(np.int32)[labels]
    for label, found in enumerate(ndimage.find_objects(labels), start=1):
        window = labels[found]
        window[ndimage.binary_fill_holes(window == label) & (window == 0)] = label
    return labels
