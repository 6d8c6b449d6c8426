"""Commands of images and their nuclei: look, segment, measure, evaluate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from nuclarium.cli.options import INTERRUPTED, WRONG_INPUT, Json, command_line
from nuclarium.core.errors import SettingsError


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        epilog="Examples:  nuclarium info slide.svs   |   nuclarium info stack.czi --scene 1 --json"
    )(info)
    app.command(
        epilog="Examples:  nuclarium segment plate/*.tif --out results   |   "
        "nuclarium segment stack.czi --out results --channel DAPI --z best   |   "
        "nuclarium segment stack.lsm --3d --out results   |   "
        "nuclarium segment big.svs --out results --resume   |   nuclarium segment my_project"
    )(segment)
    app.command(
        epilog="Examples:  nuclarium measure labels.tif image.tif --out nuclei.csv   |   "
        "nuclarium measure labels.tif image.tif --spacing-um 0.325"
    )(measure)
    app.command(
        epilog="Examples:  nuclarium evaluate results truth   |   "
        "nuclarium evaluate results truth --against other_results --groups plates.csv   |   "
        "nuclarium evaluate results truth --3d   |   "
        "nuclarium evaluate datasets/of_students datasets/nucls"
    )(evaluate)


def info(
    file: Annotated[Path, typer.Argument(help="Image file, or OME-Zarr folder.")],
    scene: Annotated[int, typer.Option(help="Which image of the file, from 0.")] = 0,
    as_json: Json = False,
) -> None:
    """Print what a file holds: size, spacing, channels, bit depth, pyramid."""
    from nuclarium.io import describe, format_description, open_image

    with open_image(file, scene=scene) as image:
        description = describe(image)
    typer.echo(
        json.dumps(description, indent=2, ensure_ascii=False)
        if as_json
        else format_description(description)
    )


def segment(
    images: Annotated[
        list[Path], typer.Argument(help="Images, all scenes of each, or one project.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for the results; a project has its own."),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Shipped model or model file; chosen when left out.")
    ] = None,
    channel: Annotated[
        str | None, typer.Option(help="Channel of the nuclei: a name, or an index from 0.")
    ] = None,
    z: Annotated[
        str, typer.Option(help="For stacks: max, best, each, a slice, or as --planes of slices.")
    ] = "max",
    volume: Annotated[
        bool,
        typer.Option("--3d", help="Join the slices of stacks to nuclei in 3-D, with volumes."),
    ] = False,
    time: Annotated[int, typer.Option(help="Time point, from 0.")] = 0,
    spacing_um: Annotated[
        float | None, typer.Option(help="Side of a pixel in µm, where the file lacks it.")
    ] = None,
    spacing_z_um: Annotated[
        float | None, typer.Option(help="Distance of two slices in µm, where the file lacks it.")
    ] = None,
    diameter_um: Annotated[
        float | None,
        typer.Option(help="Typical diameter of a nucleus in µm; estimated when left out."),
    ] = None,
    magnification: Annotated[
        float | None,
        typer.Option(help="Size at which the network sees the image: 0.125, 0.25, … 4."),
    ] = None,
    contrast: Annotated[
        str, typer.Option(help="auto, or bright or dark nuclei; not used for colour.")
    ] = "auto",
    engine: Annotated[
        str,
        typer.Option(
            help="auto; onnxruntime-int8, in 8 bits, which auto takes where the model has them; "
            "onnxruntime, in single precision; of the extra openvino: openvino, or openvino-bf16."
        ),
    ] = "auto",
    tta: Annotated[
        bool,
        typer.Option(
            "--tta",
            help="Average over all eight turns of the image: a little better, 2 (he) or 8 (fluo) "
            "times slower.",
        ),
    ] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Processors to use.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was stopped.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the results in the folder.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Find and measure the nuclei of images; write labels, outlines, tables and a page."""
    from nuclarium.cli.progress import BatchProgress
    from nuclarium.predict.view import contrast_name
    from nuclarium.workspace.segment_project import segment_paths
    from nuclarium.workspace.settings import SegmentSettings, engine_name

    settings = SegmentSettings(
        model=model,
        channel=channel,
        z=z,
        t=time,
        volume=volume,
        spacing_um=spacing_um,
        spacing_z_um=spacing_z_um,
        contrast=contrast_name(contrast),
        diameter_um=diameter_um,
        magnification=magnification,
        engine=engine_name(engine),
        tta=tta,
    )
    try:
        with BatchProgress(quiet=as_json) as progress:
            result = segment_paths(
                images,
                out,
                settings,
                resume=resume,
                overwrite=overwrite,
                workers=workers,
                reporter=progress.reporter,
                command=command_line(),
            )
    except KeyboardInterrupt:
        typer.echo(
            "\nnuclarium: stopped. What is finished is kept; go on with the same command and "
            "--resume.",
            err=True,
        )
        raise typer.Exit(INTERRUPTED) from None
    for failure in result.failures:
        typer.echo(f"nuclarium: {failure.path}: {failure.reason}", err=True)
    if as_json:
        typer.echo((result.folder / "run.json").read_text(encoding="utf-8"))
    else:
        nuclei = sum(record["n_nuclei"] for record in result.records)
        count = "1 image" if len(result.records) == 1 else f"{len(result.records)} images"
        typer.echo(f"{nuclei:,} nuclei in {count}. Look at {result.page}")
    if result.failures:
        raise typer.Exit(WRONG_INPUT)


