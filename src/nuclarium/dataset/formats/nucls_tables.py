"""The tables of the NuCLS project without its pictures: all elements, and their fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from pathlib import Path

import numpy as np
import pandas as pd

from nuclarium.core.classes import Hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.dataset.build import Draft
from nuclarium.dataset.formats.nucls_names import name_facts
from nuclarium.dataset.intake import Intake, IntakeSettings
from nuclarium.dataset.marks import ItemMarks, checked_marks
from nuclarium.dataset.pairs import listed, safe_id
from nuclarium.io.interchange.nucls_names import parse_field_name

Advance = Callable[[int], None]
ELEMENTS, FIELDS = "annotation_elements.csv", "fov_meta.csv"
_EDGES = ["xmin", "ymin", "xmax", "ymax"]
_KINDS = {"rectangle": "box", "polyline": "outline", "point": "point"}
_SHOWN = 3


def is_nucls_tables(folder: Path) -> bool:
    """Whether a folder holds the two tables, plain or compressed."""
    return _table(folder, ELEMENTS) is not None and _table(folder, FIELDS) is not None


def read_nucls_tables(
    folder: Path, settings: IntakeSettings, hierarchy: Hierarchy, advance: Advance
) -> Intake:
    """Read ``annotation_elements.csv`` and ``fov_meta.csv``, also with ``.gz``; no pixels.

    Pixels are counted as in NuCLS's own tables, both ends included, so ``xmax`` of a half-open box
    is one more. Outlines without corners stay outlines by kind. Rows whose class begins with
    ``fov`` are rectangles of fields, and left out.

    A field that is in the tables twice under one name gets ``_2`` to its name; with
    `settings.once` it is left out where its elements are the same.

    Raises
    ------
    SettingsError
        If a column is missing, or a value is no number, negative in size, or of no known type.
    """
    elements = _read(folder, ELEMENTS, ["fov_id", "group", "type", *_EDGES])
    fields = _read(folder, FIELDS, ["fov_id", "fovname"])
    elements = elements[~elements["group"].astype(str).str.lower().str.startswith("fov")]
    _check(elements, fields)
    groups = dict(list(elements.groupby("fov_id", sort=False)))
    none = elements.iloc[:0]
    drafts: list[Draft] = []
    seen: dict[str, list[pd.DataFrame]] = {}
    doubled: Counter[str] = Counter()
    for number, text in zip(fields["fov_id"], fields["fovname"].astype(str), strict=True):
        rows = groups.get(number, none)
        before = seen.setdefault(text, [])
        is_same = any(_same(rows, other) for other in before)
        doubled["the same"] += is_same
        doubled["other"] += bool(before) and not is_same
        before.append(rows)
        if not (is_same and settings.once):
            suffix = f"_{len(before)}" if len(before) > 1 else ""
            drafts.append(_draft(text, suffix, rows))
        advance(1)
    return Intake(drafts, _notes(drafts, seen, doubled, once=settings.once))


def _draft(text: str, suffix: str, rows: pd.DataFrame) -> Draft:
    own = safe_id(text) + suffix
    facts = name_facts(parse_field_name(text), own)
    found = _marks(rows, own)
    return Draft(id=own, load=None, facts=facts, marks=lambda: found)


def _marks(rows: pd.DataFrame, name: str) -> ItemMarks:
    kinds = [_KINDS[kind] for kind in rows["type"]]
    untraced = np.array([kind == "outline" for kind in kinds], bool)
    is_point = np.array([kind == "point" for kind in kinds], bool)
    xmin, ymin, xmax, ymax = (rows[edge].to_numpy(np.float64) for edge in _EDGES)
    boxes = np.stack([ymin, xmin, ymax + 1, xmax + 1], axis=1)
    boxes[is_point] += [0.5, 0.5, -0.5, -0.5]
    ids = rows["ann_id"] if "ann_id" in rows else range(len(rows))
    marks = checked_marks(
        boxes.tolist(),
        ["box" if kind == "outline" else kind for kind in kinds],
        [str(label) for label in rows["group"]],
        [None] * len(rows),
        [str(own) for own in ids],
        place=name,
    )
    return ItemMarks(marks, np.zeros(len(rows), np.int32), untraced if untraced.any() else None)


def _check(elements: pd.DataFrame, fields: pd.DataFrame) -> None:
    numbers = elements[_EDGES].apply(pd.to_numeric, errors="coerce")
    elements[_EDGES] = numbers
    lost = set(elements["fov_id"]) - set(fields["fov_id"])
    points = elements["type"] == "point"
    wrong = {
        "numbers as xmin, ymin, xmax and ymax": ~np.isfinite(numbers).all(axis=1),
        "xmin ≤ xmax and ymin ≤ ymax": (numbers["xmax"] < numbers["xmin"])
        | (numbers["ymax"] < numbers["ymin"]),
        f"a type of {', '.join(_KINDS)}": ~elements["type"].isin(list(_KINDS)),
        "no extent where it is a point": points & (numbers["xmax"] != numbers["xmin"]),
        f"a field of {FIELDS}": elements["fov_id"].isin(lost),
        "a class as group": elements["group"].isna() | (elements["group"] == ""),
    }
    for what, rows in wrong.items():
        if rows.any():
            found = [str(place + 2) for place in np.flatnonzero(rows.to_numpy())]
            raise SettingsError(
                f"Every row of {ELEMENTS} must have {what}, but {len(found)} have not: row "
                f"{listed(found)}."
            )
    if fields["fov_id"].duplicated().any():
        double = fields["fov_id"][fields["fov_id"].duplicated()].iloc[0]
        raise SettingsError(
            f"Every fov_id of {FIELDS} must be there once, but {double} comes twice."
        )


def _same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    columns: list[Hashable] = ["group", "type", *_EDGES]
    return one[columns].reset_index(drop=True).equals(other[columns].reset_index(drop=True))


def _notes(
    drafts: list[Draft], seen: dict[str, list[pd.DataFrame]], doubled: Counter[str], *, once: bool
) -> list[str]:
    notes = ["There are no pictures, so the dataset has no pixels: it can be counted and split."]
    names = [name for name, rows in seen.items() if len(rows) > 1]
    if doubled["the same"]:
        done = "left out" if once else "kept with _2 at their name; --once leaves them out"
        notes.append(
            f"{doubled['the same']} of {len(drafts) + once * doubled['the same']:,} fields are "
            f"there twice with the same elements ({listed(names, _SHOWN)}): {done}."
        )
    if doubled["other"]:
        notes.append(f"{doubled['other']} fields have the name of another and other elements.")
    return notes


def _read(folder: Path, name: str, columns: list[str]) -> pd.DataFrame:
    path = _table(folder, name)
    if path is None:
        raise SettingsError(f"{folder} must hold {name} or {name}.gz, but it does not.")
    try:
        table = pd.read_csv(path, keep_default_na=False, na_values={e: [""] for e in _EDGES})
    except (OSError, ValueError, EOFError) as error:
        raise SettingsError(f"{path.name} must be a table, but reading failed: {error}.") from error
    missing = [column for column in columns if column not in table]
    if missing:
        raise SettingsError(f"{path.name} must have the columns {', '.join(missing)}, but has not.")
    return table


def _table(folder: Path, name: str) -> Path | None:
    paths = (folder / name, folder / f"{name}.gz")
    return next((path for path in paths if path.is_file()), None)
