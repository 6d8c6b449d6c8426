"""The command that compares conditions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nuclarium.cli.options import Json, command_line


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples:  nuclarium compare my_project --by condition --reference 250Pa   |   "
        "nuclarium compare results --sheet sheet.csv --group patient --features area,circularity"
    )(compare)


def compare(
    workspace: Annotated[
        Path, typer.Argument(help="Project, or results of `nuclarium segment` with --sheet.")
    ],
    by: Annotated[str, typer.Option(help="Column of the sheet with the conditions.")] = "condition",
    group: Annotated[
        str | None,
        typer.Option(
            help="Column with the groups: colony, patient, plate. The column group, or else each "
            "image by itself, when left out."
        ),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            help="Condition that others are compared with; the smallest number, or first name, "
            "when left out."
        ),
    ] = None,
    features: Annotated[
        str | None,
        typer.Option(help="Columns to compare, with commas between; units may be left out."),
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(help="CSV with image, condition and group, and any more.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for the page; WORKSPACE/comparison."),
    ] = None,
    test: Annotated[
        str,
        typer.Option(
            help="groups: Welch's t of the means of groups; model: a mixed model of all nuclei."
        ),
    ] = "groups",
    with_cut: Annotated[
        bool, typer.Option("--with-cut", help="Take nuclei at the border of images too.")
    ] = False,
    radius_um: Annotated[
        float | None,
        typer.Option(min=0.001, help="Count neighbours within this many µm; 50 when left out."),
    ] = None,
    closing_um: Annotated[
        float | None,
        typer.Option(min=0, help="Gaps in a colony are closed by a disc of this radius, 10 µm."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of what is drawn at random.")] = 0,
    as_json: Json = False,
) -> None:
    """Compare conditions, with colonies or patients as the units; write a page and tables."""
    from nuclarium.cli.progress import counted
    from nuclarium.core.errors import SettingsError
    from nuclarium.workspace.compare import RECORD, CompareSettings, compare_results

    if test not in ("groups", "model"):
        raise SettingsError(f"--test must be groups or model, but got {test}.")
    settings = CompareSettings(
        by=by,
        group=group,
        reference=reference,
        features=tuple(filter(None, map(str.strip, features.split(",")))) if features else None,
        test="model" if test == "model" else "groups",
        with_cut=with_cut,
        radius_um=radius_um,
        closing_um=closing_um,
        seed=seed,
    )
    with counted("Looking at colonies", quiet=as_json) as advance:
        result = compare_results(
            workspace, settings, sheet=sheet, out=out, advance=advance, command=command_line()
        )
    if as_json:
        typer.echo((result.folder / RECORD).read_text(encoding="utf-8"))
        return
    said = result.record["findings"]
    for sentence in [
        *result.record["remarks"],
        *result.record["worth"],
        *said["found"],
        *said["trends"],
    ]:
        typer.echo(sentence)
    tested = len(said["found"]) + len(said["not_shown"])
    typer.echo(
        f"{len(said['found'])} of {tested} differences that were tested hold after correction. "
        f"Look at {result.page}"
    )
