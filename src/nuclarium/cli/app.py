"""The commands; each imports what it needs when called, so that ``--help`` answers at once."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from nuclarium import __version__
from nuclarium.cli import compare, sample
from nuclarium.cli import planes as plane_commands
from nuclarium.cli import project as project_commands
from nuclarium.cli import recipe as recipe_commands
from nuclarium.cli.benchmark import SeveralValues, benchmark
from nuclarium.cli.dataset import dataset_app
from nuclarium.cli.pixels import masks, pixels
from nuclarium.core.errors import NuclariumError

app = typer.Typer(
    name="nuclarium",
    help="From raw microscopy files to published answers about cell nuclei.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Begin with: nuclarium segment IMAGE --out results",
)

app.add_typer(dataset_app)
app.add_typer(pixels, name="pixels")
app.add_typer(masks, name="masks")

WRONG_INPUT = 2
INTERRUPTED = 130

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def main() -> None:
    """Run the command line; errors that a user can cause are one line and exit code 2."""
    try:
        app()
    except NuclariumError as error:
        typer.echo(f"nuclarium: {error}", err=True)
        sys.exit(WRONG_INPUT)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nuclarium {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


@app.command(
    epilog="Examples:  nuclarium info slide.svs   |   nuclarium info stack.czi --scene 1 --json"
)
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


@app.command(
    epilog="Examples:  nuclarium segment plate/*.tif --out results   |   "
    "nuclarium segment stack.czi --out results --channel DAPI --z best   |   "
    "nuclarium segment stack.lsm --3d --out results   |   "
    "nuclarium segment big.svs --out results --resume   |   nuclarium segment my_project"
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
            help="auto, onnxruntime, or of the extra openvino: openvino, or openvino-bf16, which "
            "is faster and a little less exact."
        ),
    ] = "auto",
    tta: Annotated[
        bool,
        typer.Option(
            "--tta",
            help="Average over all eight turns of the image: a little better, 4 (he) or 8 (fluo) "
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
    command = "nuclarium " + shlex.join(sys.argv[1:])
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
                command=command,
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


@app.command(
    epilog="Examples:  nuclarium measure labels.tif image.tif --out nuclei.csv   |   "
    "nuclarium measure labels.tif image.tif --spacing-um 0.325"
)
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


@app.command(
    epilog="Examples:  nuclarium evaluate results truth   |   "
    "nuclarium evaluate results truth --against other_results --groups plates.csv   |   "
    "nuclarium evaluate results truth --3d"
)
def evaluate(
    predictions: Annotated[Path, typer.Argument(help="Folder of results or label images.")],
    truth: Annotated[Path, typer.Argument(help="Folder of true label images of the same names.")],
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


app.command(epilog=sample.EPILOG)(sample.sample)


@app.command(epilog="Example:  nuclarium models --json")
def models(as_json: Json = False) -> None:
    """List the shipped models and their cards."""
    from nuclarium.cli.card import card_lines
    from nuclarium.predict.model import load_model, shipped_models

    cards = {
        name: {"sha256": loaded.hash, **loaded.card}
        for name, loaded in ((name, load_model(name)) for name in shipped_models())
    }
    if as_json:
        typer.echo(json.dumps(cards, indent=1, ensure_ascii=False))
        return
    for name, card in cards.items():
        typer.echo(name)
        for line in card_lines(card):
            typer.echo(f"  {line}")


@app.command(
    epilog="Examples:  nuclarium train recipes/fluo.toml --out runs/fluo   |   "
    "nuclarium train recipes/fluo.toml --preview preview.png   |   "
    "nuclarium train --from fluo my_images --out runs/mine   |   the same command goes on with a "
    "run that was stopped"
)
def train(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SETTINGS|FOLDER",
            help="Settings, a TOML file, see docs/training.md; or, with --from, a folder that "
            "holds the folders images and labels.",
        ),
    ],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder of the run.")] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="Shipped model, or model file, to adapt to the folder."),
    ] = None,
    preview: Annotated[
        Path | None,
        typer.Option(help="Only write a PNG of patches as the network would see them."),
    ] = None,
) -> None:
    """Train a network; a run that was stopped goes on. Needs the extra `train`."""
    need_extra("Training")
    from nuclarium.core.errors import SettingsError
    from nuclarium.train.fine_tune import write_settings

    if preview is not None and start is None:
        from nuclarium.report.preview import write_preview
        from nuclarium.train.preview import preview_patches

        write_preview(preview, *preview_patches(source))
        typer.echo(f"Patches as the network would see them are in {preview}")
        return
    if out is None or preview is not None:
        raise SettingsError(
            "Training needs a folder for the run: give --out DIR; --preview takes a settings file."
        )
    from nuclarium.train.run import train as start_run

    settings = source if start is None else write_settings(source, start, out)
    try:
        best = start_run(settings, out)
    except KeyboardInterrupt:
        typer.echo("\nnuclarium: stopped. The same command goes on with the run.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    typer.echo(f"The network is in {best}. Make a model of it: nuclarium export {out} --out FILE")


@app.command(epilog="Example:  nuclarium export runs/fluo --out my_model.onnx")
def export(
    run: Annotated[Path, typer.Argument(help="Folder of a training run.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Model file to write.")],
    scores: Annotated[
        Path | None,
        typer.Option(help="JSON of `nuclarium evaluate --json`, to keep in the model's card."),
    ] = None,
    calibration: Annotated[
        Path | None,
        typer.Option(help="JSON of benchmarks/calibration.py, so that scores are probabilities."),
    ] = None,
) -> None:
    """Make one model file of a training run. Needs the extra `train`."""
    need_extra("Exporting")
    from nuclarium.train.export import export_run

    model = export_run(run, out, scores=scores, calibration=calibration)
    typer.echo(f"{out} ({len(model.network) / 1e6:.1f} MB). Use it: --model {out}")


app.command(epilog=compare.EPILOG)(compare.compare)
project_commands.register(app)
plane_commands.register(app)
recipe_commands.register(app)


def need_extra(step: str) -> None:
    """Refuse a step whose optional part is not installed."""
    import importlib.util

    from nuclarium.core.errors import MissingExtraError

    if any(importlib.util.find_spec(name) is None for name in ("torch", "lightning", "onnx")):
        raise MissingExtraError(step, "train")


app.command(
    cls=SeveralValues,
    epilog="Example:  nuclarium benchmark datasets/bmgd --encoders ResNet50 MobileNetV2 "
    "--out benchmarks/bmgd --reference bmgd-paper",
)(benchmark)
