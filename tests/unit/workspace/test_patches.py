"""Patches of a project and of two folders: their table, what is refused, what is kept."""

import errno

import numpy as np
import pandas as pd
import pytest
import tifffile

from nuclarium.core.errors import OutputError, SettingsError
from nuclarium.core.geometry import Spacing
from nuclarium.dataset.patches import PatchSettings
from nuclarium.io import hash_file
from nuclarium.io.write import write_labels
from nuclarium.io.write_lsm import write_lsm
from nuclarium.preprocess.slices import SliceSettings
from nuclarium.workspace.import_images import import_images
from nuclarium.workspace.patches import write_patches
from nuclarium.workspace.plane_pairs import folder_pairs, project_pairs
from nuclarium.workspace.project import Project
from nuclarium.workspace.raw_images import project_images
from nuclarium.workspace.slices import write_slices

SMALL = PatchSettings(size_px=32, edge="shift", min_nuclei=0)


def blobs(height=70, width=90):
    labels = np.zeros((height, width), np.int32)
    for number, (y, x) in enumerate([(5, 5), (5, 40), (40, 60), (50, 10)], 1):
        labels[y : y + 12, x : x + 12] = number
    return labels


@pytest.fixture
def project(tmp_path, rng):
    """Two colonies with the planes 1 and 3 of each, masks beside them."""
    project = Project.create(tmp_path / "project")
    for i in (1, 2):
        path = tmp_path / f"colony{i}.lsm"
        stack = rng.integers(0, 4096, (1, 4, 1, 70, 90), dtype=np.uint16)
        write_lsm(path, stack, spacing=Spacing(0.25, 0.25, 1.0))
        import_images(project, [path], known={"condition": f"{i}50Pa", "group": f"c{i}"})
    table = project.images().assign(microscope="LSM 710", image="mine")
    project.write_images(table)
    planes = project.folder / "planes"
    write_slices(project_images(project), planes, SliceSettings("1,3"), project=project)
    for path in planes.iterdir():
        write_labels(project.folder / "masks" / path.name, blobs())
    return project


def cut(project, settings=SMALL, statuses=(), **options):
    pairs, remarks = project_pairs(project, statuses)
    folder = project.folder / "patches"
    result = write_patches(pairs, folder, settings, project=project, **options)
    result.remarks[:0] = remarks
    return result


def folders(tmp_path, planes, masks):
    """Write arrays as TIFF into two folders."""
    for kind, arrays in (("planes", planes), ("masks", masks)):
        (tmp_path / kind).mkdir(exist_ok=True)
        for name, array in arrays.items():
            tifffile.imwrite(tmp_path / kind / f"{name}.tif", array, photometric="minisblack")
    return tmp_path / "planes", tmp_path / "masks"


def test_patches_and_their_truth_are_windows_of_plane_and_mask(project):
    cut(project)
    table = pd.read_csv(project.folder / "patches" / "patches.csv")
    assert len(table) == 4 * 9
    for row in table.itertuples():
        window = (slice(row.y0, row.y0 + 32), slice(row.x0, row.x0 + 32))
        for kind, folder in (("image", "planes"), ("labels", "masks")):
            whole = tifffile.imread(project.folder / folder / f"{row.plane}.tif")
            patch = tifffile.imread(project.folder / "patches" / getattr(row, kind))
            np.testing.assert_array_equal(patch, whole[window])
    assert tifffile.imread(project.folder / "patches" / table["image"][0]).dtype == np.uint16


def test_each_patch_knows_where_it_comes_from(project, tmp_path):
    cut(project)
    row = pd.read_csv(project.folder / "patches" / "patches.csv", dtype=str).iloc[-1]
    assert row["id"] == "colony2_z003_y0038_x0058"
    assert row["image"] == "images/colony2_z003_y0038_x0058.tif"
    assert row["source"] == "colony2.lsm"
    assert row["source_sha256"] == hash_file(tmp_path / "colony2.lsm")
    assert (row["channel"], row["z"], row["y0"], row["x0"]) == ("Ch1", "3", "38", "58")
    assert (row["condition"], row["group"], row["microscope"]) == ("250Pa", "c2", "LSM 710")
    assert (row["spacing_y_um"], row["bit_depth"], row["height"]) == ("0.25", "12", "32")
    assert (row["image_name"], row["mask_status"]) == ("colony2", "preliminary")


