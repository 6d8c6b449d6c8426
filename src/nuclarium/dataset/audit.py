"""An audit of a dataset: leaks between its parts and trouble with its labels, worst first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence, Sized
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.dataset.drafts import check_pair
from nuclarium.dataset.item import Item
from nuclarium.dataset.leaks import Finding, find_copies, find_torn, same_marks
from nuclarium.dataset.look import Look, look_of
from nuclarium.dataset.manifest import Dataset
from nuclarium.dataset.trouble import LabelTrouble, inspect_labels

Floats = npt.NDArray[np.float64]
KINDS = {
    "same hospital": "One hospital lies in several parts; split by hospital, where there are many.",
    "same group": "One group lies in several parts; split by group.",
    "same patient": "One patient lies in several parts; split by patient.",
    "same slide": "One slide lies in several parts; split by slide.",
    "same marks": "Two fields have the same marks, box by box; keep one of them.",
    "exact duplicate": "Two images have the same pixels; keep one of them.",
    "near duplicate": "Two images show the same field; keep them in one part, or keep one.",
    "overlapping patches": "Patches of one plane overlap and lie in different parts.",
    "neighbouring planes": "Patches of planes next to each other lie in different parts.",
    "empty labels": "No nucleus is labelled; true for some fields, a lost mask for others.",
    "labels do not fit": "Intensity hardly tells the labelled pixels from the others.",
    "labels seem turned": "The labels fit much better when mirrored or turned.",
    "fragments": "One label lies in several pieces.",
    "holes": "A nucleus encloses background.",
    "cut in two": "Two neighbours look like one nucleus, cut along a straight line.",
    "far smaller": "Nuclei far smaller than the others of their image or condition.",
    "far larger": "Nuclei far larger than the others of their image or condition.",
}
FIT = 0.7
_SPREADS = 4.5
_TIMES = 4.0
_LEAST_SPREAD = 0.2
_ENOUGH = 20


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Parameters
    ----------
    findings : list of Finding
        In the order of `KINDS`, leaks and the heaviest of a kind first.
    images, nuclei : int
        What was looked at.
    """

    findings: list[Finding]
    images: int
    nuclei: int

    @property
    def leaks(self) -> list[Finding]:
        """Findings that make scores too good."""
        return [finding for finding in self.findings if finding.is_leak]

    def as_dict(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "images": self.images,
            "nuclei": self.nuclei,
            "leaks": len(self.leaks),
            "counts": dict(Counter(finding.kind for finding in self.findings)),
            "findings": [asdict(finding) for finding in self.findings],
        }


def audit(
    dataset: Dataset,
    *,
    workers: int = 2,
    advance: Callable[[int], None] = lambda images: None,
) -> Audit:
    """Look at every image and its labels, and at what they have in common.

    Of items without pixels, hospitals, patients, slides and marks are compared.

    Parameters
    ----------
    dataset : Dataset
    workers : int
        Images that are looked at side by side; as many are in memory.
    advance : callable
        Called with 1 for every image that was looked at.

    Raises
    ------
    NuclariumError
        If a file is missing or damaged.
    """

    def examine(item: Item) -> tuple[Look, LabelTrouble]:
        pixels, labels = item.read_image(dataset.folder), item.read_labels(dataset.folder)
        check_pair(pixels, labels, item.id)
        found = look_of(pixels), inspect_labels(pixels, labels)
        advance(1)
        return found

    items = [item for item in dataset.items if item.has_pixels]
    with ThreadPoolExecutor(workers) as pool:
        seen = list(pool.map(examine, items))
    looks, troubles = [look for look, _ in seen], [trouble for _, trouble in seen]
    found = [*find_torn(dataset.items), *same_marks(dataset.items, dataset.folder)]
    found += find_copies(items, looks, lambda i: items[i].read_image(dataset.folder))
    for item, trouble in zip(items, troubles, strict=True):
        found += _label_findings(item, trouble)
    found += _far_sizes(items, troubles)
    order = list(KINDS)
    found.sort(key=lambda f: (order.index(f.kind), not f.is_leak, -f.weight, f.ids))
    return Audit(found, len(dataset.items), sum(item.n_nuclei for item in dataset.items))


