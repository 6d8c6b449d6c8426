"""Patches with their truth, from planes and masks of a project or from two folders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from nuclarium.core.errors import NuclariumError, OutputError, SettingsError
from nuclarium.dataset.pairs import safe_id
from nuclarium.dataset.patches import Patch, PatchSettings, iter_patches
from nuclarium.io import hash_file
from nuclarium.io.plane_files import write_pixels
from nuclarium.io.write import write_labels, write_table, written_whole
from nuclarium.workspace.annotated_planes import (
    AnnotatedPlane,
    SeenPlane,
    read_plane,
    remarks_on,
)
from nuclarium.workspace.plane_pairs import PlanePair
from nuclarium.workspace.project import Project
from nuclarium.workspace.sources import Failure

PATCHES_TABLE = "patches.csv"
_KNOWN = ("condition", "group", "patient", "slide", "rater")


@dataclass
class PatchResult:
    """What became of the planes.

    Parameters
    ----------
    rows : list of dict
        One a patch, as in ``patches.csv``.
    planes : int
        Planes that were cut.
    failures : list of Failure
        Planes that could not be; they are left out.
    remarks : list of str
        What the user should know, one sentence each.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    planes: int = 0
    failures: list[Failure] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def write_patches(
    pairs: Sequence[PlanePair],
    folder: Path,
    settings: PatchSettings,
    *,
    project: Project | None = None,
    overwrite: bool = False,
    made_by: str = "",
    advance: Callable[[int], None] = lambda planes: None,
) -> PatchResult:
    """Cut planes into patches: ``images/ID.tif``, ``labels/ID.tif`` and ``patches.csv``.

    The folder is written beside its place and renamed when it is complete.

    Parameters
    ----------
    pairs : sequence of PlanePair
    folder : Path
        Must not exist, or be empty, unless it holds patches and `overwrite` is set.
    settings : PatchSettings
    project : Project, optional
        Where it is recorded.
    overwrite : bool
        Replace the patches in `folder`.
    made_by : str
        The command, for the record.
    advance : callable
        Called with the number of planes that are done.

    Raises
    ------
    OutputError
        If `folder` holds something, or the file system refuses; what was there stays.
    SettingsError
        If no patch is left.
    """
    _check_folder(folder, overwrite=overwrite)
    result = PatchResult()
    seen: list[SeenPlane] = []
    with written_whole(folder) as part:
        for pair, prefix in zip(pairs, _prefixes(pairs), strict=True):
            try:
                plane = read_plane(pair)
            except NuclariumError as error:
                result.failures.append(Failure(pair.image, str(error)))
            else:
                rows = _written_rows(pair, prefix, plane, settings, part, folder)
                result.rows += rows
                result.planes += 1
                seen.append(SeenPlane.of(pair.name, plane, len(rows)))
            advance(1)
        if not result.rows:
            raise SettingsError(_nothing_left(result, settings))
        write_table(part / PATCHES_TABLE, pd.DataFrame(result.rows))
    result.remarks += remarks_on(seen)
    if project is not None:
        _record(project, pairs, folder, settings, result, made_by)
    return result


def _check_folder(folder: Path, *, overwrite: bool) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / PATCHES_TABLE).exists():
        raise OutputError(
            f"{folder} must be a new folder, but it holds other things. Choose another with --out."
        )
    if not overwrite:
        raise OutputError(
            f"{folder} holds patches already. Add --overwrite to replace them, or choose another "
            "folder with --out."
        )


def _prefixes(pairs: Sequence[PlanePair]) -> Iterator[str]:
    """Yield what the patches of each plane begin with, fit for every file system, each once."""
    taken: set[str] = set()
    for pair in pairs:
        name, number = safe_id(pair.name), 2
        while name.casefold() in taken:
            name, number = f"{safe_id(pair.name)}_{number}", number + 1
        taken.add(name.casefold())
        yield name


