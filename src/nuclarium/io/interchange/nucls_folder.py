"""A released NuCLS folder (rgb, csv, mask and the file of all locations), field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.classes import Hierarchy, shipped_hierarchy
from nuclarium.core.errors import InputNotFoundError, SettingsError, UnreadableImageError
from nuclarium.core.geometry import Box
from nuclarium.core.labels import Labels
from nuclarium.core.marks import Marks
from nuclarium.io.interchange.nucls_csv import read_nucls_csv
from nuclarium.io.interchange.nucls_join import join_mask
from nuclarium.io.interchange.nucls_locations import LOCATIONS, missing_columns, read_locations
from nuclarium.io.interchange.nucls_marks import marks_of_table
from nuclarium.io.interchange.nucls_mask import read_nucls_mask
from nuclarium.io.interchange.nucls_names import FieldName, parse_field_name
from nuclarium.io.interchange.nucls_remarks import size_remarks, table_remarks
from nuclarium.io.readers import open_image

SPACING_UM = 0.2
"""Side of a pixel of every released image, in µm."""

_FOLDERS = {"rgb": ("rgb", "rgbs"), "csv": ("csv", "csvs"), "mask": ("mask", "masks")}
_IMAGES = (".png", ".tif", ".tiff", ".jpg", ".jpeg")


@dataclass(frozen=True, eq=False)
class FieldContent:
    """What is in the files of one field.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3), or None
        None where there is no picture.
    table : DataFrame
        As `read_nucls_csv` gives it: all columns, as they stand.
    marks : Marks
        The same nuclei in half-open boxes; labels of the finest level, with prefixes as they stand
        (``Hierarchy.roll_up`` takes them off).
    labels : ndarray of int32, shape (H, W), or None
        From the mask, which NuCLS draws of boxes too; label ``i`` is row ``i - 1`` of the marks,
        0 is background. None where there is no mask.
    fov : Box or None
        Rectangle that was to be annotated; nuclei that cross its border are whole, and beyond it
        nothing was annotated. None where neither the file of locations nor the mask says.
    remarks : tuple of str
        What is odd without being wrong, such as points, or nuclei that the mask does not show.
    """

    image: npt.NDArray[Any] | None
    table: pd.DataFrame
    marks: Marks
    labels: Labels | None
    fov: Box | None
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class NuclsField:
    """One field of a folder: its name and files; nothing of it is read before `read`.

    Parameters
    ----------
    name : FieldName
        With slide, hospital, patient, place on the slide, participant and set.
    csv : Path
    rgb, mask : Path or None
        None where there is none.
    fov : Box or None
        From the file of all locations.
    hierarchy : Hierarchy
        The classes of the tables.
    remarks : tuple of str
        What is odd about the folder; said with every field.
    """

    name: FieldName
    csv: Path
    rgb: Path | None
    mask: Path | None
    fov: Box | None
    hierarchy: Hierarchy
    remarks: tuple[str, ...] = ()

    def read(self, *, image: bool = True, mask: bool = True) -> FieldContent:
        """Read and check the files of the field.

        Parameters
        ----------
        image, mask : bool
            False leaves the picture, or the mask, aside.

        Raises
        ------
        NuclariumError
            If a file is damaged, a row is wrong, picture and mask differ in size, or mask and table
            show different nuclei: one sentence that names the file.
        """
        table = read_nucls_csv(self.csv, self.hierarchy)
        marks = marks_of_table(table)
        remarks = self.remarks + table_remarks(table, marks, self.hierarchy)
        pixels = _picture(self.rgb) if image and self.rgb else None
        seen = read_nucls_mask(self.mask, self.hierarchy) if mask and self.mask else None
        shapes = [] if pixels is None else [pixels.shape[:2]]
        shapes += [] if seen is None else [seen.codes.shape]
        if len(set(shapes)) > 1:
            raise SettingsError(
                f"The mask {self.mask} must have the size of its picture, {shapes[0][1]} × "
                f"{shapes[0][0]} px, but has {shapes[1][1]} × {shapes[1][0]} px."
            )
        remarks += size_remarks(shapes[0], marks) if shapes else ()
        if seen is None or self.mask is None:
            return FieldContent(pixels, table, marks, None, self.fov, remarks)
        joined = join_mask(seen, marks, self.hierarchy, self.mask.name)
        fov = self.fov or seen.fov
        return FieldContent(pixels, table, marks, joined.labels, fov, remarks + joined.remarks)


def find_nucls_fields(
    folder: Path | str, hierarchy: Hierarchy | None = None
) -> tuple[NuclsField, ...]:
    """Return the fields of a released NuCLS folder, in the order of their names.

    Parameters
    ----------
    folder : Path
        Holds ``csv/``, and as far as there are ``rgb/`` (or ``rgbs/``), ``mask/`` (``masks/``) and
        ``ALL_FOV_LOCATIONS.csv``, here or in ``csv/``, in whatever case. A field is a table in
        ``csv/``; picture and mask have its name.
    hierarchy : Hierarchy, optional
        The classes of the tables; NuCLS's own by default.

    Returns
    -------
    fields : tuple of NuclsField
        Only names were read; ``field.read()`` reads one. For example
        ``for field in find_nucls_fields(folder): content = field.read()``.

    Raises
    ------
    InputNotFoundError
        If there is no folder, or none with tables in it.
    SettingsError
        If names are wrong, or a picture has no table.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputNotFoundError(f"A folder of NuCLS was expected at {folder}. Check the spelling.")
    places = {kind: _place(folder, names) for kind, names in _FOLDERS.items()}
    tables = _files(places["csv"], (".csv",))
    locations = _locations(folder, places["csv"])
    tables = {stem: path for stem, path in tables.items() if path != locations}
    if not tables:
        raise InputNotFoundError(
            f"{folder} must hold a folder csv with a table for each field, but there is none. "
            "Give the folder that holds rgb, csv and mask."
        )
    pictures, masks = (_files(places[kind], _IMAGES) for kind in ("rgb", "mask"))
    for kind, files in (("picture", pictures), ("mask", masks)):
        alone = sorted(set(files) - set(tables))
        if alone:
            raise SettingsError(
                f"Every {kind} in {folder} must have a table of its name in csv, but "
                f"{len(alone)} have none, the first {alone[0]}. Copy the folder csv again."
            )
    fov, remarks = _fields_of_view(locations)
    classes = hierarchy or shipped_hierarchy()
    return tuple(
        NuclsField(
            parse_field_name(stem),
            path,
            pictures.get(stem),
            masks.get(stem),
            fov.get(stem),
            classes,
            remarks,
        )
        for stem, path in sorted(tables.items())
    )


