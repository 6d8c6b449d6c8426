"""Random changes to a patch that microscopes could have made; pure functions of an rng."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.labels import Labels

Pixels = npt.NDArray[np.float32]


def random_patch(
    pixels: Pixels,
    labels: Labels,
    *,
    size: int,
    scale_range: tuple[float, float],
    stretch: float = 0.06,
    rng: np.random.Generator,
) -> tuple[Pixels, Labels, float]:
    """Cut a randomly turned, scaled and placed square out of an image.

    Parameters
    ----------
    pixels : ndarray of float32, shape (H, W)
    labels : ndarray of int32, shape (H, W)
    size : int
        Side of the patch in pixels.
    scale_range : (float, float)
        Smallest and largest magnification; their logarithm is drawn evenly.
    stretch : float
        Standard deviation of the logarithm by which one direction is drawn out.

    Returns
    -------
    pixels : ndarray of float32, shape (size, size)
    labels : ndarray of int32, shape (size, size)
        Numbers as in the input.
    scale : float
        Magnification that was used.
    """
    scale = float(np.exp(rng.uniform(*np.log(scale_range))))
    drawn_out = float(np.exp(rng.normal(0, stretch)))
    angle = rng.uniform(0, 2 * np.pi) if rng.random() < 0.5 else rng.integers(4) * np.pi / 2
    flip = 1.0 if rng.random() < 0.5 else -1.0
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    to_patch = scale * rotation @ np.diag([drawn_out * flip, 1 / drawn_out])
    centre_xy = _random_centre(labels, size / scale, rng)
    offset = (size - 1) / 2 - to_patch @ centre_xy
    matrix = np.column_stack([to_patch, offset])
    if scale < 0.8:
        pixels = cv2.GaussianBlur(pixels, (0, 0), 0.4 / scale)
    moved = cv2.warpAffine(
        pixels, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    moved_labels = cv2.warpAffine(
        labels.astype(np.float32),
        matrix,
        (size, size),
        flags=cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_REFLECT,
    )
    return moved, moved_labels.astype(np.int32), scale


def _random_centre(
    labels: Labels, extent: float, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Centre ``(x, y)`` of a window of that extent; every other one is drawn near a nucleus."""
    if rng.random() < 0.5 and labels.any():
        wanted = rng.choice(np.flatnonzero(labels))
        near = (
            np.array(divmod(int(wanted), labels.shape[1]), float)
            + rng.uniform(-0.3, 0.3, 2) * extent
        )
    else:
        near = rng.uniform(0, labels.shape)
    half = np.minimum(extent, labels.shape) / 2
    centre = np.clip(near, half, np.array(labels.shape) - half)
    return np.asarray(centre[::-1] - 0.5)


def change_intensities(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Change what microscopes change, each at random: gamma, light, debris, blur, noise, contrast.

    Parameters
    ----------
    pixels : ndarray of float32, shape (H, W)
        Most values in [0, 1].

    Returns
    -------
    pixels : ndarray of float32, shape (H, W)
    """
    changed: npt.NDArray[Any] = pixels
    if rng.random() < 0.5:
        gamma = float(np.exp(rng.normal(0, 0.35)))
        changed = np.sign(changed) * np.abs(changed) ** gamma
    changed = _with_other_light(changed, rng)
    if rng.random() < 0.25:
        changed = cv2.GaussianBlur(changed, (0, 0), rng.uniform(0.4, 3.0))
    if rng.random() < 0.35:
        noise = rng.standard_normal(pixels.shape, dtype=np.float32)
        signal = np.sqrt(np.maximum(changed, 0.02)) if rng.random() < 0.5 else 1.0
        changed = changed + noise * signal * np.exp(rng.uniform(*np.log((0.01, 0.3))))
    if rng.random() < 0.1:
        changed = np.minimum(changed, rng.uniform(0.3, 1.0))
    if rng.random() < 0.15:
        changed = _as_jpeg(changed, rng)
    if rng.random() < 0.5:
        changed = changed * np.exp(rng.normal(0, 0.3)) + rng.normal(0, 0.05)
    elif rng.random() < 0.15:
        changed = changed * np.exp(rng.uniform(*np.log((0.1, 1.0))))
    return np.asarray(changed, np.float32)


def _with_other_light(pixels: npt.NDArray[Any], rng: np.random.Generator) -> npt.NDArray[Any]:
    if rng.random() < 0.15:
        pixels = pixels * _illumination(pixels.shape, rng)
    if rng.random() < 0.3:
        pixels = pixels + background(pixels.shape, rng)
    if rng.random() < 0.25:
        pixels = pixels + debris(pixels.shape, rng)
    return pixels


def _as_jpeg(pixels: npt.NDArray[Any], rng: np.random.Generator) -> npt.NDArray[Any]:
    """Blocks that a JPEG file leaves in an image of few or of many grey levels."""
    levels = float(np.exp(rng.uniform(*np.log((15, 250)))))
    black = rng.uniform(0, 255 - levels)
    bytes8 = np.clip(np.rint(pixels * levels + black), 0, 255).astype(np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 95))]
    packed = cv2.imencode(".jpg", bytes8, quality)[1]
    opened = np.asarray(cv2.imdecode(packed, cv2.IMREAD_UNCHANGED), np.float32)
    return np.asarray((opened - np.float32(black)) / np.float32(levels))


def _illumination(shape: tuple[int, ...], rng: np.random.Generator) -> Pixels:
    """Smooth field between a dark corner and 1, to multiply with."""
    coarse = rng.uniform(rng.uniform(0.2, 0.8), 1.0, (3, 3)).astype(np.float32)
    return np.asarray(
        cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), np.float32
    )


def debris(shape: tuple[int, ...], rng: np.random.Generator) -> Pixels:
    """Light of things that are no nuclei: specks smaller than any nucleus, and fibres."""
    light = np.zeros((shape[0], shape[1]), np.float32)
    for _ in range(rng.integers(1, 40)):
        x, y = (int(rng.integers(side)) for side in (shape[1], shape[0]))
        light[y, x] = rng.uniform(0.5, 12.0)
    light = cv2.GaussianBlur(light, (0, 0), rng.uniform(0.4, 1.2))
    if rng.random() < 0.4:
        ends = rng.integers(-50, max(shape[:2]) + 50, (int(rng.integers(2, 5)), 2))
        fibre = np.zeros_like(light)
        cv2.polylines(fibre, [ends.astype(np.int32)], False, 1.0, int(rng.integers(1, 4)))
        light += cv2.GaussianBlur(fibre, (0, 0), rng.uniform(0.5, 2.0)) * rng.uniform(0.2, 2.0)
    return np.asarray(light, np.float32)


def background(shape: tuple[int, ...], rng: np.random.Generator) -> Pixels:
    """Smooth light of low frequency, as of uneven illumination or out-of-focus planes."""
    coarse = rng.uniform(0, rng.uniform(0.05, 0.4), (4, 4)).astype(np.float32)
    return np.asarray(
        cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.float32
    )
