"""Many browsers that draw at once on a real server that is killed: what each was told, and when."""

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tifffile

from nuclarium.annotate.checks import new_id
from nuclarium.annotate.store import Store
from nuclarium.server.known_people import stamp_of
from nuclarium.server.secret_file import read_secret
from nuclarium.server.sessions import Sessions
from nuclarium.workspace.annotation_store import STORE
from nuclarium.workspace.import_images import import_images
from nuclarium.workspace.project import Project

_PATIENCE_S = 20
ANGLES = np.linspace(0, 2 * np.pi, 30, endpoint=False)


@dataclass
class Told:
    """What clients were told, and how many milliseconds it took."""

    acknowledged: list = field(default_factory=list)
    edit_ms: list = field(default_factory=list)
    tile_ms: list = field(default_factory=list)
    events: int = 0
    reconnected: int = 0
    silent: int = 0
    processor_s: float = 0.0
    refused: list = field(default_factory=list)


@dataclass
class Place:
    """A project with a store, and the cookies of its raters."""

    project: Project
    database: str
    cookies: list
    documents: list
    image: str
    port: int


def make_place(folder, clients, *, database="", side=4096):
    """A 12-bit plane in a project, and raters with documents; every fifth draws in a shared one."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    plane = rng.integers(0, 4096, (side, side), dtype=np.uint16)
    tifffile.imwrite(folder / "plane.tif", plane, tile=(256, 256), compression="zlib")
    project = Project.create(folder / "project")
    import_images(project, [folder / "plane.tif"])
    row = project.images().iloc[0]
    store_file = project.folder / STORE
    sessions = Sessions(read_secret(store_file.with_name("secret")))
    cookies, documents = [], []
    with Store.open(database or store_file) as store:
        store.add_user("Admin", "admin", password_hash="none", alias="admin")
        image = store.register_image(row["name"], row["sha256"], width=side, height=side).id
        for number in range(clients):
            alias = f"C{number}"
            store.add_user(f"Client {number}", "rater", alias=alias)
            session, cookie = sessions.begin(alias, stamp_of(""))
            cookies.append((f"{sessions.cookie}={cookie}", sessions.csrf(session)))
            owner = None if number % 5 == 4 else alias
            documents.append(store.open_document(image, owner=owner).id)
    return Place(project, database, cookies, documents, image, free_port())


def free_port():
    """A port that the system gives to nobody: a client that tries again could meet itself there."""
    while True:
        port = random.randrange(20_000, 30_000)
        with suppress(OSError), socket.socket() as free:
            free.bind(("127.0.0.1", port))
            return port


class Server:
    """``nuclarium annotate`` as a process of its own."""

    def __init__(self, place):
        words = ["annotate", place.project.folder, "--accounts", "--no-browser"]
        words += ["--port", place.port] + (["--database", place.database] if place.database else [])
        self.said = tempfile.TemporaryFile()  # noqa: SIM115
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nuclarium", *map(str, words)],
            stdout=subprocess.DEVNULL,
            stderr=self.said,  # a file: a pipe that nobody reads would stop the server
        )

    def processor_s(self):
        """Seconds of processor that it took so far."""
        with suppress(OSError):
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return 0.0

    def kill(self):
        """End it as a power cut would; give its largest memory in MB."""
        status = Path(f"/proc/{self.process.pid}/status")
        peak = 0.0
        with suppress(OSError), status.open() as file:
            peak = next(int(line.split()[1]) / 1024 for line in file if "VmHWM" in line)
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        said = self.read_said()
        self.said.close()
        assert "Traceback" not in said, said[-4000:]
        return peak

    def read_said(self):
        """What it wrote to its log."""
        self.said.seek(0)
        return self.said.read().decode()


class Wire:
    """One connection that is made again when it breaks; as little HTTP as there can be."""

    def __init__(self, place, number):
        cookie, self.csrf = place.cookies[number]
        self.port = place.port
        self.head = f"Host: 127.0.0.1:{place.port}\r\nCookie: {cookie}\r\n"
        self.reader = self.writer = None

    async def ask(self, method, path, body=None):
        """Return status and body; OSError or EOFError where the server is gone or silent."""
        async with asyncio.timeout(_PATIENCE_S):
            return await self._ask(method, path, body)

    async def _ask(self, method, path, body):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            content = b"" if body is None else json.dumps(body).encode()
            more = (
                ""
                if body is None
                else (
                    f"X-CSRF-Token: {self.csrf}\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(content)}\r\n"
                )
            )
            self.writer.write(
                f"{method} {path} HTTP/1.1\r\n{self.head}{more}\r\n".encode() + content
            )
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            return int(head[9:12]), await self.reader.readexactly(int(length or 0))
        except BaseException:
            self.close()
            raise

    async def follow(self, path, told):
        """Count server-sent events until the server is gone."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(f"GET {path} HTTP/1.1\r\n{self.head}\r\n".encode())
            while line := await reader.readline():
                told.events += line.startswith(b"data:")
        finally:
            writer.close()

    def close(self):
        """Let go of the connection."""
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