def _written_rows(
    pair: PlanePair,
    prefix: str,
    plane: AnnotatedPlane,
    settings: PatchSettings,
    part: Path,
    folder: Path,
) -> list[dict[str, Any]]:
    """Write the patches of a plane; an error names the folder that was asked for."""
    try:
        return list(_written(pair, prefix, plane, settings, part))
    except OutputError as error:
        raise OutputError(str(error).replace(str(part), str(folder))) from error


def _written(
    pair: PlanePair, prefix: str, plane: AnnotatedPlane, settings: PatchSettings, folder: Path
) -> Iterator[dict[str, Any]]:
    """Write the patches of a plane, and yield their rows."""
    for patch in iter_patches(plane.pixels, plane.labels, settings):
        name = f"{prefix}_y{patch.box.y0:04d}_x{patch.box.x0:04d}"
        row = _row(name, pair, plane, patch)
        facts = {key: row[key] for key in ("source", "source_sha256", "channel", "z", "y0", "x0")}
        write_pixels(
            folder / row["image"],
            patch.pixels,
            facts,
            spacing=plane.spacing,
            bit_depth=plane.bit_depth,
        )
        write_labels(folder / row["labels"], patch.labels, plane.spacing, name=name)
        yield row


def _row(name: str, pair: PlanePair, plane: AnnotatedPlane, patch: Patch) -> dict[str, Any]:
    known = dict(pair.known)
    inside = [min(s, e) for s, e in zip(patch.box.shape, _left(plane, patch), strict=True)]
    row = {
        "id": name,
        "image": f"images/{name}.tif",
        "labels": f"labels/{name}.tif",
        "source": pair.source,
        "source_sha256": pair.source_sha256,
        "channel": pair.channel,
        "z": "" if pair.z is None else pair.z,
        "y0": patch.box.y0,
        "x0": patch.box.x0,
        "height": patch.labels.shape[0],
        "width": patch.labels.shape[1],
        **{key: known.get(key, "") for key in _KNOWN},
        "spacing_y_um": "" if plane.spacing is None else plane.spacing.y,
        "spacing_x_um": "" if plane.spacing is None else plane.spacing.x,
        "bit_depth": plane.bit_depth,
        "n_nuclei": patch.n_nuclei,
        "area_fraction": round(patch.area_fraction, 6),
        "image_name": pair.image_name,
        "plane": pair.name,
        "mask_status": pair.status,
        "filled_height": inside[0],
        "filled_width": inside[1],
    }
    return row | {key: value for key, value in known.items() if key not in row}


def _left(plane: AnnotatedPlane, patch: Patch) -> tuple[int, int]:
    """Return how many pixels of the plane there are from the corner of a patch on."""
    height, width = plane.labels.shape
    return height - patch.box.y0, width - patch.box.x0


def _nothing_left(result: PatchResult, settings: PatchSettings) -> str:
    if result.planes:
        return (
            f"At least one patch must be left, but none of {result.planes} planes has a patch of "
            f"{settings.size_px} × {settings.size_px} px (edge: {settings.edge}) with at least "
            f"{settings.min_nuclei} nuclei on {settings.min_area_fraction:.0%} of its area. Lower "
            "these, or take --edge pad."
        )
    reasons = " ".join(dict.fromkeys(failure.reason for failure in result.failures[:3]))
    return f"There must be planes with masks to cut, but none can be used. {reasons}".rstrip()


def _record(
    project: Project,
    pairs: Sequence[PlanePair],
    folder: Path,
    settings: PatchSettings,
    result: PatchResult,
    made_by: str,
) -> None:
    failed = {failure.path for failure in result.failures}
    used = [pair for pair in pairs if pair.image not in failed]
    project.record(
        "patches",
        settings={**asdict(settings), "patches": len(result.rows)},
        inputs={
            project.name_of(path): hash_file(path)
            for pair in used
            for path in (pair.image, pair.mask, pair.labels)
            if path is not None
        },
        outputs=[folder / PATCHES_TABLE],
        made_by=made_by,
    )
