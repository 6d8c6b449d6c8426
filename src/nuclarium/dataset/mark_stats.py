"""Numbers of the marks of a dataset: kinds, classes at every level, hospitals, patients, slides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.classes import Hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.dataset.item import Item
from nuclarium.dataset.manifest import Dataset

PLACES = ("hospital", "patient", "slide")
CLASSES = "class"
COARSER = "(coarser label)"
UNKNOWN = "(not known)"
AMBIGUOUS = "(ambiguous)"


@dataclass(frozen=True)
class ItemCounts:
    """What is marked in one item.

    Parameters
    ----------
    kinds : dict of str to int
        Marks by kind; ``correction`` counts those whose label has a prefix of the hierarchy.
    labels : dict of str to int
        Marks by their label as it is written.
    """

    kinds: Mapping[str, int]
    labels: Mapping[str, int]


def count_items(
    dataset: Dataset, *, advance: Callable[[int], None] = lambda images: None
) -> list[ItemCounts]:
    """Read the marks of every item once and count them."""
    hierarchy = dataset.hierarchy
    found = []
    for item in dataset.items:
        marks = item.read_marks(dataset.folder)
        kinds = Counter(marks.kinds)
        labels = Counter(marks.marks.labels)
        if hierarchy is not None:
            kinds["correction"] = sum(
                count for label, count in labels.items() if hierarchy.plain(label) != label
            )
        found.append(ItemCounts(kinds, labels))
        advance(1)
    return found


def marks_table(
    dataset: Dataset, counts: Sequence[ItemCounts], names: Sequence[str], *, by: str
) -> pd.DataFrame:
    """Make the columns of marks, one row for each name.

    Parameters
    ----------
    dataset : Dataset
    counts : sequence of ItemCounts
        One an item.
    names : sequence of str
        Values of the column `by` that the rows are of; a row of all items has the name ``all``.
    by : str

    Returns
    -------
    table : pandas.DataFrame
        ``hospitals``, ``patients``, ``slides``; ``outlines``, ``boxes``, ``points``,
        ``corrections``; and one column ``LEVEL:CLASS`` for each class of each level of the
        hierarchy, whether it occurs or not.
    """
    hierarchy = dataset.hierarchy
    rows = []
    for name in names:
        chosen = [
            (item, count)
            for item, count in zip(dataset.items, counts, strict=True)
            if name == "all" or (item.value(by) or "–") == name
        ]
        rows.append(
            {
                **{f"{place}s": _distinct([i for i, _ in chosen], place) for place in PLACES},
                **_kinds([c for _, c in chosen]),
                **class_columns(_labels([c for _, c in chosen]), hierarchy),
            }
        )
    return pd.DataFrame(rows).fillna(0).astype(np.int64)


def class_columns(labels: Mapping[str, int], hierarchy: Hierarchy | None) -> dict[str, int]:
    """Count labels at every level, as ``LEVEL:CLASS``.

    Labels that are coarser than a level, and marks without a label, have columns of their own where
    they occur. Without a hierarchy there is one level, `CLASSES`, with the labels as they are.

    Examples
    --------
    >>> class_columns({"tumor": 2, "": 1}, None)
    {'class:tumor': 2, 'class:(not known)': 1}
    """
    if hierarchy is None:
        return {f"{CLASSES}:{label or UNKNOWN}": n for label, n in labels.items()}
    found: dict[str, int] = {}
    for level in hierarchy.levels:
        found |= dict.fromkeys((f"{level.name}:{name}" for name in level.classes), 0)
        for label, n in labels.items():
            key = f"{level.name}:{_class_at(label, level.name, hierarchy)}"
            found[key] = found.get(key, 0) + n
    return found


def class_counts(
    items: Sequence[Item], counts: Sequence[ItemCounts], hierarchy: Hierarchy | None
) -> dict[str, npt.NDArray[np.float64]]:
    """Nuclei of each class of the finest level in each item, for a split that balances them.

    Classes that are ambiguous count for nothing.

    Returns
    -------
    counts : dict of str to ndarray of float64, shape (classes,)
        By the ids of the items.

    Raises
    ------
    SettingsError
        If no mark has a class.
    """
    plain = [_added(count.labels, hierarchy) for count in counts]
    names = sorted({name for count in plain for name in count} - {AMBIGUOUS, UNKNOWN, COARSER})
    if not names:
        raise SettingsError("To balance classes, nuclei must have classes, but here none has one.")
    return {
        item.id: np.array([count.get(name, 0) for name in names], np.float64)
        for item, count in zip(items, plain, strict=True)
    }


def _added(labels: Mapping[str, int], hierarchy: Hierarchy | None) -> Counter[str]:
    total: Counter[str] = Counter()
    for label, n in labels.items():
        total[_finest(label, hierarchy)] += n
    return total


def _finest(label: str, hierarchy: Hierarchy | None) -> str:
    """Class of the finest level, or a word for what is none."""
    if hierarchy is None:
        return label or UNKNOWN
    coarsest = hierarchy.levels[-1].name
    if hierarchy.ambiguous and _class_at(label, coarsest, hierarchy) == hierarchy.ambiguous:
        return AMBIGUOUS
    return _class_at(label, hierarchy.levels[0].name, hierarchy)


def _class_at(label: str, level: str, hierarchy: Hierarchy) -> str:
    if not label:
        return UNKNOWN
    try:
        return hierarchy.roll_up(label, level)
    except SettingsError:
        return COARSER


def _distinct(items: Sequence[Item], column: str) -> int:
    return len({item.value(column) for item in items} - {""})


def _kinds(counts: Sequence[ItemCounts]) -> dict[str, int]:
    names = {"outline": "outlines", "box": "boxes", "point": "points", "correction": "corrections"}
    return {plural: sum(c.kinds.get(kind, 0) for c in counts) for kind, plural in names.items()}


def _labels(counts: Sequence[ItemCounts]) -> Counter[str]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count.labels)
    return total
