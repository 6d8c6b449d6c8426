import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from nuclarium.core.errors import SettingsError
from nuclarium.dataset.build import build_version
from nuclarium.dataset.intake import IntakeSettings, take_folder


def disks(side=64):
    y, x = np.indices((side, side))
    mask = np.zeros((side, side), np.uint8)
    for cy, cx in ((14, 16), (40, 44), (50, 14)):
        mask[(y - cy) ** 2 + (x - cx) ** 2 < 81] = 255
    return mask


def write(folder, name, pixels):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".tif":
        tifffile.imwrite(path, pixels)
    else:
        cv2.imwrite(str(path), pixels)


def pair(folder, name, truth, pixels=None, ending=".tif"):
    write(
        folder,
        f"images/{name}.tif",
        np.ones(truth.shape[:2], np.uint16) if pixels is None else pixels,
    )
    write(folder, f"masks/{name}{ending}", truth)


def taken(folder, **settings):
    intake = take_folder(folder, IntakeSettings(**settings))
    return [draft.load()[1] for draft in intake.drafts], intake


def test_connected_parts_of_masks_become_labels(tmp_path):
    pair(tmp_path, "a", disks())
    (labels,), intake = taken(tmp_path)
    assert labels.max() == 3
    assert (labels > 0).sum() == (disks() > 0).sum()
    assert "each connected part" in " ".join(intake.notes)


def test_numbers_of_label_images_are_kept(tmp_path):
    truth = np.zeros((20, 20), np.uint16)
    truth[2:8, 2:8], truth[12:18, 12:18] = 7, 300
    pair(tmp_path, "a", truth)
    (labels,), _ = taken(tmp_path)
    assert set(np.unique(labels)) == {0, 7, 300}


def test_one_label_image_with_several_numbers_makes_all_of_them_label_images(tmp_path):
    two = np.zeros((20, 20), np.uint8)
    two[2:8, 2:8], two[12:18, 12:18] = 1, 2
    pair(tmp_path, "a", two)
    pair(tmp_path, "b", (two > 0).astype(np.uint8))
    labels, _ = taken(tmp_path)
    assert [found.max() for found in labels] == [2, 1]


def test_mask_of_one_bit_is_read(tmp_path):
    pair(tmp_path, "a", disks())
    (tmp_path / "masks" / "a.tif").unlink()
    Image.fromarray(disks() > 0).save(tmp_path / "masks" / "a.png")
    (labels,), _ = taken(tmp_path)
    assert labels.max() == 3


def test_mask_with_three_equal_colours_is_read_and_one_with_colours_refused(tmp_path):
    pair(tmp_path, "a", np.repeat(disks()[:, :, None], 3, axis=2), ending=".png")
    assert taken(tmp_path)[0][0].max() == 3
    coloured = np.repeat(disks()[:, :, None], 3, axis=2)
    coloured[..., 0] = 0
    pair(tmp_path, "a", coloured, ending=".png")
    with pytest.raises(SettingsError, match=r"a.png must hold a mask .* picture in colours"):
        taken(tmp_path)


def test_smeared_mask_is_refused_with_its_number_of_values_and_taken_with_a_threshold(tmp_path):
    pair(tmp_path, "a", cv2.GaussianBlur(disks(), (0, 0), 2))
    pair(tmp_path, "b", disks(), ending=".jpg")
    pair(tmp_path, "c", disks())
    with pytest.raises(
        SettingsError, match=r"2 of 3 files are grey.*a.tif has \d+ values.*--threshold"
    ):
        taken(tmp_path)
    labels, _ = taken(tmp_path, threshold=128)
    assert [found.max() for found in labels] == [3, 3, 3]
    assert all(abs(int((found > 0).sum()) - int((disks() > 0).sum())) < 30 for found in labels)


def test_fractions_are_refused(tmp_path):
    pair(tmp_path, "a", disks().astype(np.float32) / 300)
    with pytest.raises(SettingsError, match="1 of 1 files are grey"):
        taken(tmp_path)


def test_masks_of_other_sizes_are_listed(tmp_path):
    pair(tmp_path, "a", disks())
    pair(tmp_path, "b", disks(), pixels=np.ones((64, 60), np.uint8))
    with pytest.raises(SettingsError, match=r"1 of 2 .*: b.tif \(64 × 64 px, the image 60 × 64\)"):
        taken(tmp_path)


def test_stack_is_refused(tmp_path):
    write(tmp_path, "images/a.tif", np.ones((5, 64, 64), np.uint8))
    write(tmp_path, "masks/a.tif", disks())
    with pytest.raises(SettingsError, match="nuclarium slices"):
        taken(tmp_path)


def test_mixed_kinds_missing_spacing_and_empty_masks_are_said(tmp_path):
    pair(tmp_path, "a", disks())
    pair(tmp_path, "b", np.zeros((64, 64), np.uint8), pixels=np.ones((64, 64), np.uint8))
    notes = " ".join(taken(tmp_path)[1].notes)
    assert "mixed kinds: 1 grey of 16 bits, 1 grey of 8 bits" in notes
    assert "2 of 2 images have no spacing" in notes
    assert "1 images have no nucleus" in notes


def test_sheet_gives_facts_and_chooses_images(tmp_path):
    for name in "ab":
        pair(tmp_path, name, disks())
    (tmp_path / "sheet.csv").write_text(
        "image,kind,z,spacing_um,rater\na.tif,250Pa,3,0.5,Ann\nb.tif,950Pa,4,0.5,Bo\n"
    )
    settings = {"columns": {"condition": "kind"}, "where": {"rater": "Bo"}}
    (draft,) = taken(tmp_path, **settings)[1].drafts
    item = build_version(tmp_path / "d", "d", [draft], {}).dataset.items[0]
    assert (item.id, item.condition, item.z, item.spacing_um, item.extra) == (
        "b",
        "950Pa",
        4,
        (0.5, 0.5),
        {"kind": "950Pa", "rater": "Bo"},
    )


def test_sheet_of_a_spreadsheet_with_semicolons_in_windows_letters_is_read(tmp_path):
    pair(tmp_path, "a", disks())
    (tmp_path / "sheet.csv").write_bytes("sep=;\nimage;condition\na.tif;früh\n".encode("cp1252"))
    (draft,) = taken(tmp_path)[1].drafts
    assert build_version(tmp_path / "d", "d", [draft], {}).dataset.items[0].condition == "früh"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image,z\na,one\n", "row 2: z must be a whole number, but is one"),
        ("image\nb\n", "1 have none: images/a.tif"),
        ("picture\na\n", "must have a column that names the image"),
        ("image\na\na.tif\n", "row 3: a.tif has a row before"),
        ("image,split\na,middle\n", "row 2: split must be one of train, val, test"),
        ("image,spacing_um\na,-1\n", "row 2: the spacing must be positive"),
    ],
)
def test_mistakes_in_a_sheet_are_named_by_row(tmp_path, text, said):
    pair(tmp_path, "a", disks())
    (tmp_path / "sheet.csv").write_text(text)
    with pytest.raises(SettingsError, match=said):
        taken(tmp_path)
