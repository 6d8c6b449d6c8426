"""Published folds, and folds of anybody's data: whole groups, balanced, leak-proof."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.datasets import item

from nuclarium.core.errors import SettingsError
from nuclarium.dataset.exchange import import_folder
from nuclarium.dataset.intake import IntakeSettings
from nuclarium.dataset.leaks import find_torn
from nuclarium.dataset.published_folds import published_folds
from nuclarium.dataset.split import split_items
from nuclarium.dataset.split_settings import SplitSettings
from nuclarium.workspace.dataset_options import split_settings

SLIDES = (22, 27, 32, 25, 18)


def test_published_folds_are_of_124_slides_with_hospitals_apart():
    folds = published_folds("nucls")
    hospitals = defaultdict(set)
    for hospital, fold in folds.values():
        hospitals[hospital].add(fold)
    assert len(folds) == 124
    assert len(hospitals) == 18
    assert all(len(found) == 1 for found in hospitals.values())
    assert tuple(sum(f == k for _, f in folds.values()) for k in range(1, 6)) == SLIDES
    assert all(slide.split("-")[1] == hospital for slide, (hospital, _) in folds.items())


def test_published_folds_are_asked_for_by_name():
    settings = split_settings(None, "random", "", "nucls", 0)
    (found,) = split_items([item("a", slide="TCGA-BH-A0BL-DX1")], settings)
    assert (found.fold, found.split) == (0, "train")
    with pytest.raises(SettingsError, match=r"a number, or published folds by name \(nucls\)"):
        split_settings(None, "random", "", "five", 0)


def test_slide_of_another_study_has_no_published_fold():
    with pytest.raises(SettingsError, match=r"2 here are in none: mine, b \(no slide\)"):
        split_items([item("a", slide="mine"), item("b")], SplitSettings(published="nucls"))


def people(rng, patients, fields=4):
    """Fields of patients, with two classes of which each patient has mostly one."""
    items, classes = [], {}
    for patient in range(patients):
        for field in range(int(rng.integers(1, fields + 1))):
            name = f"p{patient:02}_{field}"
            extra = {"hospital": f"h{patient % 6}"}
            items.append(item(name, patient=f"p{patient}", slide=f"s{patient}", extra=extra))
            classes[name] = rng.poisson([20, 2] if patient % 2 else [2, 20]).astype(float)
    return items, classes


def shares(found, classes):
    """How far classes of folds are from those of the whole, as the worst share."""
    total = sum(classes.values())
    folds = defaultdict(float)
    for one in found:
        folds[one.fold] = folds[one.fold] + classes[one.id]
    wanted = total / total.sum()
    return max(np.abs(counts / counts.sum() - wanted).max() for counts in folds.values())


@given(seed=st.integers(0, 2**32 - 1), by=st.sampled_from(["patient", "hospital", "slide"]))
@settings(max_examples=5, deadline=None)
def test_folds_keep_groups_whole_whatever_the_order_of_the_items(seed, by):
    rng = np.random.default_rng(seed)
    items, classes = people(rng, 12)
    rules = SplitSettings((100, 0, 0), by=by, folds=3)
    found = split_items(items, rules, classes)
    assert {one.fold for one in found} == {0, 1, 2}
    assert not [leak for leak in find_torn(found) if leak.kind == f"same {by}"]
    shuffled = [items[i] for i in rng.permutation(len(items))]
    assert split_items(shuffled, rules, classes) == found


def test_folds_balance_classes_when_asked_to(rng):
    items, classes = people(rng, 30)
    rules = SplitSettings((100, 0, 0), by="patient", folds=3)
    plain, balanced = split_items(items, rules), split_items(items, rules, classes)
    assert shares(balanced, classes) < 0.02 < shares(plain, classes)
    sizes = np.bincount([one.fold for one in balanced])
    assert np.ptp(sizes) <= 3


def test_single_images_are_balanced_too(rng):
    items, classes = people(rng, 30)
    found = split_items(items, SplitSettings((100, 0, 0), folds=3), classes)
    assert shares(found, classes) < 0.02


def torn(parts, hospitals):
    found = [
        item(f"i{n}", split="train", fold=fold, extra={"hospital": hospital})
        for n, (fold, hospital) in enumerate(zip(parts, hospitals, strict=True))
    ]
    return [(leak.kind, leak.is_leak) for leak in find_torn(found)]


def test_torn_hospital_leaks_where_hospitals_could_be_apart():
    assert torn([0, 1, 1], ["A", "A", "B"]) == [("same hospital", True)]
    assert torn([0, 1, 1], ["A", "B", "B"]) == []


def test_one_hospital_alone_cannot_be_kept_apart_and_is_no_leak():
    assert torn([0, 1, 2], ["A", "A", "A"]) == [("same hospital", False)]


def test_fold_of_a_test_part_is_no_part_of_its_own():
    one = item("a", split="test", patient="p")
    assert not list(find_torn([one, replace(one, id="b")]))


@pytest.mark.data
@pytest.mark.parametrize(
    ("once", "expected"),
    [(True, (263, 505, 405, 294, 277)), (False, (263, 507, 405, 294, 277))],
)
def test_real_fields_have_the_published_counts_but_for_two_that_come_twice(data, once, expected):
    intake, _ = import_folder(data / "nucls_core_tables", "nucls", IntakeSettings(once=once))
    items = [item(draft.id, slide=draft.facts["slide"]) for draft in intake.drafts]
    found = split_items(items, SplitSettings(published="nucls"))
    assert tuple(np.bincount([one.fold for one in found]).tolist()) == expected
