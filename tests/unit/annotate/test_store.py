"""What a store keeps of edits, and what it answers."""

import json
import threading

import pytest
from tests.annotations import edit, gesture_id, nucleus_id, stroke

from nuclarium.annotate.document import Document, replay
from nuclarium.annotate.store import Store
from nuclarium.core.errors import AnnotationError, StoreError


def labels(store, document):
    return sorted(nucleus.label for nucleus in store.document(document).nuclei.values())


def test_an_edit_is_kept(store, document):
    answer = store.append(document, [edit(1)], "R1")
    assert answer.acknowledged == ((edit(1).id, 1),)
    assert labels(store, document) == ["tumor"]
    assert store.head(document).status == "in_work"


def test_what_was_kept_is_there_when_the_store_is_opened_again(address):
    with Store.open(address) as store:
        store.add_user("Ada", "rater")
        image = store.register_image("a.tif", "0" * 64, width=100, height=80)
        document = store.open_document(image.id, owner=None, box=(0, 0, 50, 50)).id
        store.append(document, [edit(1), stroke(2)], "R1")
        before = store.document(document)
    with Store.open(address) as store:
        assert store.document(document) == before
        assert store.open_document(image.id, owner=None, box=(0, 0, 50, 50)).id == document
        assert store.check() == 2


def test_an_edit_that_is_sent_again_is_not_applied_again(store, document):
    store.append(document, [edit(1)], "R1")
    again = store.append(document, [edit(1), edit(1)], "R1")
    assert again.acknowledged == ((edit(1).id, 1),)
    assert again.revision == 1


def test_the_second_of_two_people_gets_the_version_of_the_first(store, document):
    store.append(document, [edit(1)], "R1")
    store.append(document, [edit(2, base=1, label="stroma")], "R1")
    answer = store.append(document, [edit(3, base=1, label="sTIL"), edit(4, 2)], "R2")
    assert [key for key, _ in answer.acknowledged] == [edit(4).id]
    assert [(c.nucleus, c.theirs.label, c.theirs.rater) for c in answer.conflicts] == [
        (nucleus_id(1), "stroma", "R1")
    ]
    assert answer.to_json()["conflicts"][0]["theirs"]["revision"] == 2


def test_a_nucleus_that_was_removed_meets_the_change_of_somebody_else(store, document):
    store.append(document, [edit(1), edit(2, base=0, removed=True)], "R1")
    answer = store.append(document, [edit(3, base=1)], "R2")
    assert [conflict.theirs for conflict in answer.conflicts] == [None]


def test_two_who_do_the_same_do_not_meet(store, document):
    store.append(document, [edit(1)], "R1")
    store.append(document, [edit(2, base=1, label="sTIL")], "R1")
    assert store.append(document, [edit(3, base=1, label="sTIL")], "R2").conflicts == ()
    assert store.append(document, [edit(4, base=3, removed=True)], "R1").conflicts == ()
    assert store.append(document, [edit(5, base=3, removed=True)], "R2").conflicts == ()


def test_edits_that_are_sent_together_know_of_each_other(store, document):
    first = store.append(document, [edit(1), edit(2, label="a"), edit(3, label="b")], "R1")
    assert first.conflicts == ()
    assert labels(store, document) == ["b"]
    after_a_lost_answer = store.append(document, [edit(3, label="b"), edit(4, label="c")], "R1")
    assert after_a_lost_answer.conflicts == ()
    assert labels(store, document) == ["c"]


def test_the_later_of_edits_sent_together_meets_what_somebody_else_did_between(store, document):
    store.append(document, [edit(1)], "R1")
    store.append(document, [edit(2, base=1, label="theirs")], "R2")
    answer = store.append(document, [edit(1), edit(3, label="mine")], "R1")
    assert [conflict.id for conflict in answer.conflicts] == [edit(3).id]


def test_the_id_of_an_edit_of_somebody_else_is_refused(store, document):
    store.append(document, [edit(1)], "R1")
    with pytest.raises(AnnotationError, match="must be new"):
        store.append(document, [edit(1)], "R2")


def test_what_is_not_known_is_refused_and_the_store_goes_on(store, document):
    with pytest.raises(AnnotationError, match="A document of the store was expected"):
        store.append("d-0", [edit(1)], "R1")
    with pytest.raises(AnnotationError, match="must name people"):
        store.append(document, [edit(1)], "nobody")
    assert store.append(document, [edit(1)], "R1").revision == 1


def test_the_text_of_a_document_is_its_json(store, document):
    changes = [edit(1), edit(2, label="é\"'; DROP TABLE edits; --<b>"), edit(3, 2), stroke(4)]
    store.append(document, changes, "R1")
    text = store.document_text(document)
    assert json.loads(text) == store.document(document).to_json()


def test_changes_and_history_tell_who_did_what(store, document):
    store.append(document, [edit(1), edit(2, 2)], "R1")
    store.append(document, [edit(3, base=1, label="sTIL")], "R2")
    assert [one.revision for one in store.changes(document, 1)] == [2, 3]
    told = [(one.by, one.change.after.label) for one in store.history(document, nucleus_id(1))]
    assert told == [("R1", "tumor"), ("R2", "sTIL")]
    assert store.changes(document)[0].to_json()["stored"]


def test_a_document_can_be_read_as_it_was(store, document):
    store.append(document, [edit(1), edit(2, 2), stroke(3)], "R1")
    store.append(document, [edit(4, base=1, removed=True)], "R1")
    assert set(store.document(document, at=3).nuclei) == {nucleus_id(1), nucleus_id(2)}
    assert set(store.document(document).nuclei) == {nucleus_id(2)}


