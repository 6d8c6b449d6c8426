"""Planes of stacks as images of their own: pixels unchanged, their origin in the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from nuclarium.core.errors import NuclariumError, OutputError
from nuclarium.core.image import Image
from nuclarium.io import open_image
from nuclarium.io.plane_files import read_facts, write_plane
from nuclarium.measurement.channels import Channel, channel_image
from nuclarium.predict.channel import choose_channel
from nuclarium.preprocess.planes import Plane, select_planes
from nuclarium.preprocess.slices import SliceSettings, check_mode
from nuclarium.workspace.file_states import hashed
from nuclarium.workspace.project import Project
from nuclarium.workspace.raw_images import RawImage
from nuclarium.workspace.sources import Failure


@dataclass
class SliceResult:
    """What became of the images.

    Parameters
    ----------
    planes : list of dict
        One a plane, as it is recorded; ``is_new`` is False where the very same was there already.
    failures : list of Failure
    """

    planes: list[dict[str, Any]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def write_slices(
    images: Sequence[RawImage],
    folder: Path,
    settings: SliceSettings,
    *,
    project: Project | None = None,
    overwrite: bool = False,
    made_by: str = "",
    advance: Callable[[int], None] = lambda images: None,
) -> SliceResult:
    """Write planes of images to a folder, ``NAME_z012.tif`` and the like.

    Parameters
    ----------
    images : sequence of RawImage
    folder : Path
        Made if it is missing.
    settings : SliceSettings
    project : Project, optional
        Where it is recorded, image by image.
    overwrite : bool
        Replace a file of the same name that was made of something else.
    made_by : str
        The command, for the record.
    advance : callable
        Called with the number of images that are done.

    Raises
    ------
    SettingsError
        If the planes are in words that no stack has; what one image lacks is its failure.
    """
    check_mode(settings.planes)
    result = SliceResult()
    recorded = set() if project is None else project.recorded_outputs("slices")
    for raw in images:
        try:
            planes = _sliced(raw, folder, settings, overwrite=overwrite)
        except NuclariumError as error:
            result.failures.append(Failure(raw.path, str(error)))
        else:
            result.planes += planes
            if project is not None and not all(
                project.name_of(folder / plane["file"]) in recorded and not plane["is_new"]
                for plane in planes
            ):
                _record(project, raw, folder, settings, planes, made_by)
        advance(1)
    return result


def _sliced(
    raw: RawImage, folder: Path, settings: SliceSettings, *, overwrite: bool
) -> list[dict[str, Any]]:
    found = []
    with open_image(raw.path, scene=raw.scene) as image:
        sha256 = hashed(raw.path)
        raw.check(sha256)
        for wanted in settings.channels or (None,):
            channel, why = channel_of(image, settings, wanted)
            index = 0 if channel is None else channel.c
            suffix = f"_{channel.name}" if channel and len(settings.channels) > 1 else ""
            for plane in select_planes(image, settings.planes, t=settings.t, c=index):
                facts = _facts(raw, sha256, image, plane, channel, settings) | {"why": why}
                name = f"{raw.name}_{plane_suffix(plane, image.shape[2])}{suffix}.tif"
                is_new = _written(folder / name, plane, channel, facts, overwrite=overwrite)
                found.append({"file": name, **facts, "is_new": is_new})
    return found


def plane_suffix(plane: Plane, depth: int) -> str:
    """Return what tells a plane from others of its stack: ``z012``, ``z010-012_max``, ``max``."""
    first, last = plane.slices[0], plane.slices[-1]
    if len(plane.slices) == 1:
        return f"z{first:03d}"
    return "max" if len(plane.slices) == depth else f"z{first:03d}-{last:03d}_max"


def channel_of(
    image: Image, settings: SliceSettings, wanted: str | None
) -> tuple[Channel | None, str]:
    """Return the channel and why it was taken; None for the colours of a colour image."""
    if wanted is None and image.is_rgb:
        return None, "colour"
    first = select_planes(image, "0", t=settings.t)[0]
    chosen = choose_channel(first.image, wanted)
    return chosen.channel, chosen.reason


def _facts(
    raw: RawImage,
    sha256: str,
    image: Image,
    plane: Plane,
    channel: Channel | None,
    settings: SliceSettings,
) -> dict[str, Any]:
    """Return what later steps need to know of a plane."""
    return {
        "image": raw.name,
        "source": raw.path.name,
        "source_sha256": sha256,
        "scene": raw.scene,
        "t": settings.t,
        "channel": "" if channel is None else channel.name,
        "z": plane.z,
        "slices": [plane.slices[0], plane.slices[-1]],
        "depth": image.shape[2],
        "choice": plane.choice,
    }


def _written(
    path: Path, plane: Plane, channel: Channel | None, facts: dict[str, Any], *, overwrite: bool
) -> bool:
    """Write a plane unless the very same is there; say whether it was written."""
    if path.exists() and not overwrite:
        earlier = read_facts(path)
        same = ("source_sha256", "scene", "t", "channel", "slices")
        if all(earlier.get(name) == facts[name] for name in same):
            return False
        raise OutputError(
            f"{path.name} must be new, but there is one of another file, channel or time point. "
            "Add --overwrite to replace it, or choose another folder with --out."
        )
    shown = plane.image if channel is None else channel_image(plane.image, channel)
    write_plane(path, replace(shown, name=path.stem), facts)
    return True


def _record(
    project: Project,
    raw: RawImage,
    folder: Path,
    settings: SliceSettings,
    planes: Sequence[dict[str, Any]],
    made_by: str,
) -> None:
    chosen = [{k: p[k] for k in ("file", "channel", "z", "slices", "choice")} for p in planes]
    project.record(
        "slices",
        settings={**asdict(settings), "image": raw.name, "chosen": chosen},
        inputs={project.name_of(raw.path): planes[0]["source_sha256"]},
        outputs=[folder / plane["file"] for plane in planes],
        made_by=made_by,
    )
