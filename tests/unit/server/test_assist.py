"""Scribbles and suggestions over HTTP: same bits, newest first, hidden where a study says so."""

import base64
import io
import json
import time
import zipfile

import cv2
import numpy as np
import pytest
import tifffile
from fastapi.testclient import TestClient

from nuclarium.annotate.checks import new_id
from nuclarium.annotate.store import Store
from nuclarium.annotate.studies import Arm, Design
from nuclarium.server.app import create_app
from nuclarium.server.origins import origins_of
from nuclarium.synthetic.plane import synthetic_nuclei
from nuclarium.workspace.import_images import import_images
from nuclarium.workspace.pixel_apply import PixelApplySettings, apply_pixels
from nuclarium.workspace.project import Project

ORIGIN = "http://localhost"
PIXELS, TRUTH = synthetic_nuclei((300, 280), 40, np.random.default_rng(0))


class Page:
    """What one person's page sends."""

    def __init__(self, app, alias):
        studio = app.state.studio
        session, cookie = studio.sessions.begin(alias, studio.people.look_up(alias).stamp)
        self.http = TestClient(app, base_url=ORIGIN)
        self.http.cookies.set(studio.sessions.cookie, cookie)
        self.headers = {"origin": ORIGIN, "x-csrf-token": studio.sessions.csrf(session)}

    def get(self, path, **more):
        return self.http.get(f"/api/{path}", **more)

    def post(self, path, body=None):
        return self.http.post(f"/api/{path}", headers=self.headers, json=body or {})

    def done(self, job):
        """Wait for a job and return it."""
        for _ in range(3_000):
            found = self.get(f"jobs/{job['id']}").json()
            if found["state"] in ("done", "failed"):
                return found
            time.sleep(0.01)
        raise AssertionError("the job never ended")


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("assist")
    tifffile.imwrite(folder / "nuclei.tif", PIXELS)
    project = Project.create(folder / "project")
    import_images(project, [folder / "nuclei.tif"])
    labels = project.folder / "results" / "labels"
    labels.mkdir(parents=True)
    tifffile.imwrite(labels / "nuclei.tif", TRUTH.astype(np.uint16))
    with Store.open(folder / "store.sqlite") as store:
        for role in ("senior", "rater", "viewer"):
            store.add_user(role, role, alias=role)
        store.add_user("other", "rater", alias="other")
        origins = origins_of("localhost")
        made = create_app(project, store, single_user=False, secret=bytes(32), origins=origins)
        with TestClient(made, base_url=ORIGIN):
            yield made


@pytest.fixture
def page(app):
    return Page(app, "rater")


@pytest.fixture
def image(app):
    return app.state.studio.shelf.images()[0].id


def opened(page, image, box=None):
    return page.post("documents", {"image": image, "shared": False, "box": box}).json()["id"]


def stroke(kind, x, y, radius=2):
    return {
        "id": new_id("e"),
        "gesture": new_id("g"),
        "class": kind,
        "radius": radius,
        "points": [float(x), float(y), float(x) + 1, float(y)],
        "z": 0,
    }


def scribbles():
    """Strokes over three nuclei and over background."""
    middles = [np.argwhere(n == TRUTH).mean(axis=0) for n in (2, 9, 21)]
    ground = np.argwhere(cv2.dilate((TRUTH > 0).astype(np.uint8), np.ones((7, 7))) == 0)
    return [
        *(stroke(2, x, y) for y, x in middles),
        *(stroke(1, x, y) for y, x in ground[[5, 4000, -5]]),
    ]


def picture(answer):
    assert answer.status_code == 200, answer.text
    return cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_UNCHANGED)


def test_mask_in_view_is_that_of_the_downloaded_classifier(page, image, app, tmp_path):
    document = opened(page, image, [0, 0, 280, 300])
    drawn = scribbles()
    kept = page.post(f"documents/{document}/strokes", {"strokes": drawn}).json()
    assert [one["id"] for one in kept["acknowledged"]] == [one["id"] for one in drawn]
    box = [10.4, 20.2, 200, 250]
    answer = page.post(f"documents/{document}/pixels", {"box": box, "z": 0})
    assert answer.headers["x-box"] == "10,20,200,250"
    shown = picture(answer) >= 128
    file = page.get(f"documents/{document}/pixels/classifier")
    (tmp_path / "c.json").write_bytes(file.content)
    settings = PixelApplySettings(smooth_px=0, least_px=0, fill_px=0, part=False)
    raw = app.state.studio.shelf.image(image).raw.path
    apply_pixels(tmp_path / "c.json", [raw], tmp_path / "out", settings)
    assert (shown == (tifffile.imread(tmp_path / "out" / "nuclei.tif") > 0)[20:250, 10:200]).all()
    assert page.get(f"documents/{document}").json()["strokes"][0]["id"] == drawn[0]["id"]