def measure(
    labels: Annotated[
        Path, typer.Argument(help="Label image: 0 background, one number a nucleus.")
    ],
    image: Annotated[Path, typer.Argument(help="The image that the labels belong to.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Table to write, .csv or .parquet.")
    ] = None,
    z: Annotated[str, typer.Option(help="For stacks: max, best, or the index of a slice.")] = "max",
    time: Annotated[int, typer.Option(help="Time point, from 0.")] = 0,
    spacing_um: Annotated[
        float | None, typer.Option(help="Side of a pixel in µm, where the files lack it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure the nuclei of anybody's labels: one row a nucleus."""
    from nuclarium.workspace.measure import measure_files

    table = measure_files(labels, image, z=z, t=time, spacing_um=spacing_um, out=out)
    if as_json:
        typer.echo(table.to_json(orient="records", indent=1))
    elif out is None:
        typer.echo(table.to_csv(index=False), nl=False)
    else:
        typer.echo(f"{len(table):,} nuclei, {len(table.columns)} columns. Written to {out}")


def evaluate(
    predictions: Annotated[
        Path, typer.Argument(help="Folder of results or label images, or a dataset.")
    ],
    truth: Annotated[
        Path,
        typer.Argument(
            help="Folder of true label images of the same names; or a dataset with boxes or "
            "classes."
        ),
    ],
    against: Annotated[
        Path | None, typer.Option(help="A second prediction, compared image by image.")
    ] = None,
    groups: Annotated[
        Path | None,
        typer.Option(help="CSV (image, group): intervals are over groups, such as patients."),
    ] = None,
    volumes: Annotated[
        bool,
        typer.Option("--3d", help="Compare nuclei of stacks in 3-D, not slice by slice."),
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="CSV of all scores to write.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Score label images against the truth, with 95 % intervals."""
    from nuclarium.cli.progress import counted
    from nuclarium.evaluate import format_comparison, format_summary, summary_to_dict
    from nuclarium.io.write import write_table
    from nuclarium.workspace.evaluate import compare_files, evaluate_files
    from nuclarium.workspace.evaluate_marks import is_marked_dataset

    if is_marked_dataset(truth):
        others = {"--against": against, "--groups": groups, "--3d": volumes or None}
        _evaluate_marked(predictions, truth, others, out=out, as_json=as_json)
        return
    if against is not None:
        table = compare_files(predictions, against, truth, groups=groups, volumes=volumes)
        text = format_comparison(table, (predictions.name, against.name))
    else:
        with counted("Scoring", quiet=as_json) as advance:
            result = evaluate_files(
                predictions, truth, groups=groups, volumes=volumes, advance=advance
            )
        table = result.summary
        text = format_summary(table, images=len(result.names))
        if result.left_out:
            typer.echo(
                f"{len(result.left_out)} truth images have no prediction and were left out, such "
                f"as {result.left_out[0]}.",
                err=True,
            )
    if out is not None:
        write_table(out, table.reset_index())
    typer.echo(json.dumps(summary_to_dict(table), indent=1) if as_json else text)


def _evaluate_marked(
    predictions: Path,
    truth: Path,
    others: Mapping[str, object],
    *,
    out: Path | None,
    as_json: bool,
) -> None:
    """Score boxes, outlines and classes; `others` are options that have no meaning there."""
    from nuclarium.cli.progress import counted
    from nuclarium.io.write import write_table
    from nuclarium.workspace.evaluate_marks import class_table, evaluate_marked, format_marked

    given = [name for name, value in others.items() if value is not None]
    if given:
        raise SettingsError(
            f"{' and '.join(given)} are for label images, but {truth} is a dataset with boxes or "
            "classes. Leave them out."
        )
    with counted("Scoring", quiet=as_json) as advance:
        found = evaluate_marked(predictions, truth, advance=advance)
    if found.left_out:
        typer.echo(
            f"{len(found.left_out)} fields of the truth have no prediction and were left out, such "
            f"as {found.left_out[0]}.",
            err=True,
        )
    if out is not None:
        write_table(out, class_table(found))
    typer.echo(json.dumps(found.as_dict(), indent=1) if as_json else format_marked(found))
