"""Which names, addresses and origins are the server's own: against other sites and their names."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from nuclarium.core.errors import SettingsError

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Origins:
    """What a request may name as its host and as the page that it came from.

    Parameters
    ----------
    hosts : frozenset of str
        Names that are the server's; in lower case, without port.
    any_address : bool
        Whether a bare address is taken, too: no other site can have one as its name.
    public_url : str
        Where people reach it when a proxy stands before it; empty otherwise.
    """

    hosts: frozenset[str]
    any_address: bool = False
    public_url: str = ""

    @property
    def is_https(self) -> bool:
        """Whether people reach it by https."""
        return self.public_url.startswith("https://")

    def is_host(self, host: str) -> bool:
        """Whether a ``Host`` header is the server's.

        Examples
        --------
        >>> here = Origins(frozenset({"localhost"}))
        >>> here.is_host("localhost:8765"), here.is_host("evil.example:8765")
        (True, False)
        """
        name = _name(host)
        return name in self.hosts or (self.any_address and _is_address(name))

    def is_own(self, origin: str, host: str) -> bool:
        """Whether an ``Origin`` header is the page's, for a request to `host`."""
        if self.public_url and origin == self.public_url:
            return True
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


def origins_of(host: str, public_url: str = "") -> Origins:
    """Return what is the server's own when it listens on a host.

    Parameters
    ----------
    host : str
        Name or address to listen on.
    public_url : str
        Such as ``https://annotate.example.org``; nothing after the name.

    Raises
    ------
    SettingsError
        If the URL is not like that.
    """
    names = {*_LOOPBACK, host.lower()}
    url = public_url.rstrip("/")
    if url:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
            raise SettingsError(
                "The public URL must be like https://annotate.example.org, but got "
                f"{public_url[:80]}."
            )
        names.add(parts.hostname)
    if not is_loopback(host):
        names |= {socket.gethostname().lower(), socket.getfqdn().lower()}
    return Origins(frozenset(names), any_address=not is_loopback(host), public_url=url)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens there."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
