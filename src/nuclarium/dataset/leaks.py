"""Leaks: what a network would see in training of what it is scored on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nuclarium.dataset.duplicates import Duplicate, exact_duplicates, near_duplicates
from nuclarium.dataset.item import Item
from nuclarium.dataset.look import Look
from nuclarium.dataset.overlap import overlapping
from nuclarium.dataset.pairs import listed
from nuclarium.dataset.pixels import Pixels

TOGETHER = ("hospital", "group", "patient", "slide")


@dataclass(frozen=True)
class Finding:
    """Something about a dataset that a person should look at.

    Parameters
    ----------
    kind : str
        A row of `KINDS` in `audit`.
    ids : tuple of str
        Items that it is about, the first ones being shown.
    text : str
        A sentence.
    is_leak : bool
        Whether it makes scores too good: the items are in different parts.
    labels : tuple of int
        Nuclei that it is about, of the first item; empty for all or none.
    weight : float
        Findings of a kind are shown with the largest first.
    """

    kind: str
    ids: tuple[str, ...]
    text: str
    is_leak: bool = False
    labels: tuple[int, ...] = ()
    weight: float = 0.0


def part_of(item: Item) -> str:
    """Return the part that an item is in, and its fold where there are folds; "" for none.

    Examples
    --------
    >>> from dataclasses import replace
    >>> item = Item(id="a", image="", labels="", image_sha256="", labels_sha256="", height=1,
    ...             width=1, n_nuclei=0, split="train", fold=2)
    >>> part_of(item), part_of(replace(item, fold=None))
    ('fold 2', 'train')
    """
    if item.fold is not None and item.split != "test":
        return f"fold {item.fold}"
    return item.split or ""


def find_leaks(
    items: Sequence[Item],
    looks: Sequence[Look],
    read: Callable[[int], Pixels],
    *,
    advance: Callable[[int], None] = lambda images: None,
) -> list[Finding]:
    """Find groups, duplicates and overlapping patches, and whether they are in several parts.

    Groups in one part are as they should be and no finding. Duplicates in one part, or in a dataset
    without parts, are findings, but no leaks.

    Parameters
    ----------
    items : sequence of Item
        With pixels.
    looks : sequence of Look
        One an item.
    read : callable
        Gives the pixels of an item by its position.
    advance : callable
        As `near_duplicates` calls it.
    """
    return [*find_torn(items), *find_copies(items, looks, read, advance=advance)]


def find_copies(
    items: Sequence[Item],
    looks: Sequence[Look],
    read: Callable[[int], Pixels],
    *,
    advance: Callable[[int], None] = lambda images: None,
) -> list[Finding]:
    """Find duplicates and overlapping patches alone; see `find_leaks`."""
    exact = exact_duplicates([item.image_sha256 for item in items])
    known = frozenset((d.first, d.second) for d in exact)
    near = near_duplicates(looks, read, skip=known, advance=advance)
    found = [_duplicate(items, d, "exact duplicate") for d in exact]
    found += [_duplicate(items, d, "near duplicate") for d in near]
    return found + list(_overlaps(items))


def find_torn(items: Sequence[Item]) -> Iterator[Finding]:
    """Yield the hospitals, groups, patients and slides that are in several parts.

    A hospital in several parts is a leak where the hospitals could be kept apart: where there are
    as many of them as parts, or more. Patients of one hospital cannot be.
    """
    parts = {part_of(item) for item in items} - {""}
    for column in TOGETHER:
        values = {item.value(column) for item in items} - {""}
        is_leak = column != "hospital" or len(values) >= len(parts)
        for value, held in _held(items, column).items():
            if len(held) > 1:
                counts = ", ".join(f"{len(ids)} in {part}" for part, ids in sorted(held.items()))
                ids = tuple(ids[0] for _, ids in sorted(held.items()))
                text = f"The {column} {value} is in several parts: {counts}."
                total = sum(map(len, held.values()))
                yield Finding(f"same {column}", ids, text, is_leak=is_leak, weight=total)


def torn(items: Sequence[Item]) -> Iterator[tuple[str, str]]:
    """Yield the columns of which values are in several parts, each with a sentence that counts."""
    for column in TOGETHER:
        held = _held(items, column)
        count = sum(len(parts) > 1 for parts in held.values())
        if count:
            plural = f"{column}s" if len(held) > 1 else column
            yield column, f"{count} of {len(held)} {plural} lie in several parts."


def same_marks(items: Sequence[Item], folder: Path) -> Iterator[Finding]:
    """Yield items without pixels that have the same marks, so that they are one field twice."""
    known: dict[tuple[object, ...], Item] = {}
    for item in items:
        if item.has_pixels or not item.n_nuclei:
            continue
        found = item.read_marks(folder)
        key = (item.slide, found.kinds, found.marks.labels, found.marks.boxes.tobytes())
        first = known.setdefault(key, item)
        if first is not item:
            is_leak, where = _parts(first, item)
            text = f"{first.id} and {item.id} have the same marks, box by box; {where}."
            yield Finding("same marks", (first.id, item.id), text, is_leak)


def _held(items: Sequence[Item], column: str) -> Mapping[str, Mapping[str, list[str]]]:
    """Ids of the items of each value of a column, by the part that they are in."""
    held: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        if item.value(column) and part_of(item):
            held[item.value(column)][part_of(item)].append(item.id)
    return held


def _duplicate(items: Sequence[Item], found: Duplicate, kind: str) -> Finding:
    first, second = items[found.first], items[found.second]
    is_leak, where = _parts(first, second)
    same_truth = first.labels_sha256 == second.labels_sha256
    said = "" if same_truth or found.how != "the same pixels" else ", but their labels differ"
    text = (
        f"{first.id} and {second.id} show the same ({found.how}, similarity "
        f"{found.similarity:.2f}){said}; {where}."
    )
    return Finding(kind, (first.id, second.id), text, is_leak, weight=found.similarity + is_leak)


def _overlaps(items: Sequence[Item]) -> Iterator[Finding]:
    """Yield overlapping patches; those of one part only where they are of the same plane."""
    for found in overlapping(items):
        first, second = items[found.first], items[found.second]
        is_leak, where = _parts(first, second)
        if not is_leak:
            continue
        far = found.planes_apart
        plane = "the same plane" if not far else f"planes {far} apart"
        text = (
            f"{first.id} and {second.id} are of {plane} of {first.source} and overlap by "
            f"{found.share:.0%}; {where}."
        )
        kind = "neighbouring planes" if far else "overlapping patches"
        yield Finding(kind, (first.id, second.id), text, is_leak=True, weight=found.share)


def _parts(first: Item, second: Item) -> tuple[bool, str]:
    """Whether two items are in different parts, and a few words on where they are."""
    a, b = part_of(first), part_of(second)
    if not a or not b:
        return False, "keep them in one part"
    return (True, f"one is in {a}, the other in {b}") if a != b else (False, f"both are in {a}")


def leak_summary(findings: Sequence[Finding]) -> str:
    """Say how many leaks of which kinds there are."""
    counts: dict[str, int] = defaultdict(int)
    for finding in findings:
        counts[finding.kind] += finding.is_leak
    return listed([f"{count} × {kind}" for kind, count in counts.items() if count], 9)
