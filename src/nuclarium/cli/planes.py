"""Commands from stacks to patches: slices, recipe, patches."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nuclarium.cli.project import Json, ProjectFolder, command_line, end_with

if TYPE_CHECKING:
    from nuclarium.preprocess.recipe import Step
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
    recipes = typer.Typer(
        help="Show and apply the steps that make images fit for looking and annotating.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    recipes.command(
        "show",
        epilog='Examples:  nuclarium recipe show   |   nuclarium recipe show --recipe "threshold '
        'high=1500 | mean radius_px=1"',
    )(recipe_show)
    recipes.command(
        "apply",
        epilog="Examples:  nuclarium recipe apply --planes best   |   nuclarium recipe apply "
        'a.tif --out previews --recipe "rolling_ball radius_um=10 | stretch"',
    )(recipe_apply)
    app.add_typer(recipes, name="recipe")


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

    found, raw, failures = _images(images or [], project, out)
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
        typer.echo(f"{new:,} planes of {len(raw):,} images written to {folder}{also}.")
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
        typer.echo(f"{len(result.rows):,} patches of {result.planes:,} planes written to {folder}.")
    for remark in [*remarks, *result.remarks]:
        typer.echo(remark, err=True)
    end_with(result.failures)


Recipe = Annotated[
    str | None,
    typer.Option(help='Steps, such as "threshold high=1500 | mean radius_px=1"; the project\'s.'),
]


def recipe_show(
    project: ProjectFolder = Path(), recipe: Recipe = None, as_json: Json = False
) -> None:
    """Print the steps of a recipe, and all steps that there are."""
    from nuclarium.preprocess.recipe_text import STEPS, recipe_text, steps_as_values

    steps = _recipe_steps(project, recipe, needed=False)
    if as_json:
        typer.echo(json.dumps({"steps": steps_as_values(steps)}, indent=1))
        return
    typer.echo(f"Recipe: {recipe_text(steps) or 'none'}")
    typer.echo("Steps:")
    for name, step in STEPS.items():
        typer.echo(f"  {name:<18} {step.what}")


def recipe_apply(
    images: Annotated[
        list[str] | None,
        typer.Argument(
            help="Images of the project, or files with --out; the planes of the project if none."
        ),
    ] = None,
    project: ProjectFolder = Path(),
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder; previews/ of the project if left out."),
    ] = None,
    recipe: Recipe = None,
    planes: Annotated[
        str, typer.Option(help="Planes of stacks, as in `nuclarium slices`.")
    ] = "max",
    channel: Annotated[
        str | None, typer.Option(help="Name, or index from 0; that of the nuclei if left out.")
    ] = None,
    kind: Annotated[
        str, typer.Option("--format", help="png to look at, or tif with the values themselves.")
    ] = "png",
    spacing_um: Annotated[
        float | None, typer.Option(help="Side of a pixel in µm, where the file lacks it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write previews that a recipe makes of images; the images stay as they are."""
    from nuclarium.cli.progress import counted
    from nuclarium.preprocess.slices import SliceSettings
    from nuclarium.workspace.previews import PreviewSettings, write_previews
    from nuclarium.workspace.raw_images import project_planes
    from nuclarium.workspace.settings import SegmentSettings

    steps = _recipe_steps(project, recipe, needed=True)
    found, raw, failures = _images(images or [], project, out)
    if found is not None and not images:
        raw = project_planes(found) or raw
    settings = PreviewSettings(
        steps,
        SliceSettings(planes, () if channel is None else (channel,)),
        kind,
        SegmentSettings(spacing_um=spacing_um).spacing,
    )
    folder = out or (found.folder / "previews" if found else Path())
    with counted("Applying", quiet=as_json) as advance:
        written, failed = write_previews(
            raw, folder, settings, project=found, made_by=command_line(), advance=advance
        )
    if as_json:
        typer.echo(json.dumps([str(path) for path in written], indent=1))
    else:
        typer.echo(f"{len(written):,} previews written to {folder}.")
    end_with([*failures, *failed])


def _recipe_steps(project: Path, recipe: str | None, *, needed: bool) -> tuple[Step, ...]:
    """Return the steps that were given, or those of the project."""
    from nuclarium.core.errors import SettingsError
    from nuclarium.preprocess.recipe_text import parse_recipe
    from nuclarium.workspace.project import Project

    if recipe is not None:
        return parse_recipe(recipe)
    try:
        steps = Project.open(project).settings.recipe
    except SettingsError:
        if project != Path() or (project / "nuclarium.toml").exists():
            raise
        steps = ()
    if needed and not steps:
        raise SettingsError(
            'A recipe must be given, as --recipe "mean radius_px=1 | stretch" or as [recipe] in '
            "nuclarium.toml. See the steps: nuclarium recipe show"
        )
    return steps


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
