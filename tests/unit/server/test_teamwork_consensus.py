"""The consensus of a study over HTTP: aliases alone, disputed nuclei, decisions, exports."""

import io
import json
import threading
import zipfile
from contextlib import suppress
from itertools import count
from urllib.parse import quote

import pandas as pd
import pytest
from tests.studio import until
from tests.teamwork import TWO_ARMS, Team

from nuclarium.core.errors import AnnotationError
from nuclarium.server import teamwork_consensus
from nuclarium.workspace.study_export import FORMATS

_numbers = count()
BOXES = [[0, 0, 100, 100], [100, 0, 200, 100]]


@pytest.fixture(scope="module")
def made(app, images):
    """A study of two fields and three raters who agree on all but the class of one nucleus."""
    team = Team(app, "consensus")
    fields = [{"image": images["colour"], "box": box} for box in BOXES]
    study = team.study(fields, arms=TWO_ARMS, arms_by="raters", repeats=1)
    for number, alias in enumerate(team.aliases):
        for field, document in team.open_all(alias):
            x = field["box"][0]
            same = [(x + 10, 10, 20, "tumor"), (x + 50, 10, 20, "lymphocyte")]
            disputed = (x + 30, 60, 20, "tumor" if number == 0 or x else "fibroblast")
            team.draw(alias, document, [*same, disputed])
    job = team.consensus(study["id"])
    assert job["state"] == "done", job["message"]
    return team, study["id"]


def zipped(team, query):
    answer = team.senior.get(f"export?{query}")
    assert answer.status_code == 200, answer.text
    return zipfile.ZipFile(io.BytesIO(answer.content))


def test_no_name_is_in_what_a_consensus_leaves(made):
    team, study = made
    state = team.senior.get(f"studies/{study}/consensus").json()
    assert (state["ready"], state["stale"]) == (True, False)
    assert {"index.html", "truth.csv", "raters.csv", "disputed.csv"} <= set(state["files"])
    for name in state["files"]:
        answer = team.senior.get(f"studies/{study}/consensus/{name}")
        assert answer.status_code == 200
        assert "Realname" not in answer.text
        assert "sandbox" in answer.headers["content-security-policy"]
    assert team.senior.get(f"studies/{study}/consensus/..%2Fmarks.csv").status_code in (403, 404)


def test_repeats_measure_raters_with_themselves(made):
    team, study = made
    text = team.senior.get(f"studies/{study}/consensus/repeats.csv").text
    table = pd.read_csv(io.StringIO(text))
    assert set(table["rater"]) == set(team.aliases)


def test_consensus_is_stale_once_somebody_draws(app, images):
    team = Team(app, "stale")
    study = team.study([{"image": images["stack"], "box": [0, 0, 50, 50]}])["id"]
    refused = team.consensus(study)
    assert refused["state"] == "failed"
    assert "nobody" in refused["message"] or "none yet" in refused["message"]
    for alias in team.aliases[:2]:
        ((_, document),) = team.open_all(alias)
        team.draw(alias, document, [(10, 10, 20, "tumor")])
    assert team.consensus(study)["state"] == "done"
    ((_, document),) = team.open_all(team.aliases[2])
    team.draw(team.aliases[2], document, [(10, 10, 20, "tumor")])
    assert team.senior.get(f"studies/{study}/consensus").json()["stale"]


def test_senior_decides_what_is_disputed_and_it_is_the_truth_then(made):
    team, study = made
    (disputed,) = team.senior.get(f"studies/{study}/disputed").json()
    assert disputed["box"] == [30, 60, 50, 80]
    assert (disputed["label"], disputed["adjudicated"]) == ("fibroblast", None)
    first, *others = team.aliases
    assert disputed["votes"] == [
        {"label": "fibroblast", "raters": others},
        {"label": "tumor", "raters": [first]},
    ]
    wanted = quote(disputed["item"])
    picture = team.senior.get(f"studies/{study}/disputed/picture?item={wanted}")
    assert picture.status_code == 200, picture.text
    assert picture.headers["content-type"] == "image/webp"
    body = {"item": disputed["item"], "label": "tumor"}
    assert team.senior.post(f"studies/{study}/adjudications", body).status_code == 200
    (decided,) = team.senior.get(f"studies/{study}/disputed").json()
    assert decided["adjudicated"] == {"label": "tumor", "by": "senior"}
    opened = team.senior.post(f"studies/{study}/adjudications/open", {"item": disputed["item"]})
    document = team.senior.get(f"documents/{opened.json()['document']}").json()
    assert [nucleus["label"] for nucleus in document["nuclei"]] == ["tumor"]
    assert team.raters[team.aliases[0]].get(f"documents/{document['id']}").status_code == 404
    with zipped(team, f"format=table&study={study}&truth=consensus") as file:
        truth = pd.read_csv(file.open("truth.csv"))
    assert sorted(truth["label"]) == [
        "lymphocyte",
        "lymphocyte",
        "tumor",
        "tumor",
        "tumor",
        "tumor",
    ]
    assert list(truth["decided_by"].dropna()) == ["senior"]
    assert team.consensus(study)["state"] == "done"
    (again,) = team.senior.get(f"studies/{study}/disputed").json()
    assert again["adjudicated"] == {"label": "tumor", "by": "senior"}
    body = {"item": again["item"], "label": ""}
    assert team.senior.post(f"studies/{study}/adjudications", body).status_code == 200
    (open_,) = team.senior.get(f"studies/{study}/disputed").json()
    assert open_["adjudicated"] is None


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_exported_from_each_rater(made, form):
    team, study = made
    with zipped(team, f"format={form}&study={study}") as file:
        names = file.namelist()
        assert names
        assert file.testzip() is None
        text = "".join(names) + "".join(
            file.read(name).decode("utf-8", "replace") for name in names if ".json" in name
        )
    assert "Realname" not in text


