"""OME-Zarr images, version 0.4 (zarr 2) and 0.5 (zarr 3), in a directory or a zip file."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import UnreadableImageError
from nuclarium.core.geometry import Box
from nuclarium.core.image import Image
from nuclarium.io.checks import check_pixel_type, check_plane, check_segment
from nuclarium.io.scenes import check_scene
from nuclarium.io.units import Calibration, calibrated, micrometres_per

_MARKERS = (".zattrs", ".zgroup", ".zarray", "zarr.json")


@dataclass(frozen=True)
class OmeZarrReader:
    """Reads the multiscales of a zarr group."""

    name: str = "OME-Zarr"

    def refusal(self, path: Path, head: bytes) -> str | None:
        """Return None for a directory or zip file with zarr metadata."""
        if path.is_dir():
            found = any((path / marker).is_file() for marker in _MARKERS)
            return None if found else "no zarr metadata (.zattrs or zarr.json) in the directory"
        if head[:4] != b"PK\3\4":
            return "neither a directory nor a zip file"
        return None if _is_zarr_zip(path) else "no zarr metadata at the top of the zip file"

    def open(self, path: Path, scene: int) -> Image:
        """Read attributes and the shapes of arrays."""
        import zarr

        store = (
            zarr.storage.LocalStore(path, read_only=True)
            if path.is_dir()
            else zarr.storage.ZipStore(path, read_only=True)
        )
        try:
            group = zarr.open(store, mode="r")
            if isinstance(group, zarr.Array):
                raise UnreadableImageError(
                    f"{path.name} must be an OME-Zarr image, but it is a zarr array alone. "
                    "Open the group that holds it, or write it again as OME-Zarr."
                )
            return _image(group, store, path, scene)
        except BaseException:
            store.close()
            raise


def _is_zarr_zip(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile:
        return False
    return any(marker in names for marker in _MARKERS)


def _image(group: Any, store: Any, path: Path, scene: int) -> Image:
    attributes = _plain(group.attrs)
    ome = attributes.get("ome", attributes)
    multiscales = ome.get("multiscales")
    if not multiscales:
        raise UnreadableImageError(_no_multiscales(group, path))
    names = tuple(str(m.get("name") or "") for m in multiscales)
    check_scene(scene, names, path.name)
    multiscale = multiscales[scene]
    axes = _axes(multiscale)
    arrays = _arrays(group, multiscale, axes, path.name)
    sizes = dict(zip((a.name for a in axes), arrays[0].shape, strict=True))
    shape = tuple(int(sizes.get(axis, 1)) for axis in "tczyx")
    calibration = _calibration(multiscale, axes)
    is_labels = "image-label" in ome
    return Image(
        source=ZarrPixels(store, arrays, "".join(a.name for a in axes)),
        name=path.name,
        shape=shape,
        dtype=check_pixel_type(np.dtype(arrays[0].dtype), path.name).newbyteorder("="),
        spacing=calibration.spacing,
        spacing_source=calibration.source,
        channel_names=_channel_names(ome, shape[1]),
        bit_depth=arrays[0].dtype.itemsize * 8,
        level_shapes=tuple((int(a.shape[-2]), int(a.shape[-1])) for a in arrays),
        format=f"OME-Zarr {_version(ome, multiscale)}",
        path=path,
        scene=scene,
        scene_names=names,
        notes=("a label image: its integers are numbers of objects",) if is_labels else (),
    )


def _plain(attributes: Any) -> dict[str, Any]:
    """Return attributes as plain values, so that later errors are those of dict and list."""
    loaded: dict[str, Any] = json.loads(json.dumps(attributes.asdict()))
    return loaded


def _no_multiscales(group: Any, path: Path) -> str:
    inside = sorted({name for name, _ in group.groups()})[:8]
    if inside:
        return (
            f"{path.name} must be an OME-Zarr image, but it is a group without multiscales. "
            f"Open one of the groups in it: {', '.join(inside)}."
        )
    return (
        f"{path.name} must be an OME-Zarr image, but it has no multiscales. "
        "Write it again with a program that writes OME-Zarr 0.4 or 0.5."
    )


@dataclass(frozen=True, slots=True)
class _Axis:
    name: str
    unit: str | None


def _axes(multiscale: dict[str, Any]) -> tuple[_Axis, ...]:
    listed = multiscale.get("axes")
    if not listed:
        raise ValueError("its multiscales name no axes (OME-Zarr older than 0.4)")
    axes = tuple(
        _Axis(a.lower(), None) if isinstance(a, str) else _Axis(a["name"].lower(), a.get("unit"))
        for a in listed
    )
    names = "".join(axis.name for axis in axes)
    if not names.endswith("yx") or not set(names) <= set("tczyx") or len(set(names)) < len(axes):
        raise ValueError(f"axes {names!r} are not among t, c, z followed by y, x")
    return axes


def _arrays(
    group: Any, multiscale: dict[str, Any], axes: tuple[_Axis, ...], name: str
) -> tuple[Any, ...]:
    arrays = tuple(group[str(dataset["path"])] for dataset in multiscale["datasets"])
    first = arrays[0]
    if first.ndim != len(axes):
        raise ValueError(f"the array has {first.ndim} axes, the metadata name {len(axes)}")
    kept = [first]
    for array in arrays[1:]:
        smaller = array.ndim == first.ndim and array.shape[:-2] == first.shape[:-2]
        if smaller and array.dtype == first.dtype and array.shape[-2:] != kept[-1].shape[-2:]:
            kept.append(array)
    for array in kept:
        planes = int(np.prod([1, *map(int, array.shape[:-2])], dtype=object))
        check_plane(int(array.shape[-2]), int(array.shape[-1]), planes, name)
        size = int(np.prod([int(n) for n in array.chunks], dtype=object))
        check_segment(size * array.dtype.itemsize, name)
    return tuple(kept)


def _calibration(multiscale: dict[str, Any], axes: tuple[_Axis, ...]) -> Calibration:
    scale = [1.0] * len(axes)
    found = False
    dataset = multiscale["datasets"][0]
    for transform in (
        *dataset.get("coordinateTransformations", ()),
        *multiscale.get("coordinateTransformations", ()),
    ):
        if transform.get("type") == "scale" and len(transform.get("scale", ())) == len(axes):
            scale = [a * float(b) for a, b in zip(scale, transform["scale"], strict=True)]
            found = True
    lengths: dict[str, float | None] = {}
    for axis, step in zip(axes, scale, strict=True):
        unit = micrometres_per(axis.unit)
        lengths[axis.name] = step * unit if found and unit else None
    y, x, z = (lengths.get(axis) for axis in "yxz")
    absent = "the OME-Zarr axes have no scale with a unit of length"
    return calibrated(y, x, z, "OME-Zarr coordinateTransformations", absent)


def _channel_names(ome: dict[str, Any], count: int) -> tuple[str, ...]:
    omero = ome.get("omero")
    channels = omero.get("channels", ()) if isinstance(omero, dict) else ()
    names = tuple(str(c.get("label", "")) for c in channels if isinstance(c, dict))
    return names if len(names) == count else ("",) * count


def _version(ome: dict[str, Any], multiscale: dict[str, Any]) -> str:
    return str(ome.get("version") or multiscale.get("version") or "of unknown version")


@dataclass
class ZarrPixels:
    """Planes of zarr arrays with axes among t, c, z, y, x."""

    store: Any
    arrays: tuple[Any, ...]
    axes: str

    def read(self, window: Box, *, t: int, c: int, z: int, level: int) -> npt.NDArray[Any]:
        """Return the window; zarr reads the chunks it touches."""
        at = {"t": t, "c": c, "z": z}
        index = tuple(at[axis] for axis in self.axes[:-2])
        pixels = np.asarray(self.arrays[level][(*index, *window.slices)])
        return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)

    def close(self) -> None:
        """Close the store."""
        self.store.close()
