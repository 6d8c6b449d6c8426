"""Train a pixel classifier from strokes on one or many images, into one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import nuclarium
from nuclarium.core.errors import SettingsError
from nuclarium.io.files import hash_file
from nuclarium.suggest.classifier import CLASS_NAMES, PixelClassifier, check_drawn, trained
from nuclarium.suggest.features import StepRange
from nuclarium.suggest.file import write_classifier
from nuclarium.suggest.ranges import joint_ranges, step_range
from nuclarium.suggest.settings import FAMILIES, SCALES_PX, Family, FeatureSettings, ForestSettings
from nuclarium.suggest.strokes import MAX_CLASSES, Strokes
from nuclarium.suggest.tiles import FeatureTiles
from nuclarium.workspace.pixel_images import LookSettings, image_names, opened
from nuclarium.workspace.project import record_around
from nuclarium.workspace.stroke_files import assigned, read_strokes


@dataclass(frozen=True)
class PixelTrainSettings:
    """Everything that a classifier depends on, beside images and strokes."""

    look: LookSettings = field(default_factory=LookSettings)
    scales_px: tuple[float, ...] = SCALES_PX
    families: tuple[Family, ...] = FAMILIES
    forest: ForestSettings = field(default_factory=ForestSettings)
    class_names: tuple[str, ...] = CLASS_NAMES

    def __post_init__(self) -> None:
        names = self.class_names
        if not 2 <= len(names) <= MAX_CLASSES or len(set(names)) < len(names) or "" in names:
            raise SettingsError(
                f"The classes must be 2 to {MAX_CLASSES} different names, background first, but "
                f"got {', '.join(names) or 'none'}."
            )

    def features(self, channels: int) -> FeatureSettings:
        """Features for images of so many channels."""
        return FeatureSettings(self.scales_px, self.families, self.look.dims, channels)


@dataclass(frozen=True)
class _Drawn:
    """What one image gives before any feature is computed."""

    path: Path
    name: str
    strokes: Strokes
    ranges: tuple[StepRange, ...]
    channel_names: tuple[str, ...]
    record: dict[str, Any] = field(default_factory=dict)


def train_pixels(
    images: Sequence[Path],
    strokes: Sequence[Path],
    out: Path,
    settings: PixelTrainSettings | None = None,
    *,
    workers: int = 1,
    made_by: str = "",
) -> PixelClassifier:
    """Train a classifier and write it.

    Parameters
    ----------
    images : sequence of Path
        The first image of each file is taken.
    strokes : sequence of Path
        Label images (0 not drawn, 1 background, 2 foreground), ImageJ .roi or .zip, or GeoJSON.
    out : Path
        Classifier file.
    settings : PixelTrainSettings, optional
    workers : int
        Tiles of features that are computed at once.
    made_by : str
        The command, for the record of the project that the file lies in, if it lies in one.

    Raises
    ------
    SettingsError
        If strokes and images do not fit, or show one class only.
    """
    settings = settings or PixelTrainSettings()
    names = image_names(images)
    files = assigned(images, names, strokes)
    parts = [
        _drawn(path, name, own, settings)
        for path, name, own in zip(images, names, files, strict=True)
    ]
    _check_channels(parts)
    drawn = np.concatenate([part.strokes.classes for part in parts])
    check_drawn(drawn, settings.class_names)
    features = settings.features(len(parts[0].ranges))
    ranges = joint_ranges([part.ranges for part in parts])
    values = [_values(part, features, ranges, settings.look, workers) for part in parts]
    classifier = trained(
        np.concatenate(values, axis=1),
        drawn,
        features,
        ranges,
        forest=settings.forest,
        class_names=settings.class_names,
        facts=_facts(parts, settings),
    )
    write_classifier(out, classifier)
    record_around(
        out,
        "pixels train",
        settings=asdict(settings),
        inputs=[*images, *strokes],
        outputs=[out],
        made_by=made_by,
    )
    return classifier


def _drawn(path: Path, name: str, files: Sequence[Path], settings: PixelTrainSettings) -> _Drawn:
    with opened(path, name, settings.look) as image:
        strokes = read_strokes(files, image.shape, settings.class_names)
        ranges = step_range(image.read, image.shape[1:])
        counts = {
            class_name: int((strokes.classes == number).sum())
            for number, class_name in enumerate(settings.class_names, start=1)
        }
        record = {
            "image": path.name,
            "sha256": hash_file(path),
            "strokes": [{"file": f.name, "sha256": hash_file(f)} for f in files],
            "drawn_pixels": counts,
            "shape": list(image.shape),
            "z_step_px": image.z_step,
        }
        return _Drawn(path, name, strokes, ranges, image.channel_names, record)


def _values(
    part: _Drawn,
    features: FeatureSettings,
    ranges: tuple[StepRange, ...],
    look: LookSettings,
    workers: int,
) -> np.typing.NDArray[np.int16]:
    with opened(part.path, part.name, look) as image:
        tiles = FeatureTiles(image.canvas(ranges), features, workers=workers)
        return tiles.samples(part.strokes)


def _check_channels(parts: Sequence[_Drawn]) -> None:
    first = parts[0]
    for part in parts[1:]:
        if len(part.ranges) != len(first.ranges):
            raise SettingsError(
                f"The images must have the same channels, but {first.path.name} has "
                f"{', '.join(first.channel_names)} and {part.path.name} has "
                f"{', '.join(part.channel_names)}. Choose one with --channel."
            )


def _facts(parts: Sequence[_Drawn], settings: PixelTrainSettings) -> dict[str, Any]:
    return {
        "version": nuclarium.__version__,
        "forest": asdict(settings.forest),
        "look": {
            "channels": list(settings.look.channels),
            "channel_names": list(parts[0].channel_names),
            "z": settings.look.z,
            "t": settings.look.t,
            "recipe": settings.look.recipe,
        },
        "images": [part.record for part in parts],
    }
