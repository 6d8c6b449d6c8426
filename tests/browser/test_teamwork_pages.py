"""Working together in Chromium: a study is made, done, reviewed, agreed on and exported; what is
asserted is what is stored."""

import io
import zipfile

import pandas as pd
import pytest
from tests.served_team import CENTRES, outline, served_team

pytestmark = pytest.mark.filterwarnings("default")
expect = pytest.importorskip("playwright.sync_api").expect
PEOPLE = [
    ("R1", "Ada Admin", "admin", ""),
    ("R2", "Sofia Senior", "senior", "experts"),
    ("R3", "Rita Rater", "rater", "residents"),
    ("R4", "Rolf Rater", "rater", "residents"),
    ("R5", "Rosa Rater", "rater", "experts"),
]
RATERS = ["R3", "R4", "R5"]


@pytest.fixture
def team(tmp_path, browser):
    with served_team(tmp_path, browser, images=2, people=PEOPLE) as team:
        team.suggest()
        yield team


def go(team, page, place):
    page.goto("about:blank")
    page.goto(f"{team.address}#/{place}")


def saved(condition, page):
    """Wait until the store has it."""
    for _ in range(400):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it never came into the store")


def test_a_study_from_the_wizard_to_the_export(team):
    admin = team.page("R1")
    go(team, admin, "studies")
    admin.get_by_role("link", name="Make a study").click()
    admin.get_by_label("Name of the study").fill("Organoids <b>&</b> raters")
    admin.get_by_label("Two arms").check()
    admin.get_by_label("Fields seen again by each").fill("1")
    plan = admin.locator("aside table")
    expect(plan.locator("tbody tr")).to_have_count(3)
    expect(plan.locator("thead")).to_contain_text("without suggestions")
    admin.get_by_role("button", name="Make the study").click()
    admin.wait_for_url("**/#/study/*")
    (study,) = team.store.studies()
    assert study.name == "Organoids <b>&</b> raters"
    assert [rater.alias for rater in study.raters] == RATERS
    assert [arm.suggestions for arm in study.design.arms] == [False, True]
    assert (study.design.repeats, study.design.blind) == (1, True)
    expect(admin.get_by_role("heading", level=1)).to_have_text(study.name)

    pages = {alias: rate(team, alias) for alias in RATERS}
    tasks = team.store.tasks(study=study.id)
    assert {task.status for task in tasks} == {"done"}
    assert all(0 < task.seconds < 60 for task in tasks)
    for task in tasks:
        nuclei = team.store.document(task.document).nuclei.values()
        is_shown = task.arm == "with suggestions"
        assert {n.verdict == "accepted" for n in nuclei} == {is_shown}
        assert {bool(n.suggestion) for n in nuclei} == {is_shown}

    sent_back = review(team)
    rita = pages[team.store.head(sent_back).owner]
    go(team, rita, "fields")
    expect(rita.locator(".field-tile.next")).to_contain_text("missing")
    rita.get_by_role("button", name="Look again at field").click()
    expect(rita.locator(".work-strip")).to_contain_text("missing")
    rita.get_by_role("button", name="Done").click()
    saved(lambda: team.store.head(sent_back).status == "done", rita)

    go(team, admin, f"study/{study.id}")
    admin.get_by_role("button", name="Make the consensus").click()
    admin.get_by_role("link", name="Look at the consensus").click(timeout=60_000)
    report = admin.frame_locator("iframe.report")
    expect(report.get_by_role("heading", level=1)).to_be_visible()
    row = admin.locator(".dispute").first
    row.focus()
    admin.keyboard.press(row.get_by_role("button", name="tumor").get_attribute("data-key"))
    expect(admin.get_by_text("by R1")).to_be_visible()
    decided = [head for head in team.store.documents(study=study.id) if head.owner == "R1"]
    (nucleus,) = team.store.document(decided[0].id).nuclei.values()
    assert nucleus.label == "tumor"

    go(team, admin, f"study/{study.id}")
    with admin.expect_download() as taken:
        admin.get_by_role("button", name="Export").click()
    with zipfile.ZipFile(io.BytesIO(taken.value.path().read_bytes())) as file:
        table = pd.read_csv(file.open("marks.csv"))
    assert set(table["rater"]) == set(RATERS)
    assert len(table) == len(tasks) * len(CENTRES)
    assert not any("Rater" in str(value) for value in table.to_numpy().ravel())
    for page in (admin, *pages.values()):
        assert page.problems == []


