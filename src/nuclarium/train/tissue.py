"""Crowded tissue, computed: nuclei that are packed, drawn out, and stained each in its own way.

Real nuclei of one section differ: dense ones lie beside pale ones whose chromatin leaves the middle
bare, and what lies around them may be as dark as they are. So each gets a stain of its own, and
where only outlines are known, a whole picture is painted of them.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.labels import Labels
from nuclarium.train.stain import (
    DARKEST,
    EOSIN,
    HAEMATOXYLIN,
    absorbed,
    dots,
    stain_colour,
    texture,
)

Pixels = npt.NDArray[np.float32]

MOST_LAYERS = 4
MOST_STRETCH = 0.45
PAINTED_FRACTION = 0.5
OWN_STAIN_FRACTION = 0.8


def stained_each(
    pixels: Pixels, labels: Labels, targets: Pixels, rng: np.random.Generator
) -> Pixels:
    """Give each nucleus a strength of stain of its own, and a pale middle in a dark membrane.

    Parameters
    ----------
    pixels : ndarray of float32, shape (H, W, 3)
        In [0, 1].
    labels : ndarray of int32, shape (H, W)
    targets : ndarray of float32, shape (2, H, W)
        Foreground and distance, as `models.targets.foreground_and_distance` gives them.

    Returns
    -------
    pixels : ndarray of float32, shape (H, W, 3)
        Those of the ground are changed within a pixel or two of a nucleus at most.
    """
    count = int(labels.max(initial=0)) + 1
    strength = np.exp(rng.normal(rng.uniform(-0.6, 0.3), rng.uniform(0.1, 0.5), count))
    paleness = np.clip(rng.normal(rng.uniform(0, 0.7), 0.15, count), 0, 0.85)
    middle: npt.NDArray[Any] = np.clip(targets[1] * rng.uniform(1.5, 5), 0, 1)
    if rng.random() < 0.7:  # chromatin in clumps
        clumps = rng.uniform(0.3, 2.0) * texture(labels.shape, rng) ** 2
        middle = middle * np.clip(1.3 - clumps, 0, 1)
    # A power of the light is a multiple of the density.
    power = np.where(labels > 0, strength[labels] * (1 - paleness[labels] * middle), 1)
    power = cv2.GaussianBlur(power.astype(np.float32), (0, 0), 0.6)
    least = cv2.GaussianBlur(targets[0], (0, 0), 0.6) * np.float32(rng.uniform(0.2, 0.6))
    changed = np.clip(pixels, DARKEST, 1.0) ** power[..., None]
    return np.asarray(changed * absorbed(least, stain_colour(HAEMATOXYLIN, rng)), np.float32)


def painted(labels: Labels, inward_px: Pixels, rng: np.random.Generator) -> Pixels:
    """Picture of nuclei in haematoxylin, and of their cytoplasm, of which only outlines are given.

    Parameters
    ----------
    labels : ndarray of int32, shape (H, W)
    inward_px : ndarray of float32, shape (H, W)
        Distance to the outline of the nucleus that a pixel is in.

    Returns
    -------
    pixels : ndarray of float32, shape (H, W, 3)
        On white, in (0, 1].
    """
    count = int(labels.max(initial=0)) + 1
    inside = (labels > 0).astype(np.float32)
    usual = rng.uniform(0.3, 1.3)
    body: npt.NDArray[Any]
    body = usual * np.exp(rng.normal(0, rng.uniform(0.05, 0.5), count))[labels]
    chromatin = texture(labels.shape, rng) ** rng.uniform(0.7, 2.5)
    body = body * (1 - rng.uniform(0, 0.9) * (1 - chromatin))
    membrane = np.exp(-np.maximum(inward_px - 1, 0) / rng.uniform(0.5, 2.5))
    body = body + rng.uniform(0, 1.2) * rng.uniform(0.5, 1.5, count)[labels] * membrane
    if rng.random() < 0.5:  # nucleoli
        nucleoli = dots(labels.shape, int(rng.integers(30, 400)), rng.uniform(0.8, 2.0), rng)
        body = body + nucleoli * rng.uniform(0.3, 1)
    density = cv2.GaussianBlur((body * inside).astype(np.float32), (0, 0), rng.uniform(0.4, 1.2))
    light = absorbed(density, stain_colour(HAEMATOXYLIN, rng))
    if rng.random() < 0.7:
        light = light * _cytoplasm(inside, usual, rng)
    return np.asarray(light, np.float32)


def _cytoplasm(inside: Pixels, usual: float, rng: np.random.Generator) -> Pixels:
    """Light that what lies around nuclei lets through, at times nearly as dark as they are."""
    near = cv2.GaussianBlur(inside, (0, 0), rng.uniform(4, 20))
    density = near * (1 - inside * rng.uniform(0.3, 1)) * (0.5 + 0.7 * texture(inside.shape, rng))
    mixed = rng.uniform(0, 1)
    stain = mixed * stain_colour(HAEMATOXYLIN, rng) + (1 - mixed) * stain_colour(EOSIN, rng)
    return absorbed(density * usual * rng.uniform(0.2, 1.2), np.asarray(stain, np.float32))
