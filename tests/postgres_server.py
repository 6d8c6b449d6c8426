"""A PostgreSQL server on loopback in a temporary folder, for tests of the store."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from nuclarium.annotate.store_base import open_engine


class PostgresServer:
    """Makes one data base a test, each a copy of a store that is empty."""

    def __init__(self, address):
        import psycopg

        self.address = address
        self._numbers = count()
        open_engine(f"{address}/template1").dispose()
        self._admin = psycopg.connect(f"{address}/postgres", autocommit=True)

    def new_url(self, template="template1"):
        from psycopg.errors import ObjectInUse

        name = f"store_{next(self._numbers)}"
        for patience in reversed(range(50)):  # a connection that was closed may linger
            try:
                self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
                return f"{self.address}/{name}"
            except ObjectInUse:
                if not patience:
                    raise
                time.sleep(0.1)
        raise AssertionError

    def close(self):
        self._admin.close()


def skip_reason():
    """Why there can be no server here; empty where there can."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "PostgreSQL's driver is not installed: pip install 'nuclarium[postgres]'"
    return "" if _program("initdb") else "PostgreSQL is not installed: Debian's package postgresql"


@contextmanager
def running_server(*, durable=False):
    """Give a server; what it acknowledged is on the disk only where it is durable, as in labs."""
    if reason := skip_reason():
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="nuclarium-pg-"))
    who = _other_user(folder)
    data, port = folder / "data", _free_port()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **who}
    initdb = [_program("initdb"), "-D", data, "-U", "tester", "-A", "trust", "-N", "-E", "UTF8"]
    subprocess.run([*initdb, "--locale=C"], check=True, **quiet)
    control = [_program("pg_ctl"), "-D", data, "-w", "-l", folder / "log"]
    options = f"-h 127.0.0.1 -p {port} -k {folder} -c shared_buffers=16MB"
    options += "" if durable else " -c fsync=off"
    options += " -c autovacuum=off -c max_connections=200"  # nobody else is in a template
    subprocess.run([*control, "-o", options, "start"], check=True, **quiet)
    try:
        server = PostgresServer(f"postgresql://tester@127.0.0.1:{port}")
        yield server
        server.close()
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, **quiet)
        shutil.rmtree(folder, ignore_errors=True)


def _program(name):
    known = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(known[-1]) if known else None)


def _other_user(folder):
    """The server does not run as root: as its own user where the tests do."""
    if os.geteuid() != 0:
        return {}
    names = {user.pw_name for user in pwd.getpwall()}
    user = "postgres" if "postgres" in names else "nobody"
    shutil.chown(folder, user)
    return {"user": user}


def _free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]