def _label_findings(item: Item, trouble: LabelTrouble) -> Iterator[Finding]:
    """Yield what is odd in the labels of one image by itself."""
    if not len(trouble.labels):
        if item.n_nuclei:
            return
        yield Finding("empty labels", (item.id,), f"{item.id} has no nucleus.")
        return
    if trouble.better_turn:
        text = f"The labels of {item.id} would fit its image better when mirrored or turned."
        yield Finding("labels seem turned", (item.id,), text)
    elif trouble.fit is not None and trouble.fit < FIT:
        text = (
            f"In {item.id}, a pixel of a nucleus differs from one of the ground in "
            f"{trouble.fit:.0%} of cases; 50% is chance."
        )
        yield Finding("labels do not fit", (item.id,), text, weight=1 - trouble.fit)
    if trouble.fragments:
        sizes = "; ".join(
            f"nucleus {n}: {', '.join(map(str, s[:6]))}{' …' if len(s) > 6 else ''} px"
            for n, s in list(trouble.fragments.items())[:3]
        )
        text = f"{item.id}: {_nuclei(trouble.fragments)} in several pieces ({sizes})."
        smaller = sum(sum(s[1:]) for s in trouble.fragments.values())
        yield Finding(
            "fragments", (item.id,), text, labels=tuple(trouble.fragments), weight=smaller
        )
    if trouble.holes:
        total = sum(trouble.holes.values())
        text = f"{item.id}: {_nuclei(trouble.holes)} with holes, {total} px in all."
        yield Finding("holes", (item.id,), text, labels=tuple(trouble.holes), weight=total)
    if trouble.cuts:
        pairs = ", ".join(f"{a} and {b}" for a, b in trouble.cuts[:5])
        text = f"{item.id}: the nuclei {pairs} look like one each."
        numbers = tuple(dict.fromkeys(n for pair in trouble.cuts for n in pair))
        yield Finding("cut in two", (item.id,), text, labels=numbers, weight=len(trouble.cuts))


def _nuclei(found: Sized) -> str:
    return f"{len(found)} {'nucleus' if len(found) == 1 else 'nuclei'}"


def _area(area: float) -> str:
    return f"{area:,.0f}" if area >= 100 else f"{area:.3g}"


def _far_sizes(items: Sequence[Item], troubles: Sequence[LabelTrouble]) -> Iterator[Finding]:
    """Yield images with nuclei far from the usual size, on a logarithmic scale.

    Usual is what the image itself has where that is 20 nuclei or more, else what its condition has.
    Nuclei that the edge cuts off may be small, and do not count for what is usual.
    """
    places: dict[tuple[str, bool], list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        places[item.condition, item.spacing is None].append(place)
    for (condition, _), members in places.items():
        sizes = [_sizes(items[i], troubles[i]) for i in members]
        together = np.concatenate([whole for _, whole in sizes])
        for i, (logs, whole) in zip(members, sizes, strict=True):
            own = len(whole) >= _ENOUGH
            usual = whole if own else together
            if len(usual) >= _ENOUGH:
                name = "this image" if own else condition or "the dataset"
                yield from _far_of(items[i], troubles[i], logs, usual, name)


def _sizes(item: Item, trouble: LabelTrouble) -> tuple[Floats, Floats]:
    """Logarithms of the sizes of all nuclei, and of those that the edge does not cut off."""
    unit = item.spacing.pixel_area if item.spacing else 1.0
    logs = np.log(trouble.areas * unit)
    return logs, logs[~trouble.is_cut_off]


def _far_of(
    item: Item, trouble: LabelTrouble, logs: Floats, usual: Floats, name: str
) -> Iterator[Finding]:
    middle = float(np.median(usual))
    spread = max(float(1.4826 * np.median(np.abs(usual - middle))), _LEAST_SPREAD)
    reach = max(_SPREADS * spread, float(np.log(_TIMES)))
    small = (logs < middle - reach) & ~trouble.is_cut_off
    unit = "µm²" if item.spacing else "px"
    for kind, far in (("far smaller", small), ("far larger", logs > middle + reach)):
        if far.any():
            areas, labels = np.exp(logs[far]), tuple(trouble.labels[far].tolist())
            low, high = _area(areas.min()), _area(areas.max())
            span = low if low == high else f"{low} to {high}"
            text = (
                f"{item.id}: {_nuclei(labels)} of {span} {unit}; the median of {name} is "
                f"{_area(np.exp(middle))} {unit}."
            )
            worst = float(np.abs(logs[far] - middle).max())
            yield Finding(kind, (item.id,), text, labels=labels, weight=worst)
