"""A fuzzer over the description of the API: the answer to anything is a sentence, never a 500."""

import json
import os

import hypothesis
import pytest
from hypothesis import HealthCheck
from tests.studio import Browser, served

schemathesis = pytest.importorskip("schemathesis")

EXAMPLES = int(os.environ.get("NUCLARIUM_FUZZ", "8"))
STATUSES = (200, 400, 401, 403, 404, 405, 413, 415, 422, 429)


@pytest.fixture(scope="module")
def operations(tmp_path_factory):
    """Every route but the endless one, with a browser that may call it; of a project of its own."""
    with served(tmp_path_factory.mktemp("fuzzed")) as app:
        schema = schemathesis.openapi.from_dict(with_real_ids(app))
        found = [result.ok() for result in schema.get_all_operations()]
        yield app, {f"{o.method.upper()} {o.path}": o for o in found if "events" not in o.path}


def test_fuzzer_finds_no_500(operations):
    app, routes = operations
    seen = set()
    for operation in routes.values():
        cases = operation.as_strategy()

        @hypothesis.settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(case=cases)
        def fuzz(case):
            answer = call(app, case)
            assert answer.status_code in STATUSES, (case, answer.text)
            if answer.status_code >= 400:
                assert set(answer.json()) == {"error"}
            seen.add(answer.status_code)

        fuzz()
    assert {200, 422} <= seen
    assert len(routes) > 15


def with_real_ids(app):
    """The description, with things that are there in the place of ids: routes do their work."""
    studio = app.state.studio
    image = studio.shelf.images()[0].id
    known = {
        "image": image,
        "document": studio.store.open_document(image, owner=None).id,
        "alias": "viewer",
    }
    described = json.loads(json.dumps(app.openapi()))
    for path in described["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path" and parameter["name"] in known:
                    parameter["schema"] = {"enum": [known[parameter["name"]]]}
    return described


def call(app, case):
    browser = Browser(app, "admin")
    app.state.studio.tries._failed.clear()
    values = case.as_transport_kwargs(base_url="http://localhost")
    headers = dict(values.get("headers") or {}) | browser.headers
    return browser.http.request(
        values["method"],
        values["url"],
        params=values.get("params"),
        headers={k: v for k, v in headers.items() if k.lower() != "cookie"},
        json=values.get("json"),
        content=values.get("data"),
    )
