"""Shapes of other tools as nuclei: marks, traced labels, regions of ImageJ, rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from nuclarium.annotate.checks import new_id
from nuclarium.annotate.nuclei import Nucleus, Ring
from nuclarium.core.errors import NuclariumError, SettingsError
from nuclarium.core.labels import Labels
from nuclarium.core.marks import Marks, Points
from nuclarium.io.interchange.drawings import Drawing
from nuclarium.workspace.assist_outlines import iter_rings

MOST_PIXELS = 2**30
"""Of a grid that is traced."""

UNNAMED = "nucleus"
"""What files whose nuclei must have a class say where there is none."""


@dataclass(frozen=True)
class Drawn:
    """What a file says of one image.

    Parameters
    ----------
    name : str
        How the file calls the image or field.
    nuclei : list of Nucleus
        With ids of their own file, or new ones.
    rater : str
        Who drew them, where the file says it.
    shape : (height, width) or None
        Of the grid, where the file has one.
    """

    name: str
    nuclei: list[Nucleus]
    rater: str = ""
    shape: tuple[int, int] | None = None


def checked(drawn: Drawn) -> list[Nucleus]:
    """Return the nuclei, held to the rules of edits: one sentence names the first that is wrong."""
    found = []
    for number, nucleus in enumerate(drawn.nuclei, start=1):
        try:
            found.append(Nucleus.from_json(nucleus.bare().to_json(stored=False)))
        except NuclariumError as error:
            raise SettingsError(f"{drawn.name}, nucleus {number}: {error}") from error
    return found


def classed(nuclei: Sequence[Nucleus], classes: Sequence[str]) -> list[Nucleus]:
    """Return the nuclei with classes of a list, where theirs are no more than a word for none.

    Parameters
    ----------
    nuclei : sequence of Nucleus
    classes : sequence of str
        Where there is one only, nuclei without a class get it, as drawn ones do. Other labels stay,
        also those that are not among them.
    """
    single = classes[0] if len(classes) == 1 else ""
    unnamed = ("",) if UNNAMED in classes else ("", UNNAMED)
    return [replace(one, label=single) if one.label in unnamed else one for one in nuclei]


def nuclei_of_marks(marks: Marks, z: int | None = None) -> list[Nucleus]:
    """Return marks as nuclei, x first; an outline that was one line is one ring."""
    rows = zip(marks.boxes.tolist(), marks.kinds, marks.labels, marks.outlines, strict=True)
    return [
        Nucleus(new_id("n"), kind, (_ring_of_mark(box, kind, outline),), label, z)
        for box, kind, label, outline in rows
    ]


def _ring_of_mark(box: Sequence[float], kind: str, outline: Points | None) -> Ring:
    y0, x0, y1, x1 = box
    if kind == "point":
        return (round(x0, 2), round(y0, 2))
    if outline is None:
        return box_ring(x0, y0, x1, y1)
    return tuple(np.asarray(outline)[:, ::-1].ravel().round(2).tolist())


def box_ring(x0: float, y0: float, x1: float, y1: float) -> Ring:
    """Return the four corners of a box."""
    return tuple(round(number, 2) for number in (x0, y0, x1, y0, x1, y1, x0, y1))


def traced(labels: Labels, label: str = "", z: int | None = None) -> list[Nucleus]:
    """Return the nuclei of a label image as outlines that enclose the same pixels."""
    return [Nucleus(new_id("n"), "outline", rings, label, z) for _, rings in iter_rings(labels)]


def nuclei_of_drawing(drawing: Drawing) -> Iterator[Nucleus]:
    """Yield an area as an outline and each point as one; lines are no nuclei."""
    rings = [tuple(part[:, ::-1].ravel().round(2).tolist()) for part in drawing.parts]
    if drawing.kind == "points":
        for ring in rings:
            for at in range(0, len(ring), 2):
                point = (ring[at : at + 2],)
                yield Nucleus(new_id("n"), "point", point, drawing.class_name, drawing.z)
    closed = tuple(ring for ring in rings if len(ring) >= 6)
    if drawing.kind == "area" and closed:
        yield Nucleus(new_id("n"), "outline", closed, drawing.class_name, drawing.z)


def nucleus_of_row(path: Path, row: pd.Series[str]) -> Nucleus:
    """Return a row of the long table of marks; SettingsError names the row where it is spoilt."""
    try:
        x0, y0, x1, y1 = (float(row[name]) for name in ("xmin", "ymin", "xmax", "ymax"))
        xs = [float(number) for number in row["outline_x"].split(",") if number]
        ys = [float(number) for number in row["outline_y"].split(",") if number]
        z = int(row["z"]) if row["z"] else None
        ring = tuple(round(n, 2) for corner in zip(xs, ys, strict=True) for n in corner)
    except ValueError as error:
        raise SettingsError(f"{path.name}, row {row.name}: {error}.") from error
    if len(ring) >= 6:
        return Nucleus(new_id("n"), "outline", (ring,), row["label"], z)
    if row["kind"] == "point" or (x0, y0) == (x1, y1):
        return Nucleus(new_id("n"), "point", ((x0, y0),), row["label"], z)
    return Nucleus(new_id("n"), "box", (box_ring(x0, y0, x1, y1),), row["label"], z)
