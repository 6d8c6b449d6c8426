"""Commands from stacks to patches: slices and patches."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nuclarium.cli.options import Json, command_line
from nuclarium.cli.project import ProjectFolder, end_with, shown

if TYPE_CHECKING:
    from nuclarium.workspace.project import Project
    from nuclarium.workspace.raw_images import RawImage
    from nuclarium.workspace.sources import Failure

Images = Annotated[
    list[str] | None,
    typer.Argument(help="Images of the project, or files with --out; all of the project if none."),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        epilog="Examples:  nuclarium slices --planes best   |   nuclarium slices --planes 10-40:5 "
        "--channel DAPI   |   nuclarium slices stack.lsm --planes max:3 --out planes"
    )(slices)
    app.command(
        epilog="Examples:  nuclarium patches --min-nuclei 3   |   nuclarium patches --images "
        "planes --masks masks --out patches --size-px 128 --edge shift"
    )(patches)


def slices(
    images: Images = None,
    project: ProjectFolder = Path(),
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder; planes/ of the project if left out."),
    ] = None,
    planes: Annotated[
        str | None,
        typer.Option(
            help="all, every:5, 12, 10-20, 10-40:5, best, best:3, max (over all), max:3 (over each "
            "three), max:10-20; several with commas. The project's settings, or all, if left out."
        ),
    ] = None,
    channel: Annotated[
        list[str] | None,
        typer.Option(help="Name, or index from 0; again for more. That of the nuclei if left out."),
    ] = None,
    time: Annotated[int, typer.Option(help="Time point, from 0.")] = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace planes of other files or channels.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write planes of stacks as images of their own, pixels unchanged."""
    from nuclarium.cli.progress import counted
    from nuclarium.preprocess.slices import SliceSettings
    from nuclarium.workspace.slices import write_slices

    found, raw, failures = chosen_images(images or [], project, out)
    defaults = SliceSettings() if found is None else found.settings.slices
    settings = SliceSettings(planes or defaults.planes, tuple(channel or defaults.channels), time)
    folder = out or (found.folder / "planes" if found else Path())
    with counted("Slicing", quiet=as_json) as advance:
        result = write_slices(
            raw,
            folder,
            settings,
            project=found,
            overwrite=overwrite,
            made_by=command_line(),
            advance=advance,
        )
    if as_json:
        typer.echo(json.dumps(result.planes, indent=1, ensure_ascii=False))
    else:
        new = sum(plane["is_new"] for plane in result.planes)
        kept = len(result.planes) - new
        also = f", {kept:,} were there already" if kept else ""
        typer.echo(f"{new:,} planes of {len(raw):,} images written to {shown(folder)}{also}.")
    end_with([*failures, *result.failures])


def patches(
    project: ProjectFolder = Path(),
    images: Annotated[
        Path | None, typer.Option(help="Folder of planes, with --masks; else those of the project.")
    ] = None,
    masks: Annotated[
        Path | None, typer.Option(help="Folder of masks or labels of the same names.")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(help="With --images: table of condition, group … of each image.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder; patches/ of the project if left out."),
    ] = None,
    size_px: Annotated[int | None, typer.Option(help="Side of a patch; 256.")] = None,
    edge: Annotated[
        str | None,
        typer.Option(help="What does not fit: drop it, shift the last patch inwards, or pad it."),
    ] = None,
    min_nuclei: Annotated[int | None, typer.Option(help="Nuclei in a patch, at least; 1.")] = None,
    min_area_fraction: Annotated[
        float | None, typer.Option(help="Part of a patch that is nuclei, at least; 0.")
    ] = None,
    status: Annotated[
        list[str] | None,
        typer.Option(help="Masks to take: preliminary, verified, rejected; all but rejected."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the patches in the folder.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Cut planes and masks into patches of one size, values unchanged, for a dataset."""
    from nuclarium.cli.progress import counted
    from nuclarium.core.errors import SettingsError
    from nuclarium.dataset.patches import PatchSettings
    from nuclarium.workspace.patches import write_patches
    from nuclarium.workspace.plane_pairs import folder_pairs, project_pairs
    from nuclarium.workspace.project import Project

    if images is not None and masks is not None and out is not None:
        found = None
        pairs, remarks = folder_pairs(images, masks, sheet)
    elif images is masks is sheet is None:
        found = Project.open(project)
        pairs, remarks = project_pairs(found, status or [])
    else:
        raise SettingsError(
            "Folders to cut must be given as --images, --masks and --out together; without them, "
            "the planes and masks of the project are cut."
        )
    given: dict[str, Any] = {
        "size_px": size_px,
        "edge": edge,
        "min_nuclei": min_nuclei,
        "min_area_fraction": min_area_fraction,
    }
    defaults = PatchSettings() if found is None else found.settings.patches
    settings = replace(defaults, **{k: v for k, v in given.items() if v is not None})
    folder = out or (found.folder / "patches" if found else Path())
    with counted("Cutting", quiet=as_json) as advance:
        result = write_patches(
            pairs,
            folder,
            settings,
            project=found,
            overwrite=overwrite,
            made_by=command_line(),
            advance=advance,
        )
    if as_json:
        typer.echo(json.dumps(result.rows, indent=1, ensure_ascii=False))
    else:
        typer.echo(
            f"{len(result.rows):,} patches of {result.planes:,} planes written to {shown(folder)}."
        )
    for remark in [*remarks, *result.remarks]:
        typer.echo(remark, err=True)
    end_with(result.failures)


def chosen_images(
    words: list[str], project: Path, out: Path | None
) -> tuple[Project | None, list[RawImage], list[Failure]]:
    """Return the images that are meant: of the project, or plain files where there is none."""
    from nuclarium.core.errors import SettingsError
    from nuclarium.workspace.project import Project
    from nuclarium.workspace.raw_images import plain_images, project_images

    try:
        found = Project.open(project)
    except SettingsError:
        if not words or out is None or project != Path():
            raise
        return None, *plain_images([Path(word) for word in words])
    return found, project_images(found, words), []
