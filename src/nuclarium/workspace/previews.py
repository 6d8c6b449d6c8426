"""What a recipe makes of images: previews for looking and annotating, beside the raw files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import NuclariumError, OutputError, SettingsError
from nuclarium.core.geometry import Spacing
from nuclarium.core.image import Image
from nuclarium.io import hash_file, open_image
from nuclarium.io.plane_files import write_pixels
from nuclarium.measurement.channels import channel_image
from nuclarium.preprocess.planes import select_planes
from nuclarium.preprocess.recipe import apply_recipe
from nuclarium.preprocess.recipe_steps import FlatField, Step
from nuclarium.preprocess.recipe_text import recipe_text
from nuclarium.preprocess.slices import SliceSettings
from nuclarium.preprocess.smoothing import Pixels
from nuclarium.report.figures import write_png
from nuclarium.workspace.project import Project
from nuclarium.workspace.raw_images import RawImage
from nuclarium.workspace.slices import channel_of, plane_suffix
from nuclarium.workspace.sources import Failure

FORMATS = ("png", "tif")


@dataclass(frozen=True, slots=True)
class PreviewSettings:
    """What is shown, and how.

    Parameters
    ----------
    steps : tuple of Step
        The recipe; none of them shows the raw pixels.
    slices : SliceSettings
        Planes and channels of stacks.
    kind : str
        ``png``, 8 bits from black at 0 to white at the largest value, or ``tif``, the values that
        the recipe gives as 32-bit floats, with the spacing.
    spacing : Spacing or None
        Where the file does not say it.
    """

    steps: tuple[Step, ...]
    slices: SliceSettings = field(default_factory=lambda: SliceSettings("max"))
    kind: str = "png"
    spacing: Spacing | None = None

    def __post_init__(self) -> None:
        if self.kind not in FORMATS:
            raise SettingsError(f"A preview must be png or tif, but got {self.kind}.")


def write_previews(
    images: Sequence[RawImage],
    folder: Path,
    settings: PreviewSettings,
    *,
    project: Project | None = None,
    made_by: str = "",
    advance: Callable[[int], None] = lambda images: None,
) -> tuple[list[Path], list[Failure]]:
    """Apply a recipe and write what comes of it; the images themselves are only read.

    Parameters
    ----------
    images : sequence of RawImage
    folder : Path
        Previews of the same name are replaced; a folder of one of the images is refused.
    settings : PreviewSettings
    project : Project, optional
        Where it is recorded.
    made_by : str
        The command, for the record.
    advance : callable
        Called with the number of images that are done.

    Returns
    -------
    written : list of Path
    failures : list of Failure
    """
    for raw in images:
        if raw.path.resolve().parent == folder.resolve():
            raise OutputError(
                f"Previews must go to a folder of their own, but {raw.path.name} lies in {folder}. "
                "Choose another with --out."
            )
    references = recipe_references(settings.steps, project)
    written: list[Path] = []
    inputs: dict[str, str] = {}
    failures = []
    for raw in images:
        try:
            written += _previews(raw, folder, settings, references)
            if project is not None:
                inputs[project.name_of(raw.path)] = hash_file(raw.path)
        except NuclariumError as error:
            failures.append(Failure(raw.path, str(error)))
        advance(1)
    if project is not None and written:
        said = {"recipe": recipe_text(settings.steps), "planes": settings.slices.planes}
        project.record(
            "recipe apply", settings=said, inputs=inputs, outputs=written, made_by=made_by
        )
    return written, failures


def _previews(
    raw: RawImage, folder: Path, settings: PreviewSettings, references: Mapping[str, Pixels]
) -> list[Path]:
    written = []
    with open_image(raw.path, scene=raw.scene) as image:
        image = replace(image, spacing=settings.spacing or image.spacing)
        wanted = settings.slices.channels[0] if settings.slices.channels else None
        channel, _ = channel_of(image, settings.slices, wanted)
        index = 0 if channel is None else channel.c
        several = image.shape[2] > 1
        for plane in select_planes(image, settings.slices.planes, t=settings.slices.t, c=index):
            shown = plane.image if channel is None else channel_image(plane.image, channel)
            suffix = f"_{plane_suffix(plane, image.shape[2])}" if several else ""
            path = folder / f"{raw.name}{suffix}.{settings.kind}"
            result = apply_recipe(shown.read(), settings.steps, shown.spacing, references)
            _write(path, result, shown, settings)
            written.append(path)
    return written


def _write(
    path: Path, result: npt.NDArray[np.float32], shown: Image, settings: PreviewSettings
) -> None:
    if settings.kind == "png":
        grey = _as_bytes(result)
        write_png(path, grey if grey.ndim == 3 else np.repeat(grey[..., np.newaxis], 3, axis=2))
        return
    facts: dict[str, Any] = {"source": shown.name, "recipe": recipe_text(settings.steps)}
    write_pixels(path, result, facts, spacing=shown.spacing)


def _as_bytes(result: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Map 0 to black and the largest value to white; what is in [0, 1] has 1 as white."""
    white = max(1.0, float(result.max(initial=0)))
    return np.rint(np.clip(result.astype(np.float64) / white, 0, 1) * 255).astype(np.uint8)


def recipe_references(steps: Sequence[Step], project: Project | None) -> dict[str, Pixels]:
    """Read the images of even fields that steps name, from the folder of the project."""
    found = {}
    for step in steps:
        if isinstance(step, FlatField) and step.reference:
            path = Path(step.reference)
            path = path if project is None else project.locate(step.reference)
            with open_image(path) as image:
                found[step.reference] = image.read().astype(np.float64)
    return found
