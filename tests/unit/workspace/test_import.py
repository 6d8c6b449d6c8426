"""Images come into a project by their hash: again, elsewhere, changed, copied, with a sheet."""

import errno

import numpy as np
import pytest
import tifffile

from nuclarium.core.errors import SettingsError
from nuclarium.io import hash_file
from nuclarium.workspace.import_images import import_images
from nuclarium.workspace.project import Project


@pytest.fixture
def project(tmp_path):
    return Project.create(tmp_path / "project")


@pytest.fixture
def files(tmp_path):
    """Two colonies of one name in the folders of two conditions."""
    return [image(tmp_path / c / "colony01.tif", i) for i, c in enumerate(["250Pa", "950Pa"])]


def image(path, value, scenes=1):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tifffile.TiffWriter(path, ome=True) as writer:
        for scene in range(scenes):
            pixels = np.full((12, 12), value + scene, np.uint16)
            writer.write(pixels, photometric="minisblack", metadata={"Name": f"well B{scene}"})
    return path


def write_sheet(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def test_images_are_linked_with_hash_and_what_is_known(project, files):
    result = import_images(project, files[:1], known={"condition": "250Pa", "group": "c7"})
    row = project.images().loc[0]
    assert result.added == ["colony01"]
    assert row["file"] == files[0].as_posix()
    assert row["sha256"] == hash_file(files[0])
    assert (row["condition"], row["group"], row["patient"]) == ("250Pa", "c7", "")


def test_importing_again_changes_nothing(project, files):
    import_images(project, files, known={"condition": "x"})
    before = (project.folder / "images.csv").read_bytes(), project.records()
    result = import_images(project, [*files, files[0]], known={"condition": "x"})
    assert (result.added, result.updated, len(result.unchanged)) == ([], [], 2)
    assert ((project.folder / "images.csv").read_bytes(), project.records()) == before


def test_files_of_one_name_get_their_folder_into_it(project, files):
    import_images(project, files)
    assert project.images()["name"].tolist() == ["250Pa_colony01", "950Pa_colony01"]


def test_file_of_a_name_that_is_taken_gets_another_and_the_first_keeps_its(
    project, files, tmp_path
):
    third = image(tmp_path / "more" / "950Pa" / "COLONY01.tif", 9)
    for path in [*files, third]:
        import_images(project, [path])
    names = project.images()["name"].tolist()
    assert names == ["colony01", "950Pa_colony01", "950Pa_COLONY01_2"]


def test_new_knowledge_updates_an_image_and_an_empty_value_does_not(project, files):
    import_images(project, files, known={"condition": "a", "group": "g"})
    result = import_images(project, files[:1], known={"condition": "b", "group": ""})
    assert result.updated == ["250Pa_colony01"]
    assert project.images()["condition"].tolist() == ["b", "a"]
    assert project.images()["group"].tolist() == ["g", "g"]


def test_same_content_at_another_place_is_the_same_image_and_said(project, files, tmp_path):
    import_images(project, files[:1])
    twin = tmp_path / "copy of colony.tif"
    twin.write_bytes(files[0].read_bytes())
    result = import_images(project, [twin])
    assert len(project.images()) == 1
    assert "which is in the project already" in result.remarks[0]


def test_file_that_moved_is_found_again(project, files, tmp_path):
    import_images(project, files[:1])
    moved = files[0].rename(tmp_path / "elsewhere.tif")
    result = import_images(project, [moved])
    assert result.updated == ["colony01"]
    assert project.images().loc[0, "file"] == moved.as_posix()


def test_changed_file_keeps_its_name_gets_its_new_hash_and_is_said(project, files):
    import_images(project, files[:1])
    image(files[0], 77)
    result = import_images(project, files[:1])
    assert project.images().loc[0, "sha256"] == hash_file(files[0])
    assert "other content than when it was imported" in result.remarks[0]
    assert len(project.images()) == 1


def test_copies_lie_in_the_project_and_are_relative(project, files):
    import_images(project, files, copy=True)
    table = project.images()
    assert table["file"].tolist() == ["raw/250Pa_colony01.tif", "raw/950Pa_colony01.tif"]
    for file, digest in zip(table["file"], table["sha256"], strict=True):
        assert hash_file(project.locate(file)) == digest


def test_linked_images_become_copies_when_asked_for(project, files):
    import_images(project, files)
    assert import_images(project, files, copy=True).updated == ["250Pa_colony01", "950Pa_colony01"]
    assert import_images(project, files).unchanged == ["250Pa_colony01", "950Pa_colony01"]
    assert project.images()["file"].str.startswith("raw/").all()


def test_unreadable_file_is_named_and_the_others_go_on(project, files, tmp_path):
    bad, gone = tmp_path / "bad.lsm", tmp_path / "gone.lsm"
    bad.write_text("no image")
    result = import_images(project, [files[0], bad, gone, files[1]])
    assert len(result.added) == 2
    assert [failure.path for failure in result.failures] == [bad, gone]


def test_each_scene_of_a_file_is_an_image(project, tmp_path):
    plate = image(tmp_path / "plate.ome.tif", 1, scenes=2)
    import_images(project, [plate], copy=True)
    import_images(project, [plate])
    table = project.images()
    assert table["name"].tolist() == ["plate_scene0-well-B0", "plate_scene1-well-B1"]
    assert table["scene"].tolist() == ["0", "1"]
    assert table["file"].tolist() == ["raw/plate.ome.tif"] * 2


def test_full_disk_leaves_out_the_image_and_keeps_the_others(project, files, monkeypatch):
    import shutil

    copyfile = shutil.copyfile

    def full(source, target):
        if "950Pa" in str(source):
            raise OSError(errno.ENOSPC, "No space left on device")
        return copyfile(source, target)

    monkeypatch.setattr("nuclarium.workspace.import_images.shutil.copyfile", full)
    result = import_images(project, files, copy=True)
    assert result.added == project.images()["name"].tolist() == ["250Pa_colony01"]
    assert "No space left" in result.failures[0].reason
    assert [path.name for path in (project.folder / "raw").iterdir()] == ["250Pa_colony01.tif"]


COMMA = """file,condition,group,Operator
250Pa/colony01.tif,a,g1,Zoë
950Pa/colony01.tif,b,g2,
"""
GERMAN = """\ufefffile;Condition;GROUP;Operator\r
250Pa\\colony01.tif;a;g1;Zoë\r
950Pa\\colony01.tif;b;g2;\r
;;;\r
"""
TABS = (
    "file\tcondition\tgroup\tOperator\t\r\n250Pa/colony01.tif\ta\tg1\tZoë\t\r\n"
    "950Pa/colony01.tif\tb\tg2\r\n"
)
NAMED = """sep=;
file;condition;group;Operator
250Pa/colony01.tif;="a";g1;Zoë
"950Pa/colony01.tif"; b ;g2;
"""
SHEETS = [(COMMA, "utf-8"), (GERMAN, "utf-8"), (TABS, "utf-16"), (NAMED, "cp1252")]


@pytest.mark.parametrize(("text", "encoding"), SHEETS)
def test_sheet_gives_many_images_what_is_known(project, files, tmp_path, text, encoding):
    sheet = write_sheet(tmp_path / "sheet.csv", text, encoding)
    import_images(project, [], sheet=sheet)
    table = project.images()
    assert table["condition"].tolist() == ["a", "b"]
    assert table["group"].tolist() == ["g1", "g2"]
    assert table["Operator"].tolist() == ["Zoë", ""]


def test_sheet_tells_images_that_are_in_the_project_by_name(project, files, tmp_path):
    import_images(project, files)
    sheet = write_sheet(tmp_path / "s.csv", "image,patient\n950Pa_colony01,p2\n250Pa_colony01,p1\n")
    assert len(import_images(project, [], sheet=sheet).updated) == 2
    assert project.images()["patient"].tolist() == ["p1", "p2"]


def test_all_mistakes_of_a_sheet_are_named_by_row_and_nothing_is_changed(project, files, tmp_path):
    import_images(project, files[:1], known={"condition": "before"})
    before = {path: path.read_bytes() for path in project.folder.rglob("*") if path.is_file()}
    sheet = write_sheet(
        tmp_path / "s.csv",
        "file,condition\n"
        "250Pa/colony01.tif,a\n"
        "colony99.tif,a\n"
        ",a\n"
        "250Pa/colony01.tif,a\n"
        "250Pa/colony01.tif,b\n"
        "950Pa/colony01.tif,a,too,many\n"
        "colony01.tif,a\n",
    )
    with pytest.raises(SettingsError) as raised:
        import_images(project, files, sheet=sheet, copy=True)
    text = str(raised.value)
    for said in (
        "s.csv has 6 mistakes",
        "row 3 names an unknown file, colony99.tif",
        "row 4 has no file",
        "row 5 is about the same image as row 2",
        "row 6 contradicts row 5: condition is b and a",
        "row 7 has 4 values for 2 columns",
        "row 8 names colony01.tif, which can be",
    ):
        assert said in text
    after = {path: path.read_bytes() for path in project.folder.rglob("*") if path.is_file()}
    states = project.file_states
    assert {k: v for k, v in after.items() if k != states} == {
        k: v for k, v in before.items() if k != states
    }


def test_option_that_contradicts_the_sheet_is_a_mistake(project, files, tmp_path):
    sheet = write_sheet(tmp_path / "s.csv", "file,condition\n250Pa/colony01.tif,a\n")
    with pytest.raises(SettingsError, match=r"condition of colony01\.tif is a in the sheet, but b"):
        import_images(project, files, sheet=sheet, known={"condition": "b"})


def test_two_files_of_one_content_with_two_conditions_are_a_mistake(project, files, tmp_path):
    twin = tmp_path / "twin.tif"
    twin.write_bytes(files[0].read_bytes())
    sheet = write_sheet(tmp_path / "s.csv", "file,condition\n250Pa/colony01.tif,a\ntwin.tif,b\n")
    with pytest.raises(SettingsError, match="another file of the same content"):
        import_images(project, [], sheet=sheet)


def test_images_without_a_row_are_imported_and_counted(project, files, tmp_path):
    sheet = write_sheet(tmp_path / "s.csv", "file,condition\n250Pa/colony01.tif,a\n")
    result = import_images(project, files, sheet=sheet)
    assert result.remarks == ["1 of the images has no row in s.csv."]
    assert project.images()["condition"].tolist() == ["a", ""]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must begin with a row of column names"),
        ("condition,group\na,b\n", "must have a column named file"),
        ("file,file\na,b\n", "different names"),
        ("file,Group,group\na,b,c\n", "upper and lower case"),
        ("file,\na,b\n", "column 2 has values without one"),
        ('file,group\n"a,b\n', "cannot be read"),
        ("PK\x03\x04", "Save it as CSV"),
    ],
)
def test_what_is_no_sheet_is_refused_in_one_sentence(project, files, tmp_path, text, said):
    with pytest.raises(SettingsError, match=said):
        import_images(project, files, sheet=write_sheet(tmp_path / "s.csv", text))


def test_image_whose_row_is_in_the_sheet_but_which_cannot_be_read_is_no_unknown_file(
    project, files, tmp_path
):
    (tmp_path / "bad.tif").write_text("no image")
    sheet = write_sheet(tmp_path / "s.csv", "file,condition\nbad.tif,a\n250Pa/colony01.tif,b\n")
    result = import_images(project, [], sheet=sheet)
    assert (len(result.added), len(result.failures)) == (1, 1)
