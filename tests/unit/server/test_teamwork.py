"""Studies over HTTP: blind, hidden repeats, raters who come later, review, time, feedback."""

from itertools import count

import pytest
from tests.studio import Browser
from tests.teamwork import TWO_ARMS, Team, square

from nuclarium.annotate.checks import new_id

_numbers = count()
BOXES = [[0, 0, 100, 100], [100, 0, 200, 100], [200, 0, 300, 100], [300, 0, 400, 100]]


@pytest.fixture
def team(app):
    return Team(app, f"a{next(_numbers)}")


@pytest.fixture
def fields(images):
    return [{"image": images["stack"], "box": box} for box in BOXES]


def words_of(value):
    """All keys and values of JSON."""
    if isinstance(value, dict):
        return {*value} | {w for one in value.values() for w in words_of(one)}
    if isinstance(value, list):
        return {w for one in value for w in words_of(one)}
    return {value}


def test_load_is_planned_as_it_is_dealt_then(team, fields):
    design = {"arms": TWO_ARMS, "overlap": 2, "repeats": 1, "seed": 7}
    plan = {"fields": 4, "raters": team.aliases, "design": design}
    loads = {row["rater"]: row for row in team.senior.post("studies/plan", plan).json()}
    board = team.study(fields, **design)
    for alias, load in loads.items():
        own = [task for task in board["tasks"] if task["rater"] == alias]
        assert load["fields"] == sum(task["repeat"] == 0 for task in own)
        assert load["repeats"] == sum(task["repeat"] == 1 for task in own)
        assert sum(load["arms"].values()) == load["fields"]
    assert sum(load["fields"] for load in loads.values()) == 8


def test_rater_learns_nothing_of_others_arms_and_repeats(team, fields):
    study = team.study(fields, arms=TWO_ARMS, repeats=2)
    first, *others = team.aliases
    for alias in others:
        for _, document in team.open_all(alias):
            team.draw(alias, document, [(110, 10, 20, "secret class")])
    opened = team.open_all(first)
    assert len(opened) == 6
    assert len({document for _, document in opened}) == 6
    browser = team.raters[first]
    hidden = {*others, "with", "without", "secret class", "repeat"}
    listed = browser.get("my/fields").json()
    assert not words_of(listed) & hidden
    for path in ("documents", *(f"documents/{document}" for _, document in opened)):
        answer = browser.get(path).json()
        assert not words_of(answer) & (hidden - {"repeat"})
        for head in answer if isinstance(answer, list) else [answer]:
            assert (head["repeat"], head["arm"]) == (0, None)
    board = team.senior.get(f"studies/{study['id']}").json()
    of_others = [task["document"] for task in board["tasks"] if task["rater"] != first]
    for document in of_others:
        for path in ("", "/changes", "/gestures", "/states", "/feedback"):
            assert browser.get(f"documents/{document}{path}").status_code == 404
        assert browser.post(f"documents/{document}/status", {"status": "done"}).status_code == 404
        assert browser.post(f"documents/{document}/edits", {"edits": []}).status_code == 404


def test_repeat_begins_empty_whatever_was_drawn_before(team, fields):
    team.study(fields[:1], repeats=1)
    alias = team.aliases[0]
    (_, first), (_, again) = team.open_all(alias)
    team.draw(alias, first, [(10, 10, 20, "a")])
    assert team.raters[alias].get(f"documents/{again}").json()["nuclei"] == []


def test_field_of_another_cannot_be_opened(team, fields):
    team.study(fields)
    one, other = team.aliases[:2]
    task = team.raters[one].get("my/fields").json()[0]["task"]
    assert team.raters[other].post(f"my/fields/{task}").status_code == 404