def test_documents_are_exported_with_all_that_was_done(made):
    team, study = made
    with zipped(team, f"format=json&study={study}") as file:
        documents = [json.loads(file.read(name)) for name in file.namelist()]
    drawn = [one for one in documents if one["owner"] in team.aliases]
    assert len(drawn) == 9
    assert all(len(one["edits"]) == 3 and one["states"][-1]["status"] == "done" for one in drawn)


def test_marks_of_raters_are_those_of_the_first_done_unless_corrected_are_asked(app, images):
    team = Team(app, "corrected", raters=1)
    study = team.study([{"image": images["colour"], "box": BOXES[0]}])["id"]
    ((_, document),) = team.open_all(team.aliases[0])
    team.draw(team.aliases[0], document, [(10, 10, 20, "tumor")])
    again = {"status": "in_work", "seconds": 1}  # as after the feedback of a gold field
    team.raters[team.aliases[0]].post(f"documents/{document}/status", again)
    team.draw(team.aliases[0], document, [(50, 50, 20, "tumor")])

    def marks(form, truth=""):
        with zipped(team, f"format={form}&study={study}&truth={truth}") as file:
            texts = {name: file.read(name).decode("utf-8", "replace") for name in file.namelist()}
        if form == "table":
            return len(pd.read_csv(io.StringIO(texts["marks.csv"])))
        (found,) = [text for text in texts.values() if '"annotations"' in text]
        return len(json.loads(found)["annotations"])

    assert (marks("table"), marks("table", "corrected")) == (1, 2)
    assert (marks("coco-rle"), marks("coco-rle", "corrected")) == (1, 2)


def test_consensus_is_exported_as_a_dataset_with_pixels(made):
    team, study = made
    with zipped(team, f"format=stardist&study={study}&truth=consensus") as file:
        names = file.namelist()
    assert sum(name.startswith("images/") for name in names) == 2
    assert sum(name.startswith("masks/") for name in names) == 2


@pytest.mark.parametrize("query", ["format=word", "format=yolo", "format=table&truth=mine"])
def test_export_that_cannot_be_is_refused_in_a_sentence(made, query):
    team, _ = made
    answer = team.senior.get(f"export?{query}")
    assert answer.status_code == 422
    assert answer.json()["error"].endswith(".")


def test_command_writes_what_the_page_gives(tmp_path, monkeypatch):
    from tests.served_team import make_project
    from tests.teamwork import square

    from nuclarium.annotate.changes import change_from_json
    from nuclarium.annotate.store import Store
    from nuclarium.annotate.studies import Design
    from nuclarium.core.errors import SettingsError
    from nuclarium.workspace.annotation_store import STORE
    from nuclarium.workspace.study_export import export_project

    project = make_project(tmp_path, 1)
    with Store.open(project.folder / STORE) as store:
        store.add_user("Ada", "rater")
        image = store.register_image("field_1", "0" * 64, width=160, height=160)
        store.add_study("pilot", Design(), [(image.id, None)], ["R1"], by="R1")
        head = store.open_task(store.tasks(rater="R1")[0].id)
        store.append(head.id, [change_from_json(square(20, 30, 20, "tumor"))], "R1")
        store.set_status(head.id, "done", "R1")
    assert export_project(project.folder, tmp_path / "t", "table", study="pilot") == 1
    assert len(pd.read_csv(tmp_path / "t" / "marks.csv")) == 1
    assert export_project(project.folder, tmp_path / "s", "stardist", study="pilot") > 1
    assert project.records()[-1]["what"] == "annotations export"
    with pytest.raises(SettingsError, match=r"has pilot, but got other"):
        export_project(project.folder, tmp_path / "o", "table", study="other")


def test_one_consensus_of_a_study_is_made_at_a_time(made, monkeypatch):
    team, study = made
    meeting = threading.Barrier(2, timeout=0.3)

    def make(*_, **__):
        with suppress(threading.BrokenBarrierError):
            meeting.wait()
            raise AnnotationError("Two were made at once.")

    monkeypatch.setattr(teamwork_consensus, "make_consensus", make)
    jobs = [team.senior.post(f"studies/{study}/consensus").json()["id"] for _ in range(2)]
    until(lambda: all(team.senior.get(f"jobs/{job}").json()["progress"] == 1 for job in jobs))
    assert {team.senior.get(f"jobs/{job}").json()["state"] for job in jobs} == {"done"}
