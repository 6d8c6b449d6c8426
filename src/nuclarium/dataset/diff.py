"""What changed from one version of a dataset to another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from nuclarium.dataset.item import Item
from nuclarium.dataset.manifest import Dataset

_FILES = ("id", "image", "labels", "image_sha256", "labels_sha256", "n_nuclei", "height", "width")
_MARKS = ("marks", "marks_sha256")
_SPLIT = ("split", "fold")


@dataclass(frozen=True)
class Change:
    """What differs in one item, or in what is said of the whole.

    Parameters
    ----------
    kind : str
        ``added``, ``removed``, ``pixels``, ``labels``, ``marks``, ``facts``, ``split`` or
        ``dataset``.
    id : str
        The item; empty for the whole.
    text : str
        Such as ``condition: 250Pa → 950Pa``; empty where the kind says all.
    """

    kind: str
    id: str = ""
    text: str = ""


KINDS = ("added", "removed", "pixels", "labels", "marks", "facts", "split", "dataset")


def compare_versions(before: Dataset, after: Dataset) -> list[Change]:
    """List what changed, by kind and then by id.

    An item is known by its id; one that was renamed is removed and added.

    Parameters
    ----------
    before, after : Dataset
        Usually two versions of one dataset, but any two can be compared.
    """
    old = {item.id: item for item in before.items}
    new = {item.id: item for item in after.items}
    changes = [Change("added", name) for name in new if name not in old]
    changes += [Change("removed", name) for name in old if name not in new]
    for name in old.keys() & new.keys():
        changes += _changes(old[name], new[name])
    for key in ("licence", "origin", "annotation", "classes", "split"):
        was, now = before.meta.get(key), after.meta.get(key)
        if was != now:
            changes.append(Change("dataset", "", _arrow(key, was, now)))
    return sorted(changes, key=lambda change: (KINDS.index(change.kind), change.id, change.text))


def _changes(old: Item, new: Item) -> Iterator[Change]:
    if old.image_sha256 != new.image_sha256:
        yield Change("pixels", old.id)
    if old.labels_sha256 != new.labels_sha256:
        text = _arrow("nuclei", old.n_nuclei, new.n_nuclei) if old.n_nuclei != new.n_nuclei else ""
        yield Change("labels", old.id, text)
    if old.marks_sha256 != new.marks_sha256:
        yield Change("marks", old.id, _arrow("marks", old.n_nuclei, new.n_nuclei))
    for column in (f.name for f in fields(Item)):
        was, now = getattr(old, column), getattr(new, column)
        if was == now or column in (*_FILES, *_MARKS):
            continue
        if column == "extra":
            yield from (
                Change("facts", old.id, _arrow(key, was.get(key), now.get(key)))
                for key in sorted(was.keys() | now.keys())
                if was.get(key) != now.get(key)
            )
        else:
            yield Change("split" if column in _SPLIT else "facts", old.id, _arrow(column, was, now))


def _arrow(name: str, was: object, now: object) -> str:
    before, after = ("none" if value in (None, "") else value for value in (was, now))
    return f"{name}: {before} → {after}"
