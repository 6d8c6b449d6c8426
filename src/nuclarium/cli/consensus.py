"""The command that makes one truth of the answers of many raters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nuclarium.cli.options import Json, command_line


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples:  nuclarium consensus answers.csv --out consensus   |   "
        "nuclarium consensus study --arm U-control --truth-group SP,JP --group NP --images "
        "study/images --keep-aliases --out consensus   |   "
        "nuclarium consensus crowd.csv --column item=task --column rater=worker --out consensus"
    )(consensus)


def consensus(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="WORKSPACE|TABLE",
            help="CSV or Parquet with item, rater, label (and field, arm, time, group), or with "
            "marks: field, rater, label, xmin, ymin, xmax, ymax; or a folder that holds it.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the page and tables.")],
    method: Annotated[
        str,
        typer.Option(help="majority, weighted, one-coin, dawid-skene, bayes, glad or mace."),
    ] = "dawid-skene",
    min_iou: Annotated[
        float, typer.Option(help="Least overlap of two marks of one nucleus, over 0 up to 1.")
    ] = 0.25,
    arm: Annotated[
        str | None, typer.Option(help="Arm of the study; that with most rows when left out.")
    ] = None,
    group: Annotated[
        str | None, typer.Option(help="Groups whose raters are judged, with commas; all.")
    ] = None,
    truth_group: Annotated[
        str | None, typer.Option(help="Groups whose answers make the truth, with commas; all.")
    ] = None,
    hierarchy: Annotated[
        str | None,
        typer.Option(
            help="nucls, a TOML file of classes, or none; nucls where it has all labels."
        ),
    ] = None,
    level: Annotated[
        str | None,
        typer.Option(help="Level of classes at which raters are judged; the finest."),
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="Folder with an image for each field, for the gallery.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="Take a column that has another name: --column item=task"),
    ] = None,
    keep_aliases: Annotated[
        bool,
        typer.Option("--keep-aliases", help="The raters of the table are aliases, not names."),
    ] = False,
    simulate: Annotated[
        bool,
        typer.Option(
            "--raters-simulation/--no-raters-simulation", help="Ask how many raters are enough."
        ),
    ] = True,
    repetitions: Annotated[
        int, typer.Option(min=1, help="Repetitions of that simulation for each number of raters.")
    ] = 100,
    workers: Annotated[int, typer.Option(min=1, help="Processors for that simulation.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Of what is drawn at random.")] = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a consensus in the folder.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Infer one truth from many raters, judge them by it, and write a page and tables.

    Raters who are not aliases get some: the key stays beside the table, and no name is in what is
    written to --out.
    """
    from nuclarium.cli.progress import counted
    from nuclarium.workspace.consensus import (
        RECORD,
        ConsensusSettings,
        chosen_columns,
        consensus_of,
        listed,
    )

    settings = ConsensusSettings(
        method=method,
        min_iou=min_iou,
        arm=arm,
        group=listed(group),
        truth_group=listed(truth_group),
        hierarchy=hierarchy,
        level=level,
        columns=chosen_columns(column),
        keep_aliases=keep_aliases,
        simulate=simulate,
        repetitions=repetitions,
        workers=workers,
        seed=seed,
    )
    with counted("Measuring", quiet=as_json) as advance:
        result = consensus_of(
            source,
            out,
            settings,
            images=images,
            overwrite=overwrite,
            advance=advance,
            command=command_line(),
        )
    if as_json:
        typer.echo((result.folder / RECORD).read_text(encoding="utf-8"))
        return
    for sentence in [*result.record["remarks"], *result.record["findings"]]:
        typer.echo(sentence)
    if result.key is not None:
        typer.echo(f"Raters have aliases; who is who is in {result.key}, which is not to be shared")
    typer.echo(f"Look at {result.page}")
