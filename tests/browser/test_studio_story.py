"""From a stack to an exported dataset, then a study with three raters, its review, its consensus:
one story in a real Chromium, with what is stored."""

import json

import pytest
from tests.studio_story import Person, annotate, make_stacks, nuclarium, rate, scribble, until

from nuclarium.annotate.store import Store
from nuclarium.workspace.annotation_store import open_store

pytestmark = pytest.mark.slow


@pytest.fixture
def spots(tmp_path):
    made = make_stacks(tmp_path / "stacks")
    nuclarium("init", "organoids", "--classes", "nucls", cwd=tmp_path)
    files = sorted((tmp_path / "stacks").iterdir())
    nuclarium("import", *files, "--project", "organoids", cwd=tmp_path)
    return made


def test_from_a_stack_to_a_study_and_a_dataset(tmp_path, spots, browser):
    project = tmp_path / "organoids"
    with annotate(project, "--single-user") as address, open_store(project) as store:
        images = alone(Person(browser, address), store, spots)
    with annotate(project, "--accounts") as address, open_store(project) as store:
        together(browser, address, store, {image: spots[name] for name, image in images.items()})
    nuclarium(
        "annotations", "export", project, "--study", "pilot", "--truth", "consensus",
        "--format", "bmgd", "--out", tmp_path / "truth",
    )  # fmt: skip
    built = nuclarium("dataset", "build", tmp_path / "truth", "--out", tmp_path / "set", "--json")
    assert json.loads(built)["images"] == 3
    counted = json.loads(nuclarium("dataset", "stats", json.loads(built)["folder"], "--json"))
    assert counted[-1]["nuclei"] >= 6


def alone(me: Person, store: Store, spots):
    """Scribble, make nuclei, answer, classify, correct, undo, reload; suggest on all stacks."""
    page, first = me.page, spots["colony1"]
    me.open("colony1")
    (head,) = store.documents()
    scribble(me, first)
    me.look("scribble")
    assert [s.class_id for s in store.document(head.id).strokes] == [2, 2, 2, 1, 1]
    me.button("Make nuclei")
    suggested = until(lambda: store.suggestions(head.image))
    me.says(f"{len(suggested)} suggestions wait")
    assert len(suggested) > 3

    def nuclei():
        return store.document(head.id).nuclei

    me.press("a")
    me.look("suggestions")
    me.click(*first[0][:2])
    page.mouse.move(*me.at(*first[1][:2]))
    me.press("r")
    until(lambda: len(nuclei()) == 2)
    answers = sorted(nuclei().values(), key=lambda one: one.revision)
    assert [(n.kind, n.verdict) for n in answers] == [("outline", "accepted"), ("rejected", None)]
    me.button(f"Accept {len(suggested) - 2}")
    until(lambda: len(nuclei()) == len(suggested))

    drawn = answers[0]
    x, y, radius = first[0]
    me.press("v")
    me.click(x, y)
    me.press("1")
    until(lambda: nuclei()[drawn.id].label == "tumor")
    me.press("b")
    me.stroke((x, y), (x, y - radius - 5))
    corrected = until(lambda: (n := nuclei()[drawn.id]).rings != drawn.rings and n)
    me.look("corrected")
    assert corrected.verdict is None
    assert corrected.suggestion == drawn.suggestion
    me.press("Control+z")
    until(lambda: nuclei()[drawn.id].rings == drawn.rings)
    me.saved()
    page.reload()
    me.saved()
    me.press("Control+z")
    until(lambda: nuclei()[drawn.id].label == "")
    me.press("Control+Shift+z")
    until(lambda: nuclei()[drawn.id].label == "tumor")
    tools = [(one.change.tool, bool(one.change.undoes)) for one in store.history(head.id, drawn.id)]
    assert len(tools) == 6
    assert sum(undoes for _, undoes in tools) == 2

    images = {}
    for name in spots:
        me.open(name)
        image = images[name] = page.url.rsplit("/", 1)[1]
        me.button("Suggest nuclei")
        until(lambda image=image: any("fluo" in one.source for one in store.suggestions(image)))
    assert me.mistakes == []
    me.context.close()
    return images


def together(browser, address, store: Store, spots):
    """Accounts, a study with two arms, three raters, a review, a consensus, a decision."""
    ada = Person(browser, address)
    ada.enter("Ada Admin")
    sofia = invited(browser, ada, "Sofia Senior", "senior")
    names = ("Rita Rater", "Rolf Rater", "Rosa Rater")
    raters = [invited(browser, ada, name, "rater") for name in names]
    aliases = [alias_of(store, name) for name in names]
    ada.go("studies/new")
    ada.page.get_by_label("Name of the study").fill("pilot")
    ada.page.get_by_label("Two arms").check()
    ada.page.locator("aside table").wait_for()
    ada.look("wizard")
    ada.button("Make the study")
    ada.page.wait_for_url("**/#/study/*")
    (study,) = store.studies()
    assert [rater.alias for rater in study.raters] == aliases
    for rater, alias in zip(raters, aliases, strict=True):
        do_fields(rater, store, spots, odd=alias == aliases[-1])
    tasks = store.tasks(study=study.id)
    assert {task.status for task in tasks} == {"done"}
    assert len(tasks) == 9
    for task in tasks:
        nuclei = store.document(task.document).nuclei.values()
        is_shown = task.arm == "with suggestions"
        assert {n.verdict == "accepted" for n in nuclei} == {is_shown}
        assert {n.label for n in nuclei} < {"tumor", "fibroblast"}

    sofia.go("review")
    sofia.page.get_by_role("link", name="Look at the next").click()
    sofia.page.wait_for_url("**/#/document/*")
    seen = sofia.page.url.rsplit("/", 1)[1]
    sofia.look("review")
    sofia.button("Approve, next")
    until(lambda: store.head(seen).status == "approved")

    ada.page.reload()
    ada.page.get_by_role("heading", name="Progress").wait_for()
    ada.look("board")
    ada.button("Make the consensus")
    ada.page.get_by_role("link", name="Look at the consensus").click(timeout=60_000)
    report = ada.page.frame_locator("iframe.report")
    report.get_by_role("heading", level=1).wait_for()
    ada.look("consensus")
    for person in (ada, sofia, *raters):
        assert person.mistakes == []
        person.context.close()


def do_fields(rater, store, spots, *, odd):
    """Go through the fields of a rater; the arm of each is looked up in the store."""
    steps = rate(rater, 3, spots, odd)
    try:
        document = next(steps)
        while True:
            document = steps.send(store.head(document))
    except StopIteration:
        return


def alias_of(store, name):
    return next(user.alias for user in store.users() if user.name == name)


def invited(browser, admin, name, role):
    """Let somebody come by a link that an admin makes."""
    admin.go("people")
    admin.page.locator("form.part select").select_option(role)
    admin.button("Make a link")
    link = admin.page.get_by_label("Link of the invitation").input_value()
    person = Person(browser, link)
    person.enter(name)
    return person
