"""The command `nuclarium benchmark`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from nuclarium.cli.networks import need_extra
from nuclarium.cli.options import INTERRUPTED, Json, taking_several


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        cls=taking_several("--encoders", "--seeds"),
        epilog="Examples:  nuclarium benchmark datasets/mine --encoders ResNet50 MobileNetV2 "
        "--out benchmarks/mine   |   "
        "nuclarium benchmark BMGD --out benchmarks/bmgd --reference bmgd-paper",
    )(benchmark)


def benchmark(
    dataset: Annotated[
        Path,
        typer.Argument(
            help="Dataset with a split into train, val and test; or a folder such as BMGD's, which "
            "is frozen and split at random first."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the benchmark.")],
    encoders: Annotated[
        list[str] | None,
        typer.Option(
            help="Encoders, one or more: names of papers, of segmentation_models_pytorch, or tu-… "
            "of timm; the six of the published table when left out."
        ),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps of every run.")] = 3000,
    batch_size: Annotated[int, typer.Option(min=1, help="Patches a step.")] = 16,
    weights: Annotated[
        str,
        typer.Option(help="none, imagenet, or a folder of files named as the encoders."),
    ] = "none",
    seeds: Annotated[list[int] | None, typer.Option(help="Seeds, one or more: a run each.")] = None,
    settings: Annotated[
        Path | None,
        typer.Option(help="TOML of settings of training that all runs share, such as loss."),
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="Published table to show beside: bmgd-paper.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Runs at once.")] = 1,
    workers: Annotated[
        int | None, typer.Option(min=0, help="Processes that make patches, for each run.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Train encoders side by side and compare them; goes on when started again. Needs `train`."""
    from nuclarium.core.errors import NuclariumError
    from nuclarium.workspace.benchmark import write_benchmark
    from nuclarium.workspace.benchmark_dataset import frozen_dataset
    from nuclarium.workspace.published import reference as published_table

    need_extra("A benchmark")
    published_table(reference)  # a wrong name is refused before hours of training
    from nuclarium.train.benchmark import ENCODERS, Plan, run_benchmark

    dataset, notes = frozen_dataset(dataset, out)
    for note in notes:
        typer.echo(note, err=True)
    plan = Plan(
        dataset=dataset,
        out=out,
        encoders=tuple(encoders or ENCODERS),
        steps=steps,
        batch_size=batch_size,
        weights=weights,
        seeds=tuple(seeds or [0]),
        settings=settings,
        jobs=jobs,
        workers=workers,
    )
    try:
        run_benchmark(plan, progress=not as_json)
    except NuclariumError:
        if any(out.glob("*/scores.json")):  # what is finished can be looked at
            write_benchmark(dataset, out, reference_name=reference)
        raise
    except KeyboardInterrupt:
        typer.echo("\nnuclarium: stopped. The same command goes on.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    report = write_benchmark(dataset, out, reference_name=reference)
    if as_json:
        typer.echo(json.dumps(report.to_dict(), indent=1, ensure_ascii=False))
    else:
        typer.echo(report.text())
        typer.echo(f"Tables, figures and everything else: {report.page}")
