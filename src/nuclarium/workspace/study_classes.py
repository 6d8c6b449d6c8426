"""The classes of a study, for its consensus and its exports: those that it was begun with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nuclarium.annotate.document_classes import study_hierarchy
from nuclarium.annotate.store_studies import Study
from nuclarium.core.class_lists import RESERVED, toml_of, with_others
from nuclarium.core.classes import Hierarchy
from nuclarium.io.write import write_text

CLASSES = "classes.toml"


def classes_of_study(study: Study, labels: Iterable[object]) -> Hierarchy:
    """Return the classes that a study was begun with, and labels that nuclei have beside them."""
    return with_others(study_hierarchy(study.hierarchy), _texts(labels))[0]


def offered(study: Study, labels: Iterable[object] = ()) -> list[str]:
    """Return the classes that the page of a study offers, then others that raters gave."""
    classes = study_hierarchy(study.hierarchy).levels[0].classes
    others = sorted({*_texts(labels)} - {*classes, "", RESERVED})
    return [*classes, *others]


def write_classes(study: Study, labels: Iterable[object], folder: Path) -> Path | None:
    """Write the classes for a consensus; None where they have one level, and need no file."""
    hierarchy = classes_of_study(study, labels)
    if len(hierarchy.levels) == 1:
        return None
    write_text(folder / CLASSES, toml_of(hierarchy))
    return folder / CLASSES


def classes_of_marks(study: Study, labels: Iterable[object]) -> str:
    """Return the classes for a dataset as TOML; empty where a nucleus has none."""
    every = list(labels)
    is_bare = any(not isinstance(label, str) or label in ("", RESERVED) for label in every)
    return "" if is_bare else toml_of(classes_of_study(study, every))


def _texts(labels: Iterable[object]) -> list[str]:
    return [label for label in labels if isinstance(label, str)]
