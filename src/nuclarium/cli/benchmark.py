"""The command `nuclarium benchmark`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

INTERRUPTED = 130


class SeveralValues(typer.core.TyperCommand):
    """A command whose option `--encoders` or `--seeds` takes all values that follow it."""

    _several = ("--encoders", "--seeds")

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Write ``--encoders a b`` as ``--encoders a --encoders b``."""
        spread: list[str] = []
        current = ""
        for arg in args:
            if arg.startswith("-"):
                current = arg if arg in self._several else ""
                spread += [] if current else [arg]
            else:
                spread += [current, arg] if current else [arg]
        return super().parse_args(ctx, spread)


def benchmark(
    dataset: Annotated[
        Path, typer.Argument(help="Version of a dataset with a split into train, val and test.")
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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Train encoders side by side and compare them; goes on when started again. Needs `train`."""
    from nuclarium.cli.app import need_extra
    from nuclarium.core.errors import NuclariumError
    from nuclarium.workspace.benchmark import write_benchmark
    from nuclarium.workspace.published import reference as published_table

    need_extra("A benchmark")
    published_table(reference)  # a wrong name is refused before hours of training
    from nuclarium.train.benchmark import ENCODERS, Plan, run_benchmark

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
