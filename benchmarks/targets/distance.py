"""Foreground and distance to the own outline, as the shipped models predict them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from family import MIN_SCORE, Family, Maps, Settings, settings_grid
from scipy.special import expit

from nuclarium.core.geometry import Box
from nuclarium.core.labels import Labels
from nuclarium.models.losses import foreground_distance_loss
from nuclarium.models.targets import foreground_and_distance
from nuclarium.predict.decode import APRON, fragments, joined
from nuclarium.predict.model import DecoderSpec


def maps(logits: npt.NDArray[np.float32], shape: tuple[int, int]) -> Maps:
    return _bytes(expit(logits[:, : shape[0], : shape[1]]))


def perfect(labels: Labels, largest: npt.NDArray[np.float32]) -> Maps:
    return _bytes(foreground_and_distance(labels, largest))


def decode(maps: Maps, shape: tuple[int, int], settings: Settings) -> Labels:
    spec = DecoderSpec(**settings)  # type: ignore[arg-type]
    around = np.pad(maps, [(0, 0), (APRON, APRON), (APRON, APRON)])
    numbers, found = fragments(around, Box.of_shape(shape), shape, spec)
    return joined([found], shape, spec).labels_of(0, numbers)


def _bytes(probability: npt.NDArray[np.float32]) -> Maps:
    return np.rint(probability * np.float32(255)).astype(np.uint8)


FAMILY = Family(
    name="distance",
    title="foreground + distance (shipped)",
    channels=2,
    targets=foreground_and_distance,
    loss=foreground_distance_loss,
    maps=maps,
    perfect=perfect,
    decode=decode,
    grid=settings_grid(
        join_ratio=(0.55, 0.65, 0.75, 0.85),
        foreground_threshold=(0.4, 0.5, 0.6),
        min_score=(MIN_SCORE,),
    ),
    ideal={"join_ratio": 0.6, "foreground_threshold": 0.5, "min_score": 0, "min_area_px": 1},
)
