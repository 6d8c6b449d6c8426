"""What is exported is imported as it was, in every format."""

import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from skimage.segmentation import relabel_sequential
from tests.datasets import dataset, draft

from nuclarium.dataset.exchange import FORMATS
from nuclarium.dataset.read import read_dataset
from nuclarium.workspace.dataset_exchange import export_files, import_dataset

LAWS = settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate])
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=0, max_size=6)
PIXELS = {
    "uint8": lambda rng, shape: rng.integers(0, 256, shape, np.uint8),
    "uint16": lambda rng, shape: rng.integers(0, 65536, shape, np.uint16),
    "float32": lambda rng, shape: rng.normal(size=shape).astype(np.float32),
    "rgb": lambda rng, shape: rng.integers(0, 256, (*shape, 3), np.uint8),
    "rgb16": lambda rng, shape: rng.integers(0, 65536, (*shape, 3), np.uint16),
}


@st.composite
def drafts(draw, numbers):
    """Images of any kind, with labels that touch, have holes, and lie in pieces."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    found = []
    names = draw(
        st.lists(
            st.sampled_from(["a", "b_2", "mask", "img 1".replace(" ", "_"), "é", "x.y"]),
            min_size=1,
            max_size=3,
            unique=True,
        )
    )
    for name in names:
        shape = draw(st.tuples(st.integers(3, 12), st.integers(3, 12)))
        labels = rng.integers(0, draw(st.integers(1, 5)), shape).astype(np.int32)
        labels = relabel_sequential(labels)[0] * draw(numbers)
        kind = draw(st.sampled_from(sorted(PIXELS)))
        spacing = draw(st.none() | st.tuples(st.floats(0.01, 9), st.floats(0.01, 9)))
        facts = {
            "spacing_um": spacing,
            "split": draw(st.sampled_from([None, "train", "val", "test"])),
            "fold": draw(st.none() | st.integers(0, 4)),
            "z": draw(st.none() | st.integers(0, 40)),
            "y0": draw(st.integers(0, 999)),
            **{key: draw(WORDS) for key in ("condition", "group", "patient", "source")},
            "extra": {k: v for k, v in draw(st.dictionaries(st.just("rater"), WORDS)).items() if v},
        }
        found.append(draft(name, PIXELS[kind](rng, shape), labels, **facts))
    return found


def facts(items):
    return [
        {k: v for k, v in asdict(item).items() if k not in ("image", "labels")} for item in items
    ]


def check(made, kind):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        before = dataset(folder / "made", made, licence="CC0", origin="here", annotation="by hand")
        export_files(before.folder, folder / "out", kind)
        import_dataset(folder / "out", folder / "back", kind)
        after = read_dataset(folder / "back", verify=True)
        assert facts(after.items) == facts(before.items)
        assert after.name == before.name
        assert {k: after.meta[k] for k in ("licence", "origin", "annotation")} == dict(before.meta)
        found = import_dataset(folder / "out", folder / "again")
        assert found.dataset.content_hash == after.content_hash


@pytest.mark.parametrize("kind", sorted(set(FORMATS) - {"datasheet", "nucls", "yolo"}))
@given(made=drafts(st.sampled_from([1, 3, 70_000])))
@LAWS
def test_export_then_import_gives_the_same(kind, made):
    check(made, kind)


@given(made=drafts(st.just(1)))
@LAWS
def test_yolo_gives_the_same_where_labels_are_numbered_in_order(made):
    check(made, "yolo")
