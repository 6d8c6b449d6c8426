"""A store in SQLite and one on a real PostgreSQL server: every test of stores runs on both."""

import pytest
from tests.postgres_server import running_server

from nuclarium.annotate.store import Store


@pytest.fixture(scope="session")
def postgres():
    with running_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    """Where a new store is to be."""
    if request.param == "sqlite":
        return tmp_path / "annotations" / "store.sqlite"
    return request.getfixturevalue("postgres").new_url()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_address(request, tmp_path):
    """A data base without any tables."""
    if request.param == "sqlite":
        return tmp_path / "store.sqlite"
    return request.getfixturevalue("postgres").new_url("template0")


@pytest.fixture
def store(address):
    with Store.open(address) as opened:
        yield opened


@pytest.fixture
def image(store):
    """An image, and two raters R1 and R2, a senior R3 and a viewer R4 beside it."""
    roles = {"Ada": "rater", "Grace": "rater", "Marie": "senior", "Lise": "viewer"}
    for name, role in roles.items():
        store.add_user(name, role)
    return store.register_image("a.tif", "0" * 64, width=100, height=80).id


@pytest.fixture
def document(store, image):
    """A shared document of the image."""
    return store.open_document(image, owner=None).id