def test_rater_who_comes_later_changes_nothing_of_others(app, team, fields):
    study = team.study(fields, overlap=2, arms=TWO_ARMS)
    late = f"{team.aliases[0]}late"
    app.state.studio.store.add_user(f"name of {late}", "rater", alias=late)
    before = study["tasks"]
    after = team.senior.post(f"studies/{study['id']}/raters", {"raters": [late]}).json()
    assert [task for task in after["tasks"] if task["rater"] != late] == before
    mine = Browser(app, late).get("my/fields").json()
    assert len(mine) == len([task for task in after["tasks"] if task["rater"] == late]) > 0


def test_rater_who_left_has_no_fields_and_what_was_drawn_stays(team, fields):
    study = team.study(fields)
    alias = team.aliases[0]
    _, document = team.open_all(alias)[0]
    team.draw(alias, document, [(10, 10, 20, "a")])
    team.senior.post(f"studies/{study['id']}/raters/{alias}/withdraw")
    assert team.raters[alias].get("my/fields").json() == []
    assert len(team.senior.get(f"documents/{document}").json()["nuclei"]) == 1


def test_rater_who_left_draws_no_more_until_let_in_again(team, fields):
    study = team.study(fields)
    alias = team.aliases[0]
    rater = team.raters[alias]
    _, document = team.open_all(alias)[0]
    kept = square(10, 10, 20, "a")
    edits = f"documents/{document}/edits"
    assert rater.post(edits, {"edits": [kept]}).status_code == 200
    team.senior.post(f"studies/{study['id']}/raters/{alias}/withdraw")
    refused = rater.post(edits, {"edits": [square(50, 50, 20, "a")]})
    assert (refused.status_code, refused.json()["error"].split(",")[0]) == (
        403,
        "You are no longer a rater of this study",
    )
    stroke = {"id": new_id("e"), "gesture": new_id("g"), "class": 1, "radius": 3, "points": [1, 2]}
    sent = rater.post(f"documents/{document}/strokes", {"strokes": [stroke]})
    drawing = {"name": "a.json", "content": "W10="}
    imported = rater.post(f"documents/{document}/import", drawing)
    made = rater.post(f"documents/{document}/make-nuclei", {"preview": False, "box": [0, 0, 9, 9]})
    assert [answer.status_code for answer in (sent, imported, made)] == [403] * 3
    assert rater.post(edits, {"edits": [kept]}).status_code == 200  # what it has, it knows
    assert rater.get(f"documents/{document}").json()["read_only"]
    listed = {one["id"]: one["read_only"] for one in rater.get("documents").json()}
    assert listed[document]
    assert team.senior.post(edits, {"edits": [square(60, 60, 9, "a")]}).status_code == 200
    team.senior.post(f"studies/{study['id']}/raters", {"raters": [alias]})
    assert rater.post(edits, {"edits": [square(50, 50, 20, "a")]}).status_code == 200


def test_viewer_cannot_be_a_rater(team, fields):
    body = {"name": team.name, "fields": fields, "raters": ["viewer"]}
    answer = team.senior.post("studies", body)
    assert answer.status_code == 422
    assert "who may draw" in answer.json()["error"]


@pytest.mark.parametrize("box", [[0, 0, 521, 10], [5, 5, 5, 9], [0, 0, 9], "all", [0, 0, "9", 9]])
def test_field_beyond_its_image_is_refused(team, images, box):
    body = {"name": team.name, "fields": [{"image": images["stack"], "box": box}], "raters": []}
    assert team.senior.post("studies", body).status_code == 422


def test_time_is_added_up_and_seen_on_the_board(team, fields):
    study = team.study(fields[:1])
    alias = team.aliases[0]
    ((_, document),) = team.open_all(alias)
    for seconds in (30, 12.5):
        body = {"status": "in_work", "seconds": seconds}
        assert team.raters[alias].post(f"documents/{document}/status", body).status_code == 200
    team.done(alias, document, seconds=7.5)
    board = team.senior.get(f"studies/{study['id']}").json()
    assert {one["rater"]: one["seconds"] for one in board["progress"]}[alias] == 50
    for seconds in (-1, 1e9, "ten", None):
        body = {"status": "in_work", "seconds": seconds}
        assert team.raters[alias].post(f"documents/{document}/status", body).status_code == 422


