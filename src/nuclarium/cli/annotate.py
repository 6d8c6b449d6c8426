"""The command that starts the annotation studio."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nuclarium.cli.options import command_line


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(
        epilog="Examples:  nuclarium annotate organoids   |   nuclarium annotate slide.svs   |   "
        "nuclarium annotate organoids --accounts --host 0.0.0.0"
    )(annotate)


def annotate(
    workspace: Annotated[
        Path, typer.Argument(metavar="WORKSPACE", help="A project, a folder of images or an image.")
    ] = Path(),
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port; the next free one if it is taken.")
    ] = 8765,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    single_user: Annotated[
        bool,
        typer.Option(
            "--single-user/--accounts",
            help="One person on this machine without log-in, or people with accounts.",
        ),
    ] = True,
    database: Annotated[
        str,
        typer.Option(
            metavar="URL",
            envvar="NUCLARIUM_DATABASE",
            show_envvar=True,
            help="Store of annotations, such as postgresql://…; a file in the project if left out.",
        ),
    ] = "",
    public_url: Annotated[
        str,
        typer.Option(metavar="URL", help="Where people reach it behind a proxy: https://name"),
    ] = "",
    project: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where what is drawn in plain images is kept; beside them if left out.",
        ),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address, and open nothing.")
    ] = False,
) -> None:
    """Outline and classify nuclei in the browser: one person, or many with accounts."""
    from nuclarium.cli.progress import reading
    from nuclarium.server.serve import ServeSettings, serve
    from nuclarium.workspace.studio import open_workspace

    settings = ServeSettings(host, port, single_user, database, public_url, not no_browser)
    with reading() as told:
        opened = open_workspace(
            workspace,
            into=project,
            made_by=command_line(),
            say=lambda text: typer.echo(text, err=True),
            told=told,
        )
    serve(opened, settings, typer.echo)
