"""Which mask belongs to which plane, and what is known of the plane."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nuclarium.core.errors import InputNotFoundError, NuclariumError, SettingsError
from nuclarium.dataset.pairs import listed
from nuclarium.evaluate.pairing import image_stem
from nuclarium.io import hash_file
from nuclarium.io.plane_files import read_facts
from nuclarium.io.rows import refuse_mistakes
from nuclarium.workspace.layout import image_files
from nuclarium.workspace.mask_status import PRELIMINARY, STATUSES, MaskStatuses
from nuclarium.workspace.project import Project
from nuclarium.workspace.sheet import Candidate, match_sheet, read_sheet
from nuclarium.workspace.status import image_of_plane


@dataclass(frozen=True)
class PlanePair:
    """A plane, its mask, and where they come from.

    Parameters
    ----------
    name : str
        Of the plane.
    image, mask : Path
    image_name : str
        The image of the project; empty without one.
    source, source_sha256, channel : str
        The raw file and its hash; those of the plane itself where it does not say.
    z : int or None
        Slice; None for a projection, or where nobody knows.
    status : str
        Of the mask.
    labels : Path or None
        The nuclei of the mask told apart, ``labels/NAME.tif`` beside it, where there are some.
    known : mapping of str to str
        Condition, group … and the columns of the user.
    """

    name: str
    image: Path
    mask: Path
    image_name: str = ""
    source: str = ""
    source_sha256: str = ""
    channel: str = ""
    z: int | None = None
    status: str = ""
    labels: Path | None = None
    known: Mapping[str, str] = field(default_factory=dict)


def project_pairs(
    project: Project, statuses: Collection[str] = ()
) -> tuple[list[PlanePair], list[str]]:
    """Pair the planes of a project with its masks.

    Parameters
    ----------
    statuses : collection of str
        Masks to take; all that are not rejected when empty.

    Returns
    -------
    pairs : list of PlanePair
    remarks : list of str
        Planes without mask and the other way round; masks that were left out by their status.
    """
    for status in statuses:
        if status not in STATUSES:
            raise SettingsError(
                f"The status of a mask must be one of {', '.join(STATUSES)}, but got {status}."
            )
    folders = project.folder / "planes", project.folder / "masks"
    paired, remarks = _paired(*folders)
    said = MaskStatuses(folders[1]).current()
    table = project.images()
    known = {row["name"]: row for row in table.to_dict("records")}
    pairs, left_out = [], []
    for name, image, mask in paired:
        status = said[name].status if name in said else PRELIMINARY
        if status not in (statuses or STATUSES[:2]):
            left_out.append(name)
            continue
        image_name = image_of_plane(name, known) or ""
        row = {str(k): str(v) for k, v in known.get(image_name, {}).items()}
        origin = {"source": Path(row.get("file", "")).name, "source_sha256": row.get("sha256", "")}
        pairs.append(_pair(name, image, mask, image_name, status, row, origin))
    if left_out:
        remarks.append(f"{len(left_out)} masks were left out by their status: {listed(left_out)}.")
    return pairs, remarks


def folder_pairs(
    images: Path, masks: Path, sheet: Path | None = None
) -> tuple[list[PlanePair], list[str]]:
    """Pair the images of one folder with the masks of another, by name.

    A sheet gives condition, group … as `workspace.sheet.match_sheet` reads it.
    """
    for folder in (images, masks):
        if not folder.is_dir():
            raise InputNotFoundError(
                f"A folder was expected at {folder}, but there is none. Check the spelling."
            )
    paired, remarks = _paired(images, masks)
    known: Mapping[int, Mapping[str, str]] = {}
    if sheet is not None:
        candidates = [Candidate(image, name) for name, image, _ in paired]
        known, mistakes = match_sheet(read_sheet(sheet), candidates)
        refuse_mistakes(mistakes, sheet.name)
    pairs = [
        _pair(name, image, mask, "", "", known.get(index, {}), {})
        for index, (name, image, mask) in enumerate(paired)
    ]
    return pairs, remarks


def _pair(
    name: str,
    image: Path,
    mask: Path,
    image_name: str,
    status: str,
    row: Mapping[str, str],
    origin: Mapping[str, str],
) -> PlanePair:
    """Add what the file of a plane says of itself."""
    facts = _facts(image)
    z = facts.get("z")
    own = {"name", "file", "sha256", "scene"}
    source = facts.get("source") or origin.get("source") or image.name
    return PlanePair(
        name=name,
        image=image,
        mask=mask,
        image_name=image_name,
        source=str(source),
        source_sha256=facts.get("source_sha256") or origin.get("source_sha256") or hash_file(image),
        channel=str(facts.get("channel", "")),
        z=z if isinstance(z, int) else None,
        status=status,
        labels=_labels_beside(mask),
        known={key: value for key, value in row.items() if key not in own},
    )


def _labels_beside(mask: Path) -> Path | None:
    labels = mask.parent / "labels" / mask.name
    return labels if labels.is_file() else None


def _facts(image: Path) -> dict[str, Any]:
    try:
        return read_facts(image)
    except NuclariumError:
        return {}  # PNG and the like; whether it is an image is seen when it is read


def _paired(images: Path, masks: Path) -> tuple[list[tuple[str, Path, Path]], list[str]]:
    """Pair by the name without extensions, or without endings such as ``_mask`` or ``_z012``."""
    planes, truths = _by_name(image_files(images)), _by_name(image_files(masks))
    plain = {image_stem(path): path for path in truths.values()}
    plain |= _of_single_planes(planes, truths)
    found, alone = [], []
    for name, path in planes.items():
        mask = truths.get(name) or plain.get(name) or plain.get(image_stem(path))
        if mask is None:
            alone.append(name)
        else:
            found.append((name, path, mask))
    used = {mask for _, _, mask in found}
    unused = [name for name, path in truths.items() if path not in used]
    remarks = []
    if alone:
        remarks.append(f"{len(alone)} planes have no mask and were left out: {listed(alone)}.")
    if unused:
        remarks.append(f"{len(unused)} masks have no plane and were left out: {listed(unused)}.")
    if not found:
        raise SettingsError(
            f"There must be planes in {images} and masks of the same names in {masks}, but there "
            f"are {len(planes)} planes and {len(truths)} masks, and no pair. Name each mask like "
            "its plane."
        )
    return found, remarks


def _of_single_planes(planes: Mapping[str, Path], truths: Mapping[str, Path]) -> dict[str, Path]:
    """Return masks that are named like an image of which there is one plane, by that plane."""
    images = {name: image_of_plane(name, truths) for name in planes}
    count = Counter(images.values())
    return {name: truths[image] for name, image in images.items() if image and count[image] == 1}


def _by_name(paths: Sequence[Path]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in paths:
        name = path.name.split(".ome.")[0] if ".ome." in path.name else path.stem
        if name in found:
            raise SettingsError(
                f"Each plane must have one file, but {found[name].name} and {path.name} are both "
                f"in {path.parent}. Keep one of them."
            )
        found[name] = path
    return found
