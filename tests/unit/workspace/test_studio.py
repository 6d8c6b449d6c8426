import numpy as np
import pytest
import tifffile

from nuclarium.core.errors import InputNotFoundError, OutputError, SettingsError
from nuclarium.workspace.import_images import import_images
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
    assert "a project was made" in said[0]
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


def test_image_of_a_project_opens_that_project(tmp_path):
    tifffile.imwrite(tmp_path / "slide.tif", np.zeros((9, 9), np.uint8))
    project = Project.create(tmp_path / "p")
    import_images(project, [tmp_path / "slide.tif"], copy=True)
    said = []
    opened = open_workspace(tmp_path / "p" / "raw" / "slide.tif", say=said.append)
    assert opened.folder == project.folder
    assert "is an image of the project" in said[0]


def test_project_of_a_plain_image_lies_where_it_is_said(tmp_path):
    file = tmp_path / "slide.tif"
    tifffile.imwrite(file, np.zeros((900, 900), np.uint8))
    told = []
    project = open_workspace(file, into=tmp_path / "else", told=lambda *read: told.append(read))
    assert project.folder == tmp_path / "else"
    assert told[-1] == (file, file.stat().st_size, file.stat().st_size)
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OutputError, match="--project FOLDER"):
        open_workspace(file, into=tmp_path / "taken")
