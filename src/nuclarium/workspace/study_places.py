"""The fields of a study as images of their own, with the marks of raters in their pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile

from nuclarium.annotate.document import Box, DocumentHead
from nuclarium.annotate.store import Store
from nuclarium.annotate.store_studies import Study
from nuclarium.core.errors import NuclariumError
from nuclarium.core.geometry import Box as Window
from nuclarium.core.image import Image
from nuclarium.io import open_image
from nuclarium.io.write import written_whole
from nuclarium.predict.channel import choose_channel
from nuclarium.workspace.annotations import field_name, table_of
from nuclarium.workspace.project import Project
from nuclarium.workspace.raw_images import project_images

FOLDER = "annotations/studies"
"""In the folder of a project: one folder a study."""
_EDGES = {"xmin": 0, "xmax": 0, "ymin": 1, "ymax": 1}
_LINES = {"outline_x": 0, "outline_y": 1}


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """Where a field of a study is.

    Parameters
    ----------
    id : str
        Of the field in the study.
    name : str
        As tables call it.
    number : int
        In the study, from 1.
    image, image_name : str
    box : Box or None
    """

    id: str
    name: str
    number: int
    image: str
    image_name: str
    box: Box | None

    @property
    def origin(self) -> tuple[int, int]:
        """Upper left corner ``x, y`` in the image."""
        return (0, 0) if self.box is None else self.box[:2]


def folder_of(project: Project, study: str) -> Path:
    """Return where what is made of a study lies."""
    return project.folder / FOLDER / study


def places_of(store: Store, study: Study) -> dict[str, FieldPlace]:
    """Return the fields of a study by the names that tables have for them."""
    names = {image.id: image.name for image in store.images()}
    found = {}
    for number, field in enumerate(study.fields, 1):
        name = field_name(DocumentHead("", field.image, field.box), names[field.image])
        found[name] = FieldPlace(field.id, name, number, field.image, names[field.image], field.box)
    return found


def marks_table(store: Store, study: Study, *, corrected: bool = False) -> pd.DataFrame:
    """Return the long table of what raters drew, in pixels of each field, arms of the study alone.

    Parameters
    ----------
    store : Store
    study : Study
    corrected : bool
        With the corrections of seniors; otherwise what raters thought by themselves.
    """
    table = table_of(store, study=study.id, corrected=corrected)
    arms = {arm.name for arm in study.design.arms}
    table = table[table["arm"].str.removesuffix("-again").isin(arms)].reset_index(drop=True)
    origins = {name: place.origin for name, place in places_of(store, study).items()}
    return shifted(table, {name: (-x, -y) for name, (x, y) in origins.items()})


def shifted(table: pd.DataFrame, by: Mapping[str, tuple[int, int]]) -> pd.DataFrame:
    """Move the marks of each field by ``x, y``."""
    moves = np.array([by.get(field, (0, 0)) for field in table["field"]]).reshape(-1, 2)
    moved = table.copy()
    for column, axis in _EDGES.items():
        if column in table:
            moved[column] = pd.to_numeric(table[column]) + moves[:, axis]
    for column, axis in _LINES.items():
        if column in table:
            pairs = zip(table[column], moves[:, axis].tolist(), strict=True)
            moved[column] = [_moved(line, move) for line, move in pairs]
    return moved


def write_field_images(project: Project, places: Mapping[str, FieldPlace], folder: Path) -> None:
    """Write each field as a TIFF of one plane, named as the field; what cannot be read is left out.

    Of a stack the brightest value of all planes is taken, of several channels that of the nuclei.
    """
    files = {raw.name: raw for raw in project_images(project)}
    folder.mkdir(parents=True, exist_ok=True)
    for place in places.values():
        path = folder / f"{place.name}.tif"
        raw = files.get(place.image_name)
        if raw is None or path.exists():
            continue
        try:
            with open_image(raw.path, scene=raw.scene) as image:
                height, width = image.plane_shape
                x0, y0, x1, y1 = place.box or (0, 0, width, height)
                window = Window(y0, x0, y1, x1)
                channel = _channel(image)
                pixels = image.read(window, c=channel)
                for z in range(1, image.shape[2]):
                    pixels = np.maximum(pixels, image.read(window, c=channel, z=z))
        except NuclariumError:
            continue
        with written_whole(path) as part:
            tifffile.imwrite(part, pixels, photometric="rgb" if pixels.ndim == 3 else "minisblack")


def _channel(image: Image) -> int:
    chosen = None if image.is_rgb else choose_channel(image).channel
    return 0 if chosen is None else chosen.c


def _moved(line: object, move: int) -> str:
    if not isinstance(line, str) or not line:
        return ""
    return ",".join(f"{float(value) + move:g}" for value in line.split(","))
