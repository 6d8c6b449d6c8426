"""Boxes, outlines, points and classes are exported and imported as they were, where they fit."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.datasets import NUCLS, marked

from nuclarium.dataset.build import build_version
from nuclarium.dataset.read import read_dataset
from nuclarium.workspace.dataset_exchange import export_files, import_dataset

LAWS = settings(max_examples=5, deadline=None, phases=[Phase.explicit, Phase.generate])
SIDE = 16
LABELS = ("tumor", "correction_lymphocyte", "unlabeled", "eosinophil")


@st.composite
def fields(draw, *, whole: bool):
    """Fields of outlines, boxes and points that overlap; `whole`: on pixels, as NuCLS has them."""
    found = []
    for name in draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True)):
        rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        rows = []
        for kind in draw(st.lists(st.sampled_from(("outline", "box", "point")), max_size=5)):
            low = rng.integers(0, SIDE - 5, 2).astype(float)
            size = rng.integers(2, 5, 2) if whole else rng.uniform(0.5, 5, 2)
            rows.append((kind, (*low, *(low + size)), str(rng.choice(LABELS))))
        facts = {"slide": draw(st.sampled_from(["", "s1"])), "extra": {"hospital": "A2"}}
        found.append(marked(name, rows, (SIDE, SIDE), whole=whole, **facts))
    return found


def check(drafts, kind):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        before = build_version(folder / "made", "made", drafts, {}, classes=NUCLS).dataset
        assert export_files(before.folder, folder / "out", kind).notes == []
        import_dataset(folder / "out", folder / "back", kind)
        after = read_dataset(folder / "back", verify=True)
        assert [item.facts() for item in after.items] == [item.facts() for item in before.items]
        assert after.hierarchy == before.hierarchy
        found = import_dataset(folder / "out", folder / "again")
        assert found.dataset.content_hash == before.content_hash


@pytest.mark.parametrize("kind", ["coco", "coco-rle", "parquet"])
@given(drafts=fields(whole=False))
@LAWS
def test_export_then_import_gives_the_same_marks(kind, drafts):
    check(drafts, kind)


@given(drafts=fields(whole=True))
@LAWS
def test_nucls_gives_the_same_marks_where_they_lie_on_whole_pixels(drafts):
    check(drafts, "nucls")
