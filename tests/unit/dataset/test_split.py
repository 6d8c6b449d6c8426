from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.datasets import item

from nuclarium.core.errors import SettingsError
from nuclarium.dataset.split import part_sizes, split_counts, split_items
from nuclarium.dataset.split_settings import SplitSettings, parse_ratios

PAPER = {"250Pa": 453, "950Pa": 54, "1200Pa": 114, "1800Pa": 198}


def paper():
    names = [condition for condition, count in PAPER.items() for _ in range(count)]
    return [
        item(f"i{i:03}", condition=name, group=f"{name} colony {i % 9}")
        for i, name in enumerate(names)
    ]


def test_the_819_images_of_the_paper_are_split_as_in_the_paper():
    parts = split_counts(split_items(paper(), SplitSettings()))
    assert parts == {"train": 655, "val": 82, "test": 82}


@given(
    count=st.integers(0, 2000),
    ratios=st.lists(st.integers(0, 9), min_size=3, max_size=3).filter(any),
)
def test_sizes_add_up_and_are_within_one_image_of_their_share(count, ratios):
    sizes = part_sizes(count, ratios)
    assert sum(sizes) == count
    exact = [count * ratio / sum(ratios) for ratio in ratios]
    assert all(abs(size - share) < 1 for size, share in zip(sizes, exact, strict=True))


def test_the_split_depends_on_seed_and_items_not_on_their_order():
    items = paper()
    first = split_items(items, SplitSettings(seed=3))
    assert first == split_items(items[::-1], SplitSettings(seed=3))
    assert first != split_items(items, SplitSettings(seed=4))


@settings(deadline=None, max_examples=25)
@given(
    groups=st.lists(st.integers(0, 11), min_size=12, max_size=60).filter(lambda g: len(set(g)) > 7),
    folds=st.sampled_from([0, 2]),
)
def test_no_group_is_in_two_parts_or_folds(groups, folds):
    items = [item(f"i{i}", group=f"g{group}") for i, group in enumerate(groups)]
    wanted = SplitSettings(by="group", ratios=(8, 0, 1), folds=folds)
    parts = defaultdict(set)
    for one in split_items(items, wanted):
        parts[one.group].add((one.split, one.fold))
    assert all(len(found) == 1 for found in parts.values())


def test_groups_come_as_near_to_the_ratios_as_they_can():
    sizes = [189, 142, 89, 43, 24, 21, 8, 6, 5, 3, 3, 2, 2, 1, 1, 1, 1]
    items = [item(f"g{g}i{i}", group=f"g{g}") for g, size in enumerate(sizes) for i in range(size)]
    parts = split_counts(split_items(items, SplitSettings(by="group")))
    assert parts == {"train": 433, "val": 54, "test": 54}


def test_strata_are_within_one_image_of_their_share():
    items = split_items(paper(), SplitSettings(stratify="condition"))
    assert split_counts(items) == {"train": 655, "val": 82, "test": 82}
    found = Counter((one.condition, one.split) for one in items)
    for condition, count in PAPER.items():
        for part, share in (("train", 0.8), ("val", 0.1), ("test", 0.1)):
            assert abs(found[condition, part] - share * count) <= 1.5


def test_folds_are_of_equal_size_and_without_the_test_part():
    items = split_items(paper(), SplitSettings(folds=5))
    assert {one.fold for one in items if one.split == "test"} == {None}
    sizes = Counter(one.fold for one in items if one.split != "test")
    assert sorted(sizes.values()) == [147, 147, 147, 148, 148]


def test_too_few_images_for_the_parts_are_refused():
    with pytest.raises(SettingsError, match="2 images cannot fill 3"):
        split_items([item("a"), item("b")], SplitSettings())


def test_part_that_would_be_empty_is_refused():
    with pytest.raises(SettingsError, match="of 5 none would be in val, test"):
        split_items([item(str(i)) for i in range(5)], SplitSettings(ratios=(90, 9, 1)))


def test_too_few_groups_are_refused():
    items = [item(str(i), group=str(i % 2)) for i in range(9)]
    with pytest.raises(SettingsError, match="2 groups cannot fill 3"):
        split_items(items, SplitSettings(by="group"))


def test_images_without_a_group_are_counted_in_the_refusal():
    items = [item("a", patient="p"), item("b"), item("c")]
    with pytest.raises(SettingsError, match="2 of 3 have none"):
        split_items(items, SplitSettings(by="patient"))


@pytest.mark.parametrize("text", ["80:20", "a:b:c", "80:10:10:1"])
def test_ratios_that_are_not_three_numbers_are_refused(text):
    with pytest.raises(SettingsError, match="train:val:test"):
        parse_ratios(text)


@pytest.mark.parametrize("ratios", [(0, 0, 0), (-1, 1, 1), (float("nan"), 1, 1)])
def test_ratios_that_share_nothing_are_refused(ratios):
    with pytest.raises(SettingsError, match="ratios"):
        split_items([item("a")], SplitSettings(ratios=ratios))


def test_single_fold_is_refused():
    with pytest.raises(SettingsError, match="folds must be 2 or more"):
        split_items([item("a"), item("b")], SplitSettings(folds=1))