def test_table_is_the_sheet_of_a_dataset(project):
    from nuclarium.dataset.sheet import find_sheet, read_sheet

    cut(project)
    sheet = read_sheet(find_sheet(project.folder / "patches"))
    facts = sheet.facts("colony1_z001_y0000_x0032.tif")
    assert (facts["condition"], facts["z"], facts["x0"]) == ("150Pa", 1, 32)
    assert facts["spacing_um"] == (0.25, 0.25)


def test_cutting_is_recorded_with_what_went_in(project):
    cut(project)
    record = project.records()[-1]
    assert record["what"] == "patches"
    assert record["settings"]["size_px"] == 32
    assert len(record["inputs"]) == 8
    table = project.folder / "patches" / "patches.csv"
    assert record["outputs"] == {"patches/patches.csv": hash_file(table)}


def test_masks_are_taken_by_their_status(project):
    (project.folder / "masks" / "masks.csv").write_text(
        "name,status\ncolony1_z001,verified\ncolony2_z003,rejected\n"
    )
    everything = cut(project)
    assert {row["plane"] for row in everything.rows} == {
        "colony1_z001", "colony1_z003", "colony2_z001",
    }  # fmt: skip
    assert "1 masks were left out by their status: colony2_z003." in everything.remarks
    verified = cut(project, statuses=["verified"], overwrite=True)
    assert {row["plane"] for row in verified.rows} == {"colony1_z001"}
    with pytest.raises(SettingsError, match="preliminary, verified, rejected"):
        project_pairs(project, ["checked"])


def test_planes_and_masks_without_partner_are_named(project):
    (project.folder / "masks" / "colony1_z001.tif").rename(project.folder / "masks" / "odd.tif")
    remarks = cut(project).remarks
    assert "1 planes have no mask and were left out: colony1_z001." in remarks
    assert "1 masks have no plane and were left out: odd." in remarks


def test_mask_named_like_its_image_is_that_of_its_only_plane(project):
    masks = project.folder / "masks"
    (project.folder / "planes" / "colony1_z003.tif").unlink()
    (masks / "colony1_z003.tif").unlink()
    (masks / "colony1_z001.tif").rename(masks / "colony1.tif")
    result = cut(project)
    assert "colony1_z001" in {row["plane"] for row in result.rows}
    assert result.remarks == []


def test_mask_of_another_size_is_named_and_the_others_go_on(project):
    write_labels(project.folder / "masks" / "colony1_z001.tif", blobs(70, 80))
    result = cut(project)
    assert result.planes == 3
    assert "must have the size of its plane, 70 × 90, but it is 70 × 80" in (
        result.failures[0].reason
    )


def test_grey_and_smeared_masks_are_refused(tmp_path, rng):
    import cv2

    image = np.zeros((70, 90), np.uint16)
    mask = ((blobs() > 0) * 255).astype(np.uint8)
    planes, masks = folders(tmp_path, {"grey": image, "smeared": image, "good": image}, {
        "grey": rng.integers(0, 256, (70, 90), dtype=np.uint8), "good": mask,
    })  # fmt: skip
    cv2.imwrite(str(masks / "smeared.jpg"), mask, [cv2.IMWRITE_JPEG_QUALITY, 60])
    pairs, _ = folder_pairs(planes, masks)
    result = write_patches(pairs, tmp_path / "out", SMALL)
    assert sorted(failure.path.stem for failure in result.failures) == ["grey", "smeared"]
    assert all("saved as JPEG" in failure.reason for failure in result.failures)


def test_black_and_white_mask_becomes_one_label_a_part(tmp_path):
    mask = ((blobs() > 0) * 255).astype(np.uint8)
    planes, masks = folders(tmp_path, {"a": np.zeros((70, 90), np.uint8)}, {"a_mask": mask})
    pairs, _ = folder_pairs(planes, masks)
    result = write_patches(pairs, tmp_path / "out", PatchSettings(128, "pad"))
    assert result.rows[0]["n_nuclei"] == 4
    assert any("black and white" in remark for remark in result.remarks)


def test_labels_beside_a_mask_keep_touching_nuclei_apart_as_long_as_they_fit(tmp_path):
    labels = np.zeros((40, 40), np.int32)
    labels[5:15, 5:15], labels[5:15, 15:25] = 1, 2
    mask = ((labels > 0) * 255).astype(np.uint8)
    planes, masks = folders(tmp_path, {"a": np.zeros((40, 40), np.uint8)}, {"a": mask})
    write_labels(masks / "labels" / "a.tif", labels)
    pairs, _ = folder_pairs(planes, masks)
    assert write_patches(pairs, tmp_path / "out", PatchSettings(40)).rows[0]["n_nuclei"] == 2
    mask[30:35, 30:35] = 255  # by hand, later
    tifffile.imwrite(masks / "a.tif", mask)
    result = write_patches(pairs, tmp_path / "again", PatchSettings(40))
    assert result.rows[0]["n_nuclei"] == 2
    assert tifffile.imread(tmp_path / "again" / result.rows[0]["labels"])[32, 32] > 0


