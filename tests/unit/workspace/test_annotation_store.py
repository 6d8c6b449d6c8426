"""The store of a project is found, copied and brought back, and the project records it."""

import pytest
from tests.annotations import edit
from typer.testing import CliRunner

from nuclarium.annotate.store import Store
from nuclarium.cli.app import app
from nuclarium.core.errors import InputNotFoundError, SettingsError, StoreError
from nuclarium.workspace.annotation_store import STORE, open_store, restore, store_of
from nuclarium.workspace.project import Project


@pytest.fixture
def project(tmp_path):
    made = Project.create(tmp_path / "organoids")
    with Store.open(made.folder / STORE) as store:
        store.add_user("Ada", "admin")
        image = store.register_image("a.tif", "0" * 64, width=9, height=9).id
        store.append(store.open_document(image, owner=None).id, [edit(1)], "R1")
    return made


def test_a_store_is_named_by_its_project_its_file_or_its_url(project):
    store = project.folder / STORE
    assert store_of(project.folder) == store_of(store.parent) == store_of(store) == store
    assert store_of("postgresql://host/name") == "postgresql://host/name"
    with open_store(project.folder) as opened:
        assert opened.check() == 1


def test_where_there_is_no_store_a_sentence_says_how_to_begin(tmp_path):
    with pytest.raises(InputNotFoundError, match="nuclarium annotate PROJECT"):
        open_store(Project.create(tmp_path / "new").folder)
    with pytest.raises(SettingsError, match="must lie in a project"):
        store_of(tmp_path)


def test_backup_and_restore_from_the_command_line(project, tmp_path):
    copy = tmp_path / "copy.sqlite"
    run = CliRunner()
    done = run.invoke(app, ["backup", str(project.folder), "--out", str(copy)])
    assert done.output == f"The copy has 1 edit, was checked, and is in {copy}.\n"
    done = run.invoke(app, ["restore", str(copy), str(project.folder)])
    assert done.exit_code == 0
    assert "Those that were there before are in" in done.output
    told = [record["what"] for record in project.records()]
    assert told == ["init", "backup", "restore"]
    assert project.records()[1]["outputs"]


def test_a_server_s_store_is_sent_to_the_server_s_own_tool(tmp_path):
    with pytest.raises(StoreError, match="pg_restore"):
        restore(tmp_path / "copy.sqlite", "postgresql://host/name")
