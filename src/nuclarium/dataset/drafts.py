"""Images that are to become items of a dataset, and their files as they are written."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nuclarium.core.classes import Hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.core.labels import Labels
from nuclarium.dataset.check_marks import check_marks
from nuclarium.dataset.item import Item
from nuclarium.dataset.manifest import Dataset
from nuclarium.dataset.marks import ItemMarks, marks_bytes
from nuclarium.dataset.pixels import Pixels, array_hash, write_labels_tiff, write_tiff


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One image that is to become an item; its pixels are read when their turn comes.

    Parameters
    ----------
    id : str
        Unique, and fit for a file name.
    load : callable or None
        Gives pixels, shape (H, W) or (H, W, 3), and labels, int32 of shape (H, W). None where
        marks are all that is known.
    facts : dict
        Fields of `Item` that are known: ``condition``, ``source``, ``spacing_um``, ``extra`` …
    marks : callable, optional
        Gives boxes, outlines and classes, where there is more than labels.
    """

    id: str
    load: Callable[[], tuple[Pixels, Labels]] | None
    facts: Mapping[str, Any] = field(default_factory=dict)
    marks: Callable[[], ItemMarks] | None = None


def written_item(
    part: Path,
    draft: Draft,
    before: Dataset | None,
    known: Mapping[tuple[str, tuple[float, float] | None, str], Item],
    hierarchy: Hierarchy | None,
) -> Item:
    """Write the files of one draft, or share those of the version before."""
    facts: dict[str, Any] = {"height": 0, "width": 0, **draft.facts}
    labels = None
    if draft.load is not None:
        pixels, labels = draft.load()
        check_pair(pixels, labels, draft.id)
        facts |= _pixel_facts(draft.id, pixels, labels)
    elif draft.marks is None:
        raise SettingsError(f"{draft.id} must have an image or marks, but has neither.")
    data = b""
    if draft.marks is not None:
        found = draft.marks()
        check_marks(found, draft.id, (facts["height"], facts["width"]), labels, hierarchy)
        data = marks_bytes(found)
        digest = hashlib.sha256(data).hexdigest()
        facts |= {"marks": f"marks/{draft.id}.csv", "marks_sha256": digest, "n_nuclei": len(found)}
    blank = dict.fromkeys(("image", "labels", "image_sha256", "labels_sha256"), "")
    item = Item(id=draft.id, **{**blank, **facts})
    old = known.get((item.image_sha256, item.spacing_um, item.id))
    share = _Shared(None if before is None else before.folder, part)
    if labels is not None:
        is_old = old is not None
        share.file(item.image, is_old, lambda path: write_tiff(path, pixels, item.spacing))
        is_old = old is not None and old.labels_sha256 == item.labels_sha256
        share.file(item.labels, is_old, lambda path: write_labels_tiff(path, labels, item.spacing))
    if item.marks:
        is_old = old is not None and old.marks_sha256 == item.marks_sha256
        share.file(item.marks, is_old, lambda path: path.write_bytes(data))
    return item


def _pixel_facts(name: str, pixels: Pixels, labels: Labels) -> dict[str, Any]:
    return {
        "image": f"images/{name}.tif",
        "labels": f"labels/{name}.tif",
        "image_sha256": array_hash(pixels),
        "labels_sha256": array_hash(labels),
        "height": labels.shape[0],
        "width": labels.shape[1],
        "n_nuclei": int(np.count_nonzero(np.unique(labels))),
    }


@dataclass(frozen=True)
class _Shared:
    """Puts files into a new version, from the version before where that has them."""

    before: Path | None
    part: Path

    def file(self, name: str, is_old: bool, write: Callable[[Path], object]) -> None:
        path = self.part / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if is_old and self.before is not None:
            share_file(self.before / name, path)
        else:
            write(path)


def check_pair(pixels: Pixels, labels: Labels, name: str) -> None:
    """Refuse labels that are not of the size of their image, and pixels that are no image.

    Raises
    ------
    SettingsError
    """
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise SettingsError(
            f"{name} must be one plane, grey or of three colours, but has the shape "
            f"{pixels.shape}. Take planes of it first: nuclarium slices"
        )
    if pixels.shape[:2] != labels.shape:
        raise SettingsError(
            f"The labels of {name} must have the size of their image, "
            f"{pixels.shape[1]} × {pixels.shape[0]} px, but have "
            f"{labels.shape[1]} × {labels.shape[0]} px. Was one of them cropped or resized?"
        )


def share_file(source: Path, target: Path) -> None:
    """Link a file into a new version, or copy it where the file system has no links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
