"""Classes over HTTP: the project's in documents, frozen in studies; others are kept."""

import json
import zipfile
from io import BytesIO

import pytest
from tests.studio import Browser, served
from tests.teamwork import TWO_ARMS, Team, square

from nuclarium.annotate.checks import new_id
from nuclarium.annotate.store_suggestions import Suggestion
from nuclarium.annotate.studies import Design
from nuclarium.core.class_lists import content_of
from nuclarium.core.classes import shipped_hierarchy
from nuclarium.server.blind_images import NEUTRAL

BOX = [0, 0, 100, 100]


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    with served(tmp_path_factory.mktemp("classes")) as app:
        yield app


@pytest.fixture
def admin(app):
    browser = Browser(app, "admin")
    choose(browser, ["nucleus"])
    return browser


@pytest.fixture
def images(app):
    return {image.raw.name: image.id for image in app.state.studio.shelf.images()}


def names(document):
    return [row["name"] for row in document["hierarchy"]["levels"][0]["classes"]]


def choose(browser, classes):
    return browser.post("classes", {"classes": classes})


def test_admin_chooses_and_every_document_outside_of_studies_has_it(app, admin, images):
    rater = Browser(app, "rater")
    document = rater.post("documents", {"image": images["stack"]}).json()
    assert names(document) == ["nucleus"]
    assert choose(rater, ["a"]).status_code == 403
    assert choose(admin, ["mitosis", "debris"]).json()["choice"] == ["mitosis", "debris"]
    assert names(rater.get(f"documents/{document['id']}").json()) == ["mitosis", "debris"]
    said = choose(admin, "nucls").json()
    assert said["hierarchy"] == content_of(shipped_hierarchy())
    assert said["shipped"] == [{"name": "nucls", "levels": [13, 8, 5]}]
    assert len(names(rater.get(f"documents/{document['id']}").json())) == 13


@pytest.mark.parametrize(
    "wrong", [[], "", "no such", "../x.toml", "/etc/x.toml", ["a", "A"], [None], 5, {}, ["<b>"] * 2]
)
def test_what_is_no_choice_is_refused_in_a_sentence(admin, wrong):
    answer = choose(admin, wrong)
    assert answer.status_code == 422
    assert answer.json()["error"].endswith((".", "FILE"))
    assert admin.get("classes").json()["choice"] == ["nucleus"]


def test_other_classes_do_not_reach_a_running_study(app, admin, images):
    choose(admin, ["mitosis", "debris"])
    team = Team(app, "frozen", raters=2)
    study = team.study([{"image": images["stack"], "box": BOX}])
    first, late = team.aliases
    ((_, document),) = team.open_all(first)
    team.draw(first, document, [(10, 10, 20, "mitosis")])
    choose(admin, ["other"])
    ((_, opened_later),) = team.open_all(late)
    for alias, one in ((first, document), (late, opened_later)):
        assert names(team.raters[alias].get(f"documents/{one}").json()) == ["mitosis", "debris"]
    board = admin.get(f"studies/{study['id']}").json()
    assert names(board) == ["mitosis", "debris"]
    (nucleus,) = admin.get(f"documents/{document}").json()["nuclei"]
    assert nucleus["label"] == "mitosis"


def test_study_of_an_older_version_keeps_the_classes_that_it_was_shown(app, admin, images):
    store = app.state.studio.store
    study = store.add_study("old", Design(), [(images["stack"], None)], ["rater"], by="admin")
    (task,) = store.tasks(study=study.id)
    document = store.open_task(task.id).id
    assert len(names(Browser(app, "rater").get(f"documents/{document}").json())) == 13


def test_edit_with_a_class_beside_the_list_is_kept_and_exported(app, admin, images):
    """Strict would lose work: somebody was offline while an admin took the class out."""
    choose(admin, ["mitosis", "nucleus"])
    document = admin.post("documents", {"image": images["colour"]}).json()["id"]
    edits = [square(10, 10, 9, "mitosis"), square(40, 10, 9, "gone"), square(70, 10, 9, "")]
    answer = admin.post(f"documents/{document}/edits", {"edits": edits}).json()
    assert len(answer["acknowledged"]) == 3
    kept = admin.get(f"documents/{document}").json()["nuclei"]
    assert {one["label"] for one in kept} == {"mitosis", "gone", ""}
    files = zipfile.ZipFile(BytesIO(admin.get("export?format=coco").content))
    coco = json.loads(files.read("colour_admin.json"))
    assert [(one["id"], one["name"]) for one in coco["categories"]] == [
        (1, "mitosis"),
        (2, "nucleus"),
        (3, "gone"),
    ]
    assert sorted(one["category_id"] for one in coco["annotations"]) == [1, 2, 3]
    files = zipfile.ZipFile(BytesIO(admin.get("export?format=geojson").content))
    colours = b"".join(files.read("colour_admin.geojson").split())
    assert b"[228,140,16]" in colours  # of the first class, in QuPath too


