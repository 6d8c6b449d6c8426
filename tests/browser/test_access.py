"""Every screen, light and dark, holds WCAG AA as far as axe can check it."""

import pytest
from tests.served_team import CENTRES, outline, served_team
from tests.wcag import in_both_schemes, violations

from nuclarium.annotate.studies import Design

PEOPLE = [
    ("R1", "Ada Admin", "admin", ""),
    ("R2", "Rita Rater", "rater", "residents"),
    ("R3", "Rolf Rater", "rater", "residents"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_screens_hold_wcag_aa(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.get_by_role("link", name="stack").wait_for()
    assert violations(page) == []
    page.get_by_role("link", name="stack").click()
    page.get_by_role("slider", name="Plane").wait_for()
    assert violations(page) == []
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.evaluate("location.hash = '#/login'")
    page.get_by_role("button", name="Log in").wait_for()
    assert violations(page) == []


@pytest.fixture
def team(tmp_path, browser):
    with served_team(tmp_path, browser, images=2, people=PEOPLE) as team:
        team.suggest()
        yield team


def study_with_work(team):
    """Two raters and two fields each: three are done, one of them is sent back."""
    fields = [(image, None) for image in team.images]
    study = team.store.add_study("Colonies", Design(overlap=2), fields, ["R2", "R3"], by="R1")
    for alias in ("R2", "R3"):
        page = team.page(alias)
        page.goto(f"{team.address}#/fields")
        page.locator(".field-tile").first.wait_for()
        for task in team.store.tasks(rater=alias):
            _, opened = team.send(page, f"my/fields/{task.id}", {})
            edits = [outline(y, x, "tumor") for y, x in CENTRES[: 4 if alias == "R2" else 3]]
            team.send(page, f"documents/{opened['document']}/edits", {"edits": edits})
            body = {"status": "done", "seconds": 5}
            assert team.send(page, f"documents/{opened['document']}/status", body)[0] == 200
        rater = page
    return study, rater, opened["document"]


def test_pages_of_teamwork_hold_wcag_aa(team):
    study, rater, document = study_with_work(team)
    page = team.page("R1", viewport={"width": 1280, "height": 900})
    found = []

    def look(place, wait):
        page.goto(f"{team.address}#/{place}")
        page.locator(wait).first.wait_for()
        found.extend(in_both_schemes(page, place))

    look("studies", "a[href*='study/']")
    look("studies/new", "aside table")
    look(f"study/{study.id}", ".cell-mark.chip-done")
    look("review", "a[href*='document/']")
    look("people", "table")
    look(f"document/{document}", ".review-panel button")
    step = {"state": "needs_work", "reason": "One is missing.", "mark": [80, 80]}
    assert team.send(page, f"documents/{document}/review", step)[0] == 200
    look(f"study/{study.id}", ".cell-mark.chip-needs_work")
    page.get_by_role("button", name="Make the consensus").click()
    page.get_by_role("link", name="Look at the consensus").click(timeout=60_000)
    page.locator("iframe.report").wait_for()
    page.get_by_label("Decision on nucleus").first.wait_for()
    found += in_both_schemes(page, "consensus")
    rater.reload()
    rater.get_by_text("missing").first.wait_for()
    found += in_both_schemes(rater, "fields")
    assert found == []


def test_drawing_with_nuclei_suggestions_and_scribbles_holds_wcag_aa(team):
    document = team.store.open_document(team.images[0], owner=None).id
    page = team.page("R1", viewport={"width": 1280, "height": 900})
    page.goto(f"{team.address}#/document/{document}")
    page.get_by_text("Answer 4 suggestions").wait_for()
    found = []
    box = page.locator(".viewer").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for key in "vbeplrdwktaq":
        page.keyboard.press(key)
        if key == "b":
            page.mouse.click(x, y)
        if key in "vbwaq":
            found += in_both_schemes(page, key)
    for key, dy in (("f", 20), ("g", -20)):
        page.keyboard.press(key)
        page.mouse.move(x - 30, y + dy)
        page.mouse.down()
        page.mouse.move(x + 30, y + dy, steps=4)
        page.mouse.up()
    page.get_by_text("The mask covers the whole plane.").wait_for()
    found += in_both_schemes(page, "mask")
    page.context.set_offline(True)
    page.keyboard.press("b")
    page.mouse.click(x + 60, y)
    page.locator(".saved", has_text="Offline").wait_for()
    found += in_both_schemes(page, "offline")
    page.context.set_offline(False)
    assert found == []
