"""A small dataset of synthetic nuclei with its split, as `nuclarium dataset` would freeze it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nuclarium.dataset.build import build_version
from nuclarium.dataset.drafts import Draft
from nuclarium.workspace.sample import synthetic_nuclei

PARTS = ("train",) * 6 + ("val",) * 2 + ("test",) * 4


def write_dataset(folder: Path, *, side: int = 64, parts=PARTS, empty: bool = False) -> Path:
    """Write a dataset of two conditions; the folder of its version is returned."""

    def draft(index: int, part: str | None) -> Draft:
        def load():
            rng = np.random.default_rng(index)
            pixels, labels = synthetic_nuclei((side, side), 12, rng, diameter_px=14)
            return pixels, np.zeros_like(labels) if empty else labels

        condition = ("250Pa", "950Pa")[index % 2]
        facts = {"split": part, "condition": condition, "group": f"colony{index}"}
        return Draft(id=f"field{index:02d}", load=load, facts=facts)

    drafts = [draft(index, part) for index, part in enumerate(parts)]
    meta = {"origin": "synthetic", "split": {"how": "fixed"}}
    return build_version(folder, "tiny", drafts, meta).dataset.folder
