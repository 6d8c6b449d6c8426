"""The images of a batch: which files, which scenes, and what cannot be opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nuclarium.core.errors import NuclariumError
from nuclarium.core.image import Image
from nuclarium.io import open_image
from nuclarium.workspace.layout import unique_names
from nuclarium.workspace.settings import SegmentSettings


@dataclass(frozen=True)
class Source:
    """One image to segment.

    Parameters
    ----------
    path : Path
    scene : int
    name : str
        Unique in the batch.
    pixels : int
        Pixels to segment, over all slices.
    largest_side : int
        Longer side of the plane.
    """

    path: Path
    scene: int
    name: str
    pixels: int
    largest_side: int


@dataclass(frozen=True)
class Failure:
    """An image that could not be processed, and the sentence that says why."""

    path: Path
    reason: str


def find_sources(
    paths: Sequence[Path], settings: SegmentSettings
) -> tuple[list[Source], list[Failure]]:
    """Open every file once and list its scenes; what cannot be opened is listed too."""
    found: list[tuple[Path, int, str, int, int]] = []
    failures = []
    for path in dict.fromkeys(paths):
        try:
            with open_image(path) as first:
                scenes = first.scene_names
            for scene, label in enumerate(scenes):
                with open_image(path, scene=scene) as image:
                    height, width = image.plane_shape
                    slices = image.shape[2] if settings.z == "each" else 1
                suffix = "" if len(scenes) == 1 else scene_suffix(scene, label)
                found.append((path, scene, suffix, height * width * slices, max(height, width)))
        except NuclariumError as error:
            failures.append(Failure(path, str(error)))
    names = unique_names([row[0] for row in found], [row[2] for row in found])
    sources = [
        Source(path, scene, name, pixels, side)
        for (path, scene, _, pixels, side), name in zip(found, names, strict=True)
    ]
    return sources, failures


def open_source(source: Source, settings: SegmentSettings) -> Image:
    """Open an image, with the spacing that the user gave if there is one."""
    image = open_image(source.path, scene=source.scene)
    if settings.spacing is None:
        return image
    return replace(image, spacing=settings.spacing, spacing_source="given by the user")


def scene_suffix(scene: int, label: str) -> str:
    """Return what tells an image from the others of its file, fit for a name."""
    cleaned = "".join(c if c.isalnum() or c in "-+." else "-" for c in label).strip("-")
    return f"scene{scene}" + (f"-{cleaned[:40]}" if cleaned else "")
