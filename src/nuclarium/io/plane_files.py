"""One plane of an image as a TIFF of its own, which knows what it was taken from."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import UnreadableImageError
from nuclarium.core.geometry import Box, Spacing, iter_boxes
from nuclarium.core.image import Image
from nuclarium.io.write import TILE, physical_size, print_resolution, written_whole

_WHOLE_SIDE = 4096
_KEY = "nuclarium"


def write_plane(path: Path, image: Image, facts: Mapping[str, Any]) -> None:
    """Write the first plane and channel of an image as OME-TIFF, pixels unchanged.

    The same image and facts give the same bytes. Compression is lossless (deflate). Planes with a
    side above 4,096 px are read and written tile by tile.

    Parameters
    ----------
    path : Path
        Ends in ``.tif``.
    image : Image
        Spacing, bit depth and the channel's name go into the file where they are known.
    facts : mapping
        Where the plane comes from, as JSON in the description of the image.
    """
    is_large = max(image.plane_shape) > _WHOLE_SIDE
    with written_whole(path) as part:
        _write(
            part,
            _tiles(image) if is_large else image.read(),
            spacing=image.spacing,
            facts=facts,
            is_rgb=image.is_rgb,
            shape=(*image.plane_shape, 3) if image.is_rgb else image.plane_shape,
            dtype=image.dtype,
            tile=(TILE, TILE) if is_large else None,
            metadata={
                "SignificantBits": image.bit_depth,
                "Channel": {"Name": [image.channel_names[0] or "channel 0"]},
            },
        )


def write_pixels(
    path: Path,
    pixels: npt.NDArray[Any],
    facts: Mapping[str, Any],
    *,
    spacing: Spacing | None = None,
    bit_depth: int | None = None,
) -> None:
    """Write pixels of shape (H, W) or (H, W, 3) as `write_plane` does."""
    bits = {} if bit_depth is None else {"SignificantBits": bit_depth}
    with written_whole(path) as part:
        _write(
            part,
            pixels,
            spacing=spacing,
            facts=facts,
            is_rgb=pixels.ndim == 3,
            shape=pixels.shape,
            dtype=pixels.dtype,
            tile=None,
            metadata=bits,
        )


def read_facts(path: Path) -> dict[str, Any]:
    """Return the facts that a plane was written with; none for the files of others.

    Raises
    ------
    UnreadableImageError
        If the file is no TIFF.
    """
    import tifffile

    try:
        with tifffile.TiffFile(path) as tif:
            text = tif.ome_metadata
    except Exception as error:
        raise UnreadableImageError(
            f"{path.name} must be a TIFF, but it cannot be read: {error}. Make it again."
        ) from error
    if not text or _KEY not in text:
        return {}
    try:
        found = ElementTree.fromstring(text).find("{*}Image/{*}Description")
        facts = json.loads(found.text or "") if found is not None else {}
    except (ElementTree.ParseError, ValueError):
        return {}
    inner = facts.get(_KEY) if isinstance(facts, dict) else None
    return inner if isinstance(inner, dict) else {}


def _write(
    part: Path,
    data: npt.NDArray[Any] | Iterator[npt.NDArray[Any]],
    *,
    spacing: Spacing | None,
    facts: Mapping[str, Any],
    is_rgb: bool,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    tile: tuple[int, int] | None,
    metadata: Mapping[str, Any],
) -> None:
    import tifffile

    description = json.dumps({_KEY: dict(facts)}, ensure_ascii=True)
    tifffile.imwrite(
        part,
        data,
        shape=shape,
        dtype=dtype,
        ome=True,
        bigtiff=int(np.prod(shape)) * dtype.itemsize > 2**31,
        photometric="rgb" if is_rgb else "minisblack",
        compression="zlib",
        tile=tile,
        metadata={
            "axes": "YXS" if is_rgb else "YX",
            "Description": description,
            # tifffile would take a random one; then equal planes were not equal files.
            "UUID": str(uuid.uuid5(uuid.NAMESPACE_OID, description)),
            **metadata,
            **physical_size(spacing),
        },
        **print_resolution(spacing),
    )


def _tiles(image: Image) -> Iterator[npt.NDArray[Any]]:
    """Yield tiles row by row, those at the lower and right edge filled up with zeros."""
    for box in iter_boxes(image.plane_shape, TILE):
        pixels = image.read(Box(box.y0, box.x0, box.y1, box.x1))
        missing = [(0, TILE - length) for length in pixels.shape[:2]]
        yield np.pad(pixels, [*missing, (0, 0)][: pixels.ndim])
