"""Fields written as NuCLS releases them: picture, table, mask, overlay and the place of all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import numpy.typing as npt

from nuclarium.core.classes import Hierarchy, shipped_hierarchy
from nuclarium.core.errors import OutputError, SettingsError
from nuclarium.core.geometry import Box
from nuclarium.core.marks import Marks
from nuclarium.io.interchange.nucls_csv import write_nucls_csv
from nuclarium.io.interchange.nucls_locations import LOCATIONS, write_locations
from nuclarium.io.interchange.nucls_marks import inclusive, table_of_marks, vertices
from nuclarium.io.interchange.nucls_mask import write_nucls_mask
from nuclarium.io.interchange.nucls_names import parse_field_name
from nuclarium.io.interchange.nucls_paint import paint_marks
from nuclarium.io.write import written_whole


@dataclass(frozen=True, eq=False)
class FieldToWrite:
    """One field for `write_nucls_folder`.

    Parameters
    ----------
    name : str
        Name of its files; `field_name` makes NuCLS's form.
    image : ndarray of uint8, shape (H, W, 3) or (H, W)
        Grey is written in colour.
    marks : Marks
        With labels of the finest level.
    fov : Box, optional
        Rectangle that was annotated; the whole image by default.
    """

    name: str
    image: npt.NDArray[np.uint8]
    marks: Marks
    fov: Box | None = None


def write_nucls_folder(
    folder: Path, fields: Iterable[FieldToWrite], hierarchy: Hierarchy | None = None
) -> int:
    """Write fields as a folder of NuCLS: rgb, csv, mask, visualization, ALL_FOV_LOCATIONS.csv.

    Parameters
    ----------
    folder : Path
        Made where it is missing; one with tables of fields in it is refused.
    fields : iterable of FieldToWrite
        Written as they come; the file of locations is written last.
    hierarchy : Hierarchy, optional
        NuCLS's own by default.

    Returns
    -------
    count : int
        Fields written.

    Raises
    ------
    OutputError
        If the folder has fields already, a name comes twice, a field has more than 17,437 nuclei,
        or the file system refuses.
    SettingsError
        If a name cannot be one of a field, or a label is no class of the hierarchy.
    """
    hierarchy = hierarchy or shipped_hierarchy()
    if any(folder.glob("csv/*.csv")):
        raise OutputError(f"{folder} must hold no fields yet, but it does. Choose another folder.")
    places: dict[str, Box] = {}
    for field in fields:
        _check_name(field.name, places)
        whole = Box.of_shape((field.image.shape[0], field.image.shape[1]))
        places[field.name] = field.fov or whole
        _write_field(folder, field, hierarchy)
    write_locations(folder / "csv" / LOCATIONS, places)
    return len(places)


def draw_overlay(
    image: npt.NDArray[np.uint8], marks: Marks, hierarchy: Hierarchy
) -> npt.NDArray[np.uint8]:
    """Return the picture with marks in the colours of their classes, lines one pixel wide."""
    colours = hierarchy.levels[0].colours
    drawn = np.ascontiguousarray(image)
    for label, box, line in zip(
        marks.labels, inclusive(marks.boxes).tolist(), vertices(marks), strict=True
    ):
        colour = colours[hierarchy.roll_up(label, hierarchy.levels[0].name)]
        if line is None:
            cv2.rectangle(drawn, box[:2], box[2:], colour, 1)
        else:
            cv2.polylines(drawn, [line[:, ::-1].astype(np.int32)], True, colour, 1)
    return drawn


def _write_field(folder: Path, field: FieldToWrite, hierarchy: Hierarchy) -> None:
    image = _colour(field.image)
    table = table_of_marks(field.marks, hierarchy)
    labels = paint_marks(field.marks, (image.shape[0], image.shape[1]))
    write_nucls_mask(
        folder / "mask" / f"{field.name}.png",
        labels,
        field.marks.labels,
        fov=field.fov,
        hierarchy=hierarchy,
    )
    _write_png(folder / "rgb" / f"{field.name}.png", image)
    overlay = draw_overlay(image.copy(), field.marks, hierarchy)
    _write_png(folder / "visualization" / f"{field.name}.png", overlay)
    write_nucls_csv(folder / "csv" / f"{field.name}.csv", table)


def _check_name(name: str, written: dict[str, Box]) -> None:
    parse_field_name(name)
    if not name.strip() or name.startswith(".") or set(name) & set('/\\:*?"<>|\0'):
        raise SettingsError(f"The name of a field must be fit for a file, but got '{name}'.")
    if name.lower() in (other.lower() for other in written):
        raise OutputError(f"Each field must have a name of its own, but '{name}' comes twice.")


def _colour(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,)):
        raise ValueError(
            f"image must be uint8 of shape (H, W, 3) or (H, W), but got {image.dtype} of shape "
            f"{image.shape}."
        )
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)


def _write_png(path: Path, image: npt.NDArray[np.uint8]) -> None:
    with written_whole(path) as part:
        part.write_bytes(imagecodecs.png_encode(np.ascontiguousarray(image)))
