"""NuCLS as it was released: a picture, a table and a mask for each field of view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from nuclarium.core.classes import hierarchy_of, shipped_hierarchy
from nuclarium.core.errors import NuclariumError, SettingsError
from nuclarium.core.geometry import Box
from nuclarium.core.labels import Labels
from nuclarium.core.marks import Marks
from nuclarium.dataset.drafts import Draft
from nuclarium.dataset.formats.companions import facts_of, known_facts, read_card, read_classes
from nuclarium.dataset.formats.nucls_names import FIELD, FOV, name_facts
from nuclarium.dataset.formats.nucls_tables import is_nucls_tables, read_nucls_tables
from nuclarium.dataset.intake import Intake, IntakeSettings, read_plane
from nuclarium.dataset.item import Item
from nuclarium.dataset.manifest import CLASSES, Dataset
from nuclarium.dataset.marks import ItemMarks, draw_labels
from nuclarium.dataset.pairs import listed, safe_id
from nuclarium.dataset.pixels import Pixels
from nuclarium.io.interchange.nucls_csv import write_nucls_csv
from nuclarium.io.interchange.nucls_folder import FieldContent, NuclsField, find_nucls_fields
from nuclarium.io.interchange.nucls_locations import LOCATIONS
from nuclarium.io.interchange.nucls_marks import table_of_marks
from nuclarium.io.interchange.nucls_remarks import size_remarks
from nuclarium.io.interchange.nucls_write import FieldToWrite, write_nucls_folder
from nuclarium.io.readers import open_image

Advance = Callable[[int], None]
_SHOWN = 3


def read_nucls(folder: Path, settings: IntakeSettings, advance: Advance) -> Intake:
    """Read a released folder (``rgb``, ``csv``, ``mask``), or the project's tables or database.

    Outlines become labels, the larger ones drawn first; boxes stay boxes, although the masks of
    NuCLS show them as filled rectangles. Masks are compared with the tables. Fields without a
    picture have no pixels. Hospital, patient and slide are taken from the names.

    Raises
    ------
    NuclariumError
        If a table is wrong: with the file and the rows.
    """
    text = read_classes(folder) or settings.classes or shipped_classes()
    hierarchy = hierarchy_of(text, CLASSES)
    if is_nucls_tables(folder):
        intake = read_nucls_tables(folder, settings, advance)
        return Intake(intake.drafts, intake.notes, text)
    sheet, is_own = known_facts(folder), bool(read_card(folder))
    drafts: list[Draft] = []
    remarks: list[str] = []
    for field in find_nucls_fields(folder, hierarchy):
        name, shape = safe_id(field.name.text), _shape(field.rgb)
        content, odd = _read(field, shape)
        facts = facts_of(sheet, name, {} if is_own else _facts(field, content.fov, name, shape))
        drafts.append(_draft(name, field.rgb, content.marks, facts))
        remarks += [f"{name}: {remark}" for remark in odd]
        advance(1)
    bare = sum(draft.load is None for draft in drafts)
    notes = []
    if bare:
        notes.append(f"{bare} of {len(drafts)} fields have no picture, so they have no pixels.")
    if remarks:
        notes.append(f"{len(remarks)} remarks on tables, such as: {listed(remarks, _SHOWN)}.")
    return Intake(drafts, notes, text)


def write_nucls(dataset: Dataset, folder: Path, advance: Advance) -> None:
    """Write ``rgb/``, ``csv/``, ``mask/``, ``visualization/`` and the file of all locations.

    NuCLS counts whole pixels, so edges and corners within a pixel become that pixel. Fields without
    pixels have a table alone, and outlines whose corners are not known become rectangles.

    Raises
    ------
    SettingsError
        If nuclei have no class, or pixels are not of 8 bits.
    """
    hierarchy = dataset.hierarchy or shipped_hierarchy("nucls")
    plain = [item.id for item in dataset.items if not item.marks]
    if plain:
        raise SettingsError(
            f"NuCLS's tables have a class for every nucleus, but {len(plain)} images here have "
            f"labels alone: {listed(plain)}. Choose another format, such as coco."
        )
    names = _names(dataset.items)
    drawn = [item for item in dataset.items if item.has_pixels]
    fields = (_field(dataset, item, names[item.id], advance) for item in drawn)
    if drawn:
        write_nucls_folder(folder, fields, hierarchy)
    for item in dataset.items:
        if not item.has_pixels:
            table = table_of_marks(item.read_marks(dataset.folder).marks, hierarchy)
            (folder / "csv").mkdir(exist_ok=True)
            write_nucls_csv(folder / "csv" / f"{names[item.id]}.csv", table)
            advance(1)


def is_nucls(folder: Path) -> bool:
    """Whether a folder holds tables of NuCLS: those of its fields, or those of the project."""
    if is_nucls_tables(folder):
        return True
    tables = (path for path in folder.glob("csv/*.csv") if path.name != LOCATIONS)
    first = next(tables, None)
    if first is None:
        return False
    with first.open("rb") as file:
        return b"raw_classification" in file.readline(1 << 16)


@cache
def shipped_classes() -> str:
    """Return the classes of NuCLS as TOML."""
    return (files("nuclarium.core") / "hierarchies" / "nucls.toml").read_text("utf-8")


def _field(dataset: Dataset, item: Item, name: str, advance: Advance) -> FieldToWrite:
    pixels = item.read_image(dataset.folder)
    if pixels.dtype != np.uint8:
        raise SettingsError(
            f"NuCLS's pictures are of 8 bits, but {item.id} is {pixels.dtype}. Choose another "
            "format, such as coco."
        )
    fov = None
    if all(item.extra.get(key) for key in FOV):
        xmin, ymin, xmax, ymax = (int(item.extra[key]) for key in FOV)
        fov = Box(ymin, xmin, ymax, xmax)
    advance(1)
    return FieldToWrite(name, pixels, item.read_marks(dataset.folder).marks, fov)


def _names(items: Sequence[Item]) -> dict[str, str]:
    """Name of the files of each item: that of its field, or its id where another has that."""
    names: dict[str, str] = {}
    taken = {item.id.casefold() for item in items if FIELD not in item.extra}
    for item in items:
        name = item.extra.get(FIELD, item.id)
        if FIELD in item.extra and name.casefold() in taken:
            name = item.id
        taken.add(name.casefold())
        names[item.id] = name
    return names


def _read(field: NuclsField, shape: tuple[int, int] | None) -> tuple[FieldContent, list[str]]:
    """Read table and mask; of a mask that does not fit, the table is taken and the reason said."""
    try:
        content = field.read(image=False)
    except NuclariumError as error:
        content = field.read(image=False, mask=False)
        return content, [*content.remarks, f"the mask is left aside: {error}"]
    seen = content.labels
    if seen is not None and shape is not None and seen.shape != shape:
        raise SettingsError(
            f"The mask {field.name.text} must have the size of its picture, {shape[1]} × "
            f"{shape[0]} px, but has {seen.shape[1]} × {seen.shape[0]} px."
        )
    more = size_remarks(shape, content.marks) if shape and seen is None else ()
    return content, [*content.remarks, *more]


def _facts(
    field: NuclsField, fov: Box | None, own: str, shape: tuple[int, int] | None
) -> dict[str, Any]:
    facts = name_facts(field.name, own)
    if fov is not None and (shape is None or fov != Box.of_shape(shape)):
        corners = (fov.x0, fov.y0, fov.x1, fov.y1)
        facts["extra"] |= dict(zip(FOV, map(str, corners), strict=True))
    return facts


def _shape(path: Path | None) -> tuple[int, int] | None:
    if path is None:
        return None
    with open_image(path) as image:
        return image.plane_shape


def _draft(name: str, picture: Path | None, marks: Marks, facts: dict[str, Any]) -> Draft:
    """Make a draft whose labels are the outlines, drawn when their turn comes."""
    if picture is None:
        bare = ItemMarks(marks, np.zeros(len(marks), np.int32))
        return Draft(id=name, load=None, facts=facts, marks=lambda: bare)

    def load() -> tuple[Pixels, Labels]:
        pixels = read_plane(picture)
        return pixels, draw_labels(marks, (pixels.shape[0], pixels.shape[1]))[0]

    def numbered() -> ItemMarks:
        return ItemMarks(marks, draw_labels(marks, _shape(picture) or (0, 0))[1])

    return Draft(id=name, load=load, facts=facts, marks=numbered)
