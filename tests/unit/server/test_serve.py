import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time

import httpx
import pytest
from tests.studio import make_project

from nuclarium.core.errors import NuclariumError, SettingsError
from nuclarium.server.origins import origins_of
from nuclarium.server.secret_file import read_secret
from nuclarium.server.serve import ServeSettings, listen


def test_server_starts_is_entered_by_its_address_alone_and_ends_cleanly(tmp_path):
    make_project(tmp_path)
    words = ["annotate", str(tmp_path / "files"), "--no-browser", "--port", "0"]
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "nuclarium", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = [server.stdout.readline() for _ in range(3)]
        address = re.search(r"http://127\.0\.0\.1:\d+/\?start=\S+", "".join(said))[0]
        root = address.partition("?")[0]
        with httpx.Client(trust_env=False) as http:
            _answer(http, root + "api/me", 401)
            http.get(address)
            _answer(http, root + "api/me", 200)
            names = [image["name"] for image in http.get(root + "api/images").json()]
            document = http.post(
                root + "api/documents",
                json={"image": http.get(root + "api/images").json()[0]["id"]},
                headers={"X-CSRF-Token": http.get(root + "api/me").json()["csrf"]},
            ).json()["id"]
            with http.stream("GET", f"{root}api/documents/{document}/events") as events:
                assert next(events.iter_lines()) == "retry: 1000"
                server.send_signal(signal.SIGINT)
                assert server.wait(20) == 0
        assert names == ["colour", "stack"]
        assert server.stdout.read().endswith("The studio has ended.\n")
    finally:
        server.kill()
        server.communicate()
    assert (tmp_path / "files_nuclarium" / "annotations" / "store.sqlite").is_file()


def test_studio_without_log_in_listens_on_this_machine_alone():
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.org"):
        with pytest.raises(SettingsError, match="--accounts"):
            ServeSettings(host=host)
    for host in ("127.0.0.1", "localhost", "::1", "127.0.0.9"):
        assert ServeSettings(host=host).single_user


def test_port_that_is_taken_gives_way_to_the_next_free_one():
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with listen("127.0.0.1", port) as found:
            assert port < found.getsockname()[1] < port + 20


def test_host_of_nobody_is_refused():
    with pytest.raises(NuclariumError, match="host"):
        listen("no-such-host.invalid", 0)


@pytest.mark.skipif(os.name != "posix", reason="modes of files are those of POSIX")
def test_secret_is_kept_for_its_owner_alone(tmp_path):
    path = tmp_path / "annotations" / "secret"
    secret = read_secret(path)
    assert len(secret) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_secret(path) == secret
    path.chmod(0o644)
    assert read_secret(path) != secret, "what others could read is a secret no more"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("127.0.0.1:8765", True),
        ("[::1]:8765", True),
        ("LOCALHOST", True),
        ("192.0.2.7", False),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("", False),
        ("[::1", False),
    ],
)
def test_names_of_a_server_on_loopback(host, is_own):
    assert origins_of("127.0.0.1").is_host(host) is is_own


def test_names_of_a_server_for_others():
    here = origins_of("0.0.0.0", "https://annotate.example.org/")
    assert here.is_https
    for host in ("annotate.example.org", "192.0.2.7:8765", socket.gethostname()):
        assert here.is_host(host)
    assert not here.is_host("evil.example")
    assert here.is_own("https://annotate.example.org", "127.0.0.1:8765")
    assert not here.is_own("https://evil.example", "annotate.example.org")
    for url in (
        "annotate.example.org",
        "ftp://example.org",
        "https://example.org/path",
        "https://",
    ):
        with pytest.raises(SettingsError, match="public URL"):
            origins_of("0.0.0.0", url)


def _answer(http, address, status):
    for _ in range(200):
        try:
            assert http.get(address).status_code == status
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server never answered")
