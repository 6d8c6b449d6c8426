"""Versions of a dataset: written whole beside their place, then never changed again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from nuclarium.core.classes import Hierarchy, read_hierarchy
from nuclarium.core.errors import OutputError, SettingsError
from nuclarium.dataset.drafts import Draft, share_file, written_item
from nuclarium.dataset.item import Item
from nuclarium.dataset.manifest import CLASSES, MANIFEST, Dataset, content_hash, manifest_dict
from nuclarium.dataset.read import read_dataset, versions
from nuclarium.io.write import written_whole

LOOK = "look"
_READ_ONLY = 0o444


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
            items.append(written_item(part, draft, before, known, hierarchy))
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
                share_file(dataset.folder / name, part / name)
        if dataset.meta.get("classes"):
            share_file(dataset.folder / CLASSES, part / CLASSES)
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
