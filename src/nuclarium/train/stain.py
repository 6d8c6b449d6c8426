"""Random stains: brightfield patches as other laboratories would have stained and scanned them.

Light that passes through stain obeys Beer and Lambert's law: each stain takes away a part of it
that depends on the stain's colour and density, and densities add up [1]_. So a stain is added to a
picture by multiplying, and a picture can be made of densities alone.

References
----------
.. [1] A. C. Ruifrok and D. A. Johnston, Anal. Quant. Cytol. Histol. 23, 291 (2001)
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.float32]

HAEMATOXYLIN = (0.65, 0.70, 0.29)
EOSIN = (0.15, 0.90, 0.35)
PIGMENT = (0.35, 0.60, 0.75)
"""Optical density in red, green and blue, as unit vectors nearly."""

DARKEST = 0.01
"""Part of the light that passes everywhere, so that densities are finite."""


def stained(density: Pixels, foreground: Pixels, rng: np.random.Generator) -> Pixels:
    """Picture of nuclei in haematoxylin, from how much of a dye each pixel holds.

    Parameters
    ----------
    density : ndarray of float32, shape (H, W)
        Such as a fluorescence image of nuclei, most values in [0, 1].
    foreground : ndarray of float32, shape (H, W)
        1 in nuclei, else 0.

    Returns
    -------
    pixels : ndarray of float32, shape (H, W, 3)
        On white, in (0, 1].
    """
    dye: npt.NDArray[Any] = np.clip(density, 0, 1.5) ** rng.uniform(0.3, 1.0) * rng.uniform(
        0.6, 2.0
    )
    if rng.random() < 0.7:  # the nuclei of one image are stained alike, whatever their light was
        even = cv2.GaussianBlur(foreground, (0, 0), rng.uniform(0.4, 1.2)) * rng.uniform(0.5, 1.8)
        grain = 1 + rng.uniform(0, 0.3) * rng.standard_normal(foreground.shape, np.float32)
        dye = dye + (even * grain - dye) * rng.uniform(0.2, 0.9)
    if rng.random() < 0.7:  # chromatin in clumps
        clumps = texture(foreground.shape, rng)
        dye = dye * (1 + rng.uniform(0.5, 2.5) * (clumps - 0.5) * foreground)
    return absorbed(np.maximum(dye, 0), stain_colour(HAEMATOXYLIN, rng))


def change_stain(
    pixels: Pixels,
    targets: Pixels,
    rng: np.random.Generator,
    holes: npt.NDArray[np.bool_] | None = None,
    *,
    is_difficult: bool = False,
) -> Pixels:
    """Change what stains and scanners change, each at random: counterstain, colours, focus, noise.

    Parameters
    ----------
    pixels : ndarray of float32, shape (H, W, 3)
        In [0, 1].
    targets : ndarray of float32, shape (2, H, W)
        Foreground and distance, as `models.targets.foreground_and_distance` gives them.
    holes : ndarray of bool, shape (H, W), optional
        Where there is to be no tissue; nuclei are left whole.
    is_difficult : bool
        Whether scanners may sharpen, files be JPEG twice as often, and holes be partly filled.

    Returns
    -------
    pixels : ndarray of float32, shape (H, W, 3)
    """
    changed: npt.NDArray[Any] = pixels
    if rng.random() < 0.5:
        white = np.percentile(changed.reshape(-1, 3)[::7], 95, axis=0)
        changed = changed / np.maximum(white, 0.2).astype(np.float32)
    if rng.random() < 0.4:
        changed = _vesicular(np.clip(changed, DARKEST, 1.0), targets, rng)
    if rng.random() < 0.2:
        changed = changed * _nucleoli(targets[0], rng)
    if rng.random() < 0.7:
        changed = changed * _counterstain(targets[0], rng)
    if holes is not None:
        open_part = rng.uniform(0.3, 1.0) if is_difficult else 1.0
        changed = _with_holes(changed, holes & (targets[0] == 0), open_part, rng)
    changed = _other_colours(np.clip(changed, DARKEST, 1.0), rng)
    if rng.random() < 0.3:
        changed = cv2.GaussianBlur(changed, (0, 0), rng.uniform(0.4, 2.0))
    if is_difficult and rng.random() < 0.3:
        soft = cv2.GaussianBlur(changed, (0, 0), rng.uniform(0.6, 2.5))
        changed = np.clip(changed + np.float32(rng.uniform(0.3, 2.0)) * (changed - soft), 0, 1)
    if rng.random() < 0.3:
        noise = rng.standard_normal(changed.shape, dtype=np.float32)
        changed = changed + noise * np.float32(rng.uniform(0.005, 0.08))
    if rng.random() < (0.4 if is_difficult else 0.2):
        quality = int(rng.integers(30, 90))
        bytes8 = np.rint(np.clip(changed, 0, 1) * 255).astype(np.uint8)
        packed = cv2.imencode(".jpg", bytes8, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        changed = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.float32) / 255
    return np.asarray(np.clip(changed, 0.0, 1.0), np.float32)


def bodies_between(
    pixels: Pixels,
    shapes: npt.NDArray[np.bool_],
    foreground: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> Pixels:
    """Lay bodies of the shapes of nuclei between nuclei, such as red blood cells or pigment.

    Parameters
    ----------
    pixels : ndarray of float32, shape (H, W, 3)
    shapes, foreground : ndarray of bool, shape (H, W)
        The bodies, and the nuclei that are not to be covered.

    Returns
    -------
    pixels : ndarray of float32, shape (H, W, 3)
    """
    density = cv2.GaussianBlur(shapes.astype(np.float32), (0, 0), rng.uniform(0.4, 2.0))
    density = density * ~foreground * rng.uniform(0.3, 1.6)
    if rng.random() < 0.5:
        density = density * (0.6 + 0.4 * texture(density.shape, rng))
    colour = PIGMENT if rng.random() < 0.3 else EOSIN
    return pixels * absorbed(density, stain_colour(colour, rng))


def absorbed(density: Pixels, stain: Pixels) -> Pixels:
    """Light that a density (H, W) of a stain lets through; shape (H, W, 3), in (0, 1]."""
    return np.asarray(cv2.exp(-density.astype(np.float32)[..., None] * stain), np.float32)


def texture(shape: tuple[int, ...], rng: np.random.Generator) -> Pixels:
    """Random tissue-like pattern of several sizes, often drawn out along one direction.

    Returns
    -------
    pattern : ndarray of float32, shape (H, W)
        In [0, 1].
    """
    height, width = shape[:2]
    side = max(height, width)
    quarter = side // 4 + 1
    wide = np.zeros((quarter, quarter), np.float32)
    for cell in (64, 32, 16, 8):
        wide += _random_cells(quarter, cell // 4, rng) * np.float32(cell**0.3)
    pattern = cv2.resize(wide, (side, side), interpolation=cv2.INTER_CUBIC)
    for cell in (4, 2):
        pattern += _random_cells(side, cell, rng) * np.float32(cell**0.3)
    stretch = float(np.exp(rng.uniform(0, 2.5))) if rng.random() < 0.6 else 1.0
    angle = rng.uniform(0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = np.diag([1.0, stretch]) @ turn
    matrix = np.column_stack(
        [linear, np.array([width, height]) / 2 - linear @ np.full(2, side / 2)]
    )
    drawn = cv2.warpAffine(pattern, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
    mean, spread = cv2.meanStdDev(drawn)
    scaled = 0.5 + (drawn - np.float32(mean.item())) * np.float32(1 / max(4 * spread.item(), 1e-6))
    return np.asarray(np.clip(scaled, 0, 1), np.float32)


def _random_cells(side: int, cell: int, rng: np.random.Generator) -> npt.NDArray[Any]:
    """Smooth noise that changes over so many pixels, of random strength; shape (side, side)."""
    count = side // cell + 1
    coarse = rng.standard_normal((count, count), dtype=np.float32) * np.float32(rng.uniform(0, 1))
    return np.asarray(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC))


def _vesicular(pixels: Pixels, targets: Pixels, rng: np.random.Generator) -> npt.NDArray[Any]:
    """Nuclei whose middle is pale, within a dark membrane; some of them, or all."""
    depth = rng.uniform(0.3, 0.85) * np.clip(targets[1] * rng.uniform(1, 4), 0, 1)
    if rng.random() < 0.5:
        depth = depth * np.clip(4 * texture(depth.shape, rng) - 1.5, 0, 1)
    # A power of the light is a multiple of the density.
    return np.asarray(pixels ** (1 - depth.astype(np.float32))[..., None])


def _counterstain(foreground: Pixels, rng: np.random.Generator) -> Pixels:
    """Light that eosin and haze let through beside, and a little within, the nuclei."""
    tissue = texture(foreground.shape, rng) ** rng.uniform(0.4, 2.0)
    if rng.random() < 0.4:  # lumen and tears: tissue ends
        tissue = tissue * (texture(foreground.shape, rng) > rng.uniform(0.1, 0.6))
    if rng.random() < 0.4:  # cytoplasm, denser near nuclei
        near = cv2.GaussianBlur(foreground, (0, 0), rng.uniform(4, 15))
        tissue = tissue * rng.uniform(0.2, 1) + near * rng.uniform(0, 1)
    edge = cv2.GaussianBlur(foreground, (0, 0), rng.uniform(0.4, 1.2))
    outside = 1 - edge * rng.uniform(0.0, 0.85)
    if rng.random() < 0.25:  # tissue shrinks away from nuclei and leaves a pale ring
        ring = cv2.GaussianBlur(foreground, (0, 0), rng.uniform(1.5, 4))
        outside = outside * np.clip(1 - rng.uniform(0.5, 1.5) * ring, 0, 1)
    eosin = absorbed(tissue * outside * rng.uniform(0.1, 1.2), stain_colour(EOSIN, rng))
    haze = texture(foreground.shape, rng) * outside * rng.uniform(0, 0.7)
    if rng.random() < 0.4:  # cytoplasm that takes up haematoxylin, so that nuclei hardly stand out
        near = cv2.GaussianBlur(foreground, (0, 0), rng.uniform(3, 12))
        haze = haze + near * outside * texture(foreground.shape, rng) * rng.uniform(0, 1.2)
    if rng.random() < 0.3:
        haze = haze + _specks(foreground, rng)
    light = eosin * absorbed(haze, stain_colour(HAEMATOXYLIN, rng))
    if rng.random() < 0.4:
        light = light * _strands(outside, rng)
    return light


def _with_holes(
    pixels: npt.NDArray[Any],
    holes: npt.NDArray[np.bool_],
    open_part: float,
    rng: np.random.Generator,
) -> npt.NDArray[Any]:
    """Lumen, fat and tears: bare glass within tissue, at times with a dark edge."""
    soft = cv2.GaussianBlur(holes.astype(np.float32), (0, 0), rng.uniform(0.4, 1.5))
    rim = 4 * soft * (1 - soft) * rng.uniform(0, 1)
    glass = np.float32(rng.uniform(0.85, 1.0))
    bare = pixels + np.float32(open_part) * soft[..., None] * (glass - pixels)
    return np.asarray(bare) * absorbed(
        rim, stain_colour(HAEMATOXYLIN if rng.random() < 0.5 else EOSIN, rng)
    )


def _strands(outside: npt.NDArray[Any], rng: np.random.Generator) -> Pixels:
    """Threads, edges and rags of tissue, of a colour between those of both stains."""
    ridges = 1 - np.abs(2 * texture(outside.shape, rng) - 1)
    density = ridges ** float(np.exp(rng.uniform(1.5, 3.5))) * outside
    if rng.random() < 0.6:
        density = density * (texture(outside.shape, rng) > rng.uniform(0.4, 0.7))
    mixed = rng.uniform(0, 1)
    stain = mixed * stain_colour(HAEMATOXYLIN, rng) + (1 - mixed) * stain_colour(EOSIN, rng)
    return absorbed(density * rng.uniform(0.2, 2.0), np.asarray(stain, np.float32))


def _nucleoli(foreground: Pixels, rng: np.random.Generator) -> Pixels:
    """Dense dots within nuclei."""
    spots = dots(foreground.shape, int(rng.integers(30, 400)), rng.uniform(0.8, 2.0), rng)
    return absorbed(spots * foreground, stain_colour(HAEMATOXYLIN, rng))


def _specks(foreground: Pixels, rng: np.random.Generator) -> Pixels:
    """Dense dots of debris between nuclei, smaller than any nucleus."""
    specks = dots(foreground.shape, int(rng.integers(5, 80)), rng.uniform(0.5, 1.1), rng)
    return np.asarray(specks * (1 - foreground))


def dots(shape: tuple[int, ...], count: int, sigma: float, rng: np.random.Generator) -> Pixels:
    """Density of so many round dots at random places, `sigma` pixels wide; shape (H, W)."""
    density = np.zeros(shape, np.float32)
    y, x = (rng.integers(side, size=count) for side in shape)
    density[y, x] = rng.uniform(1, 8, count) * max(1.0, sigma**2)
    return np.asarray(cv2.GaussianBlur(density, (0, 0), sigma), np.float32)


def stain_colour(mean: tuple[float, float, float], rng: np.random.Generator) -> Pixels:
    """Draw a stain's colour as one laboratory would mix it: density in each channel, shape (3,)."""
    vector = np.maximum(np.array(mean) + rng.normal(0, 0.1, 3), 0.02)
    return np.asarray(vector / np.linalg.norm(vector) * np.sqrt(3) * 0.6, np.float32)


def _other_colours(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Another scanner's colours: strength of each channel's absorption, saturation, brightness."""
    density = -cv2.log(np.ascontiguousarray(pixels, np.float32))
    gains = np.exp(rng.normal(0, 0.15, 3)) * np.exp(rng.normal(0, 0.25))
    density = density * gains.astype(np.float32)
    if rng.random() < 0.5:
        grey = density @ np.full((3, 1), 1 / 3, np.float32)
        density = grey + (density - grey) * np.float32(rng.uniform(0.2, 1.6))
    white = (rng.uniform(0.8, 1.0) * rng.uniform(0.93, 1.0, 3)).astype(np.float32)
    return np.asarray(white * cv2.exp(-np.maximum(density, 0)), np.float32)
