"""Opens an image by what its bytes say; the readers are tried in the order of one tuple."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

from nuclarium.core.errors import UnreadableImageError
from nuclarium.core.image import Image
from nuclarium.io.czi import CziReader
from nuclarium.io.files import read_head
from nuclarium.io.guard import GuardedSource, explained
from nuclarium.io.ome_zarr import OmeZarrReader
from nuclarium.io.raster import RasterReader
from nuclarium.io.slide import SlideReader
from nuclarium.io.tiff import TiffReader


class Reader(Protocol):
    """One family of formats."""

    @property
    def name(self) -> str:
        """The formats, as a person would call them."""
        ...

    def refusal(self, path: Path, head: bytes) -> str | None:
        """Return why this is not the reader's format, or None if it is.

        `head` holds the first bytes of the file and is empty for a directory.
        """
        ...

    def open(self, path: Path, scene: int) -> Image:
        """Read the metadata; may raise anything, but leaves no file open when it does."""
        ...


READERS: tuple[Reader, ...] = (
    SlideReader(),
    TiffReader(),
    CziReader(),
    OmeZarrReader(),
    RasterReader(),
)


def open_image(path: str | Path, *, scene: int = 0) -> Image:
    """Open one image of a file; only its metadata are read now, pixels when asked for.

    Parameters
    ----------
    path : str or Path
        A file or an OME-Zarr directory; the content decides the format, not the extension.
    scene : int
        Which image of a file that holds several, from 0.

    Returns
    -------
    image : Image
        Close it, or use it in a ``with`` statement. Windows can be read from several threads.

    Raises
    ------
    InputNotFoundError
        If there is nothing at `path`.
    UnreadableImageError
        If no reader knows the format, or the file is damaged, or there is no such scene.
    MissingExtraError
        If the format needs an optional part of the installation.
    """
    path = Path(path)
    head = read_head(path)
    refusals = []
    for reader in READERS:
        with explained(path.name, reader.name):
            refusal = reader.refusal(path, head)
            if refusal is None:
                image = reader.open(path, scene)
                guarded = GuardedSource(image.source, path.name, image.format)
                return replace(image, source=guarded)
        refusals.append(f"{reader.name}: {refusal}")
    came = "a directory" if path.is_dir() else f"a file that begins with {head[:8]!r}"
    raise UnreadableImageError(
        f"{path.name} must be an image in a format that we read, but it is {came}. "
        f"Tried: {'; '.join(refusals)}. Export it as OME-TIFF from the program that made it."
    )
