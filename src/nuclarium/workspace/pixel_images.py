"""Images as a pixel classifier sees them: chosen channels, one plane or a stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Box, Spacing
from nuclarium.core.image import Image
from nuclarium.io import open_image
from nuclarium.io.checks import finite
from nuclarium.measurement.channels import channel_image, channels_of
from nuclarium.predict.channel import choose_channel
from nuclarium.preprocess.planes import select_planes
from nuclarium.preprocess.recipe import Step, apply_recipe
from nuclarium.preprocess.recipe_text import parse_recipe
from nuclarium.suggest.features import Canvas, StepRange
from nuclarium.workspace.layout import unique_names


@dataclass(frozen=True)
class LookSettings:
    """What of an image is looked at.

    Parameters
    ----------
    channels : tuple of str
        Names or indices; the channel of the nuclei, or all three colours, when empty.
    z : str
        For stacks: ``max``, ``best``, ``each`` or a slice; not used in three dimensions.
    t : int
        Time point.
    dims : int
        3 to look along z too.
    recipe : str
        Steps of `nuclarium.preprocess.recipe` that planes go through first, as text; a recipe
        looks at whole planes, which are then held in memory.
    """

    channels: tuple[str, ...] = ()
    z: str = "max"
    t: int = 0
    dims: int = 2
    recipe: str = ""


@dataclass(frozen=True)
class PixelImage:
    """An open image, its name and what is looked at.

    Parameters
    ----------
    shape : (Z, H, W)
    channel_names : tuple of str
    spacing : Spacing or None
    z_step : float
        Distance of planes in pixels of the plane; 1 where the file does not say it.
    """

    name: str
    path: Path
    shape: tuple[int, int, int]
    channel_names: tuple[str, ...]
    spacing: Spacing | None
    z_step: float
    parts: tuple[tuple[Image, ...], ...]

    def read(self, window: Box) -> npt.NDArray[Any]:
        """Pixels of a window, shape (C, Z, h, w)."""
        planes = [[finite(i.read(window), self.name) for i in row] for row in self.parts]
        return np.stack([np.stack(row) for row in planes])

    def canvas(self, ranges: tuple[StepRange, ...]) -> Canvas:
        """Return the image as features are computed of it."""
        return Canvas(self.read, self.shape, ranges, self.z_step)


@contextmanager
def opened(path: Path, name: str, look: LookSettings, scene: int = 0) -> Iterator[PixelImage]:
    """Open a scene of a file as a classifier sees it.

    Raises
    ------
    SettingsError
        If three dimensions are asked of an image with one plane, or a channel is not there.
    """
    with open_image(path, scene=scene) as image:
        if look.dims == 3 and image.shape[2] == 1:
            raise SettingsError(
                f"{path.name} must be a stack to look along z, but has one plane. Leave --3d out, "
                "or take a classifier of planes."
            )
        planes = select_planes(image, "each" if look.dims == 3 else look.z, t=look.t)
        chosen = _channels(image, look.channels)
        steps = parse_recipe(look.recipe)
        parts = tuple(
            tuple(_prepared(channel_image(plane.image, c), steps) for plane in planes)
            for c in chosen
        )
        yield PixelImage(
            name=name,
            path=path,
            shape=(len(planes), *image.plane_shape),
            channel_names=tuple(c.name for c in chosen),
            spacing=image.spacing,
            z_step=_z_step(image.spacing) if look.dims == 3 else 1.0,
            parts=parts,
        )


def image_names(paths: Sequence[Path]) -> list[str]:
    """Name of each image in the results, each once."""
    return unique_names(list(paths), [""] * len(paths))


def _channels(image: Image, wanted: Sequence[str]) -> tuple[Any, ...]:
    if wanted:
        found = [choose_channel(image, name).channel for name in wanted]
    else:
        found = [choose_channel(image).channel]
    return tuple(c for c in found if c is not None) or channels_of(image)


def _prepared(image: Image, steps: Sequence[Step]) -> Image:
    """Return a plane as it is, or through a recipe."""
    if not steps:
        return image
    pixels = apply_recipe(finite(image.read(), image.name), steps, image.spacing)
    return Image.from_array(pixels, axes="YX", name=image.name)


def _z_step(spacing: Spacing | None) -> float:
    if spacing is None or spacing.z is None:
        return 1.0
    return spacing.z / ((spacing.y + spacing.x) / 2)
