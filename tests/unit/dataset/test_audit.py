import numpy as np
import pytest
from tests.datasets import dataset, draft, item

from nuclarium.dataset.audit import KINDS, audit
from nuclarium.dataset.diff import compare_versions
from nuclarium.dataset.leaks import find_leaks
from nuclarium.dataset.look import look_of
from nuclarium.dataset.overlap import overlapping
from nuclarium.dataset.stats import gather, table_of
from nuclarium.dataset.styles import group_by_look


def leaks(*items):
    flat = look_of(np.zeros((8, 8), np.uint8))
    found = find_leaks(items, [flat] * len(items), lambda place: np.zeros((8, 8), np.uint8))
    return [(finding.kind, finding.ids, finding.is_leak) for finding in found]


@pytest.mark.parametrize("column", ["group", "patient", "slide"])
def test_group_in_two_parts_is_a_leak_and_in_one_part_none(column):
    a, b = (item(n, split=s, **{column: "x"}) for n, s in (("a", "train"), ("b", "test")))
    assert leaks(a, b) == [(f"same {column}", ("b", "a"), True)]
    assert leaks(a, item("c", split="train", **{column: "x"})) == []


def test_group_in_two_folds_is_a_leak():
    a, b = (item(n, split="train", fold=f, group="x") for n, f in (("a", 0), ("b", 1)))
    assert leaks(a, b) == [("same group", ("a", "b"), True)]


def test_exact_duplicates_leak_between_parts_alone():
    a, b, c = (
        item(n, split=s, image_sha256="same")
        for n, s in (("a", "train"), ("b", "train"), ("c", "val"))
    )
    assert leaks(a, b, c) == [
        ("exact duplicate", ("a", "b"), False),
        ("exact duplicate", ("a", "c"), True),
    ]


def test_overlapping_patches_and_near_planes_leak():
    where = {"source": "s.tif", "height": 8, "width": 8}
    a = item("a", split="train", z=3, **where)
    assert leaks(a, item("b", split="test", z=3, y0=6, **where))[0][0] == "overlapping patches"
    assert leaks(a, item("b", split="test", z=4, y0=6, **where))[0][0] == "neighbouring planes"
    assert leaks(a, item("b", split="test", z=9, y0=6, **where)) == []
    assert leaks(a, item("b", split="test", z=3, y0=8, **where)) == []
    assert leaks(a, item("b", split="test", z=3, source="other.tif")) == []


def test_overlaps_are_those_of_a_naive_comparison(rng):
    items = [
        item(str(i), source="s", y0=int(y), x0=int(x), height=7, width=5)
        for i, (y, x) in enumerate(rng.integers(0, 40, (60, 2)))
    ]
    naive = {
        (i, j)
        for i, a in enumerate(items)
        for j, b in enumerate(items[:i])
        if abs(a.y0 - b.y0) < 7 and abs(a.x0 - b.x0) < 5
    }
    assert {(o.second, o.first) for o in overlapping(items)} == naive


def test_audit_finds_what_was_planted(tmp_path, rng):
    y, x = np.indices((96, 96))

    def nuclei(seed, radius=5):
        labels = np.zeros((96, 96), np.int32)
        for number in range(25):
            middle = 12 + 18 * (number // 5), 12 + 18 * (number % 5)
            labels[(y - middle[0]) ** 2 + (x - middle[1]) ** 2 < radius**2] = number + 1
        light = np.random.default_rng(seed).uniform(300, 3000, 26)
        light[0] = 100
        return (light[labels] + rng.normal(0, 5, labels.shape)).astype(np.uint16), labels

    first, truth = nuclei(0)
    broken = truth.copy()
    broken[12, 12], broken[12:15, 30], broken[30, 28:35] = 0, 0, 0
    specks = truth.copy()
    specks[truth == 25] = 0
    specks[84, 84] = 25
    made = dataset(
        tmp_path,
        [
            draft("a", first, truth, split="train", group="g"),
            draft("b", first[:, ::-1].copy(), truth[:, ::-1].copy(), split="test"),
            draft("c", nuclei(1)[0], broken, split="train", group="h"),
            draft("d", nuclei(2)[0], specks, split="val", group="h"),
            draft("e", nuclei(3)[0], np.zeros_like(truth), split="val"),
        ],
    )
    found = audit(made)
    kinds = {(finding.kind, finding.ids[0]) for finding in found.findings}
    assert {
        ("same group", "c"),
        ("near duplicate", "a"),
        ("holes", "c"),
        ("far smaller", "d"),
        ("empty labels", "e"),
    } <= kinds
    assert {finding.kind for finding in found.leaks} == {"same group", "near duplicate"}
    order = [list(KINDS).index(finding.kind) for finding in found.findings]
    assert order == sorted(order)


def test_table_has_counts_means_and_spreads_by_condition(tmp_path):
    one = np.zeros((20, 20), np.int32)
    one[2:6, 2:6] = 1
    two = one.copy()
    two[10:20, 10:12] = 2
    facts = {"spacing_um": (0.5, 0.5)}
    made = dataset(
        tmp_path,
        [
            draft("a", labels=one, condition="950 Pa", **facts),
            draft("b", labels=two, condition="950 Pa", **facts),
            draft("c", labels=one, condition="1800 Pa", **facts),
        ],
    )
    table = table_of(gather(made)).set_index("condition")
    assert table.index.tolist() == ["950 Pa", "1800 Pa", "all"]
    assert table["images"].tolist() == [2, 1, 3]
    assert table["nuclei"].tolist() == [3, 1, 4]
    assert table.loc["950 Pa", "nuclei_per_image_mean"] == 1.5
    assert table.loc["950 Pa", "nuclei_per_image_sd"] == pytest.approx(np.sqrt(0.5))
    assert table["area_mean"].tolist() == [4.0, 4.0, 4.0]  # the nucleus at the edge is left out
    assert set(table["area_unit"]) == {"µm²"}


def test_areas_are_in_pixels_where_an_image_has_no_spacing(tmp_path):
    made = dataset(tmp_path, [draft("a", spacing_um=(0.5, 0.5)), draft("b")])
    table = table_of(gather(made))
    assert table["area_unit"].tolist() == ["px"]
    assert table["area_mean"].tolist() == [9.5]


def test_diff_says_what_changed(tmp_path):
    before = dataset(tmp_path, [draft("a"), draft("b"), draft("c", condition="x")], licence="CC0")
    after = dataset(
        tmp_path,
        [
            draft("b", labels=np.eye(8), pixels=before.items[1].read_image(before.folder)),
            draft("c", condition="y", split="test"),
            draft("d"),
        ],
        licence="CC-BY-4.0",
    )
    assert [(c.kind, c.id, c.text) for c in compare_versions(before, after)] == [
        ("added", "d", ""),
        ("removed", "a", ""),
        ("labels", "b", "nuclei: 2 → 1"),
        ("facts", "c", "condition: x → y"),
        ("split", "c", "split: none → test"),
        ("dataset", "", "licence: CC0 → CC-BY-4.0"),
    ]
    assert compare_versions(after, after) == []


def test_images_that_look_alike_are_grouped(rng):
    dark = [rng.normal(20, 3, (64, 64)).clip(0).astype(np.uint16) for _ in range(4)]
    bright = [rng.normal(2000, 300, (64, 64)).clip(0).astype(np.uint16) for _ in range(3)]
    wide = [rng.normal(20, 3, (64, 80)).clip(0).astype(np.uint16)]
    looks = [look_of(pixels) for pixels in [*dark, *bright, *wide]]
    assert group_by_look(looks, [50.0] * 8) == [1, 1, 1, 1, 2, 2, 2, 3]
