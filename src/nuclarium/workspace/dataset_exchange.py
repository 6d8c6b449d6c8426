"""Datasets in the formats of other programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nuclarium.dataset.exchange import AUTO, export_dataset, import_folder, left_out
from nuclarium.dataset.formats.companions import read_card
from nuclarium.dataset.intake import IntakeSettings
from nuclarium.dataset.manifest import Dataset
from nuclarium.dataset.read import read_dataset
from nuclarium.workspace.dataset import Advance, Card, Outcome, check_target, freeze, uncounted


def import_dataset(
    source: Path,
    out: Path,
    kind: str = AUTO,
    settings: IntakeSettings | None = None,
    card: Card | None = None,
    *,
    advance: Advance = uncounted,
) -> Outcome:
    """Freeze a folder in another program's format as a dataset.

    Parameters
    ----------
    source : Path
    out : Path
        Folder of the dataset.
    kind : str
        One of `dataset.exchange.FORMATS`, or ``auto``.
    settings : IntakeSettings, optional
    card : Card, optional
        What it leaves out is taken from the folder, if this program wrote it.
    advance : callable
        Called with the number of images that were found, and again when they are written.
    """
    check_target(out, source)
    intake, found = import_folder(source, kind, settings, advance=advance)
    if kind == AUTO:
        intake.notes.insert(0, f"The format is taken for {found}.")
    return freeze(intake, out, card or Card(), meta=read_card(source), advance=advance)


@dataclass(frozen=True)
class Exported:
    """A dataset that was written in a format, and sentences on what had no place in it."""

    dataset: Dataset
    notes: list[str]


def export_files(dataset: Path, out: Path, kind: str, *, advance: Advance = uncounted) -> Exported:
    """Write the newest version of a dataset, or a version, in another program's format."""
    opened = read_dataset(dataset)
    notes = left_out(opened, kind)
    export_dataset(opened, out, kind, advance=advance)
    return Exported(opened, notes)
