"""The command ``nuclarium sample``: synthetic images and studies to try things on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from nuclarium.cli.options import Json
from nuclarium.core.errors import SettingsError

NUCLEI, ORGANOID, RATERS = "nuclei", "organoid", "raters"
_OPTIONS = {
    NUCLEI: (),
    ORGANOID: ("seed", "overwrite", "colonies", "size", "small", "null", "workers"),
    RATERS: ("seed", "overwrite", "fields", "raters", "arms", "no_images"),
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples:  nuclarium sample --out sample.tif   |   "
        "nuclarium sample organoid --out organoids   |   "
        "nuclarium sample organoid --small --out organoids   |   "
        "nuclarium sample raters --out study   |   "
        "nuclarium sample raters --fields 12 --raters SP=2,NP=6 --out study"
    )(sample)


def sample(
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="TIFF to write; for organoid and raters, a folder."),
    ],
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="nuclei: one plane; organoid: stacks of colonies; raters: a rating study.",
        ),
    ] = NUCLEI,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="organoid, raters: 1, or another for other colonies or raters."),
    ] = None,
    colonies: Annotated[
        int | None, typer.Option(min=1, help="organoid: colonies a condition; 6 when left out.")
    ] = None,
    size: Annotated[
        tuple[int, int, int] | None,
        typer.Option(
            metavar="Z Y X", help="organoid: voxels of a stack; 36 384 384 when left out."
        ),
    ] = None,
    small: Annotated[
        bool, typer.Option("--small", help="organoid: 2 colonies a condition of 24 224 224 voxels.")
    ] = False,
    null: Annotated[
        bool, typer.Option("--null", help="organoid: no effect of the condition is planted.")
    ] = False,
    fields: Annotated[
        int | None, typer.Option(min=1, help="raters: fields of view; 53 when left out.")
    ] = None,
    raters: Annotated[
        str | None,
        typer.Option(
            metavar="GROUPS", help="raters: how many of each group; SP=3,JP=4,NP=18 when left out."
        ),
    ] = None,
    arms: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="raters: some of U-control, B-control, E, U-control-again; all when left out.",
        ),
    ] = None,
    no_images: Annotated[
        bool, typer.Option("--no-images", help="raters: tables alone, no pictures of fields.")
    ] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="organoid: processors to use.")] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="organoid, raters: replace what is in the folder.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write sample images or a rating study to try things on; synthetic, and they say so."""
    given: dict[str, Any] = {
        "seed": seed,
        "colonies": colonies,
        "size": size,
        "small": small or None,
        "null": null or None,
        "fields": fields,
        "raters": raters,
        "arms": arms,
        "no_images": no_images or None,
        "workers": workers,
        "overwrite": overwrite or None,
    }
    given = {name: value for name, value in given.items() if value is not None}
    _check_options(kind, given)
    write = {NUCLEI: _write_plane, ORGANOID: _write_organoids, RATERS: _write_raters}[kind]
    summary, text = write(out, given, as_json)
    typer.echo(json.dumps(summary, indent=1) if as_json else text)


def _check_options(kind: str, given: dict[str, Any]) -> None:
    if kind not in _OPTIONS:
        raise SettingsError(f"KIND must be {NUCLEI}, {ORGANOID} or {RATERS}, but got {kind!r}.")
    for name in given:
        if name not in _OPTIONS[kind]:
            meant = [other for other, own in _OPTIONS.items() if name in own]
            raise SettingsError(
                f"--{name.replace('_', '-')} is for {' and '.join(meant)}, but KIND is {kind}. "
                f"Write: nuclarium sample {meant[0]} --out FOLDER"
            )


def _write_plane(out: Path, given: dict[str, Any], as_json: bool) -> tuple[dict[str, Any], str]:
    from nuclarium.workspace.sample import write_sample

    write_sample(out)
    text = f"A synthetic image of nuclei, with its spacing, is in {out}"
    return {"synthetic": True, "file": str(out)}, text


def _write_organoids(out: Path, given: dict[str, Any], as_json: bool) -> tuple[dict[str, Any], str]:
    from nuclarium.cli.progress import counted
    from nuclarium.synthetic.conditions import conditions
    from nuclarium.workspace.organoid_set import SMALL_COLONIES, SMALL_SHAPE, OrganoidSet
    from nuclarium.workspace.organoids import write_organoids

    standard, small = OrganoidSet(), "small" in given
    settings = OrganoidSet(
        seed=given.get("seed", standard.seed),
        colonies=given.get("colonies", SMALL_COLONIES if small else standard.colonies),
        shape=given.get("size", SMALL_SHAPE if small else standard.shape),
        conditions=conditions(null="null" in given),
    )
    total = settings.colonies * len(settings.conditions)
    with counted("Making synthetic colonies", quiet=as_json, total=total) as advance:
        summary = write_organoids(
            out,
            settings,
            overwrite="overwrite" in given,
            workers=given.get("workers"),
            advance=advance,
        )
    return summary, (
        f"{summary['images']} synthetic stacks with {summary['nuclei']:,} nuclei are in {out}, "
        f"with a sheet and the truth; see {out / 'README.txt'}"
    )


def _write_raters(out: Path, given: dict[str, Any], as_json: bool) -> tuple[dict[str, Any], str]:
    from nuclarium.cli.progress import counted
    from nuclarium.workspace.rater_study import rater_study, write_rater_study

    settings = rater_study(**{k: v for k, v in given.items() if k != "overwrite"})
    with counted("Drawing fields", quiet=as_json, total=settings.spec.fields) as advance:
        summary = write_rater_study(out, settings, overwrite="overwrite" in given, advance=advance)
    return summary, (
        f"{summary['marks']:,} marks of {sum(summary['raters'].values())} synthetic raters on "
        f"{summary['nuclei']:,} nuclei in {summary['fields']} fields are in {out / 'marks.csv'}; "
        f"what was planted lies beside, see {out / 'README.txt'}"
    )
