"""A set of synthetic organoids on disk: LSM files by condition, their sheet, and the truth."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import nuclarium
from nuclarium.core.errors import OutputError, SettingsError
from nuclarium.io.lsm_info import LsmChannel, LsmNotes
from nuclarium.io.write import write_json, write_labels, write_table, write_text, written_whole
from nuclarium.io.write_lsm import write_lsm
from nuclarium.synthetic import conditions as planted
from nuclarium.synthetic.conditions import CONDITIONS, Condition
from nuclarium.synthetic.organoid import OrganoidSpec, organoid

CHANNEL = LsmChannel("DAPI (synthetic)", (0, 0, 255), excitation_nm=405, emission_nm=(420, 480))
SMALL_SHAPE, SMALL_COLONIES = (24, 224, 224), 2
_MARK = "truth/planted.json"


@dataclass(frozen=True, slots=True)
class OrganoidSet:
    """What set is made.

    Parameters
    ----------
    seed : int
        From 0. A colony depends on it, on its condition and on its number there, and on nothing
        else that is made.
    colonies : int
        A condition.
    shape : (Z, Y, X)
        Voxels of a stack.
    conditions : tuple of Condition
    """

    seed: int = 1
    colonies: int = 6
    shape: tuple[int, int, int] = (36, 384, 384)
    conditions: tuple[Condition, ...] = field(default=CONDITIONS)

    def __post_init__(self) -> None:
        if self.seed < 0 or self.colonies < 1:
            raise SettingsError(
                "A set of organoids needs a seed from 0 and at least one colony a condition, but "
                f"got seed {self.seed} and {self.colonies} colonies."
            )
        try:
            OrganoidSpec(shape=self.shape)
        except ValueError as error:
            raise SettingsError(f"{error} Choose a larger size.") from error

    @property
    def bytes(self) -> int:
        """Size of the images, without headers."""
        return 2 * self.colonies * len(self.conditions) * int(np.prod(self.shape))


@dataclass(frozen=True, slots=True)
class Colony:
    """One colony of a set: its name there, and what it depends on."""

    name: str
    condition: Condition
    seed: tuple[int, int, int]

    @property
    def file(self) -> str:
        """Where its image lies in the folder of the set."""
        return f"{self.condition.name}/{self.name}.lsm"


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
    _check_free(folder, overwrite)
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
        write_table(part / "sheet.csv", _sheet(colonies))
        write_json(part / _MARK, _record(settings))
        write_text(part / "README.txt", _readme(settings, nuclei))
    return _summary(folder, settings, nuclei)


def iter_colonies(settings: OrganoidSet) -> Iterator[Colony]:
    """Yield the colonies of a set; their numbers run through all conditions."""
    number = 0
    for index, condition in enumerate(settings.conditions):
        for own in range(settings.colonies):
            number += 1
            yield Colony(f"colony{number:02d}", condition, (settings.seed, index, own))


def write_colony(folder: Path, colony: Colony, shape: tuple[int, int, int]) -> pd.DataFrame:
    """Make one colony, write image and truth, return its table with file and group in front."""
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
    table.insert(0, "image", f"{colony.name}.lsm")
    table.insert(1, "group", colony.name)
    return table


def _check_free(folder: Path, overwrite: bool) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / _MARK).is_file():
        raise OutputError(
            f"{folder} must be new, empty, or hold synthetic organoids, but something else is "
            "there. Choose another folder."
        )
    if not overwrite:
        raise OutputError(
            f"{folder} holds synthetic organoids already. Use --overwrite to replace them, or "
            "choose another folder."
        )


def _sheet(colonies: list[Colony]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "image": [f"{colony.name}.lsm" for colony in colonies],
            "file": [colony.file for colony in colonies],
            "condition": [colony.condition.name for colony in colonies],
            "group": [colony.name for colony in colonies],
            "stiffness_pa": [colony.condition.stiffness_pa for colony in colonies],
            "truth": [f"truth/{colony.name}.ome.tif" for colony in colonies],
            "synthetic": "yes",
        }
    )


def _record(settings: OrganoidSet) -> dict[str, Any]:
    """Everything that the set depends on; no time, so that the same set has the same bytes."""
    packages = ("numpy", "scipy", "opencv-python-headless")
    spec = OrganoidSpec(shape=settings.shape)
    return {
        "synthetic": True,
        "nuclarium": nuclarium.__version__,
        "packages": {name: importlib.metadata.version(name) for name in packages},
        "seed": settings.seed,
        "colonies_a_condition": settings.colonies,
        "shape": settings.shape,
        "spacing_um": {"z": spec.spacing.z, "y": spec.spacing.y, "x": spec.spacing.x},
        "conditions": [asdict(condition) for condition in settings.conditions],
        "spread_of_logarithms": {
            name: asdict(getattr(planted, name.upper()))
            for name in ("volume", "elongation", "flatness", "intensity", "texture")
        },
        "kinds": [asdict(kind) for kind in planted.KINDS],
        "optics": asdict(spec.optics),
    }


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


def _readme(settings: OrganoidSet, nuclei: pd.DataFrame) -> str:
    lines = [
        "SYNTHETIC ORGANOIDS: computed, not taken by a microscope.",
        "",
        f"Made by nuclarium {nuclarium.__version__} (nuclarium sample organoid), seed "
        f"{settings.seed}. A figure made from these files must say that they are synthetic.",
        "",
        "CONDITION/colonyNN.lsm   stacks, voxel 0.25 x 0.25 x 1 um (x, y, z), 12 bits",
        "sheet.csv                which file belongs to which condition and colony",
        "truth/colonyNN.ome.tif   the true label of every voxel, 0 is background",
        "truth/nuclei.csv         every nucleus: what was planted, where it lies, its volume",
        "truth/planted.json       conditions, spreads, optics, versions",
        "",
        "condition   volume um3   elongation   nuclei",
    ]
    counts = nuclei.groupby("condition", sort=False).size()
    lines += [
        f"{c.name:<11} {c.volume_um3:>10.0f}   {c.elongation:>10.2f}   {counts[c.name]:>6}"
        for c in settings.conditions
    ]
    lines += ["", "Columns and method: docs/synthetic.md of nuclarium.", ""]
    return "\n".join(lines)
