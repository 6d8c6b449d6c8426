"""The images of Data Science Bowl 2018 as a dataset."""

from collections import Counter

import pytest

from nuclarium.dataset.intake import IntakeSettings
from nuclarium.workspace.dataset import build_dataset, group_dataset

pytestmark = [pytest.mark.data, pytest.mark.slow]


def test_tissue_of_dsb2018_is_built_and_grouped_by_look(data, tmp_path):
    settings = IntakeSettings(columns={"condition": "modality"}, where={"width": "320"})
    made = build_dataset(data / "dsb2018", tmp_path / "d", settings)
    assert len(made.dataset.items) == 111
    assert sum(item.n_nuclei for item in made.dataset.items) > 4000
    looks = group_dataset(tmp_path / "d").dataset.items
    colour = Counter((item.value("look"), item.condition == "color") for item in looks)
    assert len({look for look, _ in colour}) == len(colour)  # no look has both kinds
