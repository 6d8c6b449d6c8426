"""What a consensus depends on beside the ratings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ConsensusSettings:
    """What a consensus depends on.

    Parameters
    ----------
    method : str
        How truth is inferred; see `infer_truth`.
    min_iou : float
        How much marks must overlap to be of one nucleus.
    arm : str or None
        Arm of the study; where there are several, that with the most answers when None.
    group : tuple of str
        Groups whose raters are judged and compared; all when empty.
    truth_group : tuple of str
        Groups whose answers make the truth; all when empty.
    hierarchy : str or None
        ``nucls``, a file of classes, or ``none``; when None, ``nucls`` where it has all labels.
    level : str or None
        Level of the hierarchy at which raters are judged; the finest when None.
    columns : mapping of str to str
        Name of a column that is needed → name that it has in the table.
    keep_aliases : bool
        The raters of the table are aliases already.
    simulate : bool
        Whether to simulate how many raters are enough.
    repetitions : int
        Of that simulation, for each number of raters.
    resamples : int
        Draws of every bootstrap.
    workers : int
        Processes of that simulation; results do not depend on it.
    seed : int
        Of everything that is drawn.
    """

    method: str = "dawid-skene"
    min_iou: float = 0.25
    arm: str | None = None
    group: tuple[str, ...] = ()
    truth_group: tuple[str, ...] = ()
    hierarchy: str | None = None
    level: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    keep_aliases: bool = False
    simulate: bool = True
    repetitions: int = 100
    resamples: int = 500
    workers: int = 1
    seed: int = 0