def test_strokes_that_are_not_saved_yet_count_and_unknown_ones_are_told(page, image):
    document = opened(page, image, [0, 0, 200, 200])
    drawn = scribbles()
    ids = [one["id"] for one in drawn]
    wish = {"box": [0, 0, 64, 64], "ids": ids, "strokes": drawn, "layer": "classes"}
    assert set(np.unique(picture(page.post(f"documents/{document}/pixels", wish)))) <= {1, 2}
    late = page.post(f"documents/{document}/pixels", wish | {"strokes": drawn[1:]})
    assert late.status_code == 409
    assert "1 of 6 strokes are not saved yet" in late.json()["error"]
    assert page.get(f"documents/{document}/pixels").json()["strokes"] == 0


def test_plane_in_the_background_gives_tiles_of_the_same_mask(page, image):
    document = opened(page, image, [0, 0, 279, 300])
    page.post(f"documents/{document}/strokes", {"strokes": scribbles()})
    job = page.post(f"documents/{document}/pixels/plane", {"z": 0}).json()
    assert page.done(job)["state"] == "done"
    tile = picture(page.get(f"documents/{document}/pixels/tiles/0/0/1"))
    part = {"box": [256, 0, 280, 256], "z": 0}
    mask = picture(page.post(f"documents/{document}/pixels", part)) >= 128
    assert ((tile[..., 3] == 255)[:, : mask.shape[1]] == mask).all()
    small = picture(page.get(f"documents/{document}/pixels/tiles/1/0/0?layer=uncertainty"))
    assert small.shape == (150, 140, 4)
    assert page.get(f"documents/{document}/pixels/tiles/0/9/9").status_code == 404


def test_newer_strokes_end_the_work_of_older_ones(page, image, app):
    document = opened(page, image, [0, 0, 270, 300])
    page.post(f"documents/{document}/strokes", {"strokes": scribbles()})
    key = (document, "rater")
    assist = app.state.assist
    check = assist.newest.begin(key, ("older",))
    page.post(f"documents/{document}/pixels", {"box": [0, 0, 9, 9]})
    with pytest.raises(Exception, match="newer ones have followed"):
        check()


def test_nuclei_are_made_shown_to_their_person_and_replaced(page, image, app):
    document = opened(page, image)
    page.post(f"documents/{document}/strokes", {"strokes": scribbles()})
    preview = page.post(
        f"documents/{document}/make-nuclei", {"preview": True, "box": [0, 0, 100, 100]}
    ).json()
    assert preview["count"] == len(preview["nuclei"]) > 0
    assert page.get(f"documents/{document}/suggestions").json() == []
    job = page.done(page.post(f"documents/{document}/make-nuclei", {"least_px": 6}).json())
    assert job["state"] == "done", job
    found = page.get(f"documents/{document}/suggestions").json()
    assert len(found) == job["result"]["count"] > 20
    assert found[0]["made_by"].startswith(f"pixels {document} ")
    assert all(0 < one["score"] <= 1 for one in found)
    other = Page(app, "other")
    assert other.get(f"documents/{opened(other, image)}/suggestions").json() == []
    assert other.get(f"documents/{document}/suggestions").status_code == 404
    page.post(f"documents/{document}/strokes", {"strokes": [stroke(1, 3, 3)]})
    page.done(page.post(f"documents/{document}/make-nuclei", {"least_px": 6}).json())
    again = page.get(f"documents/{document}/suggestions?least=0.9&box=0,0,140,300").json()
    assert not {one["id"] for one in again} & {one["id"] for one in found}
    page.post(f"documents/{document}/make-nuclei", {"least_px": 1000})


