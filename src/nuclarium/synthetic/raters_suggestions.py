"""What an arm suggests to its raters: a class and an outline for part of a field's nuclei."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.synthetic.raters_chances import at_quantiles
from nuclarium.synthetic.raters_fields import Things
from nuclarium.synthetic.raters_people import error_chances, shares
from nuclarium.synthetic.raters_spec import Arm, StudySpec

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Suggestions:
    """Suggestions of one arm, one row a thing.

    Parameters
    ----------
    shown : ndarray of bool, shape (n,)
        Whether there is a suggestion; the other arrays say nothing where there is none.
    label : ndarray of int32, shape (n,)
    good : ndarray of bool, shape (n,)
    outline : ndarray, shape (n, 32, 2)
        Points (y, x) in px.
    """

    shown: npt.NDArray[np.bool_]
    label: npt.NDArray[np.int32]
    good: npt.NDArray[np.bool_]
    outline: Floats


def drawn_suggestions(
    spec: StudySpec, arm: Arm, things: Things, rng: np.random.Generator
) -> Suggestions:
    """Draw the suggestions of an arm; all its raters see the same."""
    n, real = len(things), things.label >= 0
    shown = rng.random(n) < np.where(
        real, arm.suggested, arm.false_suggestion * (arm.suggested > 0)
    )
    wrong = at_quantiles(suggested_errors(spec)[things.label], things.look)
    right = rng.random(n) < np.where(real, arm.accuracy, 0)
    good = rng.random(n) < arm.good_outline
    return Suggestions(
        shown, np.where(right, things.label, wrong), good, _outlines(things, good, spec, rng)
    )


def suggested_errors(spec: StudySpec) -> Floats:
    """Return which class a wrong suggestion names, by true class; the last row: lookalikes."""
    if len(spec.classes) == 1:
        return np.ones((2, 1))
    return np.vstack([error_chances(spec.classes, spec.inside), shares(spec.classes)])


def _outlines(
    things: Things, good: npt.NDArray[np.bool_], spec: StudySpec, rng: np.random.Generator
) -> Floats:
    """Shrink or stretch true outlines, and shift them: a little if good, much if not."""
    n = len(things)
    centre = things.outline.mean(axis=1, keepdims=True)
    size = np.ptp(things.outline, axis=1).mean(axis=1)
    scale = np.exp(rng.normal(0, np.where(good, 0.06, 0.30)[:, None], (n, 2)))
    shift = rng.normal(0, (np.where(good, 0.03, 0.18) * size)[:, None], (n, 2))
    moved = (things.outline - centre) * scale[:, None] + centre + shift[:, None]
    return np.asarray(np.clip(moved, 0, spec.size_px).round(1))
