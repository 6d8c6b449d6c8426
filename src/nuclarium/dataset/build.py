"""Versions of a dataset: written whole beside their place, then never changed again."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from nuclarium.core.errors import OutputError, SettingsError
from nuclarium.core.labels import Labels
from nuclarium.dataset.manifest import (
    MANIFEST,
    Dataset,
    Item,
    content_hash,
    manifest_dict,
    read_dataset,
    versions,
)
from nuclarium.dataset.pixels import Pixels, array_hash, write_labels_tiff, write_tiff
from nuclarium.io.write import written_whole

_READ_ONLY = 0o444


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One image that is to become an item; its pixels are read when their turn comes.

    Parameters
    ----------
    id : str
        Unique, and fit for a file name.
    load : callable
        Gives pixels, shape (H, W) or (H, W, 3), and labels, int32 of shape (H, W).
    facts : dict
        Fields of `Item` that are known: ``condition``, ``source``, ``spacing_um``, ``extra`` …
    """

    id: str
    load: Callable[[], tuple[Pixels, Labels]]
    facts: Mapping[str, Any] = field(default_factory=dict)


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
    advance : callable
        Called with 1 for every image that is done.

    Raises
    ------
    SettingsError
        If there is no image, an id comes twice, or labels do not fit their image.
    OutputError
        If the disk is full or may not be written to; nothing is left of the version then.
    """
    before = _newest(folder)
    known = (
        {} if before is None else {(i.image_sha256, i.spacing_um, i.id): i for i in before.items}
    )

    def write(part: Path) -> list[Item]:
        items: list[Item] = []
        seen: set[str] = set()
        for draft in drafts:
            if draft.id.casefold() in seen:
                raise SettingsError(
                    f"Each image must have a name of its own, but {draft.id} comes twice. "
                    "Rename one of them."
                )
            seen.add(draft.id.casefold())
            items.append(_written(part, draft, before, known))
            advance(1)
        return items

    return _next_version(folder, name, meta, before, write)


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
            for name in (item.image, item.labels):
                _share(dataset.folder / name, part / name)
        return list(items)

    folder = dataset.folder.parent
    return _next_version(folder, dataset.name, {**dataset.meta, **meta}, dataset, write)


def _next_version(
    folder: Path,
    name: str,
    meta: Mapping[str, Any],
    before: Dataset | None,
    write: Callable[[Path], list[Item]],
) -> Built:
    path = folder / next_version_name(folder)
    try:
        with written_whole(path) as part:
            for kind in ("images", "labels"):
                (part / kind).mkdir(parents=True)
            items = tuple(sorted(write(part), key=lambda item: item.id))
            if not items:
                raise SettingsError("A dataset must hold at least one image, but there is none.")
            if before is not None and _is_same(before, items, meta):
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


def _is_same(before: Dataset, items: tuple[Item, ...], meta: Mapping[str, Any]) -> bool:
    """Whether a new version would hold what the one before holds; when it was made aside."""
    said = ("licence", "origin", "annotation", "split")
    return before.content_hash == content_hash(items) and all(
        before.meta.get(key) == meta.get(key) for key in said
    )


def _written(
    part: Path,
    draft: Draft,
    before: Dataset | None,
    known: Mapping[tuple[str, tuple[float, float] | None, str], Item],
) -> Item:
    """Write the files of one draft, or share those of the version before."""
    pixels, labels = draft.load()
    check_pair(pixels, labels, draft.id)
    item = Item(
        id=draft.id,
        image=f"images/{draft.id}.tif",
        labels=f"labels/{draft.id}.tif",
        image_sha256=array_hash(pixels),
        labels_sha256=array_hash(labels),
        height=labels.shape[0],
        width=labels.shape[1],
        n_nuclei=int(np.count_nonzero(np.unique(labels))),
        **draft.facts,
    )
    old = known.get((item.image_sha256, item.spacing_um, item.id))
    if old is not None and before is not None:
        _share(before.folder / old.image, part / item.image)
    else:
        write_tiff(part / item.image, pixels, item.spacing)
    if old is not None and before is not None and old.labels_sha256 == item.labels_sha256:
        _share(before.folder / old.labels, part / item.labels)
    else:
        write_labels_tiff(part / item.labels, labels, item.spacing)
    return item


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
    """Return the items in no part and no fold."""
    return tuple(replace(item, split=None, fold=None) for item in items)


def _share(source: Path, target: Path) -> None:
    """Link a file into a new version, or copy it where the file system has no links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
