"""A recipe: steps that make an image fit for looking and for annotating, never its raw pixels.

The same recipe gives the same bits on every machine: steps work in float64 with additions,
products, quotients, square roots, minima and order only, each rounded as IEEE 754 says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Spacing
from nuclarium.preprocess.recipe_steps import Step, Surroundings
from nuclarium.preprocess.smoothing import Pixels

__all__ = ["Step", "apply_recipe"]


def apply_recipe(
    pixels: npt.NDArray[Any],
    steps: Sequence[Step],
    spacing: Spacing | None = None,
    references: Mapping[str, Pixels] | None = None,
) -> npt.NDArray[np.float32]:
    """Apply the steps one after the other.

    Parameters
    ----------
    pixels : ndarray, shape (H, W) or (H, W, 3)
        Any number type; stays as it is. Colours are treated one by one.
    steps : sequence of Step
        None of them: the pixels themselves.
    spacing : Spacing, optional
        Needed where a size is in µm; the side of a square pixel of the same area counts.
    references : mapping of str to ndarray of float64, optional
        For `FlatField`.

    Returns
    -------
    result : ndarray of float32, same shape
        In grey levels; in [0, 1] after `Stretch`.

    Raises
    ------
    SettingsError
        If a size is in µm and the spacing is unknown, or it is too small or large in pixels.
    """
    if pixels.ndim == 3:
        colours = [
            apply_recipe(pixels[..., s], steps, spacing, references) for s in range(pixels.shape[2])
        ]
        return np.stack(colours, axis=2)
    around = Surroundings(spacing, references)
    result = pixels.astype(np.float64)
    for step in steps:
        result = step.apply(result, around)
    return result.astype(np.float32)
