"""Runs the server until it is told to end: a free port, the browser, a clean stop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import secrets
import socket
import sys
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

import uvicorn

from nuclarium.annotate.store import Store
from nuclarium.core.errors import OutputError, SettingsError
from nuclarium.server.app import create_app
from nuclarium.server.invitations import first_invitation
from nuclarium.server.origins import is_loopback, origins_of
from nuclarium.server.secret_file import read_secret
from nuclarium.server.studio import Studio
from nuclarium.workspace.annotation_store import STORE, single_person
from nuclarium.workspace.project import Project

_MORE_PORTS = 20
_GRACE_S = 5
_SWITCH_S = 0.001
"""How long a thread that draws may keep those that answer waiting; Python has 5 ms."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """How a studio is served.

    Parameters
    ----------
    host : str
        Address to listen on.
    port : int
        0 for any that is free; one that is taken gives way to the next free one.
    single_user : bool
        One person without log-in, on this machine alone.
    database : str
        URL of the store; the project's own file when empty.
    public_url : str
        Where people reach it, behind a proxy.
    browser : bool
        Whether the page is opened.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    single_user: bool = True
    database: str = ""
    public_url: str = ""
    browser: bool = True

    def __post_init__(self) -> None:
        if self.single_user and not is_loopback(self.host):
            raise SettingsError(
                "A studio without log-in must listen on this machine alone, but got the host "
                f"{self.host}. Start it with --accounts."
            )


def serve(project: Project, settings: ServeSettings, say: Say) -> None:
    """Serve a project until Ctrl-C or a signal ends it; `say` is told where it is."""
    origins = origins_of(settings.host, settings.public_url)
    place = project.folder / STORE
    secret = read_secret(place.with_name("secret"))
    token = secrets.token_urlsafe(24) if settings.single_user else ""
    with Store.open(settings.database or place) as store:
        listening = listen(settings.host, settings.port)
        with contextlib.closing(listening):
            port = listening.getsockname()[1]
            if settings.port and port != settings.port:
                say(f"The port {settings.port} is taken; this studio has {port}.")
            root = settings.public_url.rstrip("/") or f"http://{_shown(settings.host)}:{port}"
            address = _address(store, settings, root, token)
            say(f"The studio of {project.settings.name} is at {address}")
            if not (settings.single_user or is_loopback(settings.host) or origins.is_https):
                say(
                    "Passwords and images cross the network unencrypted: put a proxy with https "
                    "before it and name it with --public-url, as docs/studio_server.md shows."
                )
            say("Ctrl-C ends it. What is acknowledged is on the disk at every moment.")
            app = create_app(
                project,
                store,
                single_user=settings.single_user,
                secret=secret,
                origins=origins,
                start_token=token,
            )
            config = uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                server_header=False,
                ws="none",
                timeout_graceful_shutdown=_GRACE_S,
                limit_concurrency=None,
                h11_max_incomplete_event_size=64 << 10,
            )
            opened = address if settings.browser else ""
            sys.setswitchinterval(_SWITCH_S)
            try:
                StudioServer(config, app.state.studio, opened).run(sockets=[listening])
            finally:
                app.state.studio.close()
    say("The studio has ended.")


class StudioServer(uvicorn.Server):
    """A server that opens the page when it answers, and lets listeners go when it ends.

    Parameters
    ----------
    config : uvicorn.Config
    studio : Studio
    address : str
        What the browser is to open; nothing when empty.
    """

    def __init__(self, config: uvicorn.Config, studio: Studio, address: str = "") -> None:
        super().__init__(config)
        self._studio, self._address = studio, address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, then open the page."""
        await super().startup(sockets)
        if self._address and not self.should_exit:
            await asyncio.to_thread(webbrowser.open, self._address)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End after what is being answered; asking twice does not cut it short."""
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what would keep connections open, then all others."""
        self._studio.events.close()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the port, or the next one that is free.

    Raises
    ------
    OutputError
        If the host is none of this machine's, or no port is free.
    """
    ports = range(port, min(port + _MORE_PORTS, 65_536)) if port else (0,)
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise OutputError(f"The host {host} must be known, but: {error.strerror}.") from error
    family, kind, protocol, _, place = found[0]
    for candidate in ports:
        here = socket.socket(family, kind, protocol)
        here.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            here.bind((place[0], candidate))
            here.listen(2_048)
        except OSError as error:
            here.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise OutputError(
                    f"The studio must listen on {host}, but it cannot: {error.strerror}."
                ) from error
            continue
        return here
    raise OutputError(
        f"A port from {ports[0]} to {ports[-1]} must be free, but none is. Choose another: --port"
    )


def _address(store: Store, settings: ServeSettings, root: str, token: str) -> str:
    if settings.single_user:
        single_person(store)
        return f"{root}/?start={token}"
    first = first_invitation(store)
    return f"{root}/" if first is None else f"{root}/#/invite/{first} (a link for the first admin)"


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
