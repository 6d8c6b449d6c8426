"""Commands that show recipes and apply them for looking."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nuclarium.cli.options import Json, command_line
from nuclarium.cli.planes import chosen_images
from nuclarium.cli.project import ProjectFolder, end_with, shown

if TYPE_CHECKING:
    from nuclarium.preprocess.recipe_steps import Step


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    recipes = typer.Typer(
        help="Show and apply the steps that make images fit for looking and annotating.",
        no_args_is_help=True,
        epilog="Example:  nuclarium recipe show",
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
    """Write previews; the images themselves stay as they are."""
    from nuclarium.cli.progress import counted
    from nuclarium.preprocess.slices import SliceSettings
    from nuclarium.workspace.previews import PreviewSettings, write_previews
    from nuclarium.workspace.raw_images import project_planes
    from nuclarium.workspace.settings import SegmentSettings

    steps = _recipe_steps(project, recipe, needed=True)
    found, raw, failures = chosen_images(images or [], project, out)
    if found is not None and not images:
        raw = project_planes(found) or raw
    settings = PreviewSettings(
        steps,
        SliceSettings(planes, () if channel is None else (channel,)),
        kind,
        SegmentSettings(spacing_um=spacing_um).spacing_of(None),
    )
    folder = out or (found.folder / "previews" if found else Path())
    with counted("Applying", quiet=as_json) as advance:
        written, failed = write_previews(
            raw, folder, settings, project=found, made_by=command_line(), advance=advance
        )
    if as_json:
        typer.echo(json.dumps([str(path) for path in written], indent=1))
    else:
        typer.echo(f"{len(written):,} previews written to {shown(folder)}.")
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
