"""The manifest of a frozen dataset: what each item is, the hash of its pixels, its part."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from nuclarium.core.classes import Hierarchy, read_hierarchy
from nuclarium.core.errors import InputNotFoundError, SettingsError, UnreadableImageError
from nuclarium.core.geometry import Box, Spacing
from nuclarium.core.labels import Labels
from nuclarium.dataset.marks import ItemMarks, marks_of_labels, read_marks
from nuclarium.dataset.pixels import Pixels, array_hash, read_labels_tiff, read_tiff
from nuclarium.io import hash_file

MANIFEST = "manifest.json"
CLASSES = "classes.toml"
SCHEMA = 1
MARKED_SCHEMA = 2
Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
_VERSION = re.compile(r"v(\d{3,})$")


@dataclass(frozen=True, kw_only=True)
class Item:
    """One image of a dataset with its labels; strings that nobody gave are empty.

    Parameters
    ----------
    id : str
        Unique in the dataset, and the name of its files.
    image, labels : str
        Files, relative to the folder of the version; empty where only tables are known.
    image_sha256, labels_sha256 : str
        Hashes of the pixels as `pixels.array_hash` makes them, whatever the file's compression.
    marks, marks_sha256 : str
        File of boxes, outlines and classes, and its hash; empty where there are outlines alone.
    split : "train", "val", "test" or None
        None where the dataset is not split.
    fold : int or None
        Fold of a cross-validation, from 0.
    condition, group, patient, slide : str
        What the image is an example of, and what it has in common with others.
    source, source_sha256 : str
        Name and hash of the file that it was cut from.
    channel, z : str, int or None
        Where in that file; z from 0.
    y0, x0 : int
        Position of its upper left pixel in the plane of that file.
    height, width : int
        In pixels; 0 where there are no pixels and nobody said.
    spacing_um : (y, x) or None
        Size of a pixel; None where it is not known.
    n_nuclei : int
        Marks, or labels that occur where there are no marks.
    extra : dict of str to str
        Columns of the user's own.
    """

    id: str
    image: str
    labels: str
    image_sha256: str
    labels_sha256: str
    split: Split | None = None
    fold: int | None = None
    condition: str = ""
    group: str = ""
    patient: str = ""
    slide: str = ""
    source: str = ""
    source_sha256: str = ""
    channel: str = ""
    z: int | None = None
    y0: int = 0
    x0: int = 0
    height: int
    width: int
    spacing_um: tuple[float, float] | None = None
    n_nuclei: int
    extra: Mapping[str, str] = field(default_factory=dict)
    marks: str = ""
    marks_sha256: str = ""

    @property
    def has_pixels(self) -> bool:
        """Whether there is an image; a dataset of tables has none."""
        return bool(self.image)

    @property
    def spacing(self) -> Spacing | None:
        """Size of a pixel, or None where it is not known."""
        return Spacing(*self.spacing_um) if self.spacing_um else None

    @property
    def box(self) -> Box:
        """Where the image lies in the plane that it was cut from."""
        return Box(self.y0, self.x0, self.y0 + self.height, self.x0 + self.width)

    def value(self, column: str) -> str:
        """Return what the item has in a column, one of its own or of `extra`; "" if nothing."""
        found = getattr(self, column) if column in _COLUMNS else self.extra.get(column)
        return "" if found is None else str(found)

    def read_image(self, folder: Path) -> Pixels:
        """Read the pixels, shape (H, W) or (H, W, 3), in the type they were taken in.

        Parameters
        ----------
        folder : Path
            Folder of the version, `Dataset.folder`.

        Raises
        ------
        SettingsError
            If the item has no pixels.
        """
        return read_tiff(folder / self._file(self.image))

    def read_labels(self, folder: Path) -> Labels:
        """Read the labels, int32 of shape (H, W): nuclei with outlines, never boxes."""
        return read_labels_tiff(folder / self._file(self.labels))

    def read_marks(self, folder: Path) -> ItemMarks:
        """Read boxes, outlines and classes; without a file of them, the outlines of the labels."""
        if self.marks:
            return read_marks(folder / self.marks)
        return marks_of_labels(self.read_labels(folder))

    def facts(self) -> dict[str, Any]:
        """Return what the manifest says; marks are left out where there are none.

        So the hash of a dataset without marks is that of earlier versions of this program.
        """
        row = asdict(self)
        return {k: v for k, v in row.items() if v or k not in ("marks", "marks_sha256")}

    def _file(self, name: str) -> str:
        if not name:
            raise SettingsError(
                f"This step needs pixels, but {self.id} has none: its dataset was made of tables "
                "alone. Import the images with them, as folders rgb and csv."
            )
        return name


_COLUMNS = {f.name for f in fields(Item)} - {"extra"}


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
