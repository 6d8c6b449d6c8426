"""Files are paired by the name of their image."""

from pathlib import Path

import pytest

from nuclarium.core.errors import SettingsError
from nuclarium.evaluate import pair_by_name


@pytest.mark.parametrize(
    ("prediction", "truth"),
    [
        ("a.labels.ome.tif", "a.png"),
        ("a_labels.tif", "a_mask.tiff"),
        ("a.ome.zarr", "a_truth.npy"),
        ("a.labels.ome.zarr", "a.ome.tif"),
        ("a_cp_masks.png", "a_GT.tif"),
        ("plate.1_B02_labels.tif", "plate.1_B02.tif"),
    ],
)
def test_endings_do_not_matter(prediction, truth):
    [(name, first, second)] = pair_by_name([Path("p") / prediction], [Path("t") / truth])
    assert (first.name, second.name) == (prediction, truth)
    assert prediction.startswith(name)


def test_pairs_come_by_name():
    pairs = pair_by_name([Path("b.tif"), Path("a.tif")], [Path("a.png"), Path("b.png")])
    assert [name for name, _, _ in pairs] == ["a", "b"]


def test_files_without_partner_are_named():
    with pytest.raises(SettingsError, match=r"without truth: b.tif. there are truth.*: c.tif"):
        pair_by_name(map(Path, ["a.tif", "b.tif"]), map(Path, ["a.tif", "c.tif"]))


def test_two_files_of_one_image_are_refused():
    with pytest.raises(SettingsError, match=r"one truth file.*a.png, a_mask.png"):
        pair_by_name([Path("a.tif")], [Path("a.png"), Path("a_mask.png")])


def test_no_files_are_refused():
    with pytest.raises(SettingsError, match="got 0 predictions and 1 truth"):
        pair_by_name([], [Path("a.png")])


def test_a_file_that_is_only_called_mask_keeps_its_name():
    assert pair_by_name([Path("mask.tif")], [Path("mask.png")])[0][0] == "mask"
