"""From a stack to an exported dataset, then a study with three raters, its review, its consensus:
one story in a real Chromium, with what is stored."""

import json
import zipfile

import pytest
from pandas import read_csv as read_table
from tests.studio_story import (
    FIELD,
    SHOWN,
    Person,
    annotate,
    make_stacks,
    nuclarium,
    rate,
    scribble,
    until,
)

from nuclarium.annotate.blind import ADJUDICATION
from nuclarium.annotate.store import Store
from nuclarium.workspace.annotation_store import open_store

pytestmark = pytest.mark.slow
RATERS = ("Rita Rater", "Rolf Rater", "Rosa Rater")
SETTINGS = """
name = "pilot"
dataset = "set"
encoder = "tu-lcnet_035"
decoder_channels = [16, 16, 8, 8]
patch_size_px = 64
batch_size = 2
steps = 4
steps_per_epoch = 2
precision = "32-true"
workers = 0
"""


@pytest.fixture
def spots(tmp_path):
    made = make_stacks(tmp_path / "stacks")
    nuclarium("init", "organoids", "--classes", "nucls", cwd=tmp_path)
    files = sorted((tmp_path / "stacks").iterdir())
    nuclarium("import", *files, "--project", "organoids", cwd=tmp_path)
    return made


def test_from_a_stack_to_a_study_and_a_model_that_is_trained(tmp_path, spots, browser):
    project = tmp_path / "organoids"
    with annotate(project, "--single-user") as address, open_store(project) as store:
        images = alone(Person(browser, address), store, spots)
    spots = {image: spots[name] for name, image in images.items()}
    with annotate(project, "--accounts") as address, open_store(project) as store:
        exported = together(browser, address, store, spots, tmp_path)
    learn(exported, tmp_path)


def learn(exported, folder):
    """Freeze the exported nuclei, divide them, train on them for a moment, and use the model."""
    with zipfile.ZipFile(exported) as file:
        file.extractall(folder / "pilot")
    words = ("dataset", "import", folder / "pilot", "--format", "bmgd")
    frozen = json.loads(nuclarium(*words, "--out", folder / "set", "--json"))
    assert frozen["images"] > 9
    nuclarium("dataset", "split", folder / "set", "--ratios", "8:2:2")
    (folder / "pilot.toml").write_text(SETTINGS)
    nuclarium("train", folder / "pilot.toml", "--out", folder / "run")
    course = json.loads((folder / "run" / "course.json").read_text())
    assert course["steps"] == 4
    nuclarium("export", folder / "run", "--out", folder / "pilot.onnx")
    stack = folder / "stacks" / "colony1.ome.tif"
    nuclarium("segment", stack, "--model", folder / "pilot.onnx", "--out", folder / "found")
    record = json.loads((folder / "found" / "run.json").read_text())
    assert "pilot" in json.dumps(record["settings"])


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


def together(browser, address, store: Store, spots, folder):
    """Accounts, a study of twelve fields, three raters, a review, a consensus, a decision, an
    export."""
    ada = Person(browser, address)
    ada.enter("Ada Admin")
    sofia = invited(browser, ada, "Sofia Senior", "senior")
    raters = {name: invited(browser, ada, name, "rater") for name in RATERS}
    aliases = {alias_of(store, name): person for name, person in raters.items()}
    study = made_study(ada, store)
    assert [rater.alias for rater in study.raters] == list(aliases)
    odd = list(aliases)[-1]
    for alias, rater in aliases.items():
        do_fields(rater, store, spots, odd=alias == odd)
    tasks = store.tasks(study=study.id)
    assert {task.status for task in tasks} == {"done"}
    assert len(tasks) == 36
    for task in tasks:
        nuclei = store.document(task.document).nuclei.values()
        assert {n.verdict == "accepted" for n in nuclei} <= {task.arm == SHOWN}
        assert {n.label for n in nuclei} <= {"tumor", "fibroblast"}
    sent_back = review(sofia, store, tasks)
    mend(aliases[store.head(sent_back).owner], store, sent_back)
    approve(sofia, store, [sent_back])
    assert {task.status for task in store.tasks(study=study.id)} == {"approved"}
    decide(ada, store, study, folder / "organoids")
    exported = export(ada, study, folder)
    for person in (ada, sofia, *raters.values()):
        assert person.mistakes == []
        person.context.close()
    return exported


def made_study(ada, store):
    """Four squares of each of three stacks, in two arms, through the wizard."""
    page = ada.page
    ada.go("studies/new")
    page.get_by_label("Name of the study").fill("pilot")
    page.get_by_label("Squares, placed by lot").check()
    page.get_by_label("Side, px").fill(str(FIELD))
    page.get_by_label("Fields per image").fill("4")
    page.get_by_label("Two arms").check()
    page.locator("aside table").wait_for()
    ada.says("12 fields")
    ada.look("wizard")
    ada.button("Make the study")
    page.wait_for_url("**/#/study/*")
    (study,) = store.studies()
    assert len(study.fields) == 12
    return study


