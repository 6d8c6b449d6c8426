"""What shines beside nuclei: the gel, cytoplasm, specks of debris."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from nuclarium.core.labels import Labels
from nuclarium.synthetic.nucleus import Field
from nuclarium.synthetic.optics import wide_blur
from nuclarium.synthetic.shell import Placement
from nuclarium.synthetic.spec import OrganoidSpec

_CELL_UM = 2.5


def surroundings(
    labels: Labels, placement: Placement, spec: OrganoidSpec, rng: np.random.Generator
) -> Field:
    """Light of everything that is no nucleus, in the unit of `light_volume`."""
    optics, (z, y, x) = spec.optics, spec.voxel_um
    cells = wide_blur((labels > 0).astype(np.float32), (_CELL_UM / z, _CELL_UM / y, _CELL_UM / x))
    light = np.float32(optics.cytoplasm) * np.minimum(2 * cells, 1)
    light += np.float32(optics.ground) * _clouds(spec, rng)
    _add_debris(light, labels, placement, spec, rng)
    return light


def _clouds(spec: OrganoidSpec, rng: np.random.Generator) -> Field:
    """Draw a field around 1 that varies by a quarter over tens of µm, alike at all depths."""
    height, width = spec.shape[1:]
    noise = rng.standard_normal((height // 16 + 2, width // 16 + 2), dtype=np.float32)
    smooth = ndimage.gaussian_filter(noise, 12 / (16 * spec.spacing.y), mode="reflect")
    smooth = 0.25 * smooth / smooth.std()
    rows = np.arange(height) / 16
    columns = np.arange(width) / 16
    grid = np.meshgrid(rows, columns, indexing="ij")
    return np.asarray(1 + ndimage.map_coordinates(smooth, grid, order=1), np.float32).clip(0.2)


def _add_debris(
    light: Field,
    labels: Labels,
    placement: Placement,
    spec: OrganoidSpec,
    rng: np.random.Generator,
) -> None:
    """Add clusters of small bright drops, half of them inside the lumen, none inside a nucleus."""
    frame = np.array(spec.frame_um)
    area = frame[1] * frame[2] / 1e6
    colony = placement.colony
    for _ in range(rng.poisson(spec.optics.debris_per_mm2 * area)):
        free = rng.uniform(0, frame)
        inside = colony.centre + rng.uniform(-0.5, 0.5, 3) * colony.half
        place = inside if rng.random() < 0.5 else free
        brightness = rng.uniform(0.3, 1.6)
        for _ in range(int(rng.integers(1, 6))):
            radius = rng.uniform(0.3, 0.9)
            drop = place + rng.normal(0, 0.9, 3)
            _add_drop(light, labels, drop, radius, brightness, spec.voxel_um)


def _add_drop(
    light: Field,
    labels: Labels,
    place: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    radius: float,
    brightness: float,
    voxel_um: tuple[float, float, float],
) -> None:
    parts, squares = [], []
    for centre, size, n in zip(place, voxel_um, light.shape, strict=True):
        low, high = int((centre - 3 * radius) / size), int((centre + 3 * radius) / size) + 2
        part = slice(min(max(low, 0), n), min(max(high, 0), n))
        parts.append(part)
        squares.append((((np.arange(part.start, part.stop) + 0.5) * size - centre) / radius) ** 2)
    window = tuple(parts)
    zz, yy, xx = squares
    square = zz[:, None, None] + yy[:, None] + xx
    light[window] += (brightness * np.exp(-square / 2) * (labels[window] == 0)).astype(np.float32)
