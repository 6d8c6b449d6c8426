"""Fixtures of every test: an rng, tiny synthetic nuclei, the real files beside the project."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

# Networks of tests are so small that threads wait for each other for longer than they compute.
os.environ.setdefault("OMP_NUM_THREADS", "1")

DATA = Path(os.environ.get("NUCLARIUM_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of real images, or a skip with the reason."""
    if not DATA.is_dir():
        pytest.skip(f"the real images are not at {DATA}; set NUCLARIUM_DATA to their folder")
    return DATA
