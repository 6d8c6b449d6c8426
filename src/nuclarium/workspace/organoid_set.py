"""What a set of synthetic organoids is: its settings, its colonies, and what is said of them."""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

import nuclarium
from nuclarium.core.errors import SettingsError
from nuclarium.synthetic import conditions as planted
from nuclarium.synthetic.conditions import CONDITIONS, Condition
from nuclarium.synthetic.organoid import OrganoidSpec

SMALL_SHAPE, SMALL_COLONIES = (24, 224, 224), 2
_MOST_VOXELS = 2**27


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
        if math.prod(self.shape) > _MOST_VOXELS:
            raise SettingsError(
                f"A stack must have at most {_MOST_VOXELS:,} voxels, which take 7 GB of memory, "
                f"but got {self.shape}. Choose a smaller size, or more colonies."
            )
        try:
            OrganoidSpec(shape=self.shape)
        except ValueError as error:
            raise SettingsError(f"{error} Choose a larger size.") from error


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

    @property
    def has_strokes(self) -> bool:
        """Whether strokes on one of its planes lie beside: the first colony of each condition."""
        return self.seed[2] == 0


def iter_colonies(settings: OrganoidSet) -> Iterator[Colony]:
    """Yield the colonies of a set; their numbers run through all conditions."""
    number = 0
    for index, condition in enumerate(settings.conditions):
        for own in range(settings.colonies):
            number += 1
            yield Colony(f"colony{number:02d}", condition, (settings.seed, index, own))


def sheet(colonies: Sequence[Colony]) -> pd.DataFrame:
    """Return one row a file: where it is, and what it belongs to."""
    return pd.DataFrame(
        {
            "image": [colony.name for colony in colonies],
            "file": [colony.file for colony in colonies],
            "condition": [colony.condition.name for colony in colonies],
            "group": [colony.name for colony in colonies],
            "stiffness_pa": [colony.condition.stiffness_pa for colony in colonies],
            "truth": [f"truth/{colony.name}.ome.tif" for colony in colonies],
            "synthetic": "yes",
        }
    )


def record(settings: OrganoidSet) -> dict[str, Any]:
    """Return all that the set depends on; no time, so that the same set has the same bytes."""
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


def readme(settings: OrganoidSet, nuclei: pd.DataFrame) -> str:
    """Return the text that lies beside the files, with the number of nuclei by condition."""
    lines = [
        "SYNTHETIC ORGANOIDS: computed, not taken by a microscope.",
        "",
        f"Made by nuclarium {nuclarium.__version__} (nuclarium sample organoid), seed "
        f"{settings.seed}. A figure made from these files must say that they are synthetic.",
        "",
        "CONDITION/colonyNN.lsm   stacks, voxel 0.25 x 0.25 x 1 um (x, y, z), 12 bits",
        "strokes/                 strokes on a plane of the first colony of each condition, as for",
        "                         nuclarium pixels train; drawn from the truth",
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
