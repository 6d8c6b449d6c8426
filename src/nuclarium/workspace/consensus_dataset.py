"""The truth of a consensus as a dataset: nuclei of each field, with its pixels where there are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from nuclarium.core.marks import Kind, Marks
from nuclarium.dataset.drafts import Draft
from nuclarium.dataset.formats.nucls import shipped_classes
from nuclarium.dataset.intake import Intake, read_plane
from nuclarium.dataset.marks import ItemMarks, draw_labels
from nuclarium.dataset.pairs import safe_id
from nuclarium.io.readers import open_image
from nuclarium.raters.read_marks import read_marks
from nuclarium.workspace.consensus_gallery import image_of
from nuclarium.workspace.dataset import Card, freeze

FOLDER = "dataset"


def write_truth_dataset(
    nuclei: pd.DataFrame,
    fields: Mapping[str, str],
    images: Path | None,
    hierarchy: str,
    folder: Path,
    card: Card,
) -> int:
    """Freeze the nuclei of a truth as a dataset, one item a field; return how many items.

    Parameters
    ----------
    nuclei : DataFrame
        As `truth_marks` gives them.
    fields : mapping of str to str
        Name of each field → that of its image.
    images : Path or None
        Folder of images; fields without one have no pixels.
    hierarchy : str
        Name of the shipped hierarchy, path of a file, or TOML; empty for none.
    folder : Path
        Of the dataset.
    card : Card
    """
    marks = read_marks(nuclei.assign(rater="consensus"))
    owner = nuclei["field"].to_numpy()[marks.row]
    drafts = []
    for name in dict.fromkeys(nuclei["field"]):
        mine = np.flatnonzero(owner == name)
        own = Marks(
            marks.boxes[mine],
            tuple(cast("Kind", marks.kinds[i]) for i in mine),
            tuple(nuclei["label"].to_numpy()[marks.row[mine]]),
            tuple(marks.outlines[i] for i in mine),
            tuple(nuclei["item"].to_numpy()[marks.row[mine]]),
        )
        picture = None if images is None else image_of(fields.get(name, name), images)
        drafts.append(_draft(safe_id(name), own, picture))
    freeze(Intake(drafts, [], _classes(hierarchy)), folder, card)
    return len(drafts)


def _classes(hierarchy: str) -> str:
    if not hierarchy or "\n" in hierarchy:
        return hierarchy
    is_file = hierarchy.endswith(".toml")
    return Path(hierarchy).read_text("utf-8") if is_file else shipped_classes()


def _draft(name: str, marks: Marks, picture: Path | None) -> Draft:
    if picture is None:
        bare = ItemMarks(marks, np.zeros(len(marks), np.int32))
        return Draft(id=name, load=None, marks=lambda: bare)
    with open_image(picture) as image:
        shape = image.plane_shape

    def load() -> tuple[np.typing.NDArray[np.generic], np.typing.NDArray[np.int32]]:
        return read_plane(picture), draw_labels(marks, shape)[0]

    return Draft(id=name, load=load, marks=lambda: ItemMarks(marks, draw_labels(marks, shape)[1]))
