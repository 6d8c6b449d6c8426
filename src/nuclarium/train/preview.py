"""Patches as a run would be shown them, to look at before anything is trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nuclarium.predict.model import InputSpec
from nuclarium.train.config import read_config
from nuclarium.train.data import RandomPatches
from nuclarium.train.examples import load_example
from nuclarium.train.pairs import train_and_watch
from nuclarium.train.paste import Patch

ROWS, COLUMNS = 4, 6


def preview_patches(config_path: Path) -> tuple[str, list[list[Patch]]]:
    """Draw the first patches of a run.

    Parameters
    ----------
    config_path : Path
        Settings of the run.

    Returns
    -------
    augmentation : str
        What varies them.
    rows : list of list of Patch
        Each of pixels (H, W) or (H, W, 3), in the range that the network is shown before its
        input is standardised. The first row holds whole images, unchanged.

    Raises
    ------
    NuclariumError
        As `run.train` does for the same settings.
    """
    config = read_config(config_path)
    spec = InputSpec(kind=config.kind)
    pairs, _ = train_and_watch(config)
    rng = np.random.default_rng(config.seed)
    few = [pairs[i] for i in sorted(rng.permutation(len(pairs))[: 4 * COLUMNS])]
    examples = [load_example(pair, spec) for pair in few]
    source = RandomPatches(examples, spec, config)
    whole = [Patch(e.pixels, e.labels, e.largest) for e in examples[:COLUMNS]]
    drawn = [source.patch(number) for number in range(ROWS * COLUMNS)]
    rows = [drawn[i : i + COLUMNS] for i in range(0, len(drawn), COLUMNS)]
    return config.augmentation, [whole, *rows]