@pytest.mark.parametrize("classes", [["mitosis", "debris"], "nucls"])
def test_consensus_decisions_and_exports_have_the_classes_of_the_study(app, admin, images, classes):
    choose(admin, classes)
    team = Team(app, f"levels{len(classes)}")
    study = team.study([{"image": images["colour"], "box": BOX}])["id"]
    labels = ("mitosis", "debris") if classes != "nucls" else ("tumor", "fibroblast")
    for number, alias in enumerate(team.aliases):
        ((_, document),) = team.open_all(alias)
        squares = [(10, 10, 20, labels[0]), (50, 10, 20, labels[1])]
        squares.append((30, 60, 20, labels[0] if number else "gone"))
        team.draw(alias, document, squares)
    choose(admin, ["other"])
    assert team.consensus(study)["state"] == "done"
    found = admin.get(f"studies/{study}/consensus").json()
    levels = {one["level"] for one in found["agreement"]}
    assert (levels == {"raw", "main", "super"}) if classes == "nucls" else len(levels) == 1
    (disputed,) = admin.get(f"studies/{study}/disputed").json()
    offered = list(labels) if classes != "nucls" else list(shipped_hierarchy().levels[0].classes)
    assert disputed["choices"] == [*offered, "gone"]
    decide = f"studies/{study}/adjudications"
    wrong = admin.post(decide, {"item": disputed["item"], "label": "mitosus"})
    assert (wrong.status_code, "mitosus" in wrong.json()["error"]) == (422, True)
    assert admin.post(decide, {"item": disputed["item"], "label": "gone"}).status_code == 200
    path = f"export?format=coco&study={study}&truth=consensus"
    coco = zipfile.ZipFile(BytesIO(admin.get(path).content))
    name = next(name for name in coco.namelist() if name.endswith(".json"))
    listed = {row["name"] for row in json.loads(coco.read(name))["categories"]}
    assert listed == {*offered, "gone"}
    nucls = admin.get(f"export?format=nucls&study={study}&truth=consensus")
    assert nucls.status_code == 200
    tables = zipfile.ZipFile(BytesIO(nucls.content))
    csv = next(name for name in tables.namelist() if "csv/colour" in name)
    assert labels[0].encode() in tables.read(csv)


def test_lead_is_warned_where_an_arm_shows_suggestions_and_there_are_none(app, admin, images):
    store = app.state.studio.store
    fields = [{"image": images["stack"], "box": box} for box in (BOX, [100, 0, 200, 100])]
    ring = (10.0, 10.0, 30.0, 10.0, 30.0, 30.0)
    own = f"pixels {new_id('d')} 0123456789ab"
    for source, x in ((own, 0), ("model fluo 0123456789ab", 100)):
        moved = tuple(v + x * (i % 2 == 0) for i, v in enumerate(ring))
        store.suggest(images["stack"], source, [Suggestion(new_id("u"), (moved,))])
    asked = admin.post("studies/unsuggested", {"fields": fields}).json()
    assert (asked["fields"], asked["images"]) == (1, [images["stack"]])
    assert "none in 1 of 2 fields (stack)" in asked["sentence"]
    body = {"fields": fields, "raters": ["rater"]}
    made = admin.post("studies", body | {"name": "a", "design": {"arms": TWO_ARMS}})
    assert (made.status_code, made.json()["warnings"]) == (201, [asked["sentence"]])
    assert admin.post("studies", body | {"name": "b"}).json()["warnings"] == []
    store.suggest(images["stack"], "model he 0123456789ab", [Suggestion(new_id("u"), (ring,))])
    assert admin.get(f"studies/{made.json()['id']}").json()["warnings"] == []


def test_rater_of_a_blind_study_learns_no_name_condition_or_group(app, images):
    team = Team(app, "blind", raters=1)
    store, stack = team.store, images["stack"]
    alias, rater = team.aliases[0], team.raters[team.aliases[0]]
    assert {one["name"] for one in rater.get("images").json()} == {"stack", "colour"}
    study = team.study([{"image": stack}], arms=[{"name": "with", "suggestions": True}])
    source = "results labels/stack.tif 0123456789ab"
    ring = (10.0, 10.0, 30.0, 10.0, 30.0, 30.0)
    store.suggest(stack, source, [Suggestion(new_id("u"), (ring,))])
    ((_, document),) = team.open_all(alias)
    assert [one["name"] for one in rater.get("images").json()] == ["colour"]
    seen = rater.get(f"images/{stack}").json()
    assert (seen["name"], seen["condition"], seen["group"]) == (NEUTRAL, "", "")
    for path in ("my/fields", f"documents/{document}", "documents", "images/unreadable",
                 f"images/{stack}", f"images/{stack}/suggestions",
                 f"documents/{document}/suggestions"):  # fmt: skip
        answer = rater.get(path)
        assert answer.status_code == 200
        assert "stack" not in answer.text, path
    assert team.senior.get(f"images/{stack}").json()["name"] == "stack"
    assert Browser(app, "viewer").get(f"images/{stack}").json()["name"] == "stack"
    team.senior.post(f"studies/{study['id']}/raters/{alias}/withdraw")
    assert rater.get(f"images/{stack}").json()["name"] == "stack"


def test_study_that_is_not_blind_shows_names(app, images):
    team = Team(app, "open", raters=1)
    team.study([{"image": images["stack"]}], blind=False)
    rater = team.raters[team.aliases[0]]
    assert "stack" in {one["name"] for one in rater.get("images").json()}
