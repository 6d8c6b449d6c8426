"""Commands that take what people drew out of the store while they draw on, or bring more in."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from nuclarium.cli.options import command_line

annotations_app = typer.Typer(
    name="annotations",
    help="What people drew in the studio: take it out in any format, or bring more in.",
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
    """Hold the commands together."""


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
            help="consensus: one truth with decisions of seniors; corrected: each rater's marks as "
            "they are now; each rater's at the first 'done' if left out."
        ),
    ] = "",
) -> None:
    """Write what people drew so far; raters are named by their aliases."""
    from nuclarium.workspace.study_export import export_project

    count = export_project(project, out, form, study=study, truth=truth, made_by=command_line())
    typer.echo(f"{count:,} {'file is' if count == 1 else 'files are'} in {out}.")


@annotations_app.command(
    name="import",
    epilog="Examples:  nuclarium annotations import organoids outlines.geojson   |   "
    "nuclarium annotations import organoids rois/ --rater R2   |   "
    "nuclarium annotations import organoids instances.json --rater suggestions",
)
def bring_in(
    project: Annotated[
        Path, typer.Argument(metavar="PROJECT", help="A project whose images people annotate.")
    ],
    source: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|FOLDER",
            help="GeoJSON, ImageJ ROIs, COCO, label images, a table of marks, or a dataset.",
        ),
    ],
    rater: Annotated[
        str,
        typer.Option(
            metavar="ALIAS|shared|suggestions",
            help="Whose nuclei they become; those of the file's rater or yours if left out.",
        ),
    ] = "",
    image: Annotated[
        str, typer.Option(help="Name of the image, where the file is not called like it.")
    ] = "",
    form: Annotated[
        str, typer.Option("--format", help="A format of datasets; found out if left out.")
    ] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Bring in what was drawn with other tools, also while people draw; twice adds nothing."""
    from nuclarium.workspace.annotation_import import import_project

    done = import_project(
        project, source, form=form, rater=rater, image=image, made_by=command_line()
    )
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in done], indent=2))
        return
    for one in done:
        known = f", {one.known:,} were there already" if one.known else ""
        typer.echo(f"{one.image}: {one.new:,} nuclei for {one.whose}{known}.")
