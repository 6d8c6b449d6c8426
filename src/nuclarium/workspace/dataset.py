"""Datasets: build and split versions, compare them, and count what is in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nuclarium
from nuclarium.core.errors import OutputError, SettingsError
from nuclarium.dataset.build import LOOK, Built, build_version, derive_version
from nuclarium.dataset.diff import Change, compare_versions
from nuclarium.dataset.duplicates import near_duplicates
from nuclarium.dataset.intake import Intake, IntakeSettings, take_folder
from nuclarium.dataset.item import Item
from nuclarium.dataset.leaks import torn
from nuclarium.dataset.look import look_of
from nuclarium.dataset.manifest import MANIFEST, Dataset
from nuclarium.dataset.mark_stats import class_counts, count_items
from nuclarium.dataset.read import read_dataset, versions
from nuclarium.dataset.split import split_counts, split_items
from nuclarium.dataset.split_settings import SplitSettings
from nuclarium.dataset.styles import DISTANCE, group_by_look
from nuclarium.dataset.trouble import sizes_of
from nuclarium.workspace.project import record_around
from nuclarium.workspace.record import utc_now

Advance = Callable[[int], None]
CLASSES = "classes"


def uncounted(number: int) -> None:
    """Take no notice of how many are done."""


@dataclass(frozen=True)
class Card:
    """What a person says of a dataset; empty where nothing is known."""

    name: str = ""
    licence: str = ""
    origin: str = ""
    annotation: str = ""


@dataclass(frozen=True)
class Outcome:
    """A version that was made, or found to be the same, and what to tell the user.

    Parameters
    ----------
    dataset : Dataset
    is_new : bool
        Whether a version was written.
    notes : list of str
        Sentences.
    """

    dataset: Dataset
    is_new: bool
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "folder": str(self.dataset.folder),
            "name": self.dataset.name,
            "version": self.dataset.version,
            "is_new": self.is_new,
            "images": len(self.dataset.items),
            "nuclei": sum(item.n_nuclei for item in self.dataset.items),
            "split": split_counts(self.dataset.items),
            "notes": self.notes,
        }


def build_dataset(
    source: Path,
    out: Path | None,
    settings: IntakeSettings | None = None,
    card: Card | None = None,
    *,
    advance: Advance = uncounted,
) -> Outcome:
    """Freeze a folder of images and labels, or the patches of a project, as a dataset.

    Parameters
    ----------
    source : Path
        Folder of images and labels, or of a project.
    out : Path or None
        Folder of the dataset; ``datasets/NAME`` of the project where it is left out.
    settings : IntakeSettings, optional
    card : Card, optional
    advance : callable
        Called with 1 for every image that is checked, and again when it is written.
    """
    card = card or Card()
    project = source if (source / "nuclarium.toml").is_file() else None
    folder = source if project is None else source / "patches"
    if out is None:
        if project is None:
            raise SettingsError("A dataset must have a folder to be written to. Give it: --out")
        out = project / "datasets" / (card.name or project.resolve().name)
    check_target(out, folder)
    intake = take_folder(folder, settings or IntakeSettings(), advance=advance)
    return freeze(intake, out, card, advance=advance)


def freeze(
    intake: Intake,
    out: Path,
    card: Card,
    *,
    meta: Mapping[str, Any] | None = None,
    advance: Advance = uncounted,
) -> Outcome:
    """Write drafts as the next version; what the card leaves out is kept from the version before.

    Drafts that are in no part keep none: a version that adds images is to be split again.
    """
    before = read_dataset(out) if versions(out) else None
    known = {} if before is None else dict(before.meta)
    said = {key: getattr(card, key) for key in ("licence", "origin", "annotation")}
    given = {key: value for key, value in said.items() if value}
    own = {key: value for key, value in (meta or {}).items() if key != "format"}
    name = card.name or str(own.pop("name", "")) or (before.name if before else out.resolve().name)
    kept = {key: known.get(key, "") for key in said}
    parts = [draft.facts.get("split") or draft.facts.get("fold") for draft in intake.drafts]
    split = own.pop("split", None) or ({"by": "source"} if any(parts) else None)
    facts = {
        **kept,
        **{key: value for key, value in own.items() if value},
        **given,
        "created": utc_now(),
        "made_by": f"nuclarium {nuclarium.__version__}",
        "split": split,
        "notes": intake.notes,
    }
    built = build_version(
        out,
        name,
        intake.drafts,
        facts,
        classes=intake.classes,
        ignore_split=split is None,
        advance=advance,
    )
    notes = [*intake.notes, *_after_build(built, before)]
    return _recorded("dataset build", built, facts, notes)


def split_dataset(dataset: Path, settings: SplitSettings) -> Outcome:
    """Divide a dataset into parts; the split is a new version with the same files.

    Raises
    ------
    SettingsError
        If it cannot be divided so; see `split_items`.
    """
    before = read_dataset(dataset)
    notes: list[str] = []
    items: tuple[Item, ...] = before.items
    if settings.by == LOOK and not all(item.value(LOOK) for item in items):
        items = _with_looks(before, DISTANCE, uncounted)
        notes.append("The groups of images that look alike were found first.")
    classes = None
    if settings.stratify == CLASSES and not settings.published:
        classes = class_counts(items, count_items(before), before.hierarchy)
    items = split_items(items, settings, classes)
    meta = {**_stamp(), "split": settings.as_dict()}
    built = derive_version(before, items, meta)
    notes += _split_notes(built.dataset, settings)
    return _recorded("dataset split", built, settings.as_dict(), notes)


def group_dataset(
    dataset: Path, *, distance: float = DISTANCE, advance: Advance = uncounted
) -> Outcome:
    """Put images that look alike in groups, as the column ``look`` of a new version.

    Parameters
    ----------
    dataset : Path
    distance : float
        As `group_by_look` takes it.
    advance : callable
        Called with 1 for every image that was looked at.
    """
    if not distance > 0:
        raise SettingsError(f"distance must be positive, but got {distance}.")
    before = read_dataset(dataset)
    items = _with_looks(before, distance, advance)
    built = derive_version(before, items, _stamp())
    sizes = Counter(item.value(LOOK) for item in items)
    shown = ", ".join(f"{name} {count}" for name, count in sizes.most_common(8))
    more = f" and {len(sizes) - 8} more" if len(sizes) > 8 else ""
    notes = [f"{len(sizes)} groups: {shown}{more}."]
    return _recorded("dataset group", built, {"distance": distance}, notes)


def diff_datasets(before: Path, after: Path) -> list[Change]:
    """List what changed from one version to another; a dataset's folder is its newest version."""
    return compare_versions(read_dataset(before), read_dataset(after))


