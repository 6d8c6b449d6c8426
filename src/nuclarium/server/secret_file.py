"""The secret that signs sessions: made once, kept in the project where only its owner reads it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from nuclarium.core.errors import OutputError

_BYTES = 32


def read_secret(path: Path) -> bytes:
    """Return the secret in a file, made where there is none or others could read it.

    Raises
    ------
    OutputError
        If it can neither be read nor written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file() and not (os.name == "posix" and path.stat().st_mode & 0o077):
            known = path.read_bytes()
            if len(known) >= _BYTES:
                return known
        made = secrets.token_bytes(_BYTES)
        part = path.with_name(f".{path.name}.{os.getpid()}")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(made)
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise OutputError(
            f"The studio must keep a file at {path}, but it cannot: {error.strerror}. Make the "
            "project writable."
        ) from error
    return made
