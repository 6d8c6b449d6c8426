"""The command line: all commands, each of which imports what it needs when it is called."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from nuclarium import __version__
from nuclarium.cli import (
    annotate,
    benchmark,
    classes,
    compare,
    consensus,
    dataset,
    drawn,
    images,
    networks,
    pixels,
    planes,
    project,
    recipe,
    sample,
    store,
)
from nuclarium.cli.options import WRONG_INPUT
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


# In the order in which a lab meets them, which is that of ``--help``.
for _topic in (
    images,
    sample,
    project,
    planes,
    recipe,
    pixels,
    classes,
    annotate,
    dataset,
    networks,
    benchmark,
    compare,
    consensus,
    drawn,
    store,
):
    _topic.register(app)
