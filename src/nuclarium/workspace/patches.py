"""Patches with their truth, from planes and masks of a project or from two folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from nuclarium.core.errors import NuclariumError, OutputError, SettingsError
from nuclarium.core.geometry import Spacing
from nuclarium.core.labels import Labels
from nuclarium.dataset.pairs import safe_id
from nuclarium.dataset.patches import Patch, PatchSettings, iter_patches
from nuclarium.dataset.truth import inspect_truth, labels_of, read_truth
from nuclarium.io import hash_file, open_image
from nuclarium.io.plane_files import write_pixels
from nuclarium.io.write import write_labels, write_table, written_whole
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


@dataclass(frozen=True)
class _Plane:
    """A plane in memory."""

    pixels: Any
    labels: Labels
    spacing: Spacing | None
    bit_depth: int
    is_mask: bool


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is remembered of a plane when the next one is cut."""

    name: str
    depth: str
    has_spacing: bool
    is_mask: bool
    patches: int

    @classmethod
    def of(cls, name: str, plane: _Plane, patches: int) -> _Seen:
        depth = f"{plane.bit_depth} bits in {plane.pixels.dtype}"
        return cls(name, depth, plane.spacing is not None, plane.is_mask, patches)


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
    seen: list[_Seen] = []
    with written_whole(folder) as part:
        for pair, prefix in zip(pairs, _prefixes(pairs), strict=True):
            try:
                plane = _read(pair)
            except NuclariumError as error:
                result.failures.append(Failure(pair.image, str(error)))
            else:
                rows = list(_written(pair, prefix, plane, settings, part))
                result.rows += rows
                result.planes += 1
                seen.append(_Seen.of(pair.name, plane, len(rows)))
            advance(1)
        if not result.rows:
            raise SettingsError(_nothing_left(result, settings))
        write_table(part / PATCHES_TABLE, pd.DataFrame(result.rows))
    result.remarks += _remarks(seen)
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


def _read(pair: PlanePair) -> _Plane:
    """Read a plane with its truth, or say why they do not belong together."""
    with open_image(pair.image) as image:
        if image.shape[:3] != (1, 1, 1):
            raise SettingsError(
                f"{pair.image.name} must be one plane of one channel, but it has "
                f"{image.shape[0]} time points, {image.shape[1]} channels and {image.shape[2]} "
                "slices. Make planes of it: nuclarium slices"
            )
        truth = read_truth(pair.mask)
        if truth.shape != image.plane_shape:
            raise SettingsError(
                f"The mask {pair.mask.name} must have the size of its plane, "
                f"{image.plane_shape[0]} × {image.plane_shape[1]}, but it is {truth.shape[0]} × "
                f"{truth.shape[1]}. Make it again on this plane."
            )
        kind = inspect_truth(truth).kind
        if kind == "grey":
            raise SettingsError(
                f"{pair.mask.name} must be a mask or one number a nucleus, but it is a grey "
                "picture, or was saved as JPEG. Export the labels as TIFF or PNG."
            )
        try:
            labels = labels_of(truth, is_mask=kind == "binary")
        except ValueError as error:
            raise SettingsError(f"{pair.mask.name}: {error}") from error
        return _Plane(image.read(), labels, image.spacing, image.bit_depth, kind == "binary")


def _prefixes(pairs: Sequence[PlanePair]) -> Iterator[str]:
    """Yield what the patches of each plane begin with, fit for every file system, each once."""
    taken: set[str] = set()
    for pair in pairs:
        name, number = safe_id(pair.name), 2
        while name.casefold() in taken:
            name, number = f"{safe_id(pair.name)}_{number}", number + 1
        taken.add(name.casefold())
        yield name


def _written(
    pair: PlanePair, prefix: str, plane: _Plane, settings: PatchSettings, folder: Path
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


def _row(name: str, pair: PlanePair, plane: _Plane, patch: Patch) -> dict[str, Any]:
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


def _left(plane: _Plane, patch: Patch) -> tuple[int, int]:
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


def _remarks(planes: Sequence[_Seen]) -> list[str]:
    """Say what is odd about the planes taken together."""
    found = []
    depths = Counter(plane.depth for plane in planes)
    if len(depths) > 1:
        parts = ", ".join(f"{count} of {depth}" for depth, count in sorted(depths.items()))
        found.append(
            f"The planes have mixed bit depths ({parts}); their values are kept, but do not "
            "compare."
        )
    bare = [plane.name for plane in planes if not plane.has_spacing]
    if bare:
        found.append(
            f"{len(bare)} of {len(planes)} planes do not say how large a pixel is, such as "
            f"{bare[0]}; sizes in µm will be missing."
        )
    masks = sum(plane.is_mask for plane in planes)
    if masks:
        found.append(
            f"{masks} of {len(planes)} masks are black and white; their connected parts were taken "
            "as nuclei, so touching nuclei count as one."
        )
    empty = sum(plane.patches == 0 for plane in planes)
    if empty:
        found.append(f"{empty} of {len(planes)} planes have no patch with enough nuclei.")
    return found


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
        inputs={project.name_of(p): hash_file(p) for pair in used for p in (pair.image, pair.mask)},
        outputs=[folder / PATCHES_TABLE],
        made_by=made_by,
    )
