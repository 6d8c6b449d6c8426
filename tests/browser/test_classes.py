"""A biologist chooses classes of her own: what is drawn, counted, changed in bulk and frozen."""

import re

import pytest
from tests.served_team import CENTRES, outline, served_team

from nuclarium.workspace.project import Project

pytestmark = pytest.mark.filterwarnings("default")
expect = pytest.importorskip("playwright.sync_api").expect


@pytest.fixture
def team(tmp_path, browser):
    people = [("A1", "Ada Admin", "admin", ""), ("R1", "Rita Rater", "rater", "")]
    with served_team(tmp_path, browser, images=1, people=people) as team:
        yield team


def choose(page, names):
    page.get_by_role("button", name="Choose the classes").click()
    dialog = page.locator("dialog")
    dialog.get_by_label("Names of your own").check()
    dialog.get_by_label("Names of the classes").fill(names)
    expect(dialog.locator(".class-preview li")).to_have_count(len(names.split()))
    dialog.get_by_role("button", name="Save the classes").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".classes .pick").nth(1)).to_contain_text(names.split()[0])


def labels(team, document):
    return sorted(one.label for one in team.store.document(document).nuclei.values())


def saved(page, condition):
    for _ in range(200):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it never came into the store")


def test_own_classes_by_keys_then_another_list_and_a_study_that_keeps_its_own(team):
    page = team.page("A1", viewport={"width": 1280, "height": 800})
    page.goto(f"{team.address}#/image/{team.images[0]}")
    page.locator(".saved", has_text="Saved").wait_for()
    (head,) = team.store.documents()
    choose(page, "mitosis\ndebris")
    assert Project.open(team.app.state.studio.project.folder).settings.classes == (
        "mitosis",
        "debris",
    )
    edits = [outline(y, x, "debris") for y, x in CENTRES[:3]]
    assert team.send(page, f"documents/{head.id}/edits", {"edits": edits})[0] == 200
    row = page.locator(".classes .row", has_text="debris")
    expect(row.locator(".count")).to_have_text("3")
    page.keyboard.press("v")
    page.keyboard.press("Control+a")
    page.keyboard.press("3")  # no class has this key
    page.keyboard.press("1")
    saved(page, lambda: labels(team, head.id) == ["mitosis"] * 3)

    choose(page, "nucleus\nother")
    expect(page.locator(".classes .level")).to_have_text("Not in the list")
    stray = page.get_by_role("button", name=re.compile("^mitosis$"))
    stray.click()
    page.keyboard.press("2")
    saved(page, lambda: labels(team, head.id) == ["other"] * 3)
    expect(stray).to_have_count(0)
    page.keyboard.press("Control+z")
    saved(page, lambda: labels(team, head.id) == ["mitosis"] * 3)
    expect(stray).to_have_count(1)

    page.goto(f"{team.address}#/studies/new")
    page.get_by_label("Name of the study").fill("pilot")
    expect(page.locator(".class-chips")).to_have_text("nucleusother")
    page.get_by_label("Shown, to accept or correct").check()
    expect(page.locator(".offer")).to_contain_text("there are none in the only field (field_1)")
    page.get_by_role("button", name="Let a model suggest nuclei").click()
    expect(page.locator(".offer .note")).to_have_count(0, timeout=60_000)
    assert len(team.store.suggestions(team.images[0])) == len(CENTRES)
    page.get_by_role("button", name="Make the study").click()
    page.wait_for_url("**/#/study/*")
    page.goto(f"{team.address}#/classes")
    page.get_by_label("NuCLS").check()
    page.get_by_role("button", name="Save the classes").click()
    page.get_by_text("Saved. What is open elsewhere").wait_for()

    rater = team.page("R1")
    rater.goto(f"{team.address}#/fields")
    rater.get_by_role("button", name="Start field 1").click()
    expect(rater.locator(".classes .pick .name")).to_have_text(["No class", "nucleus", "other"])
    assert "field_1" not in rater.locator("header.top").inner_text()
    assert page.problems == rater.problems == []
