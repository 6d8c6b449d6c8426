"""A file before any format is known: that it exists, how it begins, its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from nuclarium.core.errors import InputNotFoundError, UnreadableImageError

HEAD_SIZE = 4096
_BLOCK = 1 << 20


def read_head(path: Path) -> bytes:
    """Return the first bytes of a file, or none for a directory.

    Raises
    ------
    InputNotFoundError
        If there is nothing at `path`.
    UnreadableImageError
        If the file is empty, is not a file, or may not be read.
    """
    try:
        if path.is_dir():
            return b""
        if not path.exists():
            raise InputNotFoundError(
                f"An image was expected at {path}, but there is nothing. "
                "Check the spelling, and whether the drive is connected."
            )
        if not path.is_file():
            raise UnreadableImageError(
                f"{path} must be a file or an OME-Zarr directory, but it is a device or a pipe. "
                "Give the path of an image."
            )
        with path.open("rb") as file:
            head = file.read(HEAD_SIZE)
    except PermissionError as error:
        raise UnreadableImageError(
            f"{path} must be readable, but this user has no permission. Ask its owner for it."
        ) from error
    except (OSError, ValueError) as error:
        if isinstance(error, InputNotFoundError):
            raise
        raise UnreadableImageError(
            f"{path} cannot be read: {error}. Check the path and the drive."
        ) from error
    if not head:
        raise UnreadableImageError(
            f"{path} must hold an image, but it has no bytes at all. "
            "The copy or export was cut off; copy the file again."
        )
    return head


def hash_file(path: str | Path, told: Callable[[int], None] = lambda count: None) -> str:
    """Return the SHA-256 of a file, or of the names and contents of all files in a directory.

    Parameters
    ----------
    path : str or Path
        A file, or a directory such as an OME-Zarr.
    told : callable
        Called with the number of bytes that were read since.

    Returns
    -------
    digest : str
        64 hexadecimal digits; the place of a directory and the order of its files do not matter.

    Raises
    ------
    InputNotFoundError
        If there is nothing at `path`.
    """
    path = Path(path)
    if path.is_dir():
        return _hash_directory(path, told)
    if not path.exists():
        raise InputNotFoundError(
            f"A file to hash was expected at {path}, but there is nothing. Check the spelling."
        )
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            told(len(block))
    return digest.hexdigest()


def _hash_directory(path: Path, told: Callable[[int], None]) -> str:
    digest = hashlib.sha256()
    files = {file.relative_to(path).as_posix(): file for file in path.rglob("*") if file.is_file()}
    for name in sorted(files):
        # Fixed-length hashes between names keep contents from imitating names.
        digest.update(hashlib.sha256(name.encode()).digest())
        digest.update(bytes.fromhex(hash_file(files[name], told)))
    return digest.hexdigest()
