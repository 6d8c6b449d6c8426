import numpy as np
import pytest
import tifffile

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.workspace.project import Project
from nuclarium.workspace.studio import open_workspace


def test_project_is_opened_from_any_folder_in_it(tmp_path):
    Project.create(tmp_path / "p")
    (tmp_path / "p" / "raw").mkdir()
    assert open_workspace(tmp_path / "p" / "raw").folder == tmp_path / "p"


def test_plain_folder_becomes_a_project_beside_it_once(tmp_path):
    folder, said = tmp_path / "mine", []
    folder.mkdir()
    tifffile.imwrite(folder / "a.tif", np.zeros((9, 9), np.uint8))
    (folder / "notes.txt").write_text("no image")
    first = open_workspace(folder, say=said.append)
    again = open_workspace(folder, say=said.append)
    assert first.folder == again.folder == tmp_path / "mine_nuclarium"
    assert list(again.images()["name"]) == ["a"]
    assert "was made beside it" in said[0]
    assert sorted(path.name for path in folder.iterdir()) == ["a.tif", "notes.txt"]


def test_one_image_becomes_a_project_beside_it(tmp_path):
    tifffile.imwrite(tmp_path / "slide.tif", np.zeros((9, 9), np.uint8))
    project = open_workspace(tmp_path / "slide.tif")
    assert project.folder == tmp_path / "slide_nuclarium"
    assert list(project.images()["name"]) == ["slide"]


def test_nothing_to_annotate_is_said(tmp_path):
    with pytest.raises(InputNotFoundError, match="nothing"):
        open_workspace(tmp_path / "absent")
    with pytest.raises(SettingsError, match="nuclarium init"):
        open_workspace(tmp_path)
