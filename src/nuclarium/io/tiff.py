"""TIFF and what is built on it: ImageJ, OME-TIFF, Zeiss LSM, Aperio SVS, Hamamatsu NDPI."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nuclarium.core.errors import UnreadableImageError
from nuclarium.core.image import Image
from nuclarium.io.checks import check_pixel_type
from nuclarium.io.scenes import PlaneOrder, check_scene
from nuclarium.io.slide import open_slide
from nuclarium.io.tiff_chain import check_chain
from nuclarium.io.tiff_metadata import Metadata, ome_images, series_metadata
from nuclarium.io.tiff_pixels import PageGrid, TiffPixels
from nuclarium.io.tiff_samples import Samples, axis_lengths, choose_samples

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_BY_OPENSLIDE = ("bif", "scn", "philips")
_THUMBNAILS = {"svs": ("Thumbnail", "Label", "Macro"), "ndpi": ("Macro", "Map")}


@dataclass(frozen=True)
class TiffReader:
    """Reads TIFF files by their kind."""

    name: str = "TIFF (ImageJ, OME-TIFF, LSM, SVS, NDPI)"

    def refusal(self, path: Path, head: bytes) -> str | None:
        """Return None for a file with a TIFF signature."""
        return None if head[:4] in SIGNATURES else "no TIFF signature"

    def open(self, path: Path, scene: int) -> Image:
        """Read tags and metadata."""
        import tifffile

        # Its warnings go to whoever configures logging, never to the user's terminal.
        logging.getLogger("tifffile").addHandler(logging.NullHandler())
        check_chain(path)
        tif = tifffile.TiffFile(path)
        try:
            kind = next((k for k in _BY_OPENSLIDE if getattr(tif, f"is_{k}")), None)
            if kind is None:
                return _image(tif, path, scene)
        except BaseException:
            tif.close()
            raise
        tif.close()
        return open_slide(path, scene)


def _image(tif: Any, path: Path, scene: int) -> Image:
    ome_images(tif, path.name)  # refuses absurd counts before tifffile makes lists of that length
    scenes = _scenes(tif)
    names = tuple(str(series.name) for series in scenes)
    check_scene(scene, names, path.name)
    series = scenes[scene]
    metadata = series_metadata(tif, series, scene, path.name)
    _check_compression(int(series.keyframe.compression), path.name)
    check_pixel_type(series.keyframe.dtype, path.name)
    samples = choose_samples(series, path.name)
    order, axis_notes = _plane_order(series, samples)
    levels = _levels(series, order, path.name)
    source = TiffPixels(tif, levels, order, samples, path.name)
    shape = _shape(order, samples, levels[0].shape)
    return Image(
        source=source,
        name=path.name,
        shape=shape,
        dtype=samples.dtype,
        spacing=metadata.calibration.spacing,
        spacing_source=metadata.calibration.source,
        channel_names=_names(metadata.channel_names, shape[1]),
        bit_depth=metadata.bit_depth or samples.bit_depth,
        level_shapes=tuple(level.shape for level in levels),
        format=metadata.format,
        path=path,
        scene=scene,
        scene_names=names,
        notes=(*metadata.notes, *samples.notes, *axis_notes, *_skipped(tif, scenes, metadata)),
        description=metadata.description,
        segment_shapes=tuple(level.segment_shape for level in levels),
    )


def _scenes(tif: Any) -> list[Any]:
    """Return the series that are images, not thumbnails, labels or photographs of the slide."""
    series = list(tif.series)
    if tif.is_lsm:
        series = series[:1]
    kept = [s for s in series if s.name not in _THUMBNAILS.get(s.kind, ())]
    if not kept:
        raise ValueError("there is no image in it")
    return kept


def _skipped(tif: Any, scenes: list[Any], metadata: Metadata) -> tuple[str, ...]:
    names = [str(s.name).lower() for s in tif.series if not any(s is kept for kept in scenes)]
    if not names or metadata.format == "Zeiss LSM":
        return ()
    return (f"not read: {', '.join(names)}",)


def _plane_order(series: Any, samples: Samples) -> tuple[PlaneOrder, tuple[str, ...]]:
    axes, lengths, notes = "", [], []
    pairs = axis_lengths(series)
    if samples.are_channels and not any(a == "S" and n > 1 for a, n in pairs):
        pairs = [(a, n) for a, n in pairs if a != "C"]
    for axis, length in pairs:
        if axis in "YXS" or (axis not in "TCZ" and length == 1):
            continue
        if axis not in "TCZ":
            what = "pages" if axis in "IQ" else f"steps of axis {axis}"
            notes.append(f"{length} {what} are taken as Z planes; the file does not say better")
        axes += axis if axis in "TCZ" else "Z"
        lengths.append(int(length))
    return PlaneOrder(axes, tuple(lengths)), tuple(notes)


def _levels(series: Any, order: PlaneOrder, name: str) -> tuple[PageGrid, ...]:
    grids: list[PageGrid] = []
    for level in series.levels:
        grid = PageGrid(level.keyframe, (), level.dataoffset if level is series else None)
        if grid.contiguous_from is None or not grid.is_raw:
            # One by one: a tuple would believe the length that a damaged header claims.
            grid = PageGrid(level.keyframe, tuple(page for page in level.pages), None)
        fits = grid.contiguous_from is not None or len(grid.pages) >= order.count
        same = grid.keyframe.dtype == series.keyframe.dtype
        if grids and not (fits and same and _shrinks(grid.shape, grids[-1].shape)):
            continue
        if not fits:
            raise ValueError(f"{order.count} planes are promised, {len(grid.pages)} pages found")
        grid.check(order.count, name)
        grids.append(grid)
    return tuple(grids)


def _check_compression(number: int, name: str) -> None:
    import tifffile

    if number == 1:
        return
    try:
        tifffile.TIFF.DECOMPRESSORS[number]
    except KeyError as error:
        raise UnreadableImageError(
            f"{name} must be compressed by a known method, but its number is {number}. "
            "Save it without compression, or with LZW, deflate or zstd."
        ) from error


def _shrinks(shape: tuple[int, int], before: tuple[int, int]) -> bool:
    return shape[0] <= before[0] and shape[1] <= before[1] and shape != before


def _shape(order: PlaneOrder, samples: Samples, plane: tuple[int, int]) -> tuple[int, ...]:
    channels = order.length("C") * (len(samples.take) if samples.are_channels else 1)
    shape = (order.length("T"), channels, order.length("Z"), *plane)
    return (*shape, 3) if samples.is_rgb else shape


def _names(names: Sequence[str], channels: int) -> tuple[str, ...]:
    """Return one name a channel; a list of another length names none of them reliably."""
    return tuple(names) if len(names) == channels else ("",) * channels
