"""Commands of the store of annotations: copy it while people draw, and bring a copy back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nuclarium.cli.options import command_line

Place = Annotated[
    str,
    typer.Argument(metavar="STORE|PROJECT", help="A store's file, or a project that has one."),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example:  nuclarium backup organoids --out organoids-2026-11-22.sqlite")(
        backup
    )
    app.command(epilog="Example:  nuclarium restore organoids-2026-11-22.sqlite organoids")(restore)


def backup(
    place: Place,
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write; not there yet.")],
) -> None:
    """Copy the annotations of a project as they are at one moment, also while people draw."""
    from nuclarium.workspace.annotation_store import backup as copy_store

    edits = copy_store(place, out, made_by=command_line())
    counted = "1 edit" if edits == 1 else f"{edits:,} edits"
    typer.echo(f"The copy has {counted}, was checked, and is in {out}.")


def restore(
    file: Annotated[Path, typer.Argument(help="A copy that nuclarium backup made.")],
    place: Place,
) -> None:
    """Bring a copy of the annotations back; those that were there are kept beside it."""
    from nuclarium.workspace.annotation_store import restore as bring_back

    former = bring_back(file, place, made_by=command_line())
    typer.echo(f"The annotations of {place} are those of {file}.")
    if former is not None:
        typer.echo(f"Those that were there before are in {former}.")
