"""A disputed nucleus as a small picture: its pixels, and what each rater drew there."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.annotate.feedback import overlap
from nuclarium.annotate.store import Store
from nuclarium.annotate.store_studies import Study
from nuclarium.core.errors import UnreadableImageError
from nuclarium.core.geometry import Box
from nuclarium.io.readers import open_image
from nuclarium.report.figures import display_rgb, encode, is_bright
from nuclarium.workspace.project import Project
from nuclarium.workspace.study_consensus import IMAGES, TABLE
from nuclarium.workspace.study_places import folder_of, places_of

SIDE_PX = 192
_AROUND = 2.4
_LEAST_PX = 32
_SAME_IOU = 0.3
_EDGES = ["xmin", "ymin", "xmax", "ymax"]
_LIGHT, _DARK = (255, 225, 80), (20, 90, 60)


def disputed_picture(
    project: Project, store: Store, study: Study, disputed: dict[str, Any]
) -> bytes:
    """Draw a disputed nucleus in the middle of a square, with the marks of all raters.

    Parameters
    ----------
    project : Project
    store : Store
    study : Study
    disputed : dict
        As of `nuclarium.workspace.study_consensus.disputed_nuclei`.

    Returns
    -------
    picture : bytes
        WebP of at most 192 px; beyond the edge of the field it is black.

    Raises
    ------
    UnreadableImageError
        If the field has no pixels that can be read.
    """
    places = places_of(store, study)
    name = next(name for name, place in places.items() if place.id == disputed["field"])
    folder = folder_of(project, study.id)
    path = folder / IMAGES / f"{name}.tif"
    if not path.is_file():
        raise UnreadableImageError(
            f"The image of field {disputed['number']} must be there to be shown, but it cannot be "
            "read. Check that its file is where it was imported from."
        )
    box = np.array(disputed["box"], float) - np.tile(places[name].origin, 2)
    side = max(_LEAST_PX, round(_AROUND * float(max(box[2] - box[0], box[3] - box[1]))))
    corner = np.rint((box[:2] + box[2:] - side) / 2).astype(int)
    with open_image(path) as image:
        height, width = image.plane_shape
        shown = display_rgb(image.read(Box(0, 0, height, width)))
    zoom = SIDE_PX / side
    move = np.array([[zoom, 0, -corner[0] * zoom], [0, zoom, -corner[1] * zoom]])
    picture = cv2.warpAffine(shown, move, (SIDE_PX, SIDE_PX), flags=cv2.INTER_LINEAR)
    colour = _DARK if is_bright(shown) else _LIGHT
    lines = [(line - corner) * zoom for line in _lines(folder / TABLE, name, box)]
    return encode(_drawn(np.asarray(picture, np.uint8), lines, colour), ".webp", quality=82)


def _lines(path: Any, field: str, box: npt.NDArray[np.float64]) -> list[npt.NDArray[np.float64]]:
    """Return the outlines ``x, y`` of the marks that are of the nucleus, in pixels of the field."""
    table = pd.read_csv(path, dtype={"outline_x": str, "outline_y": str})
    near = table[(table["field"] == field) & table["xmin"].notna()]
    found = []
    for row in near.to_dict("records"):
        edges = np.array([row[name] for name in _EDGES], float)
        if overlap(edges, box) < _SAME_IOU:
            continue
        x0, y0, x1, y1 = edges.tolist()
        outline = [_numbers(row.get("outline_x")), _numbers(row.get("outline_y"))]
        if not outline[0]:
            outline = [[x0, x1, x1, x0], [y0, y0, y1, y1]]
        found.append(np.array(outline).T)
    return found


def _numbers(text: Any) -> list[float]:
    return [float(value) for value in text.split(",")] if isinstance(text, str) and text else []


def _drawn(
    picture: npt.NDArray[np.uint8],
    lines: list[npt.NDArray[np.float64]],
    colour: tuple[int, int, int],
) -> npt.NDArray[np.uint8]:
    drawn = picture.copy()
    for line in lines:
        points = np.rint(line * 16).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(drawn, [points], True, colour, 1, cv2.LINE_AA, shift=4)
    return drawn