def test_work_is_sent_back_with_a_reason_and_a_mark_and_the_original_is_kept(team, fields):
    team.study(fields[:1])
    alias = team.aliases[0]
    ((_, document),) = team.open_all(alias)
    team.draw(alias, document, [(10, 10, 20, "a")])
    waiting = [row for row in team.senior.get("review").json() if row["document"] == document]
    assert [row["status"] for row in waiting] == ["done"]
    answer = team.senior.post(f"documents/{document}/review", {"state": "needs_work"})
    assert answer.status_code == 422
    said = {"state": "needs_work", "reason": "One nucleus is missing here.", "mark": [50.5, 60]}
    assert team.senior.post(f"documents/{document}/review", said).status_code == 200
    (own,) = team.raters[alias].get("my/fields").json()
    assert (own["status"], own["review"]) == (
        "needs_work",
        {"reason": "One nucleus is missing here.", "mark": [50.5, 60]},
    )
    nucleus = team.senior.get(f"documents/{document}").json()["nuclei"][0]
    after = {key: nucleus[key] for key in ("id", "kind", "rings")} | {"label": "b"}
    edit = square(0, 0, 1, "b")
    edit |= {"nucleus": nucleus["id"], "base": nucleus["revision"], "after": after}
    assert team.senior.post(f"documents/{document}/edits", {"edits": [edit]}).status_code == 200
    steps = team.raters[alias].get(f"documents/{document}/history?nucleus={nucleus['id']}").json()
    assert [(step["by"], step["after"]["label"]) for step in steps] == [
        (alias, "a"),
        ("senior", "b"),
    ]
    team.done(alias, document)
    assert team.senior.post(f"documents/{document}/review", {"state": "approved"}).json() == {
        "status": "approved"
    }
    late = {"edits": [square(40, 40, 10, "a")]}
    refused = team.raters[alias].post(f"documents/{document}/edits", late)
    assert refused.status_code == 403


def test_rater_reviews_nothing(team, fields):
    team.study(fields[:1])
    alias = team.aliases[0]
    ((_, document),) = team.open_all(alias)
    team.done(alias, document)
    browser = team.raters[alias]
    assert browser.post(f"documents/{document}/review", {"state": "approved"}).status_code == 403
    assert browser.post(f"documents/{document}/status", {"status": "approved"}).status_code == 422


def test_feedback_is_given_after_the_work_and_only_where_the_study_wants_it(team, fields):
    study = team.study(fields[:2], feedback=True)
    field = study["fields_list"][0]
    path = f"studies/{study['id']}/fields/{field['id']}/gold"
    gold = team.senior.post(path).json()["document"]
    assert team.senior.post(path).json()["document"] == gold
    edits = {"edits": [square(x, 10, 20, "a") for x in (10, 50, 75)]}
    assert team.senior.post(f"documents/{gold}/edits", edits).status_code == 200
    alias = team.aliases[0]
    opened = {tuple(f["box"]): d for f, d in team.open_all(alias)}
    document, other = opened[tuple(BOXES[0])], opened[tuple(BOXES[1])]
    browser = team.raters[alias]
    assert browser.get(f"documents/{gold}").status_code == 404
    assert browser.get(f"documents/{document}/feedback").json() == {"known": False}
    team.draw(alias, document, [(11, 10, 20, "a"), (50, 10, 20, "b"), (10, 60, 20, "a")])
    found = browser.get(f"documents/{document}/feedback").json()
    assert {key: found[key] for key in ("found", "missed", "added", "misnamed")} == {
        "found": 2,
        "missed": 1,
        "added": 1,
        "misnamed": 1,
    }
    assert {(spot["what"], spot["x"], spot["y"]) for spot in found["spots"]} == {
        ("missed", 85, 20),
        ("added", 20, 70),
        ("misnamed", 60, 20),
    }
    team.done(alias, other)
    assert browser.get(f"documents/{other}/feedback").json() == {"known": False}
