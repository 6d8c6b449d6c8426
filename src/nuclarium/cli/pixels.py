"""Commands of pixel classifiers and of the status of masks."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from nuclarium.cli.options import WRONG_INPUT, Json, command_line, taking_several

_MANY = ("--strokes", "--scales", "--features")

pixels = typer.Typer(
    help="Preliminary masks from a few strokes: train a pixel classifier, apply it.",
    epilog="Example:  nuclarium pixels train a.tif --strokes a_strokes.tif --out nuclei.classifier",
    no_args_is_help=True,
    rich_markup_mode=None,
)
masks = typer.Typer(
    help="Status of the masks of a folder: preliminary, verified or rejected, by whom and when.",
    epilog="Example:  nuclarium masks list masks",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(pixels, name="pixels")
    app.add_typer(masks, name="masks")


Workers = Annotated[int | None, typer.Option(min=1, help="Processors to use.")]
Folder = Annotated[Path, typer.Argument(help="Folder of masks.")]
Names = Annotated[list[str], typer.Argument(help="Names or files of masks.")]
Who = Annotated[str, typer.Option(help="Who says so; the user of the system when left out.")]
Note = Annotated[str, typer.Option(help="A remark, kept in the sheet.")]
Channels = Annotated[
    list[str] | None,
    typer.Option(
        "--channel",
        help="Channel to look at: a name, or an index from 0; may be given several times.",
    ),
]


@pixels.command(
    cls=taking_several(*_MANY),
    epilog="Examples:  nuclarium pixels train cells.tif --strokes cells_strokes.tif --out "
    "nuclei.classifier   |   nuclarium pixels train a.tif b.tif --strokes a.zip b.geojson "
    "--out nuclei.classifier --scales 1 2 4",
)
def train(
    images: Annotated[list[Path], typer.Argument(help="Images that were drawn on.")],
    strokes: Annotated[
        list[Path],
        typer.Option(
            help="Label image (0 not drawn, 1 background, 2 nuclei), ImageJ .roi or .zip, or "
            "GeoJSON; several.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Classifier file to write.")],
    scales: Annotated[
        list[float] | None,
        typer.Option(help="Sigma of the filters in px; several. 0.7 1 1.6 3.5 5 when left out."),
    ] = None,
    features: Annotated[
        list[str] | None,
        typer.Option(
            help="gaussian, gradient, laplacian, difference, structure, hessian; all when left out."
        ),
    ] = None,
    classes: Annotated[
        str, typer.Option(help="Names of the classes, background first, the nuclei second.")
    ] = "background,foreground",
    channel: Channels = None,
    z: Annotated[
        str, typer.Option(help="For stacks: max, best, each, or the index of a slice.")
    ] = "max",
    time: Annotated[int, typer.Option(help="Time point, from 0.")] = 0,
    three_d: Annotated[
        bool, typer.Option("--3d", help="Look along z too, by the spacing in the file.")
    ] = False,
    recipe: Annotated[
        str,
        typer.Option(
            help='Steps that images go through first, such as "rolling_ball radius_um=10"; see '
            "`nuclarium recipe show`. Kept in the classifier."
        ),
    ] = "",
    trees: Annotated[int, typer.Option(help="Trees of the forest.")] = 48,
    depth: Annotated[int, typer.Option(help="Questions that a tree asks, 1 to 8.")] = 7,
    seed: Annotated[int, typer.Option(help="The same seed gives the same classifier.")] = 0,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Train a pixel classifier from strokes; it is one file, and gives the same masks anywhere."""
    from nuclarium.predict.segment import available_cores
    from nuclarium.suggest.file import classifier_digest
    from nuclarium.suggest.settings import FAMILIES, SCALES_PX, ForestSettings
    from nuclarium.workspace.pixel_images import LookSettings
    from nuclarium.workspace.pixel_train import PixelTrainSettings, train_pixels

    settings = PixelTrainSettings(
        look=LookSettings(tuple(channel or ()), z, time, 3 if three_d else 2, recipe),
        scales_px=tuple(scales or SCALES_PX),
        families=tuple(features or FAMILIES),  # type: ignore[arg-type]
        forest=ForestSettings(trees=trees, depth=depth, seed=seed),
        class_names=tuple(name.strip() for name in classes.split(",")),
    )
    found = train_pixels(
        images,
        strokes,
        out,
        settings,
        workers=workers or available_cores(),
        made_by=command_line(),
    )
    trained_on = found.facts["images"]
    if as_json:
        facts = {"file": str(out), "sha256": classifier_digest(found), **found.facts}
        typer.echo(json.dumps(facts, indent=1, ensure_ascii=False))
        return
    drawn_on = [image for image in trained_on if any(image["drawn_pixels"].values())]
    for image in drawn_on:
        drawn = ", ".join(f"{number:,} {name}" for name, number in image["drawn_pixels"].items())
        typer.echo(f"{image['image']}: {drawn} pixels")
    if len(drawn_on) < len(trained_on):
        typer.echo(f"{len(trained_on) - len(drawn_on):,} other images have no strokes.")
    typer.echo(
        f"{out} ({out.stat().st_size / 1e3:.0f} kB, {len(found.features.names)} features). "
        f"Apply it: nuclarium pixels apply {out} IMAGES --out masks"
    )