async def draw(place, number, told, over, rate):
    """Draw nuclei one after another until `over`; what is not acknowledged is sent again."""
    wire, document = Wire(place, number), place.documents[number]
    rng, waits = random.Random(number), rate and 1 / rate
    while not over():
        began = time.perf_counter()
        edit = outline(rng)
        answer = None
        while answer is None and not over():
            try:
                status, body = await wire.ask(
                    "POST", f"/api/documents/{document}/edits", {"edits": [edit]}
                )
                answer = json.loads(body)
            except (OSError, EOFError) as error:
                told.reconnected += 1
                told.silent += isinstance(error, TimeoutError)
                began = None  # time without a server is not that of an answer
                await asyncio.sleep(0.1)
        if answer is not None and status == 200:
            told.acknowledged += [(document, one["id"]) for one in answer["acknowledged"]]
            if began is not None:
                told.edit_ms.append(1000 * (time.perf_counter() - began))
        elif answer is not None:
            told.refused.append(answer)
        took = time.perf_counter() - began if began is not None else 0
        await asyncio.sleep(max(0, rng.uniform(0.5, 1.5) * waits - took))
    wire.close()


async def look(place, number, told, over, rate, tiles=64):
    """Fetch tiles that are warm, so many a second."""
    wire, rng = Wire(place, number), random.Random(number)
    while not over():
        row, col = divmod(rng.randrange(tiles), 8)
        began = time.perf_counter()
        with suppress(OSError, EOFError):
            status, _ = await wire.ask("GET", f"/api/images/{place.image}/tiles/0/{row}/{col}")
            if status == 200:
                told.tile_ms.append(1000 * (time.perf_counter() - began))
        await asyncio.sleep(rng.uniform(0.5, 1.5) / rate)
    wire.close()


async def listen(place, number, told, over):
    """Follow the events of a document, again after each break."""
    wire = Wire(place, number)
    while not over():
        with suppress(OSError, EOFError):
            await wire.follow(f"/api/documents/{place.documents[number]}/events", told)
        await asyncio.sleep(0.2)


async def run(place, told, over, kills, *, rate=5.0, tiles=2.0):
    """Let all clients work until `over`, with a server that ``kills()`` says when to kill.

    Returns
    -------
    peaks : list of float
        Largest memory of each server in MB.
    """
    peaks, server, began, known = [], Server(place), None, 0
    await answering(server, place)
    numbers = range(len(place.cookies))
    tasks = [asyncio.create_task(draw(place, n, told, over, rate)) for n in numbers]
    tasks += [asyncio.create_task(listen(place, n, told, over)) for n in numbers]
    if tiles:
        tasks += [asyncio.create_task(look(place, n, told, over, tiles)) for n in numbers]
    try:
        while not over():
            await asyncio.sleep(0.05)
            if server.process.poll() is not None:
                raise AssertionError(server.read_said()[-4000:])
            if began is None and len(told.acknowledged) > known:
                began = server.processor_s()
            if kills() and not over():
                told.processor_s += server.processor_s() - (began or 0)
                peaks.append(server.kill())
                server, began, known = Server(place), None, len(told.acknowledged)
    finally:
        for task in tasks[len(numbers) :]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        told.processor_s += server.processor_s() - (began or 0)
        peaks.append(server.kill())
    return peaks


async def answering(server, place):
    """Wait until a server takes connections: what is tried before that says nothing of it."""
    while True:
        if server.process.poll() is not None:
            raise AssertionError(server.read_said()[-4000:])
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", place.port)
            writer.close()
            return
        await asyncio.sleep(0.05)


def missing(place, told):
    """Acknowledged edits that are not in the log of their document."""
    with Store.open(place.database or place.project.folder / STORE) as store:
        kept = {
            (document, one.change.id)
            for document in set(place.documents)
            for one in store.changes(document)
        }
    return set(told.acknowledged) - kept


def outline(rng):
    """An edit that makes a nucleus of 30 corners."""
    x, y, radius = rng.uniform(50, 4000), rng.uniform(50, 4000), rng.uniform(6, 20)
    corners = np.stack([x + radius * np.cos(ANGLES), y + radius * np.sin(ANGLES)], axis=1)
    nucleus = new_id("n")
    rings = [corners.round(2).reshape(-1).tolist()]
    after = {"id": nucleus, "kind": "outline", "rings": rings, "label": "tumor", "z": 0}
    return {
        "id": new_id("e"),
        "gesture": new_id("g"),
        "nucleus": nucleus,
        "base": 0,
        "after": after,
        "tool": "brush",
    }
