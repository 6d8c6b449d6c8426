"""Versions of a dataset read from disk, and compared with the hashes of their manifest."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from nuclarium.core.errors import InputNotFoundError, SettingsError, UnreadableImageError
from nuclarium.dataset.item import Item
from nuclarium.dataset.manifest import CLASSES, MANIFEST, MARKED_SCHEMA, SCHEMA, Dataset
from nuclarium.dataset.pixels import array_hash
from nuclarium.io import hash_file

_VERSION = re.compile(r"v(\d{3,})$")


def versions(dataset: Path) -> list[Path]:
    """Return the folders of all versions of a dataset, oldest first."""
    if not dataset.is_dir():
        return []
    found = [path for path in dataset.iterdir() if _VERSION.fullmatch(path.name)]
    return sorted(
        (path for path in found if (path / MANIFEST).is_file()), key=lambda p: int(p.name[1:])
    )


def read_dataset(folder: str | Path, *, verify: bool = False) -> Dataset:
    """Read a version of a dataset, or the newest one of a dataset's folder.

    Parameters
    ----------
    folder : str or Path
        Folder of a version, or of a dataset.
    verify : bool
        Read every file, and compare its hash with the manifest.

    Raises
    ------
    InputNotFoundError
        If there is no dataset.
    SettingsError
        If the manifest cannot be read, or is of a later version of this program.
    UnreadableImageError
        With `verify`, if a file is missing or was changed.
    """
    folder = Path(folder)
    if not (folder / MANIFEST).is_file():
        found = versions(folder)
        if not found:
            raise InputNotFoundError(
                f"A dataset was expected at {folder}, a folder with v001 or {MANIFEST}, but there "
                "is none. Make one with: nuclarium dataset build"
            )
        folder = found[-1]
    dataset = _dataset_of(folder, _read_json(folder / MANIFEST))
    if verify:
        verify_files(dataset)
    return dataset


def verify_files(dataset: Dataset) -> None:
    """Compare what every file holds with the manifest; see `read_dataset`."""
    folder, classes = dataset.folder, dataset.meta.get("classes")
    if classes and hash_file(folder / CLASSES) != classes["sha256"]:
        raise _changed(folder / CLASSES)
    for item in dataset.items:
        if item.has_pixels:
            if array_hash(item.read_image(folder)) != item.image_sha256:
                raise _changed(folder / item.image)
            if array_hash(item.read_labels(folder)) != item.labels_sha256:
                raise _changed(folder / item.labels)
        if item.marks and hash_file(folder / item.marks) != item.marks_sha256:
            raise _changed(folder / item.marks)


def _changed(path: Path) -> UnreadableImageError:
    return UnreadableImageError(
        f"{path} must hold what {MANIFEST} lists, but its contents were changed. A version is "
        "never edited: restore the file, or build a new one."
    )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{path} must be a manifest in JSON, but it is not: {error}."
        ) from error
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema not in (SCHEMA, MARKED_SCHEMA):
        raise SettingsError(
            f"{path} must be a manifest of schema {SCHEMA} or {MARKED_SCHEMA}, but has {schema!r}. "
            "Was it made by a later version of nuclarium?"
        )
    return dict(content)


def _dataset_of(folder: Path, content: dict[str, Any]) -> Dataset:
    try:
        items = tuple(_item_of(row) for row in content.pop("items"))
        name, version = content.pop("name"), content.pop("version")
    except (KeyError, TypeError) as error:
        raise SettingsError(f"{folder / MANIFEST} is not a whole manifest: {error}.") from error
    expected = content.pop("content_sha256", None)
    content.pop("schema")
    dataset = Dataset(folder, name, version, items, content)
    if expected != dataset.content_hash:
        raise SettingsError(
            f"{folder / MANIFEST} must be as it was written, but it was edited by hand. "
            "Restore it; a change makes a new version, with nuclarium dataset build or split."
        )
    return dataset


def _item_of(row: dict[str, Any]) -> Item:
    spacing = row.get("spacing_um")
    return Item(**{**row, "spacing_um": tuple(spacing) if spacing else None})
