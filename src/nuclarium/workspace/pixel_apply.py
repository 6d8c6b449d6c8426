"""Apply a pixel classifier to images: masks and labels in a folder, each with its status."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from nuclarium.core.errors import NuclariumError, SettingsError
from nuclarium.core.geometry import Spacing
from nuclarium.core.labels import Labels
from nuclarium.io.write import write_labels
from nuclarium.predict.parted import JOIN_RATIO, parted
from nuclarium.predict.parted_stack import parted_stack
from nuclarium.suggest.classifier import PixelClassifier, classified, probability
from nuclarium.suggest.cleaning import CleaningSettings, cleaned
from nuclarium.suggest.file import classifier_digest, read_classifier
from nuclarium.suggest.tiles import FeatureTiles
from nuclarium.workspace.mask_status import PRELIMINARY, MaskStatuses
from nuclarium.workspace.pixel_images import LookSettings, PixelImage, image_names, opened
from nuclarium.workspace.project import record_around
from nuclarium.workspace.sources import Failure

_FOREGROUND = 2


@dataclass(frozen=True)
class PixelApplySettings:
    """How a mask is made of the classes of pixels.

    Parameters
    ----------
    smooth_px, fill_px : float
        See `CleaningSettings`.
    least_px, least_um2 : float
        Smaller nuclei are left out; of the two that apply the larger counts.
    part : bool
        Whether touching nuclei are parted.
    join_ratio : float
        See `nuclarium.predict.parted.parted`.
    probability : bool
        Write the share of the trees' votes for the foreground too.
    channels, z
        As in `LookSettings`; as in training when empty or None.
    """

    smooth_px: float = 1.0
    fill_px: float | None = None
    least_px: float = 12
    least_um2: float = 0
    part: bool = True
    join_ratio: float = JOIN_RATIO
    probability: bool = False
    channels: tuple[str, ...] = ()
    z: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.join_ratio <= 1:
            raise SettingsError(f"join_ratio must be from 0 to 1, but got {self.join_ratio}.")
        _ = self.cleaning(None)

    def cleaning(self, spacing: Spacing | None) -> CleaningSettings:
        """Return the cleaning of an image with this spacing."""
        if self.least_um2 < 0:
            raise SettingsError(f"The least area must not be negative, but got {self.least_um2}.")
        area = self.least_um2 / spacing.pixel_area if spacing else 0.0
        return CleaningSettings(self.smooth_px, self.fill_px, max(self.least_px, area))


@dataclass(frozen=True)
class PixelResult:
    """What came of a folder: a record an image, and what could not be done."""

    folder: Path
    records: list[dict[str, Any]] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def apply_pixels(
    classifier_path: Path,
    images: Sequence[Path],
    out: Path,
    settings: PixelApplySettings | None = None,
    *,
    overwrite: bool = False,
    workers: int = 1,
    made_by: str = "nuclarium pixels apply",
    who: str = "",
    on_begin: Callable[[int], None] = lambda pixels: None,
    on_pixels: Callable[[int], None] = lambda pixels: None,
) -> PixelResult:
    """Write ``NAME.tif`` (0 and 255), ``labels/NAME.tif`` and a row of ``masks.csv`` an image.

    A mask that a person has verified, or changed by hand, is kept as it is.

    Parameters
    ----------
    classifier_path : Path
    images : sequence of Path
        The first image of each file is taken.
    out : Path
        Folder of masks.
    overwrite : bool
        Replace verified and changed masks too.
    on_begin, on_pixels : callable
        Are told how many pixels there are, and how many were classified.
    """
    settings = settings or PixelApplySettings()
    classifier = read_classifier(classifier_path)
    look = _look(classifier, settings)
    statuses = MaskStatuses(out)
    digest = classifier_digest(classifier)
    result = PixelResult(out)
    for path, name in zip(images, image_names(images), strict=True):
        try:
            if not overwrite and statuses.is_protected(name):
                result.kept.append(name)
                continue
            with opened(path, name, look) as image:
                on_begin(int(np.prod(image.shape)))
                _check_kind(classifier, image, classifier_path.name)
                tiles = FeatureTiles(
                    image.canvas(classifier.ranges),
                    classifier.features,
                    workers=workers,
                    kept_bytes=_kept(settings),
                )
                record = _write(classifier, tiles, image, out, settings, on_pixels)
            statuses.append(name, PRELIMINARY, who=who, made_by=f"{classifier_path.name} {digest}")
            result.records.append(record | {"classifier": digest})
        except NuclariumError as error:
            result.failures.append(Failure(path, str(error)))
    _record(classifier_path, images, result, settings, made_by)
    return result


def _record(
    classifier: Path,
    images: Sequence[Path],
    result: PixelResult,
    settings: PixelApplySettings,
    made_by: str,
) -> None:
    """Say in the project, if the masks lie in one, what they were made of."""
    if result.records:
        record_around(
            result.folder,
            "pixels apply",
            settings=asdict(settings),
            inputs=[classifier, *images],
            outputs=[result.folder / f"{record['name']}.tif" for record in result.records],
            made_by=made_by,
        )


def _kept(settings: PixelApplySettings) -> int:
    """Tiles are kept only where they are looked at twice."""
    return 1 << 28 if settings.probability else 1


def _look(classifier: PixelClassifier, settings: PixelApplySettings) -> LookSettings:
    said = classifier.facts.get("look", {})
    return LookSettings(
        settings.channels or tuple(said.get("channels", ())),
        settings.z or said.get("z", "max"),
        said.get("t", 0),
        classifier.features.dims,
        said.get("recipe", ""),
    )


def _check_kind(classifier: PixelClassifier, image: PixelImage, name: str) -> None:
    wanted, came = classifier.features.channels, len(image.channel_names)
    if wanted != came:
        raise SettingsError(
            f"{name} was trained on images of {_channels(wanted)}, but {image.path.name} is looked "
            f"at with {_channels(came)} ({', '.join(image.channel_names)}). Choose with --channel, "
            "or train a classifier on such images."
        )


def _channels(number: int) -> str:
    return "1 channel" if number == 1 else f"{number} channels"


def _write(
    classifier: PixelClassifier,
    tiles: FeatureTiles,
    image: PixelImage,
    out: Path,
    settings: PixelApplySettings,
    on_pixels: Callable[[int], None],
) -> dict[str, Any]:
    found = classified(classifier, tiles, on_tile=on_pixels)
    cleaning = settings.cleaning(image.spacing)
    deep = classifier.features.dims == 3
    mask = _cleaned(found == _FOREGROUND, cleaning, deep=deep)
    labels = labelled(mask, settings, cleaning.least_px, image.z_step if deep else None)
    mask = labels > 0
    grey = mask * np.uint8(255)
    spacing, name = image.spacing, image.name
    write_labels(out / "labels" / f"{name}.tif", _flat(labels), spacing, dtype=np.int32)
    if settings.probability:
        write_labels(
            out / "probability" / f"{name}.tif",
            _flat(probability(classifier, tiles)),
            spacing,
            name="probability in 1/255",
            dtype=np.uint8,
        )
    if len(classifier.class_names) > _FOREGROUND:
        write_labels(
            out / "classes" / f"{name}.tif", _flat(found), spacing, name="classes", dtype=np.uint8
        )
    write_labels(out / f"{name}.tif", _flat(grey), spacing, name="mask", dtype=np.uint8)
    return {
        "name": name,
        "file": image.path.name,
        "n_nuclei": int(labels.max(initial=0)),
        "foreground": round(float(mask.mean()), 6),
    }


def _cleaned(
    mask: npt.NDArray[np.bool_], cleaning: CleaningSettings, *, deep: bool
) -> npt.NDArray[np.bool_]:
    """Clean a stack as one, and planes that are looked at one by one as such."""
    if deep:
        return cleaned(mask, cleaning)
    for plane in mask:
        plane[...] = cleaned(plane, cleaning)
    return mask


def labelled(
    mask: npt.NDArray[np.bool_], settings: PixelApplySettings, least_px: float, z_step: float | None
) -> Labels:
    """Give the nuclei of planes or of a stack, shape (Z, H, W), a number each.

    Parameters
    ----------
    z_step : float or None
        Distance between planes in pixels, for a stack whose nuclei go on from plane to plane; None
        for planes that are looked at one by one, whose numbers go on from plane to plane.
    """
    if z_step is None:
        ratio = settings.join_ratio if settings.part else 0.0
        if len(mask) == 1:
            return parted(mask[0], join_ratio=ratio, least_px=least_px)[None]
        planes = [parted(plane, join_ratio=ratio, least_px=least_px) for plane in mask]
        first = np.cumsum([0, *(int(plane.max(initial=0)) for plane in planes[:-1])])
        pairs = zip(planes, first, strict=True)
        return np.stack([np.where(p, p + int(n), 0).astype(np.int32) for p, n in pairs])
    if settings.part:
        return parted_stack(mask, z_step=z_step, least_px=least_px)
    linked, _ = ndimage.label(mask, np.ones((3, 3, 3)))
    return np.asarray(linked, np.int32)


def _flat(stack: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return stack[0] if len(stack) == 1 else stack
