"""Commands of a project: begin one, bring images in, see where each stands."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nuclarium.cli.options import WRONG_INPUT, Json, command_line

if TYPE_CHECKING:
    from nuclarium.workspace.import_images import ImportResult
    from nuclarium.workspace.sources import Failure

ProjectFolder = Annotated[
    Path, typer.Option("--project", "-p", help="The project, or a folder in it.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        epilog="Examples:  nuclarium init organoids   |   "
        "nuclarium init slides --classes nucls   |   "
        "nuclarium init organoids --classes 'nucleus, mitosis, debris'"
    )(init)
    app.command(
        "import",
        epilog="Examples:  nuclarium import 250Pa/*.lsm --condition 250Pa   |   "
        "nuclarium import --sheet sheet.csv --copy   |   "
        "nuclarium import colony7.lsm --group colony7 --project organoids",
    )(import_files)
    app.command(epilog="Examples:  nuclarium status   |   nuclarium status organoids --json")(
        status
    )


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.")],
    name: Annotated[
        str | None, typer.Option(help="Name of the project; that of the folder when left out.")
    ] = None,
    classes: Annotated[
        str,
        typer.Option(
            help="What nuclei are said to be: names between commas, nucls, or a TOML file."
        ),
    ] = "nucleus",
) -> None:
    """Begin a project: a folder with its settings, its images by hash, and all that is made."""
    from nuclarium.workspace.project_classes import begin_project, typed_choice

    project = begin_project(folder, typed_choice([classes]), name=name)
    typer.echo(
        f"The project {project.settings.name} is in {folder}. Add images: nuclarium import FILES "
        f"--project {shlex.quote(str(folder))}"
    )


def import_files(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Images; with --sheet they may be left to the sheet."),
    ] = None,
    project: ProjectFolder = Path(),
    condition: Annotated[str, typer.Option(help="Condition of all these files.")] = "",
    group: Annotated[str, typer.Option(help="Group of all these files: colony, dish …")] = "",
    sheet: Annotated[
        Path | None,
        typer.Option(help="Table (CSV) with a column file, and condition, group, patient …"),
    ] = None,
    copy: Annotated[
        bool, typer.Option("--copy/--link", help="Copy files into the project, or leave them.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring images into a project by their hash; doing it again changes nothing."""
    from nuclarium.cli.progress import counted_and_read
    from nuclarium.core.errors import SettingsError
    from nuclarium.workspace.import_images import import_images
    from nuclarium.workspace.project import Project

    if not files and sheet is None:
        raise SettingsError("There must be files to import, or a --sheet that names them.")
    with counted_and_read("Importing", quiet=as_json) as (advance, told):
        result = import_images(
            Project.open(project),
            files or [],
            known={"condition": condition, "group": group},
            sheet=sheet,
            copy=copy,
            made_by=command_line(),
            advance=advance,
            told=told,
        )
    _print_import(result, as_json=as_json)
    end_with(result.failures)


def status(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The project, or a folder in it.")
    ] = Path(),
    as_json: Json = False,
) -> None:
    """Show where each image of a project stands, and files that changed or are missing."""
    from nuclarium.cli.status import print_status
    from nuclarium.workspace.project import Project
    from nuclarium.workspace.status import project_status

    found = project_status(Project.open(folder))
    if as_json:
        typer.echo(json.dumps(found.as_dict(), indent=1, ensure_ascii=False))
    else:
        print_status(found)


def shown(path: Path) -> Path:
    """Return a path as short as it can be said from the folder one is in."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def end_with(failures: Sequence[Failure]) -> None:
    """Name every file that failed, and end with exit code 2 if there is one."""
    for failure in failures:
        typer.echo(f"nuclarium: {failure.path}: {failure.reason}", err=True)
    if failures:
        raise typer.Exit(WRONG_INPUT)


def _print_import(result: ImportResult, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(result), indent=1, ensure_ascii=False, default=str))
        return
    parts = [(result.added, "new"), (result.updated, "updated"), (result.unchanged, "unchanged")]
    counts = [f"{len(names):,} {word}" for names, word in parts if names]
    typer.echo(f"Images: {', '.join(counts) or 'none'}.")
    for remark in result.remarks:
        typer.echo(remark, err=True)
