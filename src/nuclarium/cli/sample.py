"""The command ``nuclarium sample``: synthetic images to try things on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from nuclarium.cli.options import Json
from nuclarium.core.errors import SettingsError

NUCLEI, ORGANOID = "nuclei", "organoid"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples:  nuclarium sample --out sample.tif   |   "
        "nuclarium sample organoid --out organoids   |   "
        "nuclarium sample organoid --small --out organoids"
    )(sample)


def sample(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="TIFF to write; for organoid, a folder.")
    ],
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="nuclei: one plane; organoid: stacks of colonies.")
    ] = NUCLEI,
    seed: Annotated[
        int | None, typer.Option(min=0, help="organoid: 1, or another for other colonies.")
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
    workers: Annotated[int | None, typer.Option(min=1, help="organoid: processors to use.")] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="organoid: replace the set in the folder.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write sample images to try things on; they are synthetic, and say so."""
    if kind == NUCLEI:
        given = [seed, colonies, size, workers, small or None, null or None, overwrite or None]
        _write_plane(out, as_json=as_json, for_organoid=any(v is not None for v in given))
        return
    if kind != ORGANOID:
        raise SettingsError(f"KIND must be {NUCLEI} or {ORGANOID}, but got {kind!r}.")
    from nuclarium.cli.progress import counted
    from nuclarium.synthetic.conditions import conditions
    from nuclarium.workspace.organoid_set import SMALL_COLONIES, SMALL_SHAPE, OrganoidSet
    from nuclarium.workspace.organoids import write_organoids

    standard = OrganoidSet()
    settings = OrganoidSet(
        seed=standard.seed if seed is None else seed,
        colonies=colonies or (SMALL_COLONIES if small else standard.colonies),
        shape=size or (SMALL_SHAPE if small else standard.shape),
        conditions=conditions(null=null),
    )
    total = settings.colonies * len(settings.conditions)
    with counted("Making synthetic colonies", quiet=as_json, total=total) as advance:
        summary = write_organoids(
            out, settings, overwrite=overwrite, workers=workers, advance=advance
        )
    if as_json:
        typer.echo(json.dumps(summary, indent=1))
        return
    typer.echo(
        f"{summary['images']} synthetic stacks with {summary['nuclei']:,} nuclei are in {out}, "
        f"with a sheet and the truth; see {out / 'README.txt'}"
    )


def _write_plane(out: Path, *, as_json: bool, for_organoid: bool) -> None:
    from nuclarium.workspace.sample import write_sample

    if for_organoid:
        raise SettingsError(
            "--seed, --colonies, --size, --small, --null, --workers and --overwrite are for "
            f"organoids, but KIND is {NUCLEI}. Write: nuclarium sample organoid --out FOLDER"
        )
    write_sample(out)
    if as_json:
        typer.echo(json.dumps({"synthetic": True, "file": str(out)}, indent=1))
    else:
        typer.echo(f"A synthetic image of nuclei, with its spacing, is in {out}")
