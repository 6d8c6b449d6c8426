"""The layout of Data Science Bowl 2018: a folder an image, in it one mask file for each nucleus."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from nuclarium.core.errors import SettingsError
from nuclarium.core.labels import Labels
from nuclarium.dataset.drafts import Draft
from nuclarium.dataset.formats.companions import (
    facts_of,
    known_facts,
    label_order,
    png_bytes,
    write_picture,
)
from nuclarium.dataset.intake import Intake, IntakeSettings, read_plane
from nuclarium.dataset.manifest import Dataset
from nuclarium.dataset.pairs import ENDINGS, safe_id, stem_of
from nuclarium.dataset.pixels import Pixels
from nuclarium.dataset.truth import read_truth

Advance = Callable[[int], None]
_OWN = re.compile(r"label_(\d+)\.png")
_FOLDER = "stage1_train"


def write_dsb2018(dataset: Dataset, folder: Path, advance: Advance) -> None:
    """Write a folder for each image, with its image, and a mask for each nucleus, in it."""
    for item in dataset.items:
        place = folder / _FOLDER / item.id
        for kind in ("images", "masks"):
            (place / kind).mkdir(parents=True)
        write_picture(place / "images", item.id, item.read_image(dataset.folder), item.spacing)
        labels = item.read_labels(dataset.folder)
        for number in label_order(labels):
            mask = np.where(labels == number, 255, 0).astype(np.uint8)
            (place / "masks" / f"label_{number:05}.png").write_bytes(png_bytes(mask))
        advance(1)


def read_dsb2018(folder: Path, settings: IntakeSettings, advance: Advance) -> Intake:
    """Read the layout, in whichever folder ``ID/images`` lie.

    Masks are numbered in the order of their names; where two overlap, the pixel stays with the
    first, as in the corrected edition of the data. Pictures with an opacity that are grey in
    colours are read as grey.
    """
    places = image_folders(folder)
    sheet = known_facts(folder)
    drafts = []
    for place in places:
        images = [p for p in (place / "images").iterdir() if p.name.lower().endswith(ENDINGS)]
        if len(images) != 1:
            raise SettingsError(
                f"{place / 'images'} must hold one image, but holds {len(images)}. "
                "Each image has a folder of its own in this layout."
            )
        name = safe_id(place.name)
        defaults = {"source": images[0].name, "spacing_um": settings.spacing_um}
        drafts.append(
            Draft(
                id=name,
                load=_loader(images[0], place / "masks"),
                facts=facts_of(sheet, name, defaults),
            )
        )
        advance(1)
    return Intake(drafts, [])


def image_folders(folder: Path) -> list[Path]:
    """Return the folders that hold the folders images and masks, at most two levels down."""
    found = [p.parent for level in ("*/images", "*/*/images") for p in folder.glob(level)]
    return sorted(p for p in found if (p / "masks").is_dir())


def is_dsb2018(folder: Path) -> bool:
    """Whether folders hold one image each, of their own name, as no other layout does."""
    places = image_folders(folder)
    return bool(places) and all(
        [stem_of(path.name) for path in (place / "images").iterdir()] == [place.name]
        for place in places
    )


def _loader(image: Path, masks: Path) -> Callable[[], tuple[Pixels, Labels]]:
    def load() -> tuple[Pixels, Labels]:
        pixels = read_plane(image)
        if pixels.ndim == 3 and image.suffix.lower() == ".png" and _has_opacity(image):
            same = (pixels == pixels[..., :1]).all()
            pixels = pixels[..., 0] if same else pixels
        return pixels, _joined(sorted(masks.glob("*.png")), pixels.shape[:2], image)

    return load


def _joined(masks: list[Path], shape: tuple[int, ...], image: Path) -> Labels:
    labels = np.zeros(shape, np.int32)
    for number, path in enumerate(masks, start=1):
        mask = read_truth(path)
        if mask.shape != labels.shape:
            raise SettingsError(
                f"The mask {path.name} must have the size of {image.name}, "
                f"{shape[1]} × {shape[0]} px, but has {mask.shape[1]} × {mask.shape[0]} px."
            )
        own = _OWN.fullmatch(path.name)
        labels[(mask > 0) & (labels == 0)] = int(own[1]) if own else number
    return labels


def _has_opacity(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(26)[25:26] in (b"\x04", b"\x06")
