"""The commands of datasets: freeze, split, audit, count, compare, exchange."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nuclarium.cli.options import LEAKS, Json

if TYPE_CHECKING:
    from nuclarium.workspace.dataset import Outcome

dataset_app = typer.Typer(
    name="dataset",
    help="Frozen sets of images with truth: build, split, audit, count, compare, exchange.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog="Example:  nuclarium dataset build FOLDER --out datasets/mine",
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(dataset_app)


DatasetPath = Annotated[
    Path,
    typer.Argument(
        metavar="DATASET", help="Folder of a dataset (its newest version) or of a version."
    ),
]
Name = Annotated[str, typer.Option(help="Name of the dataset; its folder's, if left out.")]
Licence = Annotated[str, typer.Option(help="Such as CC-BY-4.0.")]
Origin = Annotated[str, typer.Option(help="Where the images are from.")]
Annotation = Annotated[str, typer.Option(help="How and by whom the truth was made.")]
Truth = Annotated[
    str, typer.Option(help="auto, labels (a number a nucleus) or masks (parts become nuclei).")
]
Threshold = Annotated[
    float | None, typer.Option(help="For grey masks: values from here on are nuclei.")
]
PixelSide = Annotated[
    float | None, typer.Option(help="Side of a pixel in µm, where files and sheet lack it.")
]


@dataset_app.command(
    epilog="Examples:  nuclarium dataset build my_images --out datasets/mine --licence CC0   |   "
    "nuclarium dataset build PROJECT   |   "
    "nuclarium dataset build bmgd --out datasets/bmgd --truth masks"
)
def build(
    source: Annotated[
        Path, typer.Argument(help="Folder of images and their labels or masks, or of a project.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder of the dataset; of a project: datasets/NAME."),
    ] = None,
    name: Name = "",
    licence: Licence = "",
    origin: Origin = "",
    annotation: Annotation = "",
    sheet: Annotated[
        Path | None,
        typer.Option(help="CSV with a column image, and condition, group, patient, slide, z …"),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="Take a fact from another column: --column condition=modality"),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(help="Take some rows of the sheet alone: --where modality=fluorescence"),
    ] = None,
    truth: Truth = "auto",
    threshold: Threshold = None,
    spacing_um: PixelSide = None,
    as_json: Json = False,
) -> None:
    """Freeze images and labels as a version, with a hash of each; a change makes a new one."""
    from nuclarium.cli.progress import counted
    from nuclarium.workspace.dataset import Card, build_dataset
    from nuclarium.workspace.dataset_options import intake_settings

    settings = intake_settings(sheet, column, where, truth, threshold, spacing_um)
    card = Card(name, licence, origin, annotation)
    with counted("Checking and writing", quiet=as_json) as advance:
        outcome = build_dataset(source, out, settings, card, advance=advance)
    _show(outcome, as_json=as_json)


@dataset_app.command(
    epilog="Examples:  nuclarium dataset split datasets/mine --ratios 80:10:10 --seed 1   |   "
    "nuclarium dataset split datasets/mine --by group --stratify condition   |   "
    "nuclarium dataset split datasets/mine --by patient --folds 5   |   "
    "nuclarium dataset split datasets/nucls --folds nucls"
)
def split(
    dataset: DatasetPath,
    ratios: Annotated[
        str | None,
        typer.Option(
            help="train:val:test; 80:10:10 if left out, and with --folds 100:0:0.",
        ),
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            help="random; hospital, patient, slide, group, look or another column, which then "
            "stays together; or condition-stratified, random with equal shares of each condition."
        ),
    ] = "random",
    stratify: Annotated[
        str,
        typer.Option(
            help="Column whose values each part gets in equal shares; classes: those of the nuclei."
        ),
    ] = "",
    folds: Annotated[
        str,
        typer.Option(
            metavar="N|nucls",
            help="Folds of a cross-validation over what is not test; or nucls: the published five.",
        ),
    ] = "0",
    seed: Annotated[int, typer.Option(help="Another seed, another draw.")] = 0,
    as_json: Json = False,
) -> None:
    """Divide a dataset into train, val and test; a new version with the same files."""
    from nuclarium.workspace.dataset import split_dataset
    from nuclarium.workspace.dataset_options import split_settings

    settings = split_settings(ratios, by, stratify, folds, seed)
    _show(split_dataset(dataset, settings), as_json=as_json)


@dataset_app.command(epilog="Example:  nuclarium dataset group datasets/mine --by look")
def group(
    dataset: DatasetPath,
    by: Annotated[str, typer.Option(help="look: size, brightness, sharpness, nuclei.")] = "look",
    distance: Annotated[
        float, typer.Option(help="Smaller makes more groups; 1 is about a fourfold difference.")
    ] = 1.0,
    as_json: Json = False,
) -> None:
    """Put images that look alike in groups: the column look, for split --by look."""
    from nuclarium.cli.progress import counted
    from nuclarium.core.errors import SettingsError
    from nuclarium.workspace.dataset import group_dataset

    if by != "look":
        raise SettingsError(
            f"--by must be look, but got {by}. Groups that you know go into the sheet."
        )
    with counted("Looking", quiet=as_json) as advance:
        outcome = group_dataset(dataset, distance=distance, advance=advance)
    _show(outcome, as_json=as_json)


@dataset_app.command(
    epilog="Examples:  nuclarium dataset audit datasets/mine --page audit.html   |   "
    "nuclarium dataset audit datasets/mine --json. Exit code 1: there are leaks between parts."
)
def audit(
    dataset: DatasetPath,
    page: Annotated[
        Path | None, typer.Option(help="Page with pictures of what was found, .html.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processors to use.")] = 2,
    as_json: Json = False,
) -> None:
    """Find leaks between parts, and trouble with labels; exit code 1 when there are leaks."""
    from nuclarium.cli.progress import counted
    from nuclarium.dataset.read import read_dataset
    from nuclarium.workspace.dataset_audit import audit_dataset, verdict

    with counted("Looking", quiet=as_json) as advance:
        found = audit_dataset(dataset, page=page, workers=workers, advance=advance)
    if as_json:
        typer.echo(json.dumps(found.as_dict(), indent=1, ensure_ascii=False))
    else:
        for kind, count in found.as_dict()["counts"].items():
            leaks = sum(f.kind == kind and f.is_leak for f in found.findings)
            typer.echo(f"{count:6,}  {kind}" + (f" ({leaks:,} between parts)" if leaks else ""))
        typer.echo(verdict(read_dataset(dataset), found))
        if page is not None:
            typer.echo(f"Look at {page}")
    if found.leaks:
        raise typer.Exit(LEAKS)


@dataset_app.command(
    epilog="Examples:  nuclarium dataset stats datasets/mine --figure table1.png   |   "
    "nuclarium dataset stats datasets/mine --by split --out table1.csv"
)
def stats(
    dataset: DatasetPath,
    by: Annotated[str, typer.Option(help="Column that the rows are of.")] = "condition",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Table to write, .csv or .parquet.")
    ] = None,
    figure: Annotated[Path | None, typer.Option(help="Figure to write, .png.")] = None,
    as_json: Json = False,
) -> None:
    """Count images and nuclei by condition, with means and spreads."""
    from nuclarium.cli.progress import counted
    from nuclarium.workspace.dataset_stats import dataset_stats, format_stats

    with counted("Counting", quiet=as_json) as advance:
        table = dataset_stats(dataset, by=by, out=out, figure=figure, advance=advance)
    typer.echo(table.to_json(orient="records", indent=1) if as_json else format_stats(table))


@dataset_app.command(
    epilog="Example:  nuclarium dataset diff datasets/mine/v001 datasets/mine/v002"
)
def diff(
    before: Annotated[Path, typer.Argument(help="A version, or a dataset (its newest version).")],
    after: Annotated[Path, typer.Argument(help="Another.")],
    as_json: Json = False,
) -> None:
    """List what changed: added, removed, pixels, labels, facts, split."""
    from dataclasses import asdict

    from nuclarium.workspace.dataset import diff_datasets

    changes = diff_datasets(before, after)
    if as_json:
        typer.echo(json.dumps([asdict(c) for c in changes], indent=1, ensure_ascii=False))
        return
    for change in changes:
        typer.echo("  ".join(part for part in (change.kind, change.id, change.text) if part))
    if not changes:
        typer.echo("Nothing has changed.")


@dataset_app.command(
    name="import",
    epilog="Examples:  nuclarium dataset import stage1_train --out datasets/dsb   |   "
    "nuclarium dataset import bmgd --format bmgd --truth masks --out datasets/bmgd   |   "
    "nuclarium dataset import nucls NuCLS/corrected_single_rater --out datasets/nucls",
)
def import_(
    source: Annotated[
        list[Path],
        typer.Argument(
            metavar="[FORMAT] FOLDER", help="Folder that another program, or export, wrote."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the dataset.")],
    kind: Annotated[
        str,
        typer.Option(
            "--format",
            help="auto, bmgd, dsb2018, coco, nucls, yolo, cellpose, stardist, geojson or parquet.",
        ),
    ] = "auto",
    name: Name = "",
    licence: Licence = "",
    origin: Origin = "",
    annotation: Annotation = "",
    sheet: Annotated[
        Path | None, typer.Option(help="CSV with facts of the images, for bmgd and label files.")
    ] = None,
    truth: Truth = "auto",
    threshold: Threshold = None,
    spacing_um: PixelSide = None,
    classes: Annotated[
        Path | None, typer.Option(help="TOML with the levels of the classes of nuclei.")
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="nucls: take fields that come twice alike once.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Freeze a dataset in another program's format."""
    from nuclarium.cli.progress import counted
    from nuclarium.workspace.dataset import Card
    from nuclarium.workspace.dataset_exchange import import_dataset
    from nuclarium.workspace.dataset_options import intake_settings, source_of

    folder, kind = source_of(source, kind)
    settings = intake_settings(
        sheet, None, None, truth, threshold, spacing_um, classes=classes, once=once
    )
    card = Card(name, licence, origin, annotation)
    with counted("Reading and writing", quiet=as_json) as advance:
        outcome = import_dataset(folder, out, kind, settings, card, advance=advance)
    _show(outcome, as_json=as_json)


