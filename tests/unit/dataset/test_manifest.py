from dataclasses import replace
from pathlib import Path

import pytest

from nuclarium.dataset.item import Item
from nuclarium.dataset.manifest import Dataset


@pytest.fixture
def item():
    return Item(
        id="a",
        image="images/a.tif",
        labels="labels/a.tif",
        image_sha256="0",
        labels_sha256="0",
        height=4,
        width=4,
        n_nuclei=0,
    )


def dataset(*items, **meta):
    return Dataset(Path("v001"), "cells", "v001", items, meta)


@pytest.mark.parametrize("said", ["yes", "TRUE", "1"])
def test_images_that_a_sheet_calls_synthetic_make_a_synthetic_dataset(item, said):
    found = dataset(item, replace(item, id="b", extra={"synthetic": said}))
    assert found.is_synthetic
    assert found.title == "cells v001 (synthetic images)"


def test_origin_says_that_images_are_synthetic(item):
    assert dataset(item, origin="Synthetic organoids of nuclarium").is_synthetic


def test_other_images_are_not_called_synthetic(item):
    found = dataset(replace(item, extra={"synthetic": "no"}), origin="DSB 2018")
    assert not found.is_synthetic
    assert found.title == "cells v001"
