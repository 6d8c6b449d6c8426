"""One served project for all tests of the server; each test draws in a document of its own."""

from itertools import count

import pytest
from tests.studio import Browser, served

_numbers = count()


@pytest.fixture(scope="session")
def app(tmp_path_factory):
    with served(tmp_path_factory.mktemp("studio")) as app:
        yield app


@pytest.fixture
def browsers(app):
    """A browser of each role, and of nobody."""
    found = {role: Browser(app, role) for role in ("admin", "senior", "rater", "viewer")}
    return found | {"nobody": Browser(app)}


@pytest.fixture(scope="session")
def images(app):
    """Ids by name."""
    return {image.raw.name: image.id for image in app.state.studio.shelf.images()}


@pytest.fixture
def document(browsers, images):
    """A new document of the rater."""
    number = next(_numbers)
    body = {"image": images["stack"], "box": [number, 0, number + 100, 100]}
    return browsers["rater"].post("documents", body).json()["id"]
