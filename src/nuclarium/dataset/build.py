"""Versions of a dataset: written whole beside their place, then never changed again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from nuclarium.core.classes import Hierarchy, read_hierarchy
from nuclarium.core.errors import OutputError, SettingsError
from nuclarium.core.labels import Labels
from nuclarium.dataset.check_marks import check_marks
from nuclarium.dataset.manifest import (
    CLASSES,
    MANIFEST,
    Dataset,
    Item,
    content_hash,
    manifest_dict,
    read_dataset,
    versions,
)
from nuclarium.dataset.marks import ItemMarks, marks_bytes
from nuclarium.dataset.pixels import Pixels, array_hash, write_labels_tiff, write_tiff
from nuclarium.io.write import written_whole

LOOK = "look"
_READ_ONLY = 0o444


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


@dataclass(frozen=True)
class Built:
    """A version that was written, or the newest one where nothing has changed."""

    dataset: Dataset
    is_new: bool


def build_version(
    folder: Path,
    name: str,
    drafts: Iterable[Draft],
    meta: Mapping[str, Any],
    *,
    classes: str = "",
    ignore_split: bool = False,
    advance: Callable[[int], None] = lambda images: None,
) -> Built:
    """Write the next version of a dataset, one image in memory at a time.

    Files that the version before holds as well are shared with it by hard links.

    Parameters
    ----------
    folder : Path
        Of the dataset; ``v001`` and so on are made in it.
    name : str
        Of the dataset.
    drafts : iterable of Draft
        At least one.
    meta : dict
        ``created``, ``licence`` and so on; see `Dataset`.
    classes : str
        Hierarchy of the classes of marks as TOML; empty for none.
    ignore_split : bool
        Whether what differs from the version before in its parts, folds and looks alone is the
        same, so that building again does not undo a split.
    advance : callable
        Called with 1 for every image that is done.

    Raises
    ------
    SettingsError
        If there is no image, an id comes twice, labels do not fit their image, or a mark is wrong.
    OutputError
        If the disk is full or may not be written to; nothing is left of the version then.
    """
    before = _newest(folder)
    known = (
        {} if before is None else {(i.image_sha256, i.spacing_um, i.id): i for i in before.items}
    )

    if classes:
        digest = hashlib.sha256(classes.encode("utf-8")).hexdigest()
        meta = {**meta, "classes": {"file": CLASSES, "sha256": digest}}

    def write(part: Path) -> list[Item]:
        hierarchy = _write_classes(part, classes)
        items: list[Item] = []
        seen: set[str] = set()
        for draft in drafts:
            if draft.id.casefold() in seen:
                raise SettingsError(
                    f"Each image must have a name of its own, but {draft.id} comes twice. "
                    "Rename one of them."
                )
            seen.add(draft.id.casefold())
            items.append(_written(part, draft, before, known, hierarchy))
            advance(1)
        return items

    return _next_version(folder, name, meta, before, write, ignore_split=ignore_split)


def derive_version(dataset: Dataset, items: Sequence[Item], meta: Mapping[str, Any]) -> Built:
    """Write the next version with the same pixels and other facts, such as another split.

    Parameters
    ----------
    dataset : Dataset
        Any version; its folder's next number is taken.
    items : sequence of Item
        Some or all of its items, changed in what is not pixels.
    meta : dict
        Replaces entries of the meta of `dataset`.
    """

    def write(part: Path) -> list[Item]:
        for item in items:
            for name in filter(None, (item.image, item.labels, item.marks)):
                _share(dataset.folder / name, part / name)
        if dataset.meta.get("classes"):
            _share(dataset.folder / CLASSES, part / CLASSES)
        return list(items)

    folder = dataset.folder.parent
    return _next_version(folder, dataset.name, {**dataset.meta, **meta}, dataset, write)


def _next_version(
    folder: Path,
    name: str,
    meta: Mapping[str, Any],
    before: Dataset | None,
    write: Callable[[Path], list[Item]],
    *,
    ignore_split: bool = False,
) -> Built:
    path = folder / next_version_name(folder)
    try:
        with written_whole(path) as part:
            part.mkdir(parents=True)
            items = tuple(sorted(write(part), key=lambda item: item.id))
            if not items:
                raise SettingsError("A dataset must hold at least one image, but there is none.")
            if before is not None and _is_same(before, items, meta, ignore_split=ignore_split):
                raise _UnchangedError
            dataset = Dataset(path, name, path.name, items, dict(meta))
            _write_manifest(part, dataset)
            if path.exists():
                raise OutputError(
                    f"{path} must be new, but another run has made it meanwhile. Run this again."
                )
    except _UnchangedError:
        return Built(cast(Dataset, before), is_new=False)
    return Built(dataset, is_new=True)


class _UnchangedError(Exception):
    """Leaves what was written aside, because the newest version holds it already."""


def _write_manifest(part: Path, dataset: Dataset) -> None:
    """Write the manifest, and let nobody change what is beside it."""
    text = json.dumps(manifest_dict(dataset), indent=1, ensure_ascii=False)
    (part / MANIFEST).write_text(text + "\n", encoding="utf-8", errors="surrogatepass")
    for path in part.rglob("*"):
        if path.is_file():
            path.chmod(_READ_ONLY)


def next_version_name(folder: Path) -> str:
    """Return the name of the version that would come next, from ``v001``."""
    found = versions(folder)
    return f"v{int(found[-1].name[1:]) + 1 if found else 1:03}"


def _newest(folder: Path) -> Dataset | None:
    return read_dataset(folder) if versions(folder) else None


def _is_same(
    before: Dataset, items: tuple[Item, ...], meta: Mapping[str, Any], *, ignore_split: bool
) -> bool:
    """Whether a new version would hold what the one before holds; when it was made aside."""
    said = ("licence", "origin", "annotation", "classes") + (() if ignore_split else ("split",))
    plain = without_split if ignore_split else tuple
    return content_hash(plain(before.items)) == content_hash(plain(items)) and all(
        before.meta.get(key) == meta.get(key) for key in said
    )


def _write_classes(part: Path, text: str) -> Hierarchy | None:
    if not text:
        return None
    (part / CLASSES).write_bytes(text.encode("utf-8"))
    return read_hierarchy(part / CLASSES)


def _written(
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
            _share(self.before / name, path)
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


def without_split(items: Iterable[Item]) -> tuple[Item, ...]:
    """Return the items without what this program finds out: parts, folds, and looks."""
    return tuple(
        replace(
            item,
            split=None,
            fold=None,
            extra={key: value for key, value in item.extra.items() if key != LOOK},
        )
        for item in items
    )


def _share(source: Path, target: Path) -> None:
    """Link a file into a new version, or copy it where the file system has no links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
