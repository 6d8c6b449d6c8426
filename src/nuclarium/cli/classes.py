"""The command that shows and changes the classes of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nuclarium.cli.options import command_line


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(
        epilog="Examples:  nuclarium classes --project organoids   |   "
        "nuclarium classes nucleus mitosis debris   |   nuclarium classes nucls   |   "
        "nuclarium classes my_classes.toml"
    )(classes)


def classes(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAMES]",
            help="Names, or nucls, or a TOML file like it; what is chosen now if left out.",
        ),
    ] = None,
    project: Annotated[
        Path, typer.Option("--project", "-p", help="The project, or a folder in it.")
    ] = Path(),
) -> None:
    """Show or choose the classes that the studio offers; a study keeps those it began with."""
    from nuclarium.workspace.project import Project
    from nuclarium.workspace.project_classes import (
        choose_classes,
        project_hierarchy,
        typed_choice,
    )

    there = Project.open(project)
    if names:
        there = choose_classes(there, typed_choice(names), made_by=command_line())
    for level in project_hierarchy(there).levels:
        typer.echo(f"{level.name}: {', '.join(level.classes)}")
