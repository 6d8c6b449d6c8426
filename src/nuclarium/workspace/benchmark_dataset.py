"""The dataset of a benchmark: a frozen one with a split, or a folder that is made one first."""

from __future__ import annotations

from pathlib import Path

from nuclarium.dataset.manifest import MANIFEST
from nuclarium.dataset.read import read_dataset, versions
from nuclarium.dataset.split import split_counts
from nuclarium.dataset.split_settings import SplitSettings
from nuclarium.workspace.dataset import split_dataset
from nuclarium.workspace.dataset_exchange import import_dataset


def frozen_dataset(source: Path, out: Path) -> tuple[Path, list[str]]:
    """Return a dataset to benchmark on; of a folder of images and masks, one is made.

    Parameters
    ----------
    source : Path
        A dataset or a version of one, which is taken as it is; or a folder in a known layout, such
        as that of BMGD, which is frozen and split at random, 80:10:10, as published.
    out : Path
        Folder of the benchmark; what is made goes into its folder ``dataset`` and is found there
        the next time.

    Returns
    -------
    dataset : Path
    notes : list of str
        What was made, in sentences; none if nothing was.
    """
    if (source / MANIFEST).is_file() or versions(source):
        return source, []
    made = out / "dataset"
    notes: list[str] = []
    if not versions(made):
        notes += import_dataset(source, made).notes
    if not split_counts(read_dataset(made).items):
        settings = SplitSettings()
        counts = split_counts(split_dataset(made, settings).dataset.items)
        said = " / ".join(f"{counts.get(part, 0):,} {part}" for part in ("train", "val", "test"))
        notes.append(
            f"{source} is no dataset yet, so one was frozen in {made} and split at random, as "
            f"published: {said}. Patches of one colony in several parts make scores too good; "
            "where colonies are known, split by group: nuclarium dataset split --by group"
        )
    return made, notes
