import pytest

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.dataset.pairs import find_pairs


def files(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return folder


def found(folder):
    pairs, _ = find_pairs(folder)
    return {pair.id: (pair.name, pair.truth.relative_to(folder).as_posix()) for pair in pairs}


@pytest.mark.parametrize(
    ("image", "truth"),
    [
        ("images/a.tif", "masks/a.png"),
        ("Images/a.TIF", "Labels/A.tiff"),
        ("a.tif", "a_mask.tif"),
        ("a.ome.tif", "a.labels.ome.tif"),
        ("a.png", "mask_a.png"),
        ("a_img.tif", "a_cp_masks.tif"),
        ("image_a.png", "mask_a.png"),
        ("images/a.jpg", "masks/a_mask.png"),
        ("raw/a.tif", "ground truth/a.tif"),
        ("a.tif", "gt/a.tif"),
    ],
)
def test_names_of_a_pair_may_differ_in_what_they_say_of_it(tmp_path, image, truth):
    assert found(files(tmp_path, image, truth)) == {"a": (image, truth)}


@pytest.mark.parametrize(
    "names",
    [
        ("250Pa/images/a.tif", "250Pa/masks/a.tif"),
        ("250Pa/a.tif", "250Pa/a_mask.tif"),
        ("images/250Pa/a.tif", "masks/250Pa/a.tif"),
        ("250Pa/a.tif", "250Pa_masks/a.tif"),
    ],
)
def test_outer_folder_is_the_condition(tmp_path, names):
    (pair,), _ = find_pairs(files(tmp_path, *names))
    assert (pair.id, pair.condition) == ("a", "250Pa")


def test_same_name_in_two_conditions_gets_its_folder(tmp_path):
    folder = files(tmp_path, "1/a.tif", "1/a_mask.tif", "2/a.tif", "2/a_mask.tif")
    assert list(found(folder)) == ["1_a", "2_a"]


def test_folders_named_as_parts_are_the_split(tmp_path):
    folder = files(
        tmp_path, "train/images/a.tif", "train/masks/a.tif", "test/images/b.tif", "test/masks/b.tif"
    )
    pairs, _ = find_pairs(folder)
    assert [(pair.id, pair.split, pair.condition) for pair in pairs] == [
        ("a", "train", ""),
        ("b", "test", ""),
    ]


def test_labels_are_taken_where_there_are_masks_too(tmp_path):
    folder = files(tmp_path, "images/a.tif", "masks/a.tif", "labels/a.tif")
    pairs, notes = find_pairs(folder)
    assert pairs[0].truth.parent.name == "labels"
    assert notes == ["1 images have both a mask and labels; the labels are taken."]


def test_image_whose_name_speaks_of_a_mask_is_an_image_where_it_has_one(tmp_path):
    folder = files(tmp_path, "mask.tif", "mask_masks.tif", "img_1.tif", "img_1_masks.tif")
    assert list(found(folder)) == ["img_1", "mask"]


def test_images_without_partners_are_named(tmp_path):
    folder = files(tmp_path, "images/a.tif", "images/b.tif", "masks/a.tif", "masks/c.tif")
    with pytest.raises(SettingsError, match=r"1 images have none: images/b.tif; 1 label files "):
        find_pairs(folder)


def test_two_masks_of_an_image_are_refused(tmp_path):
    folder = files(tmp_path, "images/a.tif", "masks/a.tif", "masks/a.png")
    with pytest.raises(SettingsError, match=r"belong to the same: masks/a.png, masks/a.tif"):
        find_pairs(folder)


def test_hidden_files_and_overlays_are_left_alone(tmp_path):
    folder = files(
        tmp_path,
        "images/a.tif",
        "masks/a.tif",
        "images/._a.tif",
        "overlays/a.png",
        "images/.DS_Store",
    )
    assert list(found(folder)) == ["a"]


def test_folder_without_masks_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="1 images and 0 label files"):
        find_pairs(files(tmp_path, "a.tif"))


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(InputNotFoundError, match="none"):
        find_pairs(tmp_path / "nothing")