def check_target(out: Path, source: Path) -> None:
    """Refuse a folder for a dataset that holds something else, or that lies in its own source.

    Raises
    ------
    OutputError
    """
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} must be a folder, but it is a file. Choose another.")
    if (
        out.is_dir()
        and not versions(out)
        and any(not p.name.startswith(".") for p in out.iterdir())
    ):
        raise OutputError(
            f"{out} must be a dataset, or new, but it holds other files. Choose another folder."
        )
    if out.resolve() == source.resolve() or source.resolve() in out.resolve().parents:
        raise OutputError(
            f"{out} must not lie in {source}, where its images are taken from. Choose another."
        )


def _after_build(built: Built, before: Dataset | None) -> list[str]:
    if not built.is_new or before is None:
        return []
    changes = Counter(c.kind for c in compare_versions(before, built.dataset))
    said = ", ".join(f"{count} {kind}" for kind, count in changes.items() if kind != "dataset")
    notes = [f"Against {before.version}: {said or 'only the card has changed'}."]
    if split_counts(before.items) and not split_counts(built.dataset.items):
        notes.append(
            f"{before.version} was split, {built.dataset.version} is not yet: split it again."
        )
    return notes


def _recorded(what: str, built: Built, settings: Mapping[str, Any], notes: list[str]) -> Outcome:
    """Say in the project that the dataset lies in, if it lies in one, which version was made."""
    folder = built.dataset.folder
    if built.is_new:
        record_around(folder, what, settings=settings, outputs=[folder / MANIFEST])
    return Outcome(built.dataset, built.is_new, notes)


def _stamp() -> dict[str, Any]:
    return {"created": utc_now(), "made_by": f"nuclarium {nuclarium.__version__}", "notes": []}


def _with_looks(dataset: Dataset, distance: float, advance: Advance) -> tuple[Item, ...]:
    """Items with the number of their look in `extra`."""
    looks, areas = [], []
    for item in dataset.items:
        looks.append(look_of(item.read_image(dataset.folder)))
        sizes = sizes_of(item.read_labels(dataset.folder))[1]
        areas.append(float(sorted(sizes)[len(sizes) // 2]) if len(sizes) else 0.0)
        advance(1)
    items = dataset.items
    same = near_duplicates(looks, lambda place: items[place].read_image(dataset.folder))
    groups = group_by_look(looks, areas, duplicates=same, distance=distance)
    width = len(str(max(groups)))
    return tuple(
        replace(item, extra={**item.extra, LOOK: f"look{group:0{width}}"})
        for item, group in zip(items, groups, strict=True)
    )


def _split_notes(dataset: Dataset, settings: SplitSettings) -> list[str]:
    """Say where a split could not be as it was asked for."""
    items, parts = dataset.items, split_counts(dataset.items)
    notes = [f"{text} To keep them together, split by {column}." for column, text in torn(items)]
    if settings.published:
        return [f"Fold 0 is fold 1 of {settings.published} as published, and so on.", *notes]
    total, shares = len(items), sum(settings.ratios)
    for name, ratio in zip(("train", "val", "test"), settings.ratios, strict=True):
        wanted, got = ratio / shares, parts.get(name, 0) / total
        if abs(wanted - got) > 0.05:
            notes.append(
                f"{name} has {got:.0%} of the images instead of {wanted:.0%}: the groups of "
                f"{settings.by} are too large to come nearer."
            )
    conditions = {item.condition for item in items if item.condition}
    for name in parts:
        missing = sorted(conditions - {item.condition for item in dataset.of_split(name)})
        if missing:
            notes.append(f"{name} has no image of {', '.join(missing)}.")
    return notes