def test_undo_and_redo_work_after_the_store_was_opened_again(address):
    with Store.open(address) as store:
        store.add_user("Ada", "rater")
        image = store.register_image("a.tif", "0" * 64, width=100, height=80)
        document = store.open_document(image.id, owner="R1").id
        store.append(document, [edit(1), edit(2, 2, gesture=9), edit(3, 3, gesture=9)], "R1")
        before = store.document(document)
        later = [
            edit(4, base=1, label="sTIL", gesture=10),
            edit(5, 3, base=3, removed=True, gesture=10),
        ]
        store.append(document, [*later, stroke(6, gesture=gesture_id(10))], "R1")
        after = store.document(document)
    with Store.open(address) as store:
        store.append(document, store.undo(document, gesture_id(10)), "R1")
        assert bare(store.document(document)) == bare(before)
        assert [(g.undone, g.redoable) for g in store.gestures(document, "R1")] == [
            (False, False),
            (False, False),
            (True, True),
        ]
        store.append(document, store.redo(document, gesture_id(10)), "R1")
        assert bare(store.document(document)) == bare(after)
        store.append(document, store.undo(document, gesture_id(10)), "R1")
        store.append(document, [edit(7, 4)], "R1")
        assert [g.redoable for g in store.gestures(document, "R1")] == [False] * 4
        assert store.check() == 16


def test_undo_does_not_undo_what_somebody_else_did_since(store, document):
    store.append(document, [edit(1)], "R1")
    store.append(document, [edit(2, base=1, label="theirs")], "R2")
    answer = store.append(document, store.undo(document, gesture_id(1)), "R1")
    assert [conflict.theirs.label for conflict in answer.conflicts] == ["theirs"]


def test_a_stroke_that_is_brought_back_is_where_it_was(store, document):
    store.append(document, [stroke(1), stroke(2)], "R1")
    store.append(document, store.undo(document, gesture_id(1)), "R1")
    assert [one.id for one in store.document(document).strokes] == [stroke(2).id]
    store.append(document, store.redo(document, gesture_id(1)), "R1")
    assert [one.id for one in store.document(document).strokes] == [stroke(1).id, stroke(2).id]


def test_edits_of_many_threads_are_numbered_without_a_gap(store, document, image):
    own = store.open_document(image, owner="R2").id
    answers = []

    def draw(worker):
        place, by = ((document, "R1"), (own, "R2"))[worker % 2]
        for turn in range(12):
            number = 1 + worker * 100 + turn
            answers.append((place, store.append(place, [edit(number, number)], by)))

    threads = [threading.Thread(target=draw, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for place in (document, own):
        given = [a.acknowledged[0][1] for where, a in answers if where == place]
        assert sorted(given) == list(range(1, 49))
    assert store.check() == 96


def test_the_state_is_the_fold_of_the_log(store, document):
    store.append(document, [edit(1), edit(2, label="b"), edit(3, 2), stroke(4)], "R1")
    store.append(document, [edit(5, 2, base=3, removed=True), edit(6, 2, base=5)], "R2")
    log = [(one.change, one.by) for one in store.changes(document)]
    empty = Document(store.head(document).__class__(document, store.head(document).image))
    replayed = replay(empty, log)
    assert dict(replayed.nuclei) == dict(store.document(document).nuclei)


def test_two_programs_on_one_store_take_turns(address, store, document):
    with Store.open(address) as other:

        def draw(opened, by, begin):
            for number in range(begin, begin + 20):
                opened.append(document, [edit(number, number)], by)

        threads = [
            threading.Thread(target=draw, args=(store, "R1", 100)),
            threading.Thread(target=draw, args=(other, "R2", 200)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [one.revision for one in other.changes(document)] == list(range(1, 41))
    assert store.check() == 40


def test_a_store_that_many_open_for_the_first_time_is_made_once(empty_address):
    opened = []
    threads = [
        threading.Thread(target=lambda: opened.append(Store.open(empty_address))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    opened[0].add_user("Ada", "rater")
    assert [len(store.users()) for store in opened] == [1] * 4
    for store in opened:
        store.close()


def test_reading_does_not_wait_for_writing(store, document):
    begun, may_end = threading.Event(), threading.Event()

    def slow(connection):
        connection.exec_driver_sql("UPDATE documents SET status = 'done'")
        begun.set()
        return may_end.wait(60)

    thread = threading.Thread(target=lambda: store._write(slow))
    thread.start()
    assert begun.wait(60)
    assert store.head(document).status == "not_started"
    may_end.set()
    thread.join()
    assert store.head(document).status == "done"


def test_an_edit_that_nobody_waits_for_any_more_stops_nobody(store, document):
    begun, may_go_on = threading.Event(), threading.Event()
    thread = threading.Thread(
        target=lambda: store._write(lambda _: (begun.set(), may_go_on.wait(60)))
    )
    thread.start()
    assert begun.wait(60)
    waiting = store.append_later(document, [edit(1)], "R1")
    assert waiting.cancel()
    may_go_on.set()
    thread.join()
    assert store.append(document, [edit(2, 2)], "R1").revision == 1


def test_no_edits_change_nothing(store, document):
    assert store.append(document, [], "R1").to_json() == {
        "acknowledged": [],
        "conflicts": [],
        "revision": 0,
    }


def test_listeners_hear_of_new_edits_until_they_stop(store, document):
    heard = []
    stop = store.listen(lambda *told: heard.append(told))
    store.append(document, [edit(1)], "R1")
    stop()
    store.append(document, [edit(2, 2)], "R1")
    assert heard == [(document, 1)]


def test_a_store_that_was_closed_says_so(address):
    store = Store.open(address)
    store.close()
    with pytest.raises(StoreError, match="was closed"):
        store.add_user("Ada", "rater")


def bare(document):
    return (
        {key: nucleus.bare() for key, nucleus in document.nuclei.items()},
        document.strokes,
    )
