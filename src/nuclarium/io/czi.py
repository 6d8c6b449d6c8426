"""Zeiss CZI: scenes, planes, mosaics and their pyramids."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nuclarium.core.errors import UnreadableImageError
from nuclarium.core.geometry import Box
from nuclarium.core.image import Image
from nuclarium.io.checks import check_pixel_type, check_plane
from nuclarium.io.czi_metadata import CziMetadata, parse_czi_metadata
from nuclarium.io.czi_pixels import PIXEL_TYPES, CziPixels, PlaneKey, TileSet
from nuclarium.io.czi_segments import SIGNATURE, CziFile, SubBlock
from nuclarium.io.scenes import check_scene

_OTHER_AXES = {"R": "rotation", "I": "illumination", "H": "phase", "V": "view"}


@dataclass(frozen=True)
class CziReader:
    """Reads CZI by its segments."""

    name: str = "Zeiss CZI"

    def refusal(self, path: Path, head: bytes) -> str | None:
        """Return None for a file with the signature of CZI."""
        return None if head.startswith(SIGNATURE) else "no CZI signature"

    def open(self, path: Path, scene: int) -> Image:
        """Read the directory and the metadata."""
        file = CziFile(path)
        try:
            return _image(file, path, scene)
        except BaseException:
            file.close()
            raise


def _image(file: CziFile, path: Path, scene: int) -> Image:
    metadata = parse_czi_metadata(file.metadata())
    blocks = file.sub_blocks()
    scenes = sorted({block.start("S") for block in blocks})
    names = _scene_names(metadata, len(scenes))
    check_scene(scene, names, path.name)
    kept, notes = _first_of_other_axes([b for b in blocks if b.start("S") == scenes[scene]])
    stored, samples = _pixel_type(kept, path.name)
    area = _area(kept, path.name)
    origins = {axis: min(b.start(axis) for b in kept) for axis in "TCZ"}
    tczs = [max(b.start(axis) for b in kept) - origins[axis] + 1 for axis in "TCZ"]
    check_plane(*area.shape, tczs[0] * tczs[1] * tczs[2], path.name)
    levels, shapes = _levels(kept, area, origins)
    shape = (*tczs, *area.shape, 3) if samples > 1 else (*tczs, *area.shape)
    channels = tczs[1]
    return Image(
        source=CziPixels(file, levels, stored, samples > 1, path.name),
        name=path.name,
        shape=shape,
        dtype=stored,
        spacing=metadata.calibration.spacing,
        spacing_source=metadata.calibration.source,
        channel_names=_channel_names(metadata, channels),
        bit_depth=min(metadata.bit_depth or 64, stored.itemsize * 8),
        level_shapes=shapes,
        format="Zeiss CZI",
        path=path,
        scene=scene,
        scene_names=names,
        notes=(*notes, *_coverage(levels[0], area)),
    )


def _scene_names(metadata: CziMetadata, count: int) -> tuple[str, ...]:
    return metadata.scene_names if len(metadata.scene_names) == count else ("",) * count


def _channel_names(metadata: CziMetadata, count: int) -> tuple[str, ...]:
    return metadata.channel_names if len(metadata.channel_names) == count else ("",) * count


def _first_of_other_axes(blocks: list[SubBlock]) -> tuple[list[SubBlock], tuple[str, ...]]:
    notes = []
    for axis, word in _OTHER_AXES.items():
        steps = {block.start(axis) for block in blocks}
        if len(steps) > 1:
            notes.append(f"only the first of {len(steps)} steps of axis {axis} ({word}) is read")
            blocks = [block for block in blocks if block.start(axis) == min(steps)]
    return blocks, tuple(notes)


def _pixel_type(blocks: list[SubBlock], name: str) -> tuple[np.dtype, int]:
    kinds = {block.pixel_type for block in blocks}
    if len(kinds) > 1 or not kinds <= PIXEL_TYPES.keys():
        raise UnreadableImageError(
            f"{name} must have pixels of one known type, but its tiles have types "
            f"{sorted(kinds)}. Export each channel of its own from ZEN, as OME-TIFF."
        )
    stored, samples = PIXEL_TYPES[kinds.pop()]
    return check_pixel_type(np.dtype(stored).newbyteorder("="), name), samples


def _area(blocks: list[SubBlock], name: str) -> Box:
    full = [block for block in blocks if block.downsample == 1]
    if not full:
        raise UnreadableImageError(
            f"{name} must hold tiles at full size, but this scene has only its pyramid. "
            "Copy all parts of the file."
        )
    across, down = [b.extents["X"] for b in full], [b.extents["Y"] for b in full]
    return Box(
        min(e.start for e in down),
        min(e.start for e in across),
        max(e.start + e.size for e in down),
        max(e.start + e.size for e in across),
    )


def _levels(
    blocks: list[SubBlock], area: Box, origins: dict[str, int]
) -> tuple[tuple[dict[PlaneKey, TileSet], ...], tuple[tuple[int, int], ...]]:
    grouped: dict[int, dict[PlaneKey, list[SubBlock]]] = defaultdict(lambda: defaultdict(list))
    for block in blocks:
        t, c, z = (block.start(axis) - origins[axis] for axis in "TCZ")
        grouped[block.downsample][t, c, z].append(block)
    levels, shapes = [], []
    for downsample in sorted(grouped):
        planes = grouped[downsample]
        if planes.keys() != grouped[1].keys() or not _is_whole(planes, area):
            continue
        corner = (area.y0, area.x0)
        levels.append({k: TileSet.of(tiles, corner, downsample) for k, tiles in planes.items()})
        shapes.append((-(-area.shape[0] // downsample), -(-area.shape[1] // downsample)))
    return tuple(levels), tuple(shapes)


def _is_whole(planes: dict[PlaneKey, list[SubBlock]], area: Box) -> bool:
    """Whether the tiles of a pyramid level reach to all sides of the scene."""
    for blocks in planes.values():
        for axis, low, high in (("Y", area.y0, area.y1), ("X", area.x0, area.x1)):
            extents = [block.extents[axis] for block in blocks]
            first = min(e.start for e in extents)
            last = max(e.start + e.size for e in extents)
            if blocks[0].downsample > 1 and (first > low or last < high):
                return False
    return True


def _coverage(planes: dict[PlaneKey, TileSet], area: Box) -> tuple[str, ...]:
    tiles = next(iter(planes.values()))
    if len(tiles.blocks) == 1:
        return ()
    y0, x0, y1, x1 = tiles.boxes.T
    covered = int(((y1 - y0) * (x1 - x0)).sum())
    note = f"a mosaic of {len(tiles.blocks)} tiles; where they overlap the later one is shown"
    if covered < area.shape[0] * area.shape[1]:
        note += ", and where there is none pixels are 0"
    return (note,)