def review(sofia, store, tasks):
    """Send one field back, with a reason and a mark on the spot, and approve all others."""
    page = sofia.page
    sofia.go("review")
    page.get_by_role("link", name="Look at the next").click()
    page.wait_for_url("**/#/document/*")
    sofia.says("Approve, next")
    back = page.url.rsplit("/", 1)[1]
    x0, y0, x1, y1 = sofia.field = store.head(back).box
    page.get_by_label("Reason").fill("A nucleus is missing here.")
    sofia.button("Mark the spot")
    sofia.click((x0 + x1) / 2, (y0 + y1) / 2)
    sofia.says("Mark at")
    sofia.look("review")
    sofia.button("Needs work, next")
    until(lambda: store.head(back).status == "needs_work")
    step = store.states(back)[-1]
    assert step.reason == "A nucleus is missing here."
    assert step.mark == pytest.approx(((x0 + x1) / 2, (y0 + y1) / 2), abs=1)
    page.wait_for_url(lambda url: back not in url)
    approve(sofia, store, [task.document for task in tasks if task.document != back])
    return back


def approve(sofia, store, documents):
    """Approve what waits, one after the other."""
    waiting = set(documents)
    page = sofia.page
    if len(waiting) == 1:
        sofia.go("review")
        page.get_by_role("link", name="Look at the next").click()
    while waiting:
        page.wait_for_url(lambda url: url.rsplit("/", 1)[1] in waiting)
        seen = page.url.rsplit("/", 1)[1]
        sofia.button("Approve, next")
        until(lambda seen=seen: store.head(seen).status == "approved")
        waiting.remove(seen)


def mend(rater, store, document):
    """Draw what is missing on the spot that was marked, and say that it is done."""
    page = rater.page
    rater.go("fields")
    page.locator(".field-tile.next", has_text="missing").wait_for()
    rater.button("Look again at field")
    page.locator(".work-strip", has_text="missing").wait_for()
    rater.saved()
    before = len(store.document(document).nuclei)
    x0, y0, x1, y1 = rater.field = store.head(document).box
    rater.press("1")
    rater.outline((x0 + x1) / 2, (y0 + y1) / 2, 7)
    rater.saved()
    rater.look("mend")
    page.locator(".work-strip").get_by_role("button", name="Done").click()
    until(lambda: store.head(document).status == "done")
    assert len(store.document(document).nuclei) == before + 1


def decide(ada, store, study, project):
    """Make the consensus, look at it, and decide one disputed nucleus."""
    page = ada.page
    ada.go(f"study/{study.id}")
    page.get_by_role("heading", name="Progress").wait_for()
    ada.says("36 of 36")
    ada.look("board")
    ada.button("Make the consensus")
    page.get_by_role("link", name="Look at the consensus").click(timeout=90_000)
    report = page.frame_locator("iframe.report")
    report.get_by_role("heading", level=1).wait_for()
    report.get_by_text("agreement", exact=False).first.wait_for()
    folder = project / "annotations" / "studies" / study.id / "consensus"
    assert len(read_table(folder / "agreement.csv")) > 0
    assert len(read_table(folder / "truth_marks.csv")) > 20
    page.get_by_role("heading", name="Disputed nuclei").wait_for()
    first = page.locator(".dispute").first
    until(lambda: first.locator("img").evaluate("image => image.complete && image.naturalWidth"))
    assert len(first.locator(".votes dt").all()) > 1
    ada.look("consensus")
    label = read_table(folder / "disputed.csv")["label"][0]
    other = "fibroblast" if label == "tumor" else "tumor"
    first.focus()
    ada.press(first.get_by_role("button", name=other).get_attribute("data-key"))
    first.get_by_text(f"by {alias_of(store, 'Ada Admin')}").wait_for()
    decided = [head for head in store.documents(study=study.id) if head.arm == ADJUDICATION]
    (nucleus,) = store.document(decided[0].id).nuclei.values()
    assert nucleus.label == other


def export(ada, study, folder):
    """Take the consensus out through the page."""
    page = ada.page
    ada.go(f"study/{study.id}")
    page.get_by_label("Format").select_option("bmgd")
    page.get_by_label("Whose marks").select_option("consensus")
    with page.expect_download() as taken:
        ada.button("Export")
    taken.value.save_as(folder / "pilot.zip")
    return folder / "pilot.zip"


def do_fields(rater, store, spots, *, odd):
    """Go through the fields of a rater; the arm of each is looked up in the store."""
    steps = rate(rater, 12, spots, odd)
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
