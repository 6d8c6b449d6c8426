"""Sessions in signed cookies, and tokens that tell the page's requests from other sites'."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeTimedSerializer

LASTS_S = 14 * 24 * 3600
_MOST_READ = 2_000
_KEPT_S = 60.0


@dataclass(frozen=True, slots=True)
class Session:
    """Who is logged in.

    Parameters
    ----------
    id : str
        Random.
    alias : str
    stamp : str
        Of the password at log-in; another password ends the session.
    """

    id: str
    alias: str
    stamp: str


class Sessions:
    """Makes and reads cookies and tokens.

    Parameters
    ----------
    secret : bytes
        Whoever knows it can be anybody.
    clock : callable
        Seconds, for how long a cookie that was right is not looked at again.
    """

    def __init__(self, secret: bytes, clock: Callable[[], float] = time.time) -> None:
        self._signer = URLSafeTimedSerializer(secret, salt="nuclarium session")
        self._key = hmac.digest(secret, b"nuclarium csrf", "sha256")
        self.cookie = f"nuclarium_{hmac.digest(secret, b'cookie', 'sha256').hex()[:8]}"
        self._clock = clock
        self._read: dict[str, tuple[float, Session]] = {}
        self._tokens: dict[str, str] = {}

    def begin(self, alias: str, stamp: str) -> tuple[Session, str]:
        """Return a new session and what its cookie holds."""
        session = Session(secrets.token_urlsafe(18), alias, stamp)
        return session, self._signer.dumps([session.id, session.alias, session.stamp])

    def read(self, cookie: str | None) -> Session | None:
        """Return the session of a cookie, or None where it is none of ours, or old.

        Whether it was logged out is known to the store.
        """
        if not cookie or len(cookie) > 2_000:
            return None
        until, session = self._read.get(cookie, (0.0, None))
        if session is None or self._clock() > until:
            session = self._checked(cookie)
        return session

    def _checked(self, cookie: str) -> Session | None:
        """Read a cookie and keep for a minute that it was right."""
        try:
            values = self._signer.loads(cookie, max_age=LASTS_S)
        except BadSignature:
            return None
        if len(self._read) >= _MOST_READ:
            self._read.clear()
        self._read[cookie] = (self._clock() + _KEPT_S, Session(*values))
        return self._read[cookie][1]

    def csrf(self, session: Session) -> str:
        """Return the token that the page sends with whatever writes."""
        if session.id not in self._tokens:
            if len(self._tokens) >= _MOST_READ:
                self._tokens.clear()
            self._tokens[session.id] = hmac.digest(self._key, session.id.encode(), "sha256").hex()
        return self._tokens[session.id]

    def is_csrf(self, session: Session, token: str | None) -> bool:
        """Whether a token is that of the session."""
        return hmac.compare_digest(self.csrf(session).encode(), (token or "").encode())


def token_hash(token: str) -> str:
    """Return what is kept of a token that is handed out once."""
    return hashlib.sha256(token.encode()).hexdigest()
