import numpy as np
import pytest
from PIL import Image

from nuclarium.core.errors import NuclariumError
from nuclarium.dataset.read import read_dataset
from nuclarium.dataset.split import split_counts
from nuclarium.workspace.benchmark_dataset import frozen_dataset


@pytest.fixture
def downloaded(tmp_path, rng):
    """Patches as BMGD keeps them: a folder a condition, images and their masks."""
    for condition in ("250Pa", "1800Pa"):
        for part in ("images", "masks"):
            (tmp_path / "bmgd" / condition / part).mkdir(parents=True)
        for number in range(10):
            mask = np.zeros((32, 32), np.uint8)
            mask[4:12, 4:12] = mask[18:28, 16 : 20 + number] = 255
            pixels = (rng.random((32, 32)) * 500 + 5 * mask).astype(np.uint16)
            folder = tmp_path / "bmgd" / condition
            Image.fromarray(pixels).save(folder / "images" / f"p{number}.tif")
            Image.fromarray(mask).save(folder / "masks" / f"p{number}.tif")
    return tmp_path / "bmgd"


def test_downloaded_folder_is_frozen_and_split_as_published(downloaded, tmp_path):
    made, notes = frozen_dataset(downloaded, tmp_path / "out")
    dataset = read_dataset(made)
    assert split_counts(dataset.items) == {"train": 16, "val": 2, "test": 2}
    assert {item.condition for item in dataset.items} == {"250Pa", "1800Pa"}
    assert {item.n_nuclei for item in dataset.items} == {2}
    assert "16 train / 2 val / 2 test" in notes[-1]


def test_what_was_made_is_found_again(downloaded, tmp_path):
    made, _ = frozen_dataset(downloaded, tmp_path / "out")
    before = read_dataset(made)
    again, notes = frozen_dataset(downloaded, tmp_path / "out")
    assert (again, notes) == (made, [])
    assert read_dataset(again) == before


def test_dataset_is_taken_as_it_is(downloaded, tmp_path):
    made, _ = frozen_dataset(downloaded, tmp_path / "out")
    assert frozen_dataset(made, tmp_path / "other") == (made, [])
    assert frozen_dataset(made / "v002", tmp_path / "other") == (made / "v002", [])
    assert not (tmp_path / "other").exists()


def test_folder_without_images_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(NuclariumError):
        frozen_dataset(tmp_path / "empty", tmp_path / "out")
