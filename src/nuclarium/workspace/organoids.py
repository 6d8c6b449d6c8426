"""A set of synthetic organoids on disk: LSM files by condition, their sheet, and the truth."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import nuclarium
from nuclarium.io.lsm_info import LsmChannel, LsmNotes
from nuclarium.io.write import write_json, write_labels, write_table, write_text, written_whole
from nuclarium.io.write_lsm import write_lsm
from nuclarium.synthetic.organoid import OrganoidSpec, organoid
from nuclarium.synthetic.strokes import drawn_strokes
from nuclarium.workspace.organoid_set import (
    Colony,
    OrganoidSet,
    iter_colonies,
    readme,
    record,
    sheet,
)
from nuclarium.workspace.sample_folder import check_free

CHANNEL = LsmChannel("DAPI (synthetic)", (0, 0, 255), excitation_nm=405, emission_nm=(420, 480))
_MARK = "truth/planted.json"
_STROKES_EVERY = 4
"""Strokes lie on the plane nearest below the middle that `slices --planes every:4` takes."""


def write_organoids(
    folder: Path,
    settings: OrganoidSet,
    *,
    overwrite: bool = False,
    workers: int | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> dict[str, Any]:
    """Make a set of synthetic organoids; the folder appears when all of it is there.

    Parameters
    ----------
    folder : Path
        New, or empty; with `overwrite`, one that an earlier set is in, which is removed.
    settings : OrganoidSet
    workers : int, optional
        Colonies that are made at once; the processors, at most 4, when left out. The files do not
        depend on it.
    advance : callable
        Called with 1 when a colony is written.

    Returns
    -------
    summary : dict
        What `nuclarium sample organoid --json` prints.

    Raises
    ------
    OutputError
        If something else is in the folder, or the file system refuses.
    """
    check_free(folder, "a set of synthetic organoids", [_MARK], overwrite=overwrite)
    colonies = list(iter_colonies(settings))
    with written_whole(folder) as part:
        part.mkdir()

        def made(colony: Colony) -> pd.DataFrame:
            table = write_colony(part, colony, settings.shape)
            advance(1)
            return table

        with ThreadPoolExecutor(workers or min(4, os.cpu_count() or 1)) as pool:
            tables = list(pool.map(made, colonies))
        nuclei = pd.concat(tables, ignore_index=True)
        write_table(part / "truth" / "nuclei.csv", nuclei)
        write_table(part / "sheet.csv", sheet(colonies))
        write_json(part / _MARK, record(settings))
        write_text(part / "README.txt", readme(settings, nuclei))
    return _summary(folder, settings, nuclei)


def write_colony(folder: Path, colony: Colony, shape: tuple[int, int, int]) -> pd.DataFrame:
    """Make one colony, write image and truth, return its table with image and group in front."""
    spec = OrganoidSpec(colony.condition, shape)
    pixels, labels, table = organoid(spec, np.random.default_rng(colony.seed))
    notes = LsmNotes(
        name=f"synthetic {colony.name}",
        description="SYNTHETIC, not a microscope image. Made by nuclarium "
        f"{nuclarium.__version__}, seed {colony.seed}, condition {colony.condition.name}.",
        objective="simulated 40x/1.1 W",
    )
    write_lsm(
        folder / colony.file,
        pixels[None, :, None],
        spacing=spec.spacing,
        channels=[CHANNEL],
        notes=notes,
    )
    write_labels(
        folder / "truth" / f"{colony.name}.ome.tif",
        labels,
        spec.spacing,
        name=f"synthetic truth of {colony.name}",
        dtype=np.int32,
    )
    if colony.has_strokes:
        z = _STROKES_EVERY * (shape[0] // (2 * _STROKES_EVERY))
        strokes = drawn_strokes(labels[z], np.random.default_rng(colony.seed)).astype(np.int32)
        write_labels(
            folder / "strokes" / f"{colony.name}_z{z:03d}.tif",
            strokes,
            replace(spec.spacing, z=None),
            name=f"strokes on {colony.name}, drawn from the truth",
        )
    table.insert(0, "image", colony.name)
    table.insert(1, "group", colony.name)
    return table


def _summary(folder: Path, settings: OrganoidSet, nuclei: pd.DataFrame) -> dict[str, Any]:
    return {
        "synthetic": True,
        "folder": str(folder),
        "images": settings.colonies * len(settings.conditions),
        "nuclei": len(nuclei),
        "nuclei_by_condition": nuclei.groupby("condition", sort=False).size().to_dict(),
        "seed": settings.seed,
        "shape": list(settings.shape),
        "sheet": str(folder / "sheet.csv"),
        "truth": str(folder / "truth" / "nuclei.csv"),
    }