def rate(team, alias):
    """Do all fields of a rater: accept what is suggested, draw where nothing is."""
    page = team.page(alias)
    go(team, page, "fields")
    page.get_by_role("button", name="Start field 1").click()
    number = len(team.store.tasks(rater=alias))
    for place in range(1, number + 1):
        strip = page.locator(".work-strip")
        expect(strip).to_contain_text(f"Field {place} of {number}")
        document = page.url.rsplit("/", 1)[1].split("?")[0]
        head = team.store.head(document)
        shown = team.store.suggestions(head.image) if head.arm == "with suggestions" else []
        # The tools that draw have tests of their own; here what they send counts.
        odd = alias == "R5" and place == 1
        edits = [
            outline(y, x, "lymphocyte" if odd and i == 0 else "tumor", suggested=of)
            for i, ((y, x), of) in enumerate(
                zip(CENTRES, [s.id for s in shown] or [None] * 4, strict=True)
            )
        ]
        status, _ = team.send(page, f"documents/{document}/edits", {"edits": edits})
        assert status == 200
        page.mouse.move(300 + place, 300)
        page.wait_for_timeout(150)
        strip.get_by_role("button", name="Done").click()
        saved(lambda document=document: team.store.head(document).status == "done", page)
    page.wait_for_url("**/#/fields")
    expect(page.get_by_text("All done")).to_be_visible()
    return page


def review(team):
    """A senior approves the first and sends the second back, with a mark on the spot."""
    page = team.page("R2")
    go(team, page, "review")
    page.get_by_role("link", name="Look at the next").click()
    first = page.wait_for_url("**/#/document/*") or page.url.rsplit("/", 1)[1]
    page.get_by_role("button", name="Approve, next").click()
    saved(lambda: team.store.head(first).status == "approved", page)
    page.wait_for_url(lambda url: first not in url)
    second = page.url.rsplit("/", 1)[1]
    expect(page.get_by_role("button", name="Mark the spot")).to_be_visible()
    page.get_by_label("Reason").fill("The nucleus on the right is missing.")
    page.get_by_role("button", name="Mark the spot").click()
    box = page.locator(".stage").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_text("Mark at")).to_be_visible()
    page.get_by_role("button", name="Needs work, next").click()
    saved(lambda: team.store.head(second).status == "needs_work", page)
    step = team.store.states(second)[-1]
    assert (step.by, step.reason) == ("R2", "The nucleus on the right is missing.")
    assert step.mark == pytest.approx((80, 80), abs=2)
    assert page.problems == []
    return second


def test_a_field_that_comes_again_looks_like_any_other(team):
    study = team.store.add_study(
        "Again", design(repeats=1), [(team.images[0], None)], ["R3"], by="R2"
    )
    page = team.page("R3")
    go(team, page, "fields")
    texts = []
    for place in (1, 2):
        page.locator(".field-tile").nth(place - 1).click()
        expect(page.locator(".work-strip")).to_contain_text(f"Field {place} of 2")
        expect(page.locator(".top .title")).to_have_text(f"Again: field {place} of 2")
        texts.append(page.locator("body").inner_text().replace(f"ield {place} of", "ield of"))
        go(team, page, "fields")
    assert texts[0] == texts[1]
    assert "field_1" not in texts[0]
    assert len({task.document for task in team.store.tasks(study=study.id)}) == 2


def test_somebody_is_invited_and_gold_fields_give_feedback(team):
    admin = team.page("R1")
    go(team, admin, "people")
    admin.get_by_label("Group", exact=True).fill("guests")
    admin.get_by_role("button", name="Make a link").click()
    link = admin.get_by_label("Link of the invitation").input_value()
    guest = team.page()
    guest.goto(link)
    guest.get_by_label("Name").fill("Gerda Guest")
    for field in guest.locator("input[type=password]").all():
        field.fill("a long enough pass phrase")
    guest.locator("form button").first.click()
    saved(lambda: any(user.name == "Gerda Guest" for user in team.store.users()), guest)
    (gerda,) = [user for user in team.store.users() if user.name == "Gerda Guest"]
    assert (gerda.role, gerda.group) == ("rater", "guests")

    study = team.store.add_study(
        "Gold", design(feedback=True), [(team.images[0], None)], [gerda.alias], by="R1"
    )
    go(team, admin, f"study/{study.id}")
    admin.get_by_text("Fields and their known truth").click()
    admin.get_by_role("button", name="Draw the truth").click()
    admin.wait_for_url("**/#/document/*")
    gold = team.store.study(study.id).fields[0].gold
    edits = [outline(y, x, "tumor") for y, x in CENTRES]
    assert team.send(admin, f"documents/{gold}/edits", {"edits": edits})[0] == 200
    go(team, guest, "fields")
    guest.get_by_role("button", name="Start field 1").click()
    guest.locator(".work-strip").get_by_role("button", name="Done").wait_for()
    document = guest.url.rsplit("/", 1)[1]
    edits = [outline(y, x, "tumor") for y, x in CENTRES[:3]]
    assert team.send(guest, f"documents/{document}/edits", {"edits": edits})[0] == 200
    guest.locator(".work-strip").get_by_role("button", name="Done").click()
    told = guest.get_by_role("dialog")
    expect(told).to_contain_text("3 nuclei found, 1 missed, 0 added")
    assert team.store.head(document).status == "done"


def design(**values):
    from nuclarium.annotate.studies import Design

    return Design(**values)
