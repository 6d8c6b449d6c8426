"""The folder of a project: found from within, its tables and record kept whole."""

import errno
import json

import pandas as pd
import pytest

from nuclarium.core.errors import OutputError, SettingsError
from nuclarium.io import hash_file
from nuclarium.workspace.project import IMAGE_COLUMNS, Project
from nuclarium.workspace.records import append_record, read_records


@pytest.fixture
def project(tmp_path):
    return Project.create(tmp_path / "organoids")


def test_new_project_has_settings_an_empty_table_and_a_record(project):
    assert project.settings.name == "organoids"
    assert list(project.images().columns) == list(IMAGE_COLUMNS)
    assert len(project.images()) == 0
    assert [record["what"] for record in project.records()] == ["init"]


def test_project_is_found_from_a_folder_within(project):
    inside = project.folder / "planes" / "deep"
    inside.mkdir(parents=True)
    assert Project.open(inside).folder == project.folder
    assert Project.open(inside / "not_there_yet.tif").folder == project.folder


def test_project_is_found_from_the_folder_one_is_in(project, monkeypatch):
    (project.folder / "masks").mkdir()
    monkeypatch.chdir(project.folder / "masks")
    assert Project.open().folder == project.folder


def test_folder_without_project_is_refused_with_the_command_that_makes_one(tmp_path):
    with pytest.raises(SettingsError, match="nuclarium init"):
        Project.open(tmp_path)


def test_second_project_in_the_same_folder_is_refused(project):
    with pytest.raises(OutputError, match="is a project already"):
        Project.create(project.folder)


def test_files_that_lie_in_the_folder_stay(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    Project.create(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[project", "cannot be read"),
        ("[project]\nnam = 'a'", "Did you mean name?"),
        ("[project]\nname = 3", "must have a name"),
        ("[project]\nname = 'a'\nschema = 2", "update this one"),
        ("[projet]\nname = 'a'", "Did you mean project?"),
        ("project = 3", "must be a table"),
    ],
)
def test_wrong_settings_file_is_refused_in_one_sentence(project, text, said):
    (project.folder / "nuclarium.toml").write_text(text)
    with pytest.raises(SettingsError, match=said.replace("?", r"\?")):
        Project.open(project.folder)


def test_table_that_was_edited_by_hand_is_checked_by_row(project):
    (project.folder / "images.csv").write_text("name,file\na,a.tif\n,b.tif\na,c.tif\n")
    with pytest.raises(SettingsError, match=r"row 2 has the name a.*row 3 has no name.*row 4"):
        project.images()


def test_table_saved_by_a_german_spreadsheet_is_read(project):
    text = "name;file;condition;Färbung\r\na;a.tif;250Pa;DAPI\r\n"
    (project.folder / "images.csv").write_bytes(text.encode("cp1252"))
    table = project.images()
    assert table.loc[0, ["name", "condition", "Färbung", "rater"]].tolist() == [
        "a", "250Pa", "DAPI", "",
    ]  # fmt: skip


def test_images_are_written_and_read_back_as_text(project):
    row = dict.fromkeys(IMAGE_COLUMNS, "") | {"name": "007", "patient": "1e5", "note": 'a "b", c'}
    project.write_images(pd.DataFrame([row]))
    assert project.images().loc[0].to_dict() == row


def test_record_holds_hashes_relative_to_the_project(project, tmp_path):
    inside, outside = project.folder / "raw" / "a.bin", tmp_path / "b.bin"
    inside.parent.mkdir()
    inside.write_bytes(b"a")
    outside.write_bytes(b"b")
    project.record("slices", settings={"planes": "best"}, inputs=[outside], outputs=[inside])
    record = project.records()[-1]
    assert record["inputs"] == {outside.as_posix(): hash_file(outside)}
    assert record["outputs"] == {"raw/a.bin": hash_file(inside)}
    assert record["made_by"] == "nuclarium slices"
    assert set(record) >= {"what", "settings", "version", "when"}


def test_torn_last_line_is_passed_over_and_spoils_no_other(tmp_path):
    path = tmp_path / "records.jsonl"
    append_record(path, {"what": "first"})
    path.write_bytes(path.read_bytes() + b'{"what": "to')
    append_record(path, {"what": "second"})
    assert [record["what"] for record in read_records(path)] == ["first", "second"]


def test_full_disk_leaves_the_record_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "records.jsonl"
    append_record(path, {"what": "first"})
    before = path.read_bytes()
    write = __import__("os").write

    def full(descriptor, data):
        if len(data) > 5:
            return write(descriptor, data[:5])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("nuclarium.workspace.records.os.write", full)
        with pytest.raises(OutputError, match="No space left"):
            append_record(path, {"what": "sec"})
    assert path.read_bytes() == before
    assert json.loads(before) == {"what": "first"}
