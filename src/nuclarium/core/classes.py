"""Classes of nuclei in levels from fine to coarse, and labels and probabilities rolled up them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.class_checks import check_hierarchy, shown
from nuclarium.core.class_files import parsed, read_text, rows_of
from nuclarium.core.class_levels import Level
from nuclarium.core.errors import SettingsError

__all__ = [
    "Hierarchy",
    "Level",
    "hierarchy_of",
    "hierarchy_of_content",
    "read_hierarchy",
    "shipped_hierarchy",
    "shipped_names",
]


@dataclass(frozen=True)
class Hierarchy:
    """Levels of classes, each class of one level inside a class of the next.

    Parameters
    ----------
    name : str
    levels : tuple of Level
        The finest first.
    ambiguous : str or None
        Class of nuclei that count in no score, or None where there is none.
    prefixes : tuple of str
        Prefixes that say how a label came to be, not what it is; they are taken off.

    Raises
    ------
    SettingsError
        If the levels do not hold together: one sentence that names level and class.
    """

    name: str
    levels: tuple[Level, ...]
    ambiguous: str | None = None
    prefixes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_hierarchy(self)

    def level(self, name: str) -> Level:
        """Return the level of this name; SettingsError where there is none."""
        return self.levels[self._place(name)]

    def plain(self, label: str) -> str:
        """Return a label without the prefixes of the hierarchy."""
        for prefix in self.prefixes:
            label = label.removeprefix(prefix)
        return label

    def level_of(self, label: str) -> str | None:
        """Return the finest level that knows a label, prefix or not; None where none does."""
        return self._finest.get(self.plain(label))

    def roll_up(self, label: str, level: str, *, keep: Collection[str] = ()) -> str:
        """Return the class of a level that a label belongs to.

        Parameters
        ----------
        label : str
            A class of this level or of a finer one, with or without a prefix. The empty label, a
            class that is not known, stays empty.
        level : str
            Name of the wanted level.
        keep : collection of str
            Labels that are no classes and stay as they are, such as ``undetected``.

        Raises
        ------
        SettingsError
            If there is no such level, or the label belongs to no class of it.

        Examples
        --------
        >>> shipped_hierarchy().roll_up("correction_plasma_cell", "super")
        'sTIL'
        """
        self._place(level)
        if label == "" or label in keep:
            return label
        try:
            return self._ways[level][self.plain(label)]
        except KeyError:
            raise SettingsError(self._unknown(label, level)) from None

    def roll_up_many(
        self, labels: Sequence[str], level: str, *, keep: Collection[str] = ()
    ) -> tuple[str, ...]:
        """Return the class of a level for each label, as `roll_up` does."""
        rolled = {label: self.roll_up(label, level, keep=keep) for label in dict.fromkeys(labels)}
        return tuple(rolled[label] for label in labels)

    def roll_up_probabilities(
        self, p: npt.ArrayLike, labels: Sequence[str], level: str
    ) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
        """Add up the probabilities of classes that belong to one class of a level.

        Parameters
        ----------
        p : ndarray, shape (n, K)
            Probabilities, a row an item; nan stays nan.
        labels : sequence of K str
            Class of each column. Columns that are no classes, such as ``undetected``, pass through.
        level : str
            Name of the wanted level.

        Returns
        -------
        p : ndarray of float64, shape (n, K')
            Rows have the sums that they had.
        labels : tuple of K' str
            Classes of the level that any column belongs to, in the level's order; then the others.

        Raises
        ------
        SettingsError
            If there is no such level, or a label is of a coarser one.
        """
        p = np.asarray(p, np.float64)
        if p.ndim != 2 or p.shape[1] != len(labels):
            raise ValueError(
                f"p must have a column for each of the {len(labels)} labels, but its shape is "
                f"{p.shape}."
            )
        other = dict.fromkeys(label for label in labels if self.level_of(label) is None)
        rolled = self.roll_up_many(tuple(labels), level, keep=other)
        found = set(rolled)
        names = (*(name for name in self.level(level).classes if name in found), *other)
        place = {name: i for i, name in enumerate(names)}
        sums = np.zeros((len(p), len(names)))
        for column, name in enumerate(rolled):
            sums[:, place[name]] += p[:, column]
        return sums, names

    @cached_property
    def _finest(self) -> dict[str, str]:
        """Finest level of every class."""
        return {name: level.name for level in reversed(self.levels) for name in level.classes}

    @cached_property
    def _ways(self) -> dict[str, dict[str, str]]:
        """Class of a level for every class of it and of finer levels, by level."""
        ways = {}
        for place, level in enumerate(self.levels):
            upward = {name: name for name in level.classes}
            for finer in reversed(self.levels[:place]):
                upward |= {name: upward[finer.parents[name]] for name in finer.classes}
            ways[level.name] = upward
        return ways

    def _place(self, name: str) -> int:
        names = [level.name for level in self.levels]
        if name not in names:
            raise SettingsError(
                f"The level must be one of {', '.join(names)} (hierarchy {self.name}), but got "
                f"'{name}'."
            )
        return names.index(name)

    def _unknown(self, label: str, level: str) -> str:
        known = self.level_of(label)
        if known is not None:
            return (
                f"A label of level {level} or finer was expected, but '{label}' is of level "
                f"{known}, which is coarser. Ask for level {known}."
            )
        return (
            f"A label must be a class of the hierarchy {self.name} "
            f"({shown(self.levels[0].classes)}), but got '{label}'. Correct the label, or "
            "add it to a hierarchy of your own."
        )


@cache
def shipped_hierarchy(name: str = "nucls") -> Hierarchy:
    """Return a hierarchy that comes with the program.

    Raises
    ------
    SettingsError
        If none has this name.
    """
    if name not in shipped_names():
        raise SettingsError(
            f"A shipped hierarchy of classes is one of {', '.join(shipped_names())}, but got "
            f"'{name}'. Give the path of a file for one of your own."
        )
    return hierarchy_of((_shipped() / f"{name}.toml").read_text("utf-8"), f"{name}.toml")


def shipped_names() -> tuple[str, ...]:
    """Return the names of the hierarchies that come with the program."""
    return tuple(sorted(file.name.removesuffix(".toml") for file in _shipped().iterdir()))


def _shipped() -> Traversable:
    return resources.files("nuclarium.core") / "hierarchies"


def read_hierarchy(path: Path | str) -> Hierarchy:
    """Read a hierarchy of classes from a TOML file of the form of the shipped ``nucls.toml``.

    Raises
    ------
    InputNotFoundError
        If there is no such file.
    SettingsError
        If it is not such a file: one sentence that says where.
    """
    return hierarchy_of(read_text(Path(path)), Path(path).name)


def hierarchy_of(text: str, name: str) -> Hierarchy:
    """Return the hierarchy that a TOML text describes; `name` is the file's, for sentences."""
    return hierarchy_of_content(parsed(text, name), name)


def hierarchy_of_content(content: Any, name: str) -> Hierarchy:
    """Return the hierarchy that the content of a TOML file, or the same as JSON, describes."""
    head, levels = rows_of(content, name)
    try:
        return Hierarchy(
            head.name,
            tuple(
                Level(
                    level.name,
                    tuple(row.name for row in level.rows),
                    {row.name: row.code for row in level.rows},
                    {row.name: row.colour for row in level.rows},
                    {row.name: row.parent for row in level.rows if row.parent is not None},
                    {row.name: row.model_code for row in level.rows if row.model_code is not None},
                )
                for level in levels
            ),
            head.ambiguous,
            head.prefixes,
        )
    except SettingsError as error:
        raise SettingsError(f"{name}: {error}") from None
