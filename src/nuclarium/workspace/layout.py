"""Where a batch puts its results: one folder a kind, one name an image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = "index.html"
RUN_RECORD = "run.json"
STATE = ".nuclarium"


@dataclass(frozen=True)
class ResultPaths:
    """Files of one image within a folder of results."""

    folder: Path
    name: str

    def labels(self, *, is_large: bool) -> Path:
        """Label image."""
        return self.folder / "labels" / f"{self.name}{'.ome.zarr' if is_large else '.ome.tif'}"

    @property
    def outlines(self) -> Path:
        """Outlines for QuPath."""
        return self.folder / "outlines" / f"{self.name}.geojson"

    @property
    def rois(self) -> Path:
        """Outlines for ImageJ."""
        return self.folder / "rois" / f"{self.name}.zip"

    def table(self, suffix: str) -> Path:
        """One row a nucleus; `suffix` is ``.csv`` or ``.parquet``."""
        return self.folder / "tables" / f"{self.name}{suffix}"

    @property
    def overlay(self) -> Path:
        """Picture of the image with outlines."""
        return self.folder / "overlays" / f"{self.name}.png"

    @property
    def record(self) -> Path:
        """What is known of the image once it is finished; written last."""
        return self.folder / STATE / "images" / f"{self.name}.json"

    @property
    def tiles(self) -> Path:
        """Tiles of a large image while it is worked on."""
        return self.folder / STATE / "tiles" / self.name


def unique_names(paths: Sequence[Path], scenes: Sequence[str]) -> list[str]:
    """Names of images for their results, each once.

    Parameters
    ----------
    paths : sequence of Path
        File of each image.
    scenes : sequence of str
        What tells it from other images of the file; empty where there is one.

    Examples
    --------
    >>> unique_names([Path("a/1.tif"), Path("b/1.tif"), Path("b/2.ome.tif")], ["", "", ""])
    ['a_1', 'b_1', '2']
    """
    short = [_joined(_stem(path), scene) for path, scene in zip(paths, scenes, strict=True)]
    seen = Counter(short)
    names = [
        _joined(path.resolve().parent.name, name) if seen[name] > 1 else name
        for path, name in zip(paths, short, strict=True)
    ]
    again: Counter[str] = Counter()
    doubled = Counter(names)
    taken = {name for name, number in doubled.items() if number == 1}
    for index, name in enumerate(names):
        if doubled[name] > 1:
            again[name] += 1
            while f"{name}_{again[name]}" in taken:
                again[name] += 1
            names[index] = f"{name}_{again[name]}"
            taken.add(names[index])
    return names


def free_name(name: str, folder: str, taken: Collection[str]) -> str:
    """Return the name, or with its folder, or numbered: the first that nobody has.

    Parameters
    ----------
    name : str
    folder : str
        Of the file.
    taken : collection of str
        Names in lower case, as some file systems do not tell upper from lower case.

    Examples
    --------
    >>> free_name("1", "a", set()), free_name("1", "a", {"1"}), free_name("1", "a", {"1", "a_1"})
    ('1', 'a_1', 'a_1_2')
    """
    longer = name if name.startswith(f"{folder}_") else _joined(folder, name)
    for candidate in (name, longer):
        if candidate.casefold() not in taken:
            return candidate
    number = 2
    while f"{longer}_{number}".casefold() in taken:
        number += 1
    return f"{longer}_{number}"


def file_ending(path: Path) -> str:
    """Return the extension of an image, ``.ome.tif`` and the like as one."""
    return path.name[len(_stem(path)) :]


def _stem(path: Path) -> str:
    name = path.name
    for ending in (".ome.tif", ".ome.tiff", ".ome.zarr"):
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return path.stem


def _joined(*parts: str) -> str:
    return "_".join(part for part in parts if part)
