import asyncio
from contextlib import aclosing

from tests.studio import point, until

from nuclarium.annotate.changes import changes_from_json
from nuclarium.annotate.checks import new_id


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
