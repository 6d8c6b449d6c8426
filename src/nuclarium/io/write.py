"""Write results whole or not at all: label images, tables and JSON."""

from __future__ import annotations

import hashlib
import json
import math
import os
import secrets
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tifffile

from nuclarium.core.errors import NuclariumError, OutputError
from nuclarium.core.geometry import Spacing
from nuclarium.core.labels import Labels

if TYPE_CHECKING:
    import pandas as pd

TILE = 512
_TILED_FROM = 2048
_UNITS = {"um": "µm", "um2": "µm²", "um3": "µm³", "px": "px", "rad": "rad"}


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`, and rename what was written there when all went well.

    Parameters
    ----------
    path : Path
        File or folder to write; what is there before stays until the new one is complete. Folders
        above it are made.

    Yields
    ------
    part : Path
        Does not exist yet; write a file or a folder there.

    Raises
    ------
    OutputError
        If the file system refuses, with its reason.
    """
    part = path.with_name(f".{_shortened(path.name)}.part-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        _put_in_place(part, path)
    except NuclariumError:
        raise
    except OSError as error:
        raise OutputError(
            f"{path} must be writable, but the system says: {error.strerror or error}. "
            "Choose another output folder, or free some space."
        ) from error
    finally:
        _remove(part)


def write_labels(
    path: Path,
    labels: Labels,
    spacing: Spacing | None = None,
    *,
    name: str = "nuclei",
    dtype: npt.DTypeLike | None = None,
) -> None:
    """Write a label image as OME-TIFF, which Fiji, QuPath, napari and tifffile open.

    Pixels are uint16 where the largest label is below 65,536, and int32 otherwise; compression is
    lossless (deflate). Planes with a side above 2,048 px are stored in tiles. The same labels, name
    and spacing give the same bytes.

    Parameters
    ----------
    path : Path
        Usually ends in ``.ome.tif``.
    labels : ndarray of an integer type, shape (H, W) or (Z, H, W)
        0 is background.
    spacing : Spacing, optional
        Written as the physical size of a pixel; left out of the file where it is unknown.
    name : str
        Name of the image in the file.
    dtype : dtype, optional
        Another type of pixel, wide enough for all labels.
    """
    if labels.ndim not in (2, 3) or labels.dtype.kind not in "ui" or 0 in labels.shape:
        raise ValueError(
            f"labels must be integers of shape (H, W) or (Z, H, W), but got {labels.dtype} "
            f"of shape {labels.shape}."
        )
    if int(labels.min()) < 0:
        raise ValueError(f"labels must not be negative, but the smallest is {labels.min()}.")
    stored = _label_type(int(labels.max())) if dtype is None else np.dtype(dtype)
    with written_whole(path) as part:
        tifffile.imwrite(
            part,
            labels.astype(stored, copy=False),
            tile=(TILE, TILE) if max(labels.shape[-2:]) > _TILED_FROM else None,
            **_label_options(
                labels.shape, stored, spacing, name, UUID=_identifier(labels, name, spacing)
            ),
        )


def write_label_stack(
    path: Path,
    slices: Iterable[Labels],
    shape: tuple[int, int, int],
    spacing: Spacing | None = None,
    *,
    name: str = "nuclei",
) -> None:
    """Write a stack of labels as OME-TIFF slice by slice, int32; one slice is in memory.

    Parameters
    ----------
    path : Path
        Usually ends in ``.ome.tif``.
    slices : iterable of ndarray of int, shape (H, W)
        From the first slice on, as many as `shape` says.
    shape : (Z, H, W)
    spacing : Spacing, optional
        Its `z` is written as the distance of two slices.
    name : str
        Name of the image in the file.
    """
    dtype = np.dtype(np.int32)
    pages = (np.ascontiguousarray(labels, dtype) for labels in slices)
    with written_whole(path) as part:
        tifffile.imwrite(
            part, pages, shape=shape, dtype=dtype, **_label_options(shape, dtype, spacing, name)
        )


def _label_type(largest: int) -> np.dtype[Any]:
    return np.dtype(np.uint16 if largest < 2**16 else np.int32)


def _label_options(
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    spacing: Spacing | None,
    name: str,
    **metadata: str,
) -> dict[str, Any]:
    return {
        "ome": True,
        "bigtiff": math.prod(shape) * dtype.itemsize > 2**31,
        "photometric": "minisblack",
        "compression": "zlib",
        "metadata": {
            "axes": "ZYX"[-len(shape) :],
            "Name": name,
            **metadata,
            **physical_size(spacing),
        },
        **print_resolution(spacing),
    }


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV or Parquet, whichever the name says.

    In Parquet, every column whose name ends in a unit (`area_um2`) carries it as the field's
    metadata ``unit``. In CSV, numbers are written so that reading them gives the same number, and
    missing values are empty.

    Parameters
    ----------
    path : Path
        Ends in ``.csv`` or ``.parquet``.
    table : DataFrame
        The index is left out.
    """
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".parquet"):
        raise OutputError(
            f"A table must be written as .csv or .parquet, but got {path.name}. Change the ending."
        )
    with written_whole(path) as part:
        if suffix == ".csv":
            table.to_csv(part, index=False, lineterminator="\n", errors="backslashreplace")
        else:
            _write_parquet(part, table)


def write_long_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table of millions of rows as CSV, ten times as fast as `write_table`.

    Numbers are written so that reading them gives the same number, missing values are empty; texts
    are in quotes, flags are ``true`` and ``false``.

    Parameters
    ----------
    path : Path
        Ends in ``.csv``.
    table : DataFrame
        The index is left out.
    """
    import pyarrow as pa
    import pyarrow.csv

    with written_whole(path) as part:
        arrow = pa.Table.from_pandas(table, preserve_index=False)
        pyarrow.csv.write_csv(arrow, part)


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write values as indented JSON; numbers that are not finite become null."""
    text = json.dumps(_plain(values), indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def write_text(path: Path, text: str) -> None:
    r"""Write text as UTF-8, with the line ends it has.

    Bytes of file names that are no text, which Python keeps as lone surrogates, are written as
    ``\udcff``; in JSON this is read back as it was.
    """
    with written_whole(path) as part:
        part.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")


def unit_of(column: str) -> str | None:
    """Return the unit that a column's name ends in, or None.

    Examples
    --------
    >>> unit_of("area_um2"), unit_of("solidity")
    ('µm²', None)
    """
    return _UNITS.get(column.rpartition("_")[2])


def _write_parquet(part: Path, table: pd.DataFrame) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = pa.Table.from_pandas(table, preserve_index=False)
    fields = [
        field.with_metadata({"unit": unit}) if (unit := unit_of(field.name)) else field
        for field in arrow.schema
    ]
    pq.write_table(arrow.cast(pa.schema(fields, arrow.schema.metadata)), part)


def _put_in_place(part: Path, path: Path) -> None:
    """Rename what was written; a folder that is in the way is set aside first."""
    if not part.is_dir():
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
        return
    old = part.with_name(part.name.replace(".part-", ".old-"))
    if path.exists():
        path.replace(old)
    try:
        part.replace(path)
    except BaseException:
        if old.exists():
            old.replace(path)
        raise
    _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _shortened(name: str) -> str:
    """Cut a name so that the temporary name fits in the 255 bytes of a file system."""
    return name.encode()[:200].decode(errors="ignore")


def _identifier(labels: Labels, name: str, spacing: Spacing | None) -> str:
    """Return an identifier made from the content, where OME-XML would have a random one."""
    digest = hashlib.blake2b(f"{name} {spacing} {labels.shape}".encode(), digest_size=16)
    digest.update(np.ascontiguousarray(labels).data)
    return f"urn:uuid:{uuid.UUID(bytes=digest.digest(), version=5)}"


def physical_size(spacing: Spacing | None) -> dict[str, float | str]:
    """Return a spacing as the attributes of OME-XML; none where it is unknown."""
    if spacing is None:
        return {}
    sizes = {"X": spacing.x, "Y": spacing.y, "Z": spacing.z}
    known = {axis: size for axis, size in sizes.items() if size is not None}
    return {f"PhysicalSize{axis}": size for axis, size in known.items()} | {
        f"PhysicalSize{axis}Unit": "µm" for axis in known
    }


def print_resolution(spacing: Spacing | None) -> dict[str, Any]:
    """Pixels per centimetre, for programs that read no OME-XML."""
    if spacing is None:
        return {}
    return {"resolution": (1e4 / spacing.x, 1e4 / spacing.y), "resolutionunit": "CENTIMETER"}


def _plain(value: Any) -> Any:
    """Turn a value into what JSON can hold."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value if isinstance(value, str | int | bool | None) else str(value)
