import asyncio
from contextlib import aclosing, suppress

from tests.studio import point, until

from nuclarium.annotate.changes import changes_from_json
from nuclarium.annotate.checks import new_id
from nuclarium.server import document_routes
from nuclarium.server.events import MOST_OF_ONE


def test_document_is_opened_once(browsers, images):
    body = {"image": images["stack"], "box": [10, 20, 110, 120]}
    first, second = (browsers["rater"].post("documents", body).json() for _ in range(2))
    assert first["id"] == second["id"]
    assert (first["owner"], first["box"], first["read_only"]) == (
        "rater",
        [10, 20, 110, 120],
        False,
    )


def test_edit_is_acknowledged_and_read_back(browsers, document):
    edit = point(12.25, 7.5, label="tumour")
    answer = browsers["rater"].post(f"documents/{document}/edits", {"edits": [edit]}).json()
    assert answer == {
        "acknowledged": [{"id": edit["id"], "revision": 1}],
        "conflicts": [],
        "revision": 1,
    }
    read = browsers["rater"].get(f"documents/{document}").json()
    assert [nucleus["rings"] for nucleus in read["nuclei"]] == [[[12.25, 7.5]]]
    assert (read["nuclei"][0]["rater"], read["revision"]) == ("rater", 1)


def test_edit_that_is_sent_again_is_not_applied_again(browsers, document):
    body = {"edits": [point()]}
    first, again = (browsers["rater"].post(f"documents/{document}/edits", body) for _ in range(2))
    assert first.json() == again.json()
    assert browsers["rater"].get(f"documents/{document}").json()["revision"] == 1


def test_second_person_on_a_nucleus_gets_both_versions(browsers, images):
    body = {"image": images["stack"], "shared": True, "box": [0, 0, 50, 60]}
    shared = browsers["rater"].post("documents", body).json()["id"]
    path, edit = f"documents/{shared}/edits", point()
    browsers["rater"].post(path, {"edits": [edit]})
    of_both = [point(x, 1, nucleus=edit["nucleus"], base=1) for x in (20, 30)]
    browsers["rater"].post(path, {"edits": [of_both[0]]})
    late = browsers["senior"].post(path, {"edits": [of_both[1]]})
    assert late.status_code == 200
    assert late.json()["conflicts"][0]["theirs"]["rings"] == [[20, 1]]


def test_changes_history_and_gestures_tell_what_was_done(browsers, document):
    rater, edit = browsers["rater"], point()
    rater.post(f"documents/{document}/edits", {"edits": [edit]})
    undo = point(nucleus=edit["nucleus"], base=1) | {"after": None, "undoes": edit["gesture"]}
    rater.post(f"documents/{document}/edits", {"edits": [undo]})
    changes = rater.get(f"documents/{document}/changes?since=1").json()
    assert ([one["id"] for one in changes["edits"]], changes["revision"]) == ([undo["id"]], 2)
    history = rater.get(f"documents/{document}/history?nucleus={edit['nucleus']}").json()
    assert [(one["by"], one["revision"]) for one in history] == [("rater", 1), ("rater", 2)]
    gestures = rater.get(f"documents/{document}/gestures").json()
    assert [(one["id"], one["undone"]) for one in gestures] == [(edit["gesture"], True)]


def test_documents_of_others_are_not_there_for_a_rater(app, browsers, images):
    body = {"image": images["colour"]}
    of_senior = browsers["senior"].post("documents", body).json()["id"]
    assert browsers["rater"].get(f"documents/{of_senior}").status_code == 404
    listed = browsers["rater"].get("documents").json()
    assert of_senior not in [one["id"] for one in listed]
    assert browsers["admin"].get(f"documents/{of_senior}").status_code == 200


def test_approved_document_is_read_only_for_its_rater(app, browsers, document):
    store = app.state.studio.store
    store.set_status(document, "done", "rater")
    store.review(document, "approved", "senior")
    refused = browsers["rater"].post(f"documents/{document}/edits", {"edits": [point()]})
    assert refused.status_code == 403
    assert browsers["rater"].get(f"documents/{document}").json()["read_only"] is True


def test_box_outside_the_image_is_refused(browsers, images):
    for box in ([0, 0, 521, 10], [5, 5, 5, 9], [0, 0, 1], "all", [0, 0, 1.5, 2]):
        answer = browsers["rater"].post("documents", {"image": images["stack"], "box": box})
        assert answer.status_code == 422
        assert "box" in answer.json()["error"]


