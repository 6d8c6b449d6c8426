import stat
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from tests.datasets import dataset, draft

from nuclarium.core.errors import OutputError, SettingsError, UnreadableImageError
from nuclarium.dataset.build import build_version, derive_version
from nuclarium.dataset.read import read_dataset, versions
from nuclarium.io import open_image


def test_pixels_labels_and_facts_are_read_back(tmp_path, rng):
    pixels = rng.integers(0, 4096, (6, 7), np.uint16)
    labels = np.zeros((6, 7), np.int32)
    labels[2:4, 2:5] = 70_000
    facts = {"condition": "250Pa", "spacing_um": (0.25, 0.3), "z": 4, "extra": {"rater": "two"}}
    made = dataset(tmp_path, [draft("a", pixels, labels, **facts)], licence="CC0")
    back = read_dataset(tmp_path, verify=True)
    (item,) = back.items
    assert item == made.items[0]
    assert (item.condition, item.spacing_um, item.z, item.value("rater")) == (
        "250Pa",
        (0.25, 0.3),
        4,
        "two",
    )
    assert item.n_nuclei == 1
    np.testing.assert_array_equal(item.read_image(back.folder), pixels)
    np.testing.assert_array_equal(item.read_labels(back.folder), labels)
    with open_image(back.folder / item.image) as image:
        assert image.spacing == item.spacing
    assert back.meta["licence"] == "CC0"


def test_files_of_a_version_are_read_only(tmp_path):
    made = dataset(tmp_path, [draft("a")])
    files = [path for path in made.folder.rglob("*") if path.is_file()]
    assert len(files) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o444}


def test_building_the_same_again_makes_no_version(tmp_path):
    dataset(tmp_path, [draft("a")])
    again = build_version(tmp_path, "made", [draft("a")], {})
    assert not again.is_new
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["v001"]


def test_change_makes_a_version_that_shares_what_is_the_same(tmp_path):
    dataset(tmp_path, [draft("a"), draft("b")])
    after = dataset(tmp_path, [draft("a"), draft("b", labels=np.eye(8))])
    assert after.version == "v002"
    a, b = after.items
    assert (after.folder / a.image).stat().st_nlink == 2
    assert (after.folder / b.labels).stat().st_nlink == 1
    assert read_dataset(tmp_path / "v001", verify=True).items[1].n_nuclei == 2


def test_building_again_does_not_undo_a_split(tmp_path):
    made = dataset(tmp_path, [draft("a")])
    derive_version(made, [replace(made.items[0], split="test")], {"split": {"by": "random"}})
    again = build_version(tmp_path, "made", [draft("a")], {}, ignore_split=True)
    assert (again.is_new, again.dataset.version) == (False, "v002")


def test_disk_that_fills_up_leaves_nothing_half(tmp_path, monkeypatch):
    dataset(tmp_path, [draft("a")])
    write, written = tifffile.imwrite, []

    def full(path, *args, **kwargs):
        written.append(path)
        if len(written) > 2:
            raise OSError(28, "No space left on device")
        write(path, *args, **kwargs)

    monkeypatch.setattr(tifffile, "imwrite", full)
    with pytest.raises(OutputError, match=r"No space left on device.*free some space"):
        dataset(tmp_path, [draft("a"), draft("b"), draft("c")])
    assert len(written) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["v001"]
    assert read_dataset(tmp_path, verify=True).version == "v001"


def test_labels_of_another_size_are_refused_and_nothing_is_left(tmp_path):
    wrong = draft("a", np.zeros((4, 4), np.uint8), np.zeros((4, 5), np.int32))
    with pytest.raises(SettingsError, match=r"The labels of a must have the size .* 4 × 4 px, but"):
        dataset(tmp_path, [wrong])
    assert list(tmp_path.iterdir()) == []


def test_name_that_comes_twice_is_refused_whatever_its_case(tmp_path):
    with pytest.raises(SettingsError, match="A comes twice"):
        dataset(tmp_path, [draft("a"), draft("A")])


def test_empty_dataset_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="at least one image"):
        dataset(tmp_path, [])


def test_changed_pixels_are_found_when_verified(tmp_path):
    made = dataset(tmp_path, [draft("a")])
    path = made.folder / "images" / "a.tif"
    path.chmod(0o644)
    tifffile.imwrite(path, np.zeros((8, 8), np.uint16))
    with pytest.raises(UnreadableImageError, match="were changed"):
        read_dataset(tmp_path, verify=True)


def test_manifest_edited_by_hand_is_refused(tmp_path):
    made = dataset(tmp_path, [draft("a", condition="x")])
    path = made.folder / "manifest.json"
    path.chmod(0o644)
    path.write_text(path.read_text().replace('"condition": "x"', '"condition": "y"'))
    with pytest.raises(SettingsError, match="edited by hand"):
        read_dataset(tmp_path)


def test_versions_are_in_the_order_of_their_numbers(tmp_path):
    for version in ("v010", "v002", "v1000", "notes"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "manifest.json").touch()
    assert [path.name for path in versions(tmp_path)] == ["v002", "v010", "v1000"]
