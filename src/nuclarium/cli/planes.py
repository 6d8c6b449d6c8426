"""Commands from stacks to patches: slices, recipe, patches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nuclarium.cli.project import Json, ProjectFolder, command_line, end_with

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
    from nuclarium.workspace.slices import SliceSettings, write_slices

    found, raw, failures = _images(images or [], project, out)
    defaults = SliceSettings() if found is None else found.settings.slices
    settings = SliceSettings(
        planes or defaults.planes, tuple(channel or defaults.channels), time
    )
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
        typer.echo(f"{new:,} planes of {len(raw):,} images written to {folder}{also}.")
    end_with([*failures, *result.failures])


def _images(
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