def test_new_revision_is_told_to_who_listens(app, document):
    studio, told = app.state.studio, []

    async def follow():
        async with aclosing(studio.events.listen(document, 0)) as events:
            async for event in events:
                told.append(event)
                if len(told) == 2:
                    return

    future = asyncio.run_coroutine_threadsafe(follow(), studio.events._loop)
    until(lambda: told)
    studio.store.append(document, changes_from_json([point()]), "rater")
    future.result(10)
    assert told == [b'retry: 1000\ndata: {"revision": 0}\n\n', b'data: {"revision": 1}\n\n']
    assert studio.events.listening == 0


def test_unknown_document_is_not_found(browsers):
    answer = browsers["admin"].get(f"documents/{new_id('d')}")
    assert answer.status_code == 404
    assert "document" in answer.json()["error"]


def test_document_is_remembered_only_while_nobody_else_can_close_it(app, browsers, document):
    known, store = app.state.studio.documents, app.state.studio.store
    browsers["rater"].post(f"documents/{document}/edits", {"edits": [point()]})
    assert known.remembered(document) is not None
    known.forget(document)
    store.set_status(document, "done", "rater")
    browsers["rater"].post(f"documents/{document}/edits", {"edits": [point()]})
    assert known.remembered(document) is None


def test_page_learns_that_the_store_was_set_back_to_a_backup(browsers, document):
    rater = browsers["rater"]
    rater.post(f"documents/{document}/edits", {"edits": [point(), point()]})
    assert rater.get(f"documents/{document}/changes?since=2").json()["revision"] == 2
    answer = rater.get(f"documents/{document}/changes?since=9").json()
    edition = rater.get(f"documents/{document}").json()["edition"]
    assert answer == {"edits": [], "revision": 2, "edition": edition}


def test_what_is_approved_meanwhile_takes_no_new_edit_but_knows_those_that_it_has(app, browsers):
    image = app.state.studio.shelf.images()[0].id
    rater, senior = browsers["rater"], browsers["senior"]
    document = rater.post("documents", {"image": image, "box": [0, 0, 33, 44]}).json()["id"]
    kept = point()
    assert rater.post(f"documents/{document}/edits", {"edits": [kept]}).status_code == 200
    head = app.state.studio.store.head(document)
    rater.post(f"documents/{document}/status", {"status": "done"})
    senior.post(f"documents/{document}/review", {"state": "approved"})
    app.state.studio.documents.remember(head)  # as a request does that read it just before
    refused = rater.post(f"documents/{document}/edits", {"edits": [point()]})
    assert refused.status_code == 403
    assert "approved" in refused.json()["error"]
    again = rater.post(f"documents/{document}/edits", {"edits": [kept]})
    assert [one["id"] for one in again.json()["acknowledged"]] == [kept["id"]]
    assert senior.post(f"documents/{document}/edits", {"edits": [point()]}).status_code == 200


def test_strokes_among_edits_are_bounded_as_on_their_own_route(browsers, document):
    more = {"class": 1, "radius": 3, "points": [1, 2]}
    strokes = [{"id": new_id("e"), "gesture": new_id("g")} | more for _ in range(101)]
    refused = browsers["rater"].post(f"documents/{document}/edits", {"edits": strokes})
    assert refused.status_code == 422
    assert "At most 100 strokes" in refused.json()["error"]
    taken = browsers["rater"].post(f"documents/{document}/edits", {"edits": strokes[1:]})
    assert taken.json()["revision"] == 100


def test_large_edits_are_read_beside_the_loop_that_answers_others(browsers, document, monkeypatch):
    in_loop = []

    def read(value):
        with suppress(RuntimeError):
            in_loop.append(asyncio.get_running_loop())
        return changes_from_json(value)

    monkeypatch.setattr(document_routes, "changes_from_json", read)
    for count, expected in ((1, 1), (400, 0)):
        in_loop.clear()
        edits = {"edits": [point() for _ in range(count)]}
        assert browsers["rater"].post(f"documents/{document}/edits", edits).status_code == 200
        assert len(in_loop) == expected


def test_one_who_listens_too_often_is_told_so(app, browsers, document):
    events = app.state.studio.events
    events._of["rater"] = MOST_OF_ONE
    try:
        answer = browsers["rater"].get(f"documents/{document}/events")
    finally:
        del events._of["rater"]
    assert answer.status_code == 429
    assert "Close some" in answer.json()["error"]
