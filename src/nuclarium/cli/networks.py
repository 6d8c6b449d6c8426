"""Commands of networks: the shipped models, training, export, 8 bits."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Annotated

import typer

from nuclarium.cli.options import INTERRUPTED, Json

_MADE_BY = "make models, in nuclarium's source with the images beside it (docs/models.md)"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example:  nuclarium models --json")(models)
    app.command(
        epilog="Examples:  nuclarium train recipes/fluo.toml --out runs/fluo   |   "
        "nuclarium train recipes/fluo.toml --preview preview.png   |   "
        "nuclarium train --from fluo my_images --out runs/mine   |   the same command goes on "
        "with a run that was stopped"
    )(train)
    app.command(epilog="Example:  nuclarium export runs/fluo --out my_model.onnx")(export)
    app.command(epilog="Example:  nuclarium quantize my_model.onnx images/*.tif")(quantize)


def models(as_json: Json = False) -> None:
    """List the shipped models and their cards."""
    from nuclarium.cli.card import card_lines
    from nuclarium.predict.model import load_model, shipped_models

    cards = {
        name: {"sha256": loaded.hash, "made_by": _MADE_BY, **loaded.card}
        for name, loaded in ((name, load_model(name)) for name in shipped_models())
    }
    if as_json:
        typer.echo(json.dumps(cards, indent=1, ensure_ascii=False))
        return
    for name, card in cards.items():
        typer.echo(name)
        for line in card_lines(card):
            typer.echo(f"  {line}")


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
    from nuclarium.train.fine_tune import caution, write_settings

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
    if start is not None and (said := caution(source)):
        typer.echo(f"nuclarium: {said}", err=True)
    try:
        best = start_run(settings, out)
    except KeyboardInterrupt:
        typer.echo("\nnuclarium: stopped. The same command goes on with the run.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    typer.echo(f"The network is in {best}. Make a model of it: nuclarium export {out} --out FILE")


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


def quantize(
    model: Annotated[Path, typer.Argument(help="Model file of `nuclarium export`.")],
    images: Annotated[
        list[Path],
        typer.Argument(help="Ten or more images like those that the model is used on."),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Model file to write; MODEL itself when left out."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a model faster: add its network in 8 bits. Needs the extra `train`.

    The nuclei of both are compared, and if they differ much nothing is written.
    """
    need_extra("Quantizing")
    from nuclarium.cli.progress import counted
    from nuclarium.train.quantize import quantize_model

    with counted("Images compared", quiet=as_json, total=len(images)) as seen:
        made = quantize_model(model, images, out or model, seen=seen)
    at_half, at_more = (made.agreement.matches[i].f1 for i in (0, 5))
    size = len(made.model.network) / 1e6
    if as_json:
        values = {"model": str(out or model), "sha256": made.model.hash, "images": made.images}
        typer.echo(json.dumps({**values, "f1@0.50": at_half, "f1@0.75": at_more}))
        return
    typer.echo(
        f"{out or model} ({size:.1f} MB). In {made.images} images the network in 8 bits finds the "
        f"nuclei of the one in single precision: F1 {at_half:.3f} at an IoU of 0.5, {at_more:.3f} "
        "at 0.75."
    )


def need_extra(step: str) -> None:
    """Refuse a step whose optional part is not installed."""
    from nuclarium.core.errors import MissingExtraError

    if any(importlib.util.find_spec(name) is None for name in ("torch", "lightning", "onnx")):
        raise MissingExtraError(step, "train")