def test_results_of_the_project_are_suggested(app, page, image):
    sources = page.get(f"images/{image}/suggestions").json()
    assert sources == {"models": ["fluo", "he"], "results": ["results/labels/nuclei.tif"]}
    wish = {"source": "results", "file": "results/labels/nuclei.tif"}
    job = page.done(page.post(f"images/{image}/suggestions", wish).json())
    assert job["result"]["count"] == len(np.unique(TRUTH)) - 1
    document = opened(page, image)
    found = page.get(f"documents/{document}/suggestions").json()
    assert any(one["source"] == "results results/labels/nuclei.tif" for one in found)
    senior = Page(app, "senior")
    for file in ("../../secret.tif", "/etc/hostname", "results/labels", "nuclarium.toml"):
        job = page.post(f"images/{image}/suggestions", wish | {"file": file})
        assert job.status_code == 404
        job = senior.done(senior.post(f"images/{image}/suggestions", wish | {"file": file}).json())
        assert job["state"] == "failed"
        assert "Results to import must be" in job["message"]


@pytest.mark.slow
def test_model_suggests_in_a_process_of_its_own_and_can_be_cancelled(page, image):
    wish = {"source": "model", "box": [0, 0, 200, 200]}
    job = page.done(page.post(f"images/{image}/suggestions", wish).json())
    assert job["state"] == "done", job
    document = opened(page, image)
    found = page.get(f"documents/{document}/suggestions?box=0,0,200,200").json()
    made = [one for one in found if one["made_by"].startswith("model fluo ")]
    assert len(made) > 5
    assert all(one["score"] is not None for one in made)
    job = page.post(f"images/{image}/suggestions", wish).json()
    page.post(f"jobs/{job['id']}/cancel")
    assert page.done(job)["message"] == "It was cancelled."


def test_arm_without_suggestions_gets_none(app, image, page):
    store = app.state.studio.store
    places = [(image, (0, 0, 50, 50)), (image, (50, 0, 100, 50))]
    design = Design((Arm("alone", False), Arm("helped", True)))
    study = store.add_study("arms", design, places, ["rater"], by="senior")
    for task in store.tasks(study=study.id, rater="rater"):
        document = store.open_task(task.id).id
        shown = page.get(f"documents/{document}/suggestions")
        mask = page.post(f"documents/{document}/pixels", {"box": [0, 0, 9, 9]})
        made = page.post(f"documents/{document}/make-nuclei")
        says = page.get(f"documents/{document}/pixels").json()["shown"]
        if task.arm == "alone":
            assert [a.status_code for a in (shown, mask, made)] == [403, 403, 403]
            assert "without suggestions" in shown.json()["error"]
            assert says is False
        else:
            assert shown.status_code == 200
            assert says is True
    store.withdraw_rater(study.id, "rater")


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("pixels", {"box": [0, 0, 9]}, "A box must be x0, y0, x1, y1"),
        ("pixels", {"box": [9, 0, 0, 9]}, "x0 below x1"),
        ("pixels", {"box": [0, 0, 9, 9], "z": 4}, "The plane must be in 0..0"),
        ("pixels", {"box": [900, 900, 999, 999]}, "at least one pixel"),
        ("pixels", {"layer": "heat"}, "The layer of a mask must be"),
        ("pixels", {"ids": "all"}, "ids must be a list"),
        ("pixels", {"what": 1}, "A wish for a mask"),
        ("make-nuclei", {"least_um": -3}, "least_um must be"),
        ("make-nuclei", {"part": "yes"}, "part must be true or false"),
        ("strokes", {"strokes": [{"id": "e-1"}]}, "A stroke"),
    ],
)
def test_wrong_requests_are_refused_in_a_sentence(page, image, path, body, says):
    document = opened(page, image, [0, 0, 99, 99])
    page.post(f"documents/{document}/strokes", {"strokes": scribbles()})
    answer = page.post(f"documents/{document}/{path}", body)
    assert answer.status_code == 422, answer.text
    assert says in answer.json()["error"]


def test_no_strokes_are_told_what_to_draw(page, image):
    document = opened(page, image, [1, 1, 50, 50])
    answer = page.post(f"documents/{document}/pixels", {"box": [0, 0, 9, 9]})
    assert answer.status_code == 422
    assert "Draw over background and over nuclei" in answer.json()["error"]
    assert page.post(f"documents/{document}/pixels/prepare", {"box": [0, 0, 40, 40]}).json() == {}