def _fields_of_view(path: Path | None) -> tuple[Mapping[str, Box], tuple[str, ...]]:
    """Read the file of locations; nobody here has seen a real one, so others do not stop us."""
    if path is None:
        return {}, ()
    missing = missing_columns(path)
    if missing:
        lacking = f"{path.name} has no columns {', '.join(missing)}"
        return {}, (f"{lacking}, so fields of view are those of masks",)
    return read_locations(path), ()


def _place(folder: Path, names: tuple[str, ...]) -> Path | None:
    found = [path for path in sorted(folder.iterdir()) if path.is_dir()]
    return next((path for path in found if path.name.lower() in names), None)


def _files(place: Path | None, endings: tuple[str, ...]) -> Mapping[str, Path]:
    if place is None:
        return {}
    found: dict[str, Path] = {}
    for path in sorted(place.iterdir()):
        if path.name.startswith(".") or path.suffix.lower() not in endings:
            continue
        other = found.setdefault(path.name[: -len(path.suffix)], path)
        if other != path:
            raise SettingsError(
                f"A field must have one file in {place}, but there are {other.name} and "
                f"{path.name}. Remove one."
            )
    return found


def _locations(folder: Path, csv: Path | None) -> Path | None:
    for place in (folder, csv):
        for path in sorted(place.iterdir()) if place else ():
            if path.name.lower() == LOCATIONS.lower():
                return path
    return None


def _picture(path: Path) -> npt.NDArray[Any]:
    with open_image(path) as image:
        pixels = image.read()
        if not image.is_rgb or pixels.dtype != np.uint8:
            raise UnreadableImageError(
                f"{path.name} must be a picture in colour of 8 bits, but it has "
                f"{pixels.dtype} and {'colour' if image.is_rgb else 'grey'}."
            )
    return pixels
