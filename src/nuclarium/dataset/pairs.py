"""Which image belongs to which labels: tolerant of how files are named, strict about pairs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal

from nuclarium.core.errors import InputNotFoundError, SettingsError

ENDINGS = (".ome.tif", ".ome.tiff", ".tif", ".tiff", ".png", ".jpg", ".jpeg", ".lsm")
SPLIT_NAMES = {"train": "train", "training": "train", "val": "val", "valid": "val"} | {
    "validation": "val",
    "test": "test",
    "testing": "test",
}
_IMAGE = r"images?|imgs?|raw"
_LABELS = r"cp[ _-]?masks?|labels?|labell?ed|instances?"
_MASK = (
    r"masks?|gt|ground[ _-]?truth|truth|annotations?|binary|binari[sz]ed|seg|segmentations?|manual"
)
_LEFT_ALONE = re.compile(r"(overlays?|previews?|thumbnails?|outlines?|flows?)$", re.I)
_SEPARATOR = r"[ ._-]+"

Role = Literal["image", "labels", "mask"]
_WORDS: tuple[tuple[Role, str], ...] = (("labels", _LABELS), ("mask", _MASK), ("image", _IMAGE))


@dataclass(frozen=True)
class Pair:
    """An image file and the file of its labels or mask.

    Parameters
    ----------
    id : str
        Unique among the pairs, and fit for a file name.
    image, truth : Path
    name : str
        The image's file, relative to the folder that was searched, with ``/``.
    condition, group : str
        The outer and the next folder, where there are folders by condition.
    split : str or None
        Where a folder is called train, val or test.
    """

    id: str
    image: Path
    truth: Path
    name: str
    condition: str = ""
    group: str = ""
    split: str | None = None


@dataclass(frozen=True)
class _File:
    path: Path
    name: str
    role: Role
    folders: tuple[str, ...]
    stem: str
    bare: str

    def key(self, *, exact: bool) -> tuple[tuple[str, ...], str]:
        folders = tuple(folder.casefold() for folder in self.folders)
        return folders, (self.stem if exact else self.bare).casefold()


def find_pairs(folder: Path) -> tuple[list[Pair], list[str]]:
    """Find the images of a folder, each with its labels or mask.

    What a file is says a folder above it (``images``, ``masks``, ``labels``, ``250Pa_masks`` …) or
    a word at the end or the beginning of its name (``a_mask.tif``, ``mask_a.png``); in a folder
    with masks, what has no such word is an image. Case, file formats and the word itself may
    differ within a pair. Where an image has both a mask and labels, the labels are taken.

    Returns
    -------
    pairs : list of Pair
        Ascending by id.
    notes : list of str
        What the user should know of how they were found; sentences.

    Raises
    ------
    InputNotFoundError
        If there is no such folder.
    SettingsError
        If an image has no partner or two, or a mask has no image; with their names.
    """
    if not folder.is_dir():
        raise InputNotFoundError(
            f"A folder of images and their labels was expected at {folder}, but there is none."
        )
    files = list(_files(folder))
    images = [file for file in files if file.role == "image"]
    truths, notes = _preferred([file for file in files if file.role != "image"])
    if not images or not truths:
        raise SettingsError(
            f"{folder} must hold images and their labels, such as the folders images and labels or "
            f"files a.tif and a_mask.tif, but {len(images)} images and {len(truths)} label files "
            "were found."
        )
    return _named(_matched(images, truths)), notes


def safe_id(name: str) -> str:
    """Return a name that every file system can hold.

    Examples
    --------
    >>> safe_id("250 Pa/colony: 7")
    '250_Pa_colony__7'
    """
    return re.sub(r"[^\w.+-]", "_", name).strip(".")[:120] or "image"


def stem_of(name: str) -> str:
    """Return the name of a file without folders and without the ending of its format."""
    short = PurePath(name).name
    for ending in ENDINGS:
        if short.lower().endswith(ending):
            return short[: -len(ending)]
    return short


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return the first names, and how many more there are."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _files(folder: Path) -> Iterator[_File]:
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if any(part.startswith((".", "__MACOSX")) for part in relative.parts):
            continue
        if any(_LEFT_ALONE.search(part) for part in relative.parts[:-1]):
            continue
        if path.name.lower().endswith(ENDINGS) and path.is_file():
            yield _classified(path, relative)


def _classified(path: Path, relative: Path) -> _File:
    """Tell what a file is by the words in its folders and then in its name."""
    role: Role | None = None
    folders: list[str] = []
    for part in relative.parts[:-1]:
        found, rest = _role_of(part)
        role = found or role
        folders += [rest] if rest else []
    stem = stem_of(path.name)
    found, bare = _role_of(stem)
    if role == "image" and found != "image":
        bare = stem
    role = role or found or "image"
    return _File(path, relative.as_posix(), role, tuple(folders), stem, bare)


def _role_of(name: str) -> tuple[Role | None, str]:
    """Find the word that says what a file is, and the name without it."""
    for role, words in _WORDS:
        pattern = rf"^(?:{words})(?:{_SEPARATOR}|$)|(?:^|{_SEPARATOR})(?:{words})$"
        rest = re.sub(pattern, "", name, count=1, flags=re.I)
        if rest != name:
            deeper = _role_of(rest)[1] if rest else ""
            return role, deeper
    return None, name


def _preferred(truths: list[_File]) -> tuple[list[_File], list[str]]:
    """Leave out the masks of images that have labels as well."""
    keys: dict[tuple[tuple[str, ...], str], set[Role]] = defaultdict(set)
    for file in truths:
        keys[file.key(exact=False)].add(file.role)
    both = {key for key, roles in keys.items() if len(roles) > 1}
    kept = [f for f in truths if f.role == "labels" or f.key(exact=False) not in both]
    notes = [f"{len(both)} images have both a mask and labels; the labels are taken."]
    return kept, notes if both else []


def _matched(images: list[_File], truths: list[_File]) -> list[tuple[_File, _File]]:
    """Match by whole names first, then by names without the words that say what a file is."""
    pairs: list[tuple[_File, _File]] = []
    for exact in (True, False):
        here, there = _by_key(images, exact=exact), _by_key(truths, exact=exact)
        _check_single(here, there)
        found = [(here[key][0], there[key][0]) for key in here if key in there]
        pairs += found
        paired = {id(file) for pair in found for file in pair}
        images = [file for file in images if id(file) not in paired]
        truths = [file for file in truths if id(file) not in paired]
    if images or truths:
        raise SettingsError(
            "Every image must have labels of the same name, but "
            + "; ".join(
                f"{len(files)} {what}: {listed([file.name for file in files])}"
                for what, files in (
                    ("images have none", images),
                    ("label files have no image", truths),
                )
                if files
            )
            + ". Rename the files, or move those without a partner elsewhere."
        )
    return pairs


def _by_key(
    files: Iterable[_File], *, exact: bool
) -> dict[tuple[tuple[str, ...], str], list[_File]]:
    found: dict[tuple[tuple[str, ...], str], list[_File]] = defaultdict(list)
    for file in files:
        found[file.key(exact=exact)].append(file)
    return found


def _check_single(*sides: dict[tuple[tuple[str, ...], str], list[_File]]) -> None:
    keys = set(sides[0]) & set(sides[1])
    for side in sides:
        double = [file.name for key in sorted(keys) for file in side[key] if len(side[key]) > 1]
        if double:
            raise SettingsError(
                "Each image must have one file, and one file of labels, but these belong to the "
                f"same: {listed(double)}. Keep one of them."
            )


def _named(pairs: list[tuple[_File, _File]]) -> list[Pair]:
    """Give each pair a name, with its folders where the name alone comes twice."""
    stems: dict[str, int] = defaultdict(int)
    for image, _ in pairs:
        stems[safe_id(image.bare or image.stem).casefold()] += 1
    found = []
    for image, truth in pairs:
        own = image.bare or image.stem
        unique = bool(image.bare) and stems[safe_id(own).casefold()] == 1
        name = safe_id(own if unique else "_".join((*image.folders, own)))
        split, folders = _split_of(image.folders)
        condition, group = (*folders, "", "")[:2]
        found.append(Pair(name, image.path, truth.path, image.name, condition, group, split))
    return sorted(found, key=lambda pair: pair.id)


def _split_of(folders: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    split = next((SPLIT_NAMES[f.casefold()] for f in folders if f.casefold() in SPLIT_NAMES), None)
    return split, tuple(f for f in folders if f.casefold() not in SPLIT_NAMES)