def test_mixed_bit_depths_and_missing_spacing_are_said_and_kept(tmp_path):
    pixels = {"a": np.full((70, 90), 4000, np.uint16), "b": np.full((70, 90), 200, np.uint8)}
    planes, masks = folders(tmp_path, pixels, {"a": blobs(), "b": blobs()})
    pairs, _ = folder_pairs(planes, masks)
    result = write_patches(pairs, tmp_path / "out", SMALL)
    said = " ".join(result.remarks)
    assert "mixed bit depths (1 of 16 bits in uint16, 1 of 8 bits in uint8)" in said
    assert "2 of 2 planes do not say how large a pixel is" in said
    first = tifffile.imread(tmp_path / "out" / result.rows[0]["image"])
    assert (first.dtype, first.max()) == (np.uint16, 4000)


def test_sheet_tells_folders_their_condition(tmp_path):
    planes, masks = folders(tmp_path, {"a": np.zeros((70, 90), np.uint8)}, {"a": blobs()})
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("image,condition,day\na.tif,250Pa,3\n")
    pairs, _ = folder_pairs(planes, masks, sheet)
    row = write_patches(pairs, tmp_path / "out", SMALL).rows[0]
    assert (row["condition"], row["day"], row["source"]) == ("250Pa", "3", "a.tif")
    sheet.write_text("image,condition\nb.tif,250Pa\n")
    with pytest.raises(SettingsError, match="row 2 names an unknown file"):
        folder_pairs(planes, masks, sheet)


def test_stack_is_no_plane(tmp_path):
    planes, masks = folders(tmp_path, {"a": np.zeros((3, 70, 90), np.uint8)}, {"a": blobs()})
    pairs, _ = folder_pairs(planes, masks)
    with pytest.raises(SettingsError, match="nuclarium slices"):
        write_patches(pairs, tmp_path / "out", SMALL)
    assert not (tmp_path / "out").exists()


def test_names_that_differ_in_odd_characters_only_stay_apart(tmp_path):
    pixels = {"a b": np.zeros((40, 40), np.uint8), "a_b": np.ones((40, 40), np.uint8)}
    planes, masks = folders(tmp_path, pixels, {name: blobs(40, 40) for name in pixels})
    pairs, _ = folder_pairs(planes, masks)
    result = write_patches(pairs, tmp_path / "out", PatchSettings(40))
    assert len({row["id"].lower() for row in result.rows}) == 2


def test_nothing_left_is_said_with_what_to_do_and_leaves_nothing(project):
    with pytest.raises(SettingsError, match=r"none of 4 planes has a patch of 256 .* --edge pad"):
        cut(project, PatchSettings())
    assert not (project.folder / "patches").exists()


def test_patches_are_replaced_only_when_asked(project):
    cut(project)
    with pytest.raises(OutputError, match="--overwrite"):
        cut(project)
    cut(project, PatchSettings(64, "pad", 0), overwrite=True)
    shapes = {tifffile.imread(p).shape for p in (project.folder / "patches/images").iterdir()}
    assert shapes == {(64, 64)}


def test_folder_with_other_things_is_left_alone(project):
    (project.folder / "patches").mkdir()
    (project.folder / "patches" / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError, match="holds other things"):
        cut(project, overwrite=True)


def test_full_disk_keeps_the_patches_that_were_there(project, monkeypatch):
    cut(project)
    folder = project.folder / "patches"
    before = {path: path.read_bytes() for path in folder.rglob("*.tif")}
    write, calls = tifffile.imwrite, []

    def full(*arguments, **settings):
        calls.append(1)
        if len(calls) > 5:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(*arguments, **settings)

    monkeypatch.setattr(tifffile, "imwrite", full)
    with pytest.raises(OutputError, match="No space left"):
        cut(project, overwrite=True)
    assert {path: path.read_bytes() for path in folder.rglob("*.tif")} == before
    assert not [path for path in project.folder.iterdir() if ".part-" in path.name]
