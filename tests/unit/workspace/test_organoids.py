"""A set of organoids on disk: what is where, and that it depends on its settings alone."""

import json

import numpy as np
import pandas as pd
import pytest
import tifffile

from nuclarium.core.errors import OutputError, SettingsError
from nuclarium.io import hash_file, open_image
from nuclarium.synthetic.conditions import CONDITIONS
from nuclarium.workspace.evaluate import evaluate_files
from nuclarium.workspace.organoid_set import OrganoidSet
from nuclarium.workspace.organoids import write_organoids

TINY = OrganoidSet(seed=4, colonies=2, shape=(16, 96, 88), conditions=CONDITIONS[:2])


def hashes(folder):
    return {
        path.relative_to(folder).as_posix(): hash_file(path)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("set") / "organoids"
    write_organoids(out, TINY, workers=2)
    return out


def test_files_are_where_the_sheet_says(folder):
    sheet = pd.read_csv(folder / "sheet.csv")
    assert sheet["file"].tolist() == [
        "250Pa/colony01.lsm", "250Pa/colony02.lsm", "950Pa/colony03.lsm", "950Pa/colony04.lsm"
    ]  # fmt: skip
    assert sheet["condition"].tolist() == ["250Pa", "250Pa", "950Pa", "950Pa"]
    assert sheet["group"].is_unique
    for column in ("file", "truth"):
        assert all((folder / name).is_file() for name in sheet[column])


def test_image_and_truth_are_on_one_grid_with_the_same_spacing(folder):
    with open_image(folder / "950Pa" / "colony03.lsm") as image:
        assert image.shape == (1, 1, 16, 96, 88)
        assert image.bit_depth == 12
        spacing = image.spacing
    assert (spacing.z, spacing.y, spacing.x) == pytest.approx((1, 0.25, 0.25))
    with open_image(folder / "truth" / "colony03.ome.tif") as truth:
        assert truth.shape == (1, 1, 16, 96, 88)
        assert truth.dtype == np.int32
        assert (truth.spacing.z, truth.spacing.y) == pytest.approx((1, 0.25))


def test_table_holds_the_nuclei_of_all_truths(folder):
    table = pd.read_csv(folder / "truth" / "nuclei.csv")
    for group, nuclei in table.groupby("group"):
        labels = tifffile.imread(folder / "truth" / f"{group}.ome.tif")
        assert np.bincount(labels.ravel())[1:].tolist() == nuclei["voxels"].tolist()


def test_truth_and_sheet_can_be_given_to_evaluate_as_they_are(folder):
    result = evaluate_files(folder / "truth", folder / "truth", groups=folder / "sheet.csv")
    assert result.names == ["colony01", "colony02", "colony03", "colony04"]
    assert result.left_out == []


def test_everything_says_that_it_is_synthetic(folder):
    assert "SYNTHETIC" in (folder / "README.txt").read_text("utf-8")
    assert json.loads((folder / "truth" / "planted.json").read_text("utf-8"))["synthetic"] is True
    assert set(pd.read_csv(folder / "sheet.csv")["synthetic"]) == {"yes"}
    with open_image(folder / "250Pa" / "colony01.lsm") as image:
        assert "synthetic" in image.channel_names[0]
        assert "SYNTHETIC" in image.description
    with tifffile.TiffFile(folder / "truth" / "colony01.ome.tif") as tif:
        assert "synthetic" in tif.ome_metadata


def test_same_settings_give_the_same_bytes_whatever_the_number_of_threads(folder, tmp_path):
    write_organoids(tmp_path / "again", TINY, workers=1)
    assert hashes(tmp_path / "again") == hashes(folder)


def test_a_colony_does_not_depend_on_how_many_others_are_made(folder, tmp_path):
    one = OrganoidSet(seed=4, colonies=1, shape=(16, 96, 88), conditions=CONDITIONS[:1])
    write_organoids(tmp_path / "one", one)
    name = "250Pa/colony01.lsm"
    assert hash_file(tmp_path / "one" / name) == hash_file(folder / name)


def test_another_seed_gives_other_colonies(folder, tmp_path):
    other = OrganoidSet(seed=5, colonies=1, shape=(16, 96, 88), conditions=CONDITIONS[:1])
    write_organoids(tmp_path / "other", other)
    name = "250Pa/colony01.lsm"
    assert hash_file(tmp_path / "other" / name) != hash_file(folder / name)


def test_a_set_is_replaced_only_when_asked(tmp_path):
    small = OrganoidSet(colonies=1, shape=(14, 72, 72), conditions=CONDITIONS[:1])
    write_organoids(tmp_path / "set", small)
    with pytest.raises(OutputError, match="--overwrite"):
        write_organoids(tmp_path / "set", small)
    (tmp_path / "set" / "250Pa" / "colony99.lsm").touch()
    write_organoids(tmp_path / "set", small, overwrite=True)
    assert not (tmp_path / "set" / "250Pa" / "colony99.lsm").exists()


def test_a_folder_with_something_else_is_never_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError, match="something else"):
        write_organoids(tmp_path, TINY, overwrite=True)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_set_that_fails_leaves_nothing(tmp_path):
    def fail(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_organoids(tmp_path / "set", TINY, advance=fail)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wrong", [{"seed": -1}, {"colonies": 0}, {"shape": (4, 400, 400)}, {"shape": (9999,) * 3}]
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(SettingsError):
        OrganoidSet(**wrong)
