"""The classes of a project: chosen at the start or later, in the settings, nothing else moved."""

import pytest
from typer.testing import CliRunner

from nuclarium.cli.app import app
from nuclarium.core.class_lists import plain_hierarchy, toml_of
from nuclarium.core.classes import shipped_hierarchy
from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.workspace.project import Project
from nuclarium.workspace.project_classes import (
    begin_project,
    choose_classes,
    project_hierarchy,
    typed_choice,
)


@pytest.fixture
def project(tmp_path):
    return Project.create(tmp_path / "p")


def settings(project):
    return (project.folder / "nuclarium.toml").read_text("utf-8")


def test_project_that_says_nothing_has_one_class(project):
    assert project_hierarchy(project) == plain_hierarchy(["nucleus"])


@pytest.mark.parametrize("choice", [("mitosis", 'a "b"'), "nucls"])
def test_choice_changes_its_line_alone_and_is_recorded(project, choice):
    before = settings(project).splitlines()
    assert choose_classes(project, choice, made_by="me").settings.classes == choice
    after = settings(project).splitlines()
    assert len(after) == len(before)
    assert [one for one in after if one not in before] == [
        line for line in after if line.startswith("classes = ")
    ]
    record = project.records()[-1]
    assert (record["what"], record["made_by"]) == ("classes", "me")


def test_line_is_added_to_older_settings_and_a_long_list_is_replaced(project):
    path = project.folder / "nuclarium.toml"
    old = 'classes = [  # mine\n  "a]",\n  "b",\n]\n'
    head = '[project]\nname = "p"\n'
    for text in (head + "\n[slices]\nplanes = 'max'\n", head + old + "[slices]\nplanes = 'max'\n"):
        path.write_text(text, "utf-8")
        changed = choose_classes(Project.open(project.folder), ("x", "y"))
        assert changed.settings.classes == ("x", "y")
        assert changed.settings.slices.planes == "max"
        assert settings(project).count("classes =") == 1


def test_settings_in_a_form_that_is_not_understood_are_left_alone(project):
    path = project.folder / "nuclarium.toml"
    path.write_text('project = { name = "p" }\n', "utf-8")
    with pytest.raises(SettingsError, match="by hand"):
        choose_classes(Project.open(project.folder), ("x",))
    assert settings(project) == 'project = { name = "p" }\n'


def test_file_from_elsewhere_is_copied_into_the_project(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(toml_of(shipped_hierarchy()), "utf-8")
    project = begin_project(tmp_path / "p", str(file))
    file.unlink()
    assert project.settings.classes == "classes.toml"
    assert project_hierarchy(project) == shipped_hierarchy()


@pytest.mark.parametrize(
    ("choice", "error"),
    [("nonsense", SettingsError), ("none.toml", InputNotFoundError), (("a", "A"), SettingsError)],
)
def test_what_is_no_choice_changes_nothing_and_makes_nothing(tmp_path, project, choice, error):
    before = settings(project)
    with pytest.raises(error):
        choose_classes(project, choice)
    assert settings(project) == before
    with pytest.raises(error):
        begin_project(tmp_path / "new", choice)
    assert not (tmp_path / "new").exists()


def test_command_shows_and_chooses(project):
    run = CliRunner().invoke
    words = ["classes", "--project", str(project.folder)]
    assert run(app, words).stdout == "class: nucleus\n"
    assert run(app, [*words, "mitosis, apoptosis", "other"]).stdout == (
        "class: mitosis, apoptosis, other\n"
    )
    assert run(app, [*words, "nucls"]).stdout.startswith("raw: tumor, ")
    assert "--project" in run(app, ["classes", "--help"]).stdout
    assert typed_choice(["a b", "c"]) == ("a b", "c")
