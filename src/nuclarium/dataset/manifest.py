"""The manifest of a frozen dataset: what each item is, the hash of its pixels, its part."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nuclarium.core.classes import Hierarchy, read_hierarchy
from nuclarium.dataset.item import Item

MANIFEST = "manifest.json"
CLASSES = "classes.toml"
SCHEMA = 1
MARKED_SCHEMA = 2


@dataclass(frozen=True)
class Dataset:
    """One version of a dataset, as its manifest says.

    Parameters
    ----------
    folder : Path
        Of the version.
    name : str
    version : str
        Such as ``v001``.
    items : tuple of Item
        In the order of their ids.
    meta : dict
        ``created``, ``licence``, ``origin``, ``annotation``, ``split`` (how it was made) and
        ``notes``, as far as they are known.
    """

    folder: Path
    name: str
    version: str
    items: tuple[Item, ...]
    meta: Mapping[str, Any]

    def of_split(self, split: str) -> tuple[Item, ...]:
        """Return the items of one part, in the order of the dataset; none if it is not split."""
        return tuple(item for item in self.items if item.split == split)

    def of_fold(self, fold: int) -> tuple[Item, ...]:
        """Return the items of one fold of a cross-validation."""
        return tuple(item for item in self.items if item.fold == fold)

    @property
    def is_synthetic(self) -> bool:
        """Whether images were made by computation: a column `synthetic`, or the origin, says so."""
        is_said = any(
            item.extra.get("synthetic", "").strip().lower() in ("1", "true", "yes", "y")
            for item in self.items
        )
        return is_said or "synthetic" in str(self.meta.get("origin", "")).lower()

    @property
    def title(self) -> str:
        """Name and version for people, and whether the images are synthetic."""
        return f"{self.name} {self.version}{' (synthetic images)' if self.is_synthetic else ''}"

    @property
    def has_marks(self) -> bool:
        """Whether any item has boxes, points or classes beside its labels."""
        return any(item.marks for item in self.items)

    @property
    def hierarchy(self) -> Hierarchy | None:
        """Classes of the dataset and their levels, or None where it carries none."""
        return read_hierarchy(self.folder / CLASSES) if self.meta.get("classes") else None

    @property
    def content_hash(self) -> str:
        """Hash over all that the manifest says of the items; two versions with one are equal."""
        return content_hash(self.items)


def content_hash(items: tuple[Item, ...]) -> str:
    """Return the hash of what a manifest says of its items, whatever their order."""
    rows = [item.facts() for item in sorted(items, key=lambda item: item.id)]
    text = json.dumps(rows, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def manifest_dict(dataset: Dataset) -> dict[str, Any]:
    """Return what ``manifest.json`` holds."""
    is_plain = not dataset.has_marks and all(item.has_pixels for item in dataset.items)
    return {
        "schema": SCHEMA if is_plain and not dataset.meta.get("classes") else MARKED_SCHEMA,
        "name": dataset.name,
        "version": dataset.version,
        **dataset.meta,
        "content_sha256": dataset.content_hash,
        "items": [item.facts() for item in dataset.items],
    }
