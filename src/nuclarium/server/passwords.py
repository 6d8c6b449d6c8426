"""Passwords: what is taken as one, and argon2 with bounded memory."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from nuclarium.core.errors import AnnotationError

SHORTEST, LONGEST = 10, 200
_AT_ONCE = 2


class Passwords:
    """Hashes and checks passwords in threads, two at a time: each takes 64 MiB for a moment."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._nobodys = self._hasher.hash("of nobody")

    async def hashed(self, password: str) -> str:
        """Return the hash of a password that is new."""
        async with self._at_once:
            return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def is_right(
        self,
        password_hash: str | None,
        password: str,
        *,
        may: Callable[[], None] = lambda: None,
        wrong: Callable[[], None] = lambda: None,
    ) -> bool:
        """Whether a password fits; takes as long where there is no such person.

        Parameters
        ----------
        password_hash : str or None
        password : str
        may : callable
            Asked once it is this password's turn; what it raises ends the try. Many tries that
            come at the same moment see those that failed just before them.
        wrong : callable
            Told within the turn that the password does not fit.
        """
        known = password_hash or self._nobodys
        async with self._at_once:
            may()
            fits = await asyncio.to_thread(self._fits, known, _normal(password))
            fits = fits and bool(password_hash)
            if not fits:
                wrong()
        return fits

    def _fits(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def check_new_password(password: object, name: str) -> str:
    """Return a password that may be used from now on.

    Raises
    ------
    AnnotationError
        If it is too short, too long, one character only, or the person's name.
    """
    if not isinstance(password, str) or not SHORTEST <= len(password) <= LONGEST:
        raise AnnotationError(f"A password must have {SHORTEST} to {LONGEST} characters.")
    if len(set(password)) < 4 or password.casefold() == name.casefold():
        raise AnnotationError(
            "A password must have 4 different characters and not be the name. Take a sentence."
        )
    return password


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
