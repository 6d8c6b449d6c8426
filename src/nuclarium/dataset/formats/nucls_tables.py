"""The tables of the NuCLS project without its pictures: all elements, and their fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.core.marks import Marks
from nuclarium.dataset.drafts import Draft
from nuclarium.dataset.formats.nucls_names import FOV, name_facts
from nuclarium.dataset.intake import Intake, IntakeSettings
from nuclarium.dataset.marks import ItemMarks
from nuclarium.dataset.pairs import listed, safe_id
from nuclarium.io.interchange.nucls_csv import BOX
from nuclarium.io.interchange.nucls_names import FieldName
from nuclarium.io.interchange.nucls_sqlite import read_nucls_sqlite
from nuclarium.io.interchange.nucls_tables import (
    ELEMENTS,
    FIELDS,
    NuclsTables,
    checked_tables,
    read_core_tables,
)

Advance = Callable[[int], None]
_SQLITE = (".sqlite", ".sqlite3", ".db")
_SHOWN = 3


def is_nucls_tables(place: Path) -> bool:
    """Whether a path is the project's database, or a folder with its two tables."""
    if place.suffix.lower() in _SQLITE:
        return place.is_file()
    return any(_both(place, ending) for ending in ("", ".gz"))


def read_nucls_tables(place: Path, settings: IntakeSettings, advance: Advance) -> Intake:
    """Read ``annotation_elements`` and ``fov_meta``, as CSV (also ``.gz``) or SQLite; no pixels.

    Outlines whose corners are not stored stay outlines by kind. A field that is stored twice under
    one name gets ``_2`` at its name; with `settings.once` the first alone is taken.

    Raises
    ------
    NuclariumError
        If tables are missing, or a row of the CSV is wrong.
    """
    tables = _tables(place)
    notes = ["There are no pictures, so the dataset has no pixels: it can be counted and split."]
    notes += [f"{remark[0].upper()}{remark[1:]}." for remark in tables.remarks]
    names = tables.fields["fovname"]
    doubled = [str(name) for name in names[names.duplicated()]]
    if doubled:
        shown = listed(doubled, _SHOWN)
        done = "left out" if settings.once else "kept, with _2 at the name; --once leaves them out"
        notes.append(f"Fields that are stored twice are {done}: {shown}.")
    seen: Counter[str] = Counter()
    drafts = []
    for name, marks, facts, untraced in _fields(tables.once() if settings.once else tables):
        seen[name.text] += 1
        suffix = f"_{seen[name.text]}" if seen[name.text] > 1 else ""
        drafts.append(_draft(name, suffix, marks, facts, untraced))
        advance(1)
    return Intake(drafts, notes)


def _draft(
    name: FieldName,
    suffix: str,
    marks: Marks,
    row: Mapping[Hashable, Any],
    untraced: npt.NDArray[np.bool_],
) -> Draft:
    own = safe_id(name.text) + suffix
    facts = name_facts(name, own)
    corners = [str(row.get(edge, "")) for edge in BOX]
    if all(corner.isdecimal() for corner in corners):
        facts["extra"] |= dict(zip(FOV, corners, strict=True))
    numbers = np.zeros(len(marks), np.int32)
    found = ItemMarks(marks, numbers, untraced if untraced.any() else None)
    return Draft(id=own, load=None, facts=facts, marks=lambda: found)


def _fields(
    tables: NuclsTables,
) -> Iterator[tuple[FieldName, Marks, Mapping[Hashable, Any], npt.NDArray[np.bool_]]]:
    """Yield name, marks, row, and which boxes are of outlines without corners, of every field."""
    rows = tables.elements.groupby("fov_id").indices
    is_line = (tables.elements["type"] == "polyline").to_numpy()
    records = tables.fields.to_dict("records")
    for record, (name, marks) in zip(records, tables.iter_marks(), strict=True):
        own = np.asarray(rows.get(record["fov_id"], []), np.int64)
        drawn = np.array([outline is not None for outline in marks.outlines], bool)
        yield name, marks, record, is_line[own] & ~drawn


def _tables(place: Path) -> NuclsTables:
    if place.suffix.lower() in _SQLITE:
        return read_nucls_sqlite(place)
    if _both(place, ".gz"):
        return read_core_tables(place)
    fields, elements = (_plain(place, name) for name in (FIELDS, ELEMENTS))
    names = FIELDS.removesuffix(".gz"), ELEMENTS.removesuffix(".gz")
    return checked_tables(fields, elements, names=names)


def _plain(folder: Path, name: str) -> pd.DataFrame:
    """Read a table that is not compressed; what is wrong with its columns is found here."""
    path = folder / name.removesuffix(".gz")
    needed = ("fov_id", "fovname") if name == FIELDS else ("fov_id", "group", "type", *BOX)
    try:
        table = pd.read_csv(path, keep_default_na=False, low_memory=False)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path.name} must be a table, but reading failed: {error}.") from error
    missing = [column for column in needed if column not in table]
    if missing:
        raise SettingsError(
            f"{path.name} must have the columns {', '.join(needed)}, but has no "
            f"{', '.join(missing)}."
        )
    return table


def _both(folder: Path, ending: str) -> bool:
    plain = (name.removesuffix(".gz") + ending for name in (ELEMENTS, FIELDS))
    return all((folder / name).is_file() for name in plain)
