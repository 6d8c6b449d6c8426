"""Fields of nuclei with their outlines, and things in them that only look like nuclei."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.synthetic.raters_chances import drawn_rows
from nuclarium.synthetic.raters_classes import NucleusClass
from nuclarium.synthetic.raters_people import shares
from nuclarium.synthetic.raters_spec import StudySpec

Floats = npt.NDArray[np.float64]
POINTS = 32
"""Points of an outline."""
_MARGIN = 6


@dataclass(frozen=True)
class Things:
    """What lies in the fields; one row a nucleus, then one row a lookalike, field by field.

    Parameters
    ----------
    field : ndarray of int32, shape (n,)
    label : ndarray of int32, shape (n,)
        Class of a nucleus, −1 for a lookalike.
    look : ndarray, shape (n,)
        From 0 to 1: which wrong class it is taken for where raters err together, as a quantile of
        each rater's errors.
    difficulty, visibility : ndarray, shape (n,)
        Standard normal; large where it is hard to name, and hard to see.
    outline : ndarray, shape (n, 32, 2)
        Points (y, x) in px, inside the field.
    """

    field: npt.NDArray[np.int32]
    label: npt.NDArray[np.int32]
    look: Floats
    difficulty: Floats
    visibility: Floats
    outline: Floats

    @property
    def boxes(self) -> Floats:
        """Boxes (y0, x0, y1, x1) around the outlines, in px; shape (n, 4)."""
        return boxes_around(self.outline)

    def __len__(self) -> int:
        return len(self.field)


def planted_things(spec: StudySpec, rng: np.random.Generator) -> Things:
    """Draw what lies in the fields of a study; a nucleus that finds no room is left out."""
    field, label, outline = [], [], []
    for number in range(spec.fields):
        labels = _field_labels(spec, rng)
        shapes = np.stack([_shape(_look(spec, k, rng), rng) for k in labels])
        kept, placed = _placed(shapes, spec.size_px, rng)
        field.append(np.full(len(kept), number, np.int32))
        label.append(labels[kept])
        outline.append(placed)
    labels = np.concatenate(label)
    n = len(labels)
    return Things(
        np.concatenate(field),
        labels,
        rng.random(n),
        rng.standard_normal(n),
        rng.standard_normal(n),
        np.concatenate(outline),
    )


def boxes_around(outline: Floats) -> Floats:
    """Return boxes (y0, x0, y1, x1) around outlines of shape (n, points, 2)."""
    return np.concatenate([outline.min(axis=1), outline.max(axis=1)], axis=1)


def _field_labels(spec: StudySpec, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """Draw classes of a field's nuclei, and −1 for its lookalikes, which come last."""
    mean, dispersion = spec.nuclei, 6.0
    n = max(1, int(rng.negative_binomial(dispersion, dispersion / (dispersion + mean))))
    mix = rng.dirichlet(np.maximum(spec.mixing * shares(spec.classes), 1e-6))
    nuclei = drawn_rows(np.broadcast_to(mix, (n, len(mix))), rng)
    return np.concatenate([nuclei, np.full(rng.poisson(spec.lookalikes), -1, np.int32)])


def _look(spec: StudySpec, label: int, rng: np.random.Generator) -> NucleusClass:
    """Return the class that gives a thing its size; a lookalike takes that of any class."""
    if label < 0:
        label = int(drawn_rows(shares(spec.classes), rng))
    return spec.classes[label]


def _shape(kind: NucleusClass, rng: np.random.Generator) -> Floats:
    """Draw a wobbly ellipse about the origin, as points (y, x)."""
    length = np.clip(kind.length_px * np.exp(rng.normal(0, kind.spread)), 8, 120)
    elongation = max(1.0, kind.elongation * np.exp(rng.normal(0, 0.12)))
    angle = np.linspace(0, 2 * np.pi, POINTS, endpoint=False)
    rim = np.ones(POINTS)
    for wave in (2, 3, 4):
        rim += rng.normal(0, 0.06 / wave) * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    u, v = length / 2 * rim * np.cos(angle), length / (2 * elongation) * rim * np.sin(angle)
    turn = rng.uniform(0, np.pi)
    return np.stack(
        [u * np.sin(turn) + v * np.cos(turn), u * np.cos(turn) - v * np.sin(turn)], axis=1
    )


def _placed(
    shapes: Floats, size: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], Floats]:
    """Move shapes to free places; return which found one, in their order, and their outlines."""
    radii = np.sqrt(np.ptp(shapes[..., 0], axis=1) * np.ptp(shapes[..., 1], axis=1)) / 2
    centres = np.full((len(shapes), 2), np.inf)
    for index in np.argsort(-radii, kind="stable"):
        tries = rng.uniform(_MARGIN, size - _MARGIN, (40, 2))
        apart = np.linalg.norm(tries[:, None] - centres[None], axis=2)
        free = (apart > 0.85 * (radii + radii[index])).all(axis=1)
        if free.any():
            centres[index] = tries[free.argmax()]
    kept = np.flatnonzero(np.isfinite(centres[:, 0]))
    return kept, np.clip(shapes[kept] + centres[kept, None], 0, size).round(1)
