"""Where each image of a project stands: what was made of it, and whether its file is the same."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nuclarium.core.errors import NuclariumError
from nuclarium.io.rows import read_rows
from nuclarium.workspace.file_states import FileState, FileStates
from nuclarium.workspace.layout import STATE
from nuclarium.workspace.mask_status import PRELIMINARY, MaskEvent, MaskStatuses
from nuclarium.workspace.project import Project

_PLANE = re.compile(r"_(?:z\d{3,}|max)")


@dataclass
class ImageStatus:
    """What is there of one image.

    Parameters
    ----------
    name, condition, group : str
    file : str
        ``ok``, ``changed`` since the import, or ``missing``.
    planes : int
        Files in ``planes/``.
    masks : dict of str to int
        Masks by their status: preliminary, verified or rejected.
    patches : int
        Rows of ``patches/patches.csv``.
    datasets : list of str
        Versions of data sets that hold a part of it, such as ``organoids/v001``.
    nuclei : int or None
        That `segment` found; None where the image is not segmented.
    outdated : list of str
        What was made of an older content of the file: ``planes``, ``results``.
    """

    name: str
    condition: str = ""
    group: str = ""
    file: FileState = "ok"
    planes: int = 0
    masks: dict[str, int] = field(default_factory=dict)
    patches: int = 0
    datasets: list[str] = field(default_factory=list)
    nuclei: int | None = None
    outdated: list[str] = field(default_factory=list)


@dataclass
class ProjectStatus:
    """A project at one look.

    Parameters
    ----------
    project : Project
    images : list of ImageStatus
        In the order of the table of images.
    remarks : list of str
        Files that cannot be read, or that belong to no image; one sentence each.
    """

    project: Project
    images: list[ImageStatus]
    remarks: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values for JSON."""
        return {
            "project": self.project.settings.name,
            "folder": str(self.project.folder),
            "images": [asdict(image) for image in self.images],
            "remarks": self.remarks,
        }


def project_status(project: Project) -> ProjectStatus:
    """Look at everything in the folder of a project; a file is hashed only if its time changed.

    Examples of what is seen: planes, masks and patches count for the image that their name or
    table says; results and data sets for the image of the same content.
    """
    table = project.images()
    states = FileStates.load(project.file_states)
    found = ProjectStatus(project, [])
    by_name: dict[str, ImageStatus] = {}
    by_hash: dict[str, list[ImageStatus]] = defaultdict(list)
    columns = ("name", "condition", "group", "file", "sha256")
    for name, condition, group, file, sha256 in table[list(columns)].to_numpy().tolist():
        state = states.state_of(project.locate(file), sha256)
        by_name[name] = ImageStatus(name, condition, group, state)
        by_hash[sha256].append(by_name[name])
    states.save()
    found.images = list(by_name.values())
    _add_planes(project, by_name, found)
    _add_masks(project, by_name, found)
    _add_patches(project, by_name, found)
    _add_datasets(project, by_hash, found)
    _add_results(project, by_name, dict(zip(table["name"], table["sha256"], strict=True)), found)
    return found


def image_of_plane(stem: str, names: Collection[str]) -> str | None:
    """Return the image that a plane or mask belongs to by its name, the longest that fits.

    Examples
    --------
    >>> image_of_plane("a_max_z012", {"a", "a_max"}), image_of_plane("b", {"a"})
    ('a_max', None)
    """
    if stem in names:
        return stem
    cuts = [stem[: found.start()] for found in _PLANE.finditer(stem)]
    return next((name for name in reversed(cuts) if name in names), None)


def _add_planes(project: Project, images: dict[str, ImageStatus], found: ProjectStatus) -> None:
    made_of = _made_of(project)
    for path, image in _files("planes", project, images, found):
        image.planes += 1
        old = made_of.get(project.name_of(path))
        if old is not None and old[0] == image.name and old[1] and "planes" not in image.outdated:
            image.outdated.append("planes")


def _made_of(project: Project) -> dict[str, tuple[str, bool]]:
    """Return, by plane, its image and whether that had another content when it was made."""
    sha256 = dict(project.images()[["name", "sha256"]].to_numpy().tolist())
    found: dict[str, tuple[str, bool]] = {}
    for record in project.records():
        if record.get("what") == "slices":
            name = record.get("settings", {}).get("image", "")
            is_old = sha256.get(name) not in record.get("inputs", {}).values()
            found |= dict.fromkeys(record.get("outputs", {}), (name, is_old))
    return found


def _add_masks(project: Project, images: dict[str, ImageStatus], found: ProjectStatus) -> None:
    try:
        events = MaskStatuses(project.folder / "masks").current()
    except NuclariumError as error:
        found.remarks.append(str(error))
        events = dict[str, MaskEvent]()
    for path, image in _files("masks", project, images, found):
        event = events.get(path.stem.removesuffix(".ome"))
        said = PRELIMINARY if event is None else event.status
        image.masks[said] = image.masks.get(said, 0) + 1


def _add_patches(project: Project, images: dict[str, ImageStatus], found: ProjectStatus) -> None:
    counts = Counter(row.get("image_name", "") for row in _patch_rows(project, found))
    for name, image in images.items():
        image.patches = counts[name]


def _add_datasets(
    project: Project, images: dict[str, list[ImageStatus]], found: ProjectStatus
) -> None:
    for path in sorted(project.folder.glob("datasets/*/*/manifest.json")):
        version = path.parent.relative_to(project.folder / "datasets").as_posix()
        items = _json(path, found).get("items", [])
        for sha256 in {item.get("source_sha256") for item in items}:
            for image in images.get(sha256, ()):
                image.datasets.append(version)


def _add_results(
    project: Project,
    images: dict[str, ImageStatus],
    sha256: dict[str, str],
    found: ProjectStatus,
) -> None:
    for path in sorted((project.folder / "results" / STATE / "images").glob("*.json")):
        record = _json(path, found)
        image = images.get(record.get("name", ""))
        if image is not None:
            image.nuclei = record.get("n_nuclei")
            if record.get("sha256") != sha256[image.name]:
                image.outdated.append("results")


def _files(
    folder: str, project: Project, images: dict[str, ImageStatus], found: ProjectStatus
) -> Iterator[tuple[Path, ImageStatus]]:
    """Yield the images in a folder with what they belong to; remark on those without."""
    strange = []
    for path in sorted((project.folder / folder).glob("*.tif*")):
        if not path.name.startswith("."):
            name = image_of_plane(path.stem.removesuffix(".ome"), images)
            if name is None:
                strange.append(path.name)
            else:
                yield path, images[name]
    if strange:
        found.remarks.append(
            f"{len(strange)} of the files in {folder} belong to no image by their names, such as "
            f"{strange[0]}."
        )


def _patch_rows(project: Project, found: ProjectStatus) -> Iterable[dict[str, str]]:
    path = project.folder / "patches" / "patches.csv"
    if not path.exists():
        return []
    try:
        return [row.cells for row in read_rows(path).rows]
    except NuclariumError as error:
        found.remarks.append(str(error))
        return []


def _json(path: Path, found: ProjectStatus) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return content if isinstance(content, dict) else {}
    except (OSError, ValueError) as error:
        found.remarks.append(f"{path} cannot be read: {error}.")
        return {}
