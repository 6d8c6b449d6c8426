"""From the ratings of many to one truth: tables, a record and a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nuclarium.core.errors import InputNotFoundError, OutputError
from nuclarium.workspace.consensus_aliases import alias_raters
from nuclarium.workspace.consensus_input import chosen_columns, listed, read_ratings
from nuclarium.workspace.consensus_measures import Measures, measures_of
from nuclarium.workspace.consensus_outputs import RECORD, ConsensusRun, write_outputs
from nuclarium.workspace.consensus_settings import ConsensusSettings
from nuclarium.workspace.consensus_study import study_of
from nuclarium.workspace.layout import PAGE

__all__ = [
    "RECORD",
    "ConsensusResult",
    "ConsensusSettings",
    "chosen_columns",
    "consensus_of",
    "listed",
]


@dataclass(frozen=True, eq=False)
class ConsensusResult:
    """What a consensus came to.

    Parameters
    ----------
    folder : Path
    measures : Measures
    record : dict
        As in ``run.json``.
    key : Path or None
        File with the names of raters, where aliases were made.
    """

    folder: Path
    measures: Measures
    record: dict[str, Any]
    key: Path | None = None

    @property
    def page(self) -> Path:
        """The page to look at."""
        return self.folder / PAGE


def consensus_of(
    source: Path,
    out: Path,
    settings: ConsensusSettings | None = None,
    *,
    images: Path | None = None,
    overwrite: bool = False,
    advance: Callable[[int], None] = lambda _: None,
    command: str = "",
) -> ConsensusResult:
    """Infer one truth from the answers of many raters, and judge the raters by it.

    Parameters
    ----------
    source : Path
        Long table, or a folder or project that holds one.
    out : Path
        Folder for page, tables and record.
    settings : ConsensusSettings, optional
    images : Path, optional
        Folder with an image for each field, for the gallery.
    overwrite : bool
        Replace an earlier consensus in `out`.
    advance : callable
        Called with the number of parts that were measured.
    command : str
        What the user typed, for the record.

    Raises
    ------
    InputNotFoundError, SettingsError, OutputError
        If something is missing, does not fit together, or cannot be written.
    """
    settings = settings or ConsensusSettings()
    _check_out(out, overwrite=overwrite)
    if images is not None and not images.is_dir():
        raise InputNotFoundError(
            f"--images must be a folder of images, but there is none at {images}. Check the path."
        )
    ratings = read_ratings(source, settings.columns)
    aliased = alias_raters(ratings.table, ratings.path.parent, out, keep=settings.keep_aliases)
    study = study_of(aliased.table, ratings.kind, settings)
    rng = np.random.default_rng(settings.seed)
    measures = measures_of(study, settings, rng, advance)
    run = ConsensusRun(ratings, aliased, study, measures, settings, images, out, command)
    return ConsensusResult(out, measures, write_outputs(run), aliased.key)


def _check_out(out: Path, *, overwrite: bool) -> None:
    if out.exists() and not out.is_dir():
        raise OutputError(f"--out must be a folder, but {out} is a file. Choose another name.")
    if not out.exists() or not any(out.iterdir()) or (overwrite and (out / RECORD).exists()):
        return
    if (out / RECORD).exists():
        raise OutputError(
            f"{out} holds a consensus already. Add --overwrite to replace it, or choose another "
            "folder."
        )
    raise OutputError(f"{out} must be new or empty, but it holds other files. Choose another.")