def test_viewer_may_not_draw_or_make(app, image):
    viewer = Page(app, "viewer")
    rater = Page(app, "rater")
    document = rater.post("documents", {"image": image, "shared": True}).json()["id"]
    for path in ("strokes", "make-nuclei"):
        assert viewer.post(f"documents/{document}/{path}", {"strokes": []}).status_code == 403
    assert viewer.post(f"images/{image}/suggestions", {"source": "model"}).status_code == 403
    assert json.loads(viewer.get(f"documents/{document}/suggestions").text) is not None


def file_body(name, content):
    return {"name": name, "content": base64.b64encode(content).decode()}


def test_a_file_of_outlines_is_drawn_as_one_gesture(page, image):
    document = opened(page, image, [0, 0, 150, 140])
    packed = io.BytesIO()
    tifffile.imwrite(packed, TRUTH.astype(np.uint16))
    answer = page.post(f"documents/{document}/import", file_body("a/../b.tif", packed.getvalue()))
    assert answer.json() | {"image": ""} == {
        "image": "",
        "whose": "rater",
        "new": len(np.unique(TRUTH[:140, :150])) - 1,
        "known": 0,
    }
    assert len(page.get(f"documents/{document}").json()["nuclei"]) == answer.json()["new"]
    (gesture,) = page.get(f"documents/{document}/gestures").json()
    assert gesture["tool"] == "import"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.svg", b"", "must end in"),
        ("a.geojson", b"\xff", "a.geojson"),
        ("a.json", b'{"images": [{}], "annotations": []}', "COCO"),
        ("a.zip", b"PK", "ROI set"),
        ("a.tif", b"II*\x00", "a.tif"),
        ("a.png", b"\x89PNG", "a.png"),
        ("a.csv", b"\x00\x01", "a.csv"),
        ("\x00.csv", b"", "printable"),
    ],
)
def test_malformed_files_are_refused_and_draw_nothing(page, image, name, content, said):
    document = opened(page, image, [1, 1, 50, 50])
    answer = page.post(f"documents/{document}/import", file_body(name, content))
    assert 400 <= answer.status_code < 500
    assert said in answer.json()["error"]
    assert page.get(f"documents/{document}").json()["nuclei"] == []


def test_a_bomb_of_regions_is_refused(page, image):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(2):
            archive.writestr(f"{number}.roi", bytes(1 << 28))
    document = opened(page, image, [2, 2, 50, 50])
    answer = page.post(f"documents/{document}/import", file_body("a.zip", packed.getvalue()))
    assert answer.status_code in (400, 422)
    assert "must have 268,435,456 bytes" in answer.json()["error"]


def test_nobody_imports_into_the_document_of_another(app, page, image):
    document = opened(page, image, [3, 3, 50, 50])
    other = Page(app, "other")
    body = file_body("a.geojson", b'{"type": "FeatureCollection", "features": []}')
    assert other.post(f"documents/{document}/import", body).status_code == 404
    assert Page(app, "viewer").post(f"documents/{document}/import", body).status_code == 403


def test_rater_of_an_unaided_arm_gets_no_suggestions_by_another_way(app, image):
    store = app.state.studio.store
    store.add_user("Ms Unaided Realname", "rater", alias="unaided")
    store.suggest(image, "discs", [])
    browser, senior = Page(app, "unaided"), Page(app, "senior")
    own = browser.post("documents", {"image": image}).json()["id"]
    assert browser.get(f"documents/{own}/suggestions").status_code == 200
    study = store.add_study("unaided", Design(), [(image, (0, 0, 9, 9))], ["unaided"], by="senior")
    assert browser.get(f"documents/{own}/suggestions").status_code == 403
    assert browser.get(f"documents/{own}/pixels").json()["shown"] is False
    wish = {"source": "model"}
    assert browser.post(f"images/{image}/suggestions", wish).status_code == 403
    assert senior.get(f"documents/{own}/suggestions").status_code == 200
    store.withdraw_rater(study.id, "unaided")
    assert browser.get(f"documents/{own}/suggestions").status_code == 200


def test_rater_reads_no_other_files_as_suggestions_than_those_listed(app, image):
    folder = app.state.studio.project.folder / "truths"
    folder.mkdir()
    (folder / "truth.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    wish = {"source": "results", "file": "truths/truth.geojson"}
    assert Page(app, "rater").post(f"images/{image}/suggestions", wish).status_code == 404
    assert Page(app, "senior").post(f"images/{image}/suggestions", wish).status_code == 200