@dataset_app.command(
    epilog="Examples:  nuclarium dataset export datasets/mine --format coco --out mine_coco   |   "
    "nuclarium dataset export datasets/mine --format parquet --out mine_hub"
)
def export(
    dataset: DatasetPath,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write; new or empty.")],
    kind: Annotated[
        str,
        typer.Option(
            "--format",
            help="bmgd, dsb2018, coco, coco-rle, nucls, yolo, cellpose, stardist, geojson, parquet "
            "or datasheet.",
        ),
    ],
    as_json: Json = False,
) -> None:
    """Write a dataset for another program, with a data sheet; importing it gives the same."""
    from nuclarium.cli.progress import counted
    from nuclarium.workspace.dataset_exchange import export_files

    with counted("Writing", quiet=as_json) as advance:
        written = export_files(dataset, out, kind, advance=advance)
    made, notes = written.dataset, written.notes
    facts = {"folder": str(out), "format": kind, "images": len(made.items), "notes": notes}
    if as_json:
        typer.echo(json.dumps(facts, indent=1, ensure_ascii=False))
        return
    for note in notes:
        typer.echo(note)
    typer.echo(f"{len(made.items):,} images of {made.name} {made.version} are in {out}")


def _show(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(outcome.as_dict(), indent=1, ensure_ascii=False))
        return
    for note in outcome.notes:
        typer.echo(note)
    numbers = outcome.as_dict()
    parts = ", ".join(f"{name} {count:,}" for name, count in numbers["split"].items())
    said = f"{numbers['images']:,} images, {numbers['nuclei']:,} nuclei" + (
        f" ({parts})" if parts else ""
    )
    state = "is new" if outcome.is_new else "is unchanged"
    typer.echo(f"{outcome.dataset.version} {state}: {said}, in {outcome.dataset.folder}")
