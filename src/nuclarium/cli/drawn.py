"""The command that takes what people drew out of the store, while they draw on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nuclarium.cli.options import command_line

annotations_app = typer.Typer(
    name="annotations",
    help="What people drew in the studio: take it out in any format.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog="Example:  nuclarium annotations export organoids --out drawn",
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(annotations_app)


@annotations_app.callback()
def _topic() -> None:
    """Keep the name of the only command."""


@annotations_app.command(
    epilog="Examples:  nuclarium annotations export organoids --out drawn   |   "
    "nuclarium annotations export organoids --study pilot --truth consensus --format stardist "
    "--out truth"
)
def export(
    project: Annotated[
        Path, typer.Argument(metavar="PROJECT", help="A project whose images people annotate.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write; new or empty.")],
    study: Annotated[
        str, typer.Option(help="Name of a study; everything in the store if left out.")
    ] = "",
    form: Annotated[
        str,
        typer.Option(
            "--format",
            help="table, labels, geojson, rois, coco, json; of a study every format of datasets.",
        ),
    ] = "table",
    truth: Annotated[
        str,
        typer.Option(
            help="consensus: one truth with decisions of seniors; each rater if left out."
        ),
    ] = "",
) -> None:
    """Write what people drew so far; raters are named by their aliases."""
    from nuclarium.workspace.study_export import export_project

    count = export_project(project, out, form, study=study, truth=truth, made_by=command_line())
    typer.echo(f"{count:,} {'file' if count == 1 else 'files'} are in {out}.")
