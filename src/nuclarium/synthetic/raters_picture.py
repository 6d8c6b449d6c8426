"""Pictures of the fields of a synthetic rating study, stained like H&E."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.draw import polygon

from nuclarium.synthetic.raters_fields import Things
from nuclarium.synthetic.raters_spec import StudySpec

Plane = npt.NDArray[np.float32]
HEMATOXYLIN = np.array([0.65, 0.70, 0.29], np.float32)
EOSIN = np.array([0.09, 0.95, 0.28], np.float32)
"""Optical density of the stains in red, green and blue: hematoxylin after Ruifrok & Johnston, Anal.
Quant. Cytol. Histol. 2001; eosin a little bluer than theirs, so that it looks pink."""


@dataclass(frozen=True, slots=True)
class _Look:
    """How dark a nucleus is, how coarse and strong its chromatin, its rim, how many nucleoli."""

    dark: float
    grain_px: float
    contrast: float
    rim: float
    nucleoli: int = 0


_LOOKS = {
    "tumor": _Look(0.62, 2.6, 0.30, 0.25, 2),
    "mitotic_figure": _Look(1.35, 1.6, 0.70, 0.0),
    "fibroblast": _Look(0.75, 1.8, 0.20, 0.10),
    "vascular_endothelium": _Look(0.80, 1.8, 0.22, 0.10),
    "lymphocyte": _Look(1.15, 2.0, 0.25, 0.15),
    "plasma_cell": _Look(1.05, 3.0, 0.45, 0.25),
    "macrophage": _Look(0.50, 2.0, 0.20, 0.20, 1),
    "apoptotic_body": _Look(1.60, 3.0, 0.10, 0.0),
    "unlabeled": _Look(0.60, 4.0, 0.15, 0.0),
}
_OTHER = _Look(0.75, 2.2, 0.25, 0.18, 1)
_LOOKALIKE = _Look(0.35, 5.0, 0.50, 0.0)


def field_picture(
    spec: StudySpec, things: Things, field: int, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Draw one field; large nuclei lie under small ones.

    Hard nuclei are drawn paler and blurred, so that a disputed nucleus looks it.

    Returns
    -------
    picture : ndarray of uint8, shape (size_px, size_px, 3)
    """
    shape = (spec.size_px, spec.size_px)
    grain = _smooth(rng.standard_normal(shape, dtype=np.float32), 6)
    hematoxylin = np.asarray(0.10 + 0.02 * grain, np.float32)
    eosin = _ground(shape, rng)
    own = np.flatnonzero(things.field == field)
    size = np.ptp(things.outline[own], axis=1).prod(axis=1)
    for thing in own[np.argsort(-size, kind="stable")]:
        look = _look(spec, int(things.label[thing]))
        hard = float(things.difficulty[thing] * spec.difficulty)
        _draw(hematoxylin, eosin, things.outline[thing], look, hard, rng)
    return _as_seen(hematoxylin, eosin, rng)


def _look(spec: StudySpec, label: int) -> _Look:
    return _LOOKALIKE if label < 0 else _LOOKS.get(spec.classes[label].name, _OTHER)


def _ground(shape: tuple[int, int], rng: np.random.Generator) -> Plane:
    """Draw fibres that run in a few directions, and pale gaps between them."""
    y, x = np.indices(shape, np.float32)
    turn = rng.uniform(0, np.pi)
    bend = 14 * _smooth(rng.standard_normal(shape, dtype=np.float32), 30)
    across: Plane = x * np.cos(turn) + y * np.sin(turn) + bend
    along = y * np.cos(turn) - x * np.sin(turn)
    noise = rng.standard_normal((2 * shape[0], 2 * shape[1]), dtype=np.float32)
    strands = ndimage.gaussian_filter(noise, (2.2, 22), mode="wrap")
    strands = ndimage.map_coordinates(strands, [across, along], order=1, mode="grid-wrap")
    fibres = np.clip(0.5 + 0.45 * strands / float(strands.std()), 0, 1.6)
    gaps = np.clip(_smooth(rng.standard_normal(shape, dtype=np.float32), 14) - 1.1, 0, 1)
    cloud = _smooth(rng.standard_normal(shape, dtype=np.float32), 40)
    return np.asarray((0.34 + 0.08 * cloud + 0.10 * fibres) * (1 - 0.9 * gaps), np.float32)


def _draw(
    hematoxylin: Plane,
    eosin: Plane,
    outline: npt.NDArray[np.float64],
    look: _Look,
    hard: float,
    rng: np.random.Generator,
) -> None:
    """Add one nucleus with cytoplasm around it, in a window of its own."""
    low = np.maximum(np.floor(outline.min(axis=0)).astype(int) - 12, 0)
    high = np.minimum(np.ceil(outline.max(axis=0)).astype(int) + 12, hematoxylin.shape)
    window = (slice(low[0], high[0]), slice(low[1], high[1]))
    inside: Plane = np.zeros(high - low, np.float32)
    inside[polygon(*(outline - low).T, inside.shape)] = 1
    depth = ndimage.distance_transform_edt(inside)
    soft = ndimage.gaussian_filter(inside, 0.8 + 0.5 * max(hard, 0))
    noise: Plane = rng.standard_normal(inside.shape, dtype=np.float32)
    chromatin = _smooth(noise, look.grain_px / 2)
    dark = look.dark * np.exp(rng.normal(0, 0.12)) * np.exp(-0.12 * max(hard, 0))
    density = dark * np.maximum(1 + look.contrast * chromatin, 0.15)
    density += look.rim * np.exp(-(((depth - 1.2) / 1.4) ** 2))
    density += _nucleoli(inside, depth, look.nucleoli, rng)
    hematoxylin[window] += soft * (density - hematoxylin[window])
    halo = ndimage.gaussian_filter(inside, 5) * (1 - soft)
    hematoxylin[window] += 0.10 * halo * look.dark
    eosin[window] *= 1 - 0.35 * soft


def _nucleoli(
    inside: Plane, depth: npt.NDArray[np.float64], count: int, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Draw dark dots well inside a nucleus."""
    dots = np.zeros(inside.shape)
    deep = np.argwhere(depth > 0.5 * depth.max()) if depth.max() > 5 else np.empty((0, 2), int)
    y, x = np.indices(inside.shape)
    for _ in range(int(rng.integers(1, count + 1)) if count and len(deep) else 0):
        cy, cx = deep[rng.integers(len(deep))]
        dots += 0.7 * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * rng.uniform(1.2, 2.2) ** 2))
    return dots


def _as_seen(hematoxylin: Plane, eosin: Plane, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Let light through the stains, blur a little as optics do, and add the camera's noise."""
    density = hematoxylin[..., None] * HEMATOXYLIN + eosin[..., None] * EOSIN
    light = 245 * np.exp(-density * 1.25)
    light = ndimage.gaussian_filter(light, (0.7, 0.7, 0))
    light += rng.standard_normal(light.shape, dtype=np.float32) * 2.5
    return np.asarray(np.clip(np.round(light), 0, 255), np.uint8)


def _smooth(noise: Plane, sigma: float) -> Plane:
    smooth = ndimage.gaussian_filter(noise, sigma, mode="reflect")
    spread = float(smooth.std())
    return np.asarray(smooth / (spread if spread > 0 else 1.0), np.float32)
