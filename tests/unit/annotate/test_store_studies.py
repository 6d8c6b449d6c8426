"""Studies, states of review and suggestions in a store."""

import pytest
from tests.annotations import edit

from nuclarium.annotate.store_suggestions import Suggestion
from nuclarium.annotate.studies import Arm, Design
from nuclarium.core.errors import AnnotationError

TWO = (Arm("shown", True), Arm("hidden", False))


@pytest.fixture
def study(store, image):
    places = [(image, (10 * i, 0, 10 * i + 10, 10)) for i in range(4)]
    design = Design(TWO, overlap=2, repeats=1)
    return store.add_study("first", design, places, ["R1", "R2"], by="R3", hierarchy={"name": "x"})


def test_a_study_deals_its_fields(store, study):
    tasks = store.tasks(study=study.id)
    assert len(tasks) == 2 * (4 + 1)
    own = store.tasks(rater="R1")
    assert [task.position for task in own] == list(range(5))
    assert {task.arm for task in own} == {"shown", "hidden"}
    assert store.studies() == [study]


def test_a_task_opens_its_own_document_once(store, study):
    task = store.tasks(rater="R1")[0]
    head = store.open_task(task.id)
    assert (head.owner, head.study, head.arm, head.box) == ("R1", study.id, task.arm, task.box)
    assert head.hierarchy == {"name": "x"}
    assert store.open_task(task.id) == head
    again = next(one for one in store.tasks(rater="R1") if one.repeat)
    assert store.open_task(again.id).id not in {head.id}


def test_time_on_task_adds_up(store, study):
    task = store.tasks(rater="R1")[0]
    document = store.open_task(task.id).id
    store.append(document, [edit(1)], "R1")
    store.set_status(document, "in_work", "R1", seconds=12.5)
    store.set_status(document, "done", "R1", seconds=7.5)
    now = store.tasks(rater="R1")[0]
    assert (now.status, now.seconds) == ("done", 20.0)


def test_a_rater_who_joins_changes_nothing_for_others(store, study):
    before = store.tasks(study=study.id)
    store.add_raters(study.id, ["R3"])
    after = store.tasks(study=study.id)
    assert [task for task in after if task.rater != "R3"] == before
    assert sum(task.repeat == 0 for task in after if task.rater == "R3") == 4


def test_a_rater_who_left_keeps_what_was_drawn_and_can_come_back(store, study):
    assert not store.withdraw_rater(study.id, "R2").raters[1].active
    assert len(store.tasks(rater="R2")) == 5
    assert store.add_raters(study.id, ["R2"]).raters[1].active
    assert len(store.tasks(rater="R2")) == 5


def test_fields_that_are_added_come_after_the_others(store, study, image):
    store.add_fields(study.id, [(image, None)])
    own = store.tasks(study=study.id, rater="R1")
    assert next(task.box for task in own if task.position >= 5) is None


@pytest.mark.parametrize("wrong", ["name", "no fields", "image", "person"])
def test_a_study_that_cannot_be_is_refused_whole(store, image, study, wrong):
    name, places, raters = "second", [(image, None)], ["R1"]
    if wrong == "name":
        name = "first"
    elif wrong == "no fields":
        places = []
    elif wrong == "image":
        places = [("i-0", None)]
    else:
        raters = ["nobody"]
    with pytest.raises(AnnotationError):
        store.add_study(name, Design(), places, raters, by="R3")
    assert len(store.studies()) == 1


def test_gold_names_the_document_with_the_truth(store, study, image):
    truth = store.open_document(image, owner="R3").id
    store.set_gold(study.fields[0].id, truth)
    assert store.study(study.id).fields[0].gold == truth


def test_review_goes_round_and_keeps_what_the_rater_had_done(store, study):
    document = store.open_task(store.tasks(rater="R1")[0].id).id
    store.append(document, [edit(1)], "R1")
    store.set_status(document, "done", "R1")
    with pytest.raises(AnnotationError, match="must have a reason"):
        store.review(document, "needs_work", "R3")
    store.review(document, "needs_work", "R3", reason="missed two", mark=(3.5, 4))
    store.append(document, [edit(2, base=1, label="sTIL")], "R3")
    store.set_status(document, "done", "R1")
    assert store.review(document, "approved", "R3").status == "approved"
    states = store.states(document)
    assert [s.status for s in states] == ["in_work", "done", "needs_work", "done", "approved"]
    assert (states[2].reason, states[2].mark, states[2].by) == ("missed two", (3.5, 4.0), "R3")
    original = store.original(document)
    assert [n.label for n in original.nuclei.values()] == ["tumor"]


def test_nobody_takes_a_step_that_is_not_theirs(store, document):
    store.set_status(document, "done", "R1")
    for person in ("R1", "R4"):
        with pytest.raises(AnnotationError):
            store.review(document, "approved", person)
    with pytest.raises(AnnotationError, match="Seconds on task"):
        store.set_status(document, "in_work", "R1", seconds=float("nan"))


def suggestion(number, x, label="tumor"):
    return Suggestion(f"u-{number:032x}", ((x, 0.0, x + 4, 0.0, x, 4.5),), label, 0.75, 2, "model")


def test_suggestions_are_found_by_box(store, image):
    assert store.suggest(image, "model", [suggestion(1, 0.0), suggestion(2, 50.0)]) == 2
    assert store.suggestions(image, box=(40, 0, 60, 9)) == [suggestion(2, 50.0)]
    assert store.sources(image) == ["model"]


def test_suggestions_that_were_replaced_can_still_be_looked_up(store, image):
    store.suggest(image, "model", [suggestion(1, 0.0)])
    store.suggest(image, "model", [suggestion(2, 0.0)])
    assert store.suggestions(image, source="model") == [suggestion(2, 0.0)]
    assert store.suggestion(suggestion(1, 0.0).id) == suggestion(1, 0.0)


def test_a_suggestion_without_an_outline_is_refused(store, image):
    with pytest.raises(AnnotationError, match="exterior of a suggestion"):
        store.suggest(image, "model", [Suggestion("u-" + "0" * 32, ())])
