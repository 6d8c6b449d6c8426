"""Files of strokes: which image each belongs to, and the pixels that they mark."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.io import open_image
from nuclarium.io.interchange.drawn_geojson import read_geojson_drawings
from nuclarium.io.interchange.drawn_rois import read_imagej_drawings
from nuclarium.suggest.drawn_classes import strokes_from_drawings, strokes_from_image
from nuclarium.suggest.strokes import Strokes, merged

_ROIS = (".roi", ".zip")
_GEOJSON = (".geojson", ".json")


def assigned(
    images: Sequence[Path], names: Sequence[str], strokes: Sequence[Path]
) -> list[list[Path]]:
    """Give each image its files of strokes.

    With one image, all are its own. With several, a file belongs to the image whose name begins
    the file's name (the longest such); if that fails and there is one file an image, they go in
    the order given.

    Raises
    ------
    SettingsError
        If it cannot be told.
    """
    if not strokes:
        raise SettingsError("Strokes must be given with --strokes, one file or more.")
    if len(images) == 1:
        return [list(strokes)]
    found: list[list[Path]] = [[] for _ in images]
    for path in strokes:
        own = [i for i, name in enumerate(names) if _begins(path.name, name)]
        if own:
            found[max(own, key=lambda i: len(names[i]))].append(path)
    if sum(map(len, found)) == len(strokes):
        return found
    if len(strokes) == len(images):
        return [[path] for path in strokes]
    lost = next(path for path in strokes if not any(path in part for part in found))
    raise SettingsError(
        f"Every file of strokes must begin with the name of its image, or there must be one an "
        f"image in the same order, but {lost.name} is like none of {', '.join(names)}. Rename it."
    )


def read_strokes(
    paths: Sequence[Path], shape: tuple[int, int, int], class_names: Sequence[str]
) -> Strokes:
    """Read the strokes of one image: label images, ImageJ regions and GeoJSON, the last on top.

    Parameters
    ----------
    shape : (Z, H, W)
    class_names : sequence of str
        The first is the background.
    """
    return merged(_read_one(path, shape, class_names) for path in paths)


def _read_one(path: Path, shape: tuple[int, int, int], class_names: Sequence[str]) -> Strokes:
    if not path.exists():
        raise InputNotFoundError(
            f"Strokes were expected at {path}, but there is nothing. Check the spelling."
        )
    suffix = path.suffix.lower()
    if suffix in _ROIS:
        return strokes_from_drawings(read_imagej_drawings(path), shape, class_names, path.name)
    if suffix in _GEOJSON:
        return strokes_from_drawings(read_geojson_drawings(path), shape, class_names, path.name)
    with open_image(path) as image:
        if image.is_rgb or image.shape[1] > 1:
            raise SettingsError(
                f"The strokes of {path.name} must be a label image of one channel, but it has "
                "colours or channels. Save it with 0 where nothing is drawn, 1 for background, 2 "
                "for nuclei."
            )
        planes = np.stack([image.read(z=z) for z in range(image.shape[2])])
    return strokes_from_image(planes, shape, class_names, path.name)


def _begins(file_name: str, name: str) -> bool:
    rest = file_name[len(name) :]
    return file_name.startswith(name) and (not rest or not rest[0].isalnum())