@pixels.command(
    epilog="Examples:  nuclarium pixels apply nuclei.classifier plate/*.tif --out masks   |   "
    "nuclarium pixels apply nuclei.classifier cells.tif --out masks --min-um2 20 --no-part"
)
def apply(
    classifier: Annotated[Path, typer.Argument(help="File of `nuclarium pixels train`.")],
    images: Annotated[list[Path], typer.Argument(help="Images to mask.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of masks.")],
    smooth_px: Annotated[
        float, typer.Option(help="Smooth the edge by a Gaussian of this sigma; 0 does not.")
    ] = 1.0,
    fill_px: Annotated[
        float | None,
        typer.Option(help="Fill holes up to this area; all when left out, 0 fills none."),
    ] = None,
    min_px: Annotated[float, typer.Option(help="Leave out nuclei of fewer pixels.")] = 12,
    min_um2: Annotated[
        float, typer.Option(help="Leave out smaller nuclei, where the spacing is known.")
    ] = 0,
    part: Annotated[bool, typer.Option(help="Part touching nuclei.")] = True,
    join_ratio: Annotated[
        float, typer.Option(help="Part less at smaller values, at every waist at 1.")
    ] = 0.95,
    probability: Annotated[
        bool, typer.Option("--probability", help="Write the probability too, in 1/255.")
    ] = False,
    channel: Channels = None,
    z: Annotated[str | None, typer.Option(help="For stacks, as in training when left out.")] = None,
    who: Who = "",
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Replace masks that are verified or changed by hand."),
    ] = False,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Mask images: NAME.tif, labels/NAME.tif and the status of each in masks.csv."""
    from nuclarium.predict.segment import available_cores
    from nuclarium.workspace.pixel_apply import PixelApplySettings, apply_pixels

    settings = PixelApplySettings(
        smooth_px=smooth_px,
        fill_px=fill_px,
        least_px=min_px,
        least_um2=min_um2,
        part=part,
        join_ratio=join_ratio,
        probability=probability,
        channels=tuple(channel or ()),
        z=z,
    )
    with _bar("Classifying", quiet=as_json) as (begin, advance):
        result = apply_pixels(
            classifier,
            images,
            out,
            settings,
            overwrite=overwrite,
            workers=workers or available_cores(),
            made_by=command_line(),
            who=who,
            on_begin=begin,
            on_pixels=advance,
        )
    for failure in result.failures:
        typer.echo(f"nuclarium: {failure.path}: {failure.reason}", err=True)
    if as_json:
        failed = [{"file": f.path.name, "reason": f.reason} for f in result.failures]
        content = {"images": result.records, "kept": result.kept, "failures": failed}
        typer.echo(json.dumps(content, indent=1, ensure_ascii=False))
    else:
        for record in result.records:
            typer.echo(
                f"{record['name']}: {record['n_nuclei']:,} nuclei, "
                f"{100 * record['foreground']:.1f} % of the image"
            )
        for name in result.kept:
            typer.echo(f"{name}: kept, as a person has verified or changed it (--overwrite)")
        if result.records:
            typer.echo(f"Look at them, then: nuclarium masks verify {out} NAMES")
    if result.failures:
        raise typer.Exit(WRONG_INPUT)


@masks.command(
    "list", epilog="Examples:  nuclarium masks list masks   |   ... list masks --history"
)
def list_masks(
    folder: Folder,
    history: Annotated[
        bool, typer.Option("--history", help="Everything that was ever said, oldest first.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the masks of a folder and their status."""
    from nuclarium.workspace.mask_status import listed

    rows = listed(folder, history=history)
    if as_json:
        typer.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    for row in rows:
        remark = f"  [{row['remark']}]" if row["remark"] else ""
        note = f"  {row['note']}" if row["note"] else ""
        typer.echo(f"{row['name']}: {row['status']}, {row['who']}, {row['when']}{note}{remark}")
    if not rows:
        typer.echo(f"No masks in {folder}.")


@masks.command(epilog="Example:  nuclarium masks verify masks cells plate_a1 --who Ada")
def verify(folder: Folder, names: Names, who: Who = "", note: Note = "") -> None:
    """Say that masks are right; `pixels apply` keeps them from then on."""
    _set(folder, names, "verified", who, note)


@masks.command(epilog="Example:  nuclarium masks reject masks cells --note 'out of focus'")
def reject(folder: Folder, names: Names, who: Who = "", note: Note = "") -> None:
    """Say that masks are not to be used."""
    _set(folder, names, "rejected", who, note)


@masks.command(epilog="Example:  nuclarium masks reopen masks cells")
def reopen(folder: Folder, names: Names, who: Who = "", note: Note = "") -> None:
    """Take a verdict back: the masks are preliminary again."""
    _set(folder, names, "preliminary", who, note)


def _set(folder: Path, names: list[str], status: str, who: str, note: str) -> None:
    from nuclarium.workspace.mask_status import set_status

    events = set_status(folder, names, status, who=who, note=note, made_by=command_line())  # type: ignore[arg-type]
    for event in events:
        typer.echo(f"{event.name}: {event.status}, {event.who}, {event.when}")


@contextmanager
def _bar(
    title: str, *, quiet: bool
) -> Iterator[tuple[Callable[[int], None], Callable[[int], None]]]:
    """Show a bar over pixels: one function adds to what there is, the other to what is done."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    progress = Progress(
        TextColumn(title),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True, quiet=quiet),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with progress:
        task = progress.add_task("", total=0)
        yield (
            lambda pixels: progress.update(task, total=progress.tasks[0].total + pixels),  # type: ignore[operator]
            lambda pixels: progress.advance(task, pixels),
        )
