"""Folders of synthetic samples: nothing but an earlier sample is ever replaced."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nuclarium.core.errors import OutputError


def check_free(folder: Path, what: str, marks: Sequence[str], *, overwrite: bool) -> None:
    """Refuse a folder that holds something else, or, without `overwrite`, an earlier sample.

    Parameters
    ----------
    folder : Path
    what : str
        What such a sample is, in words.
    marks : sequence of str
        Files by which one is known.

    Raises
    ------
    OutputError
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not all((folder / mark).is_file() for mark in marks):
        raise OutputError(
            f"{folder} must be new, empty, or hold {what}, but something else is there. Choose "
            "another folder."
        )
    if not overwrite:
        raise OutputError(
            f"{folder} holds {what} already. Use --overwrite to replace it, or choose another "
            "folder."
        )
