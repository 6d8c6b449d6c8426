r"""A small server of synthetic images by the studio's contract, to look at its page and measure it.

    python benchmarks/studio_viewer/serve.py [--port 8765] [--candidates DIR]

It keeps nothing, knows no passwords and is no part of nuclarium; `nuclarium annotate` is.
"""

from __future__ import annotations

import argparse
import json
import re
from contextlib import suppress
from functools import cache, lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.outlines import iter_outlines
from nuclarium.synthetic.plane import synthetic_nuclei

STATIC = Path(__file__).parents[2] / "src" / "nuclarium" / "server" / "static"
SIDE, NUCLEI, TILE = 1024, 1000, 256
Pixels = npt.NDArray[Any]


def channel(name: str, colour: str, low: float, high: float) -> dict[str, Any]:
    return {"name": name, "colour": colour, "low": low, "high": high, "dtype_max": 4095}


def image(name: str, side: int, **given: Any) -> dict[str, Any]:
    levels = max(1, int(np.ceil(np.log2(side / TILE))) + 1)
    usual = {
        "id": name.replace(" ", "-"),
        "name": name,
        "width": side,
        "height": side,
        "n_z": 1,
        "n_t": 1,
        "channels": [channel("DAPI", "4FA3FF", 150, 1800)],
        "kind": "fluorescence",
        "spacing_um": [0.25, 0.25],
        "levels": levels,
        "tile": TILE,
        "condition": "",
        "group": "",
    }
    return usual | given


TWO = [channel("DAPI", "4FA3FF", 150, 1800), channel("Lamin A", "FF9E4F", 150, 1400)]
RGB = [
    channel(name, colour, 0, 255) | {"dtype_max": 255}
    for name, colour in (("Red", "FF0000"), ("Green", "00FF00"), ("Blue", "0000FF"))
]
IMAGES = [
    image("colony 01", 1024, n_z=24, channels=TWO, condition="250Pa", group="colony01"),
    image("colony 02", 700, n_z=24, channels=TWO, condition="1800Pa", group="colony02"),
    image("tissue 17", 6000, kind="colour", channels=RGB, condition="H&E", group="patient 4"),
    image("field without calibration", 256, spacing_um=None),
    image("outlines 1000", SIDE),
    image("outlines 10000", 3 * SIDE + 300),
    image("outlines 100000", 10 * SIDE + 420),
]


@cache
def planes() -> tuple[Pixels, Pixels, list[list[list[int]]]]:
    """Make one plane, which repeats for ever, a second channel, and the rings of its nuclei."""
    pixels, labels = synthetic_nuclei(
        (SIDE, SIDE), NUCLEI, np.random.default_rng(0), diameter_px=21
    )
    second = np.maximum(pixels.astype(np.float32) - cv2.erode(pixels, np.ones((9, 9))), 0) + 120
    rings = [
        [
            ring.ravel().tolist()
            for ring in (polygon.exterior[:, ::-1], *(h[:, ::-1] for h in polygon.holes))
        ]
        for outline in iter_outlines(labels, tolerance=0.7)
        for polygon in outline.polygons[:1]
    ]
    return pixels, second.astype(np.uint16), rings


def window(name: str, level: int, row: int, col: int, z: int) -> Pixels:
    """Pixels of one tile, shape (H, W, channels)."""
    about = next(each for each in IMAGES if each["id"] == name)
    step = 2**level
    y = np.arange(row * TILE * step, min((row + 1) * TILE * step, about["height"]), step)
    x = np.arange(col * TILE * step, min((col + 1) * TILE * step, about["width"]), step)
    pixels, second, _ = planes()
    both = [each[np.ix_(y % SIDE, x % SIDE)].astype(np.float32) for each in (pixels, second)]
    if about["kind"] == "colour":
        stain = np.clip(both[0] - 200, 0, 1600) / 1600
        tissue = np.clip(both[1] - 100, 0, 500) / 500
        return np.stack([240 - 150 * stain - 10 * tissue, 205 - 140 * stain, 225 - 70 * stain], -1)
    sharp = np.exp(-(((z - about["n_z"] // 2) / 7) ** 2))
    return np.stack([100 + (each - 100) * sharp for each in both], -1)


@lru_cache(512)
def tile(name: str, level: int, row: int, col: int, query: str) -> bytes:
    asked = parse_qs(query)
    about = next(each for each in IMAGES if each["id"] == name)
    pixels = window(name, level, row, col, int(asked.get("z", [about["n_z"] // 2])[0]))
    looks = asked.get("c") or [
        f"{i}:{c['low']}:{c['high']}:1:{c['colour']}" for i, c in enumerate(about["channels"])
    ]
    light = np.zeros((*pixels.shape[:2], 3), np.float32)
    for look in looks:
        index, low, high, gamma, colour = look.split(":")
        value = (pixels[..., int(index)] - float(low)) / (float(high) - float(low))
        value = np.clip(value, 0, 1) ** float(gamma)
        light += value[..., None] * np.frombuffer(bytes.fromhex(colour), np.uint8)
    if asked.get("layer") == ["recipe"]:
        light = cv2.GaussianBlur(light, (0, 0), 2)
    light = np.clip(light, 0, 255)
    if asked.get("invert"):
        light = 255 - light
    return encoded(light)


def encoded(light: Pixels) -> bytes:
    done, data = cv2.imencode(".webp", np.ascontiguousarray(light[..., ::-1]).astype(np.uint8))
    assert done  # noqa: S101
    return data.tobytes()


def nuclei(name: str) -> list[dict[str, Any]]:
    """Return the nuclei of a whole image, as a document has them."""
    about = next(each for each in IMAGES if each["id"] == name)
    rings = planes()[2]
    made = []
    for y in range(0, about["height"], SIDE):
        for x in range(0, about["width"], SIDE):
            shift = np.array([x, y])
            for ring in rings:
                moved = [(np.reshape(part, (-1, 2)) + shift) for part in ring]
                if (moved[0].max(0) <= (about["width"], about["height"])).all():
                    made.append([part.ravel().tolist() for part in moved])
    labels = ("tumor", "lymphocyte", "fibroblast", "")
    return [
        {"id": f"n-{i:032x}", "kind": "outline", "rings": ring, "label": labels[i % 4], "z": None,
         "suggestion": None, "verdict": None, "rater": "ada", "revision": 1}
        for i, ring in enumerate(made)
    ]  # fmt: skip


@cache
def nuclei_json(name: str) -> bytes:
    return json.dumps(nuclei(name), separators=(",", ":")).encode()


class Handler(BaseHTTPRequestHandler):
    """Answers as the studio's server does, from memory."""

    protocol_version = "HTTP/1.1"
    candidates: Path | None = None
    is_logged_in = True

    def do_GET(self) -> None:
        """Give tiles, facts, outlines and the files of the page."""
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        if found := re.fullmatch(r"/api/images/([\w-]+)/tiles/(\d+)/(\d+)/(\d+)", path):
            name, *numbers = found.groups()
            self.send(tile(name, *map(int, numbers), parts.query), "image/webp")
        elif found := re.fullmatch(r"/api/images/([\w-]+)/thumbnail", path):
            about = next(each for each in IMAGES if each["id"] == found[1])
            self.send(tile(found[1], about["levels"] - 1, 0, 0, ""), "image/webp")
        elif found := re.fullmatch(r"/api/images/([\w-]+)/histogram", path):
            index = int(parse_qs(parts.query).get("channel", ["0"])[0])
            counts, edges = np.histogram(window(found[1], 0, 0, 0, 0)[..., index], 64)
            self.send_json(
                {"counts": counts.tolist(), "low": float(edges[0]), "high": float(edges[-1])}
            )
        elif found := re.fullmatch(r"/api/images/([\w-]+)", path):
            self.send_json(next(each for each in IMAGES if each["id"] == found[1]))
        elif found := re.fullmatch(r"/nuclei/([\w-]+)", path):
            self.send(nuclei_json(found[1]), "application/json")
        elif path == "/api/images":
            self.send_json(IMAGES)
        elif path == "/api/me" and Handler.is_logged_in:
            self.send_json(
                {"alias": "ada", "name": "Ada", "role": "admin", "single_user": False, "csrf": "x"}
            )
        elif path == "/api/me":
            self.send_json({"error": "Log in first."}, 401)
        elif path.startswith("/api/"):
            self.send_json({"error": f"There is no {path} here."}, 404)
        else:
            self.send_file(path)

    def do_POST(self) -> None:
        """Let people in, and open documents; edits are not kept."""
        given = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        if self.path == "/api/login":
            Handler.is_logged_in = given.get("password") == "right"
            wrong = "Name or password is wrong. Try again, or ask for a new invitation."
            self.send_json(
                {} if Handler.is_logged_in else {"error": wrong},
                200 if Handler.is_logged_in else 401,
            )
        elif self.path == "/api/logout":
            Handler.is_logged_in = False
            self.send_json({})
        elif self.path == "/api/documents":
            self.send_json(
                {"id": f"d-{given['image']}", "image": given["image"], "box": None, "owner": "ada",
                 "study": None, "arm": None, "repeat": None, "status": "in_work", "revision": 1,
                 "hierarchy": {}, "nuclei": nuclei(given["image"]), "strokes": [],
                 "read_only": False}
            )  # fmt: skip
        else:
            self.send_json({"error": f"There is no {self.path} here."}, 404)

    def send_file(self, path: str) -> None:
        """Give a file of the built page or of the candidates."""
        name = path.removeprefix("/static/").strip("/") or "index.html"
        for folder in (STATIC, self.candidates):
            if folder and (folder / name).is_file():
                kind = {"html": "text/html", "js": "text/javascript", "css": "text/css"}
                return self.send((folder / name).read_bytes(), kind[name.rsplit(".", 1)[1]])
        return self.send_json({"error": f"There is no {path} here."}, 404)

    def send_json(self, value: Any, status: int = 200) -> None:
        """Give a value."""
        self.send(json.dumps(value).encode(), "application/json", status)

    def send(self, data: bytes, kind: str, status: int = 200) -> None:
        """Give bytes of a kind."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):  # nobody waits for it any more
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serving(port: int = 0, candidates: Path | None = None) -> ThreadingHTTPServer:
    planes()  # made once, before threads ask for it
    Handler.candidates = candidates
    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--candidates", type=Path)
    given = parser.parse_args()
    server = serving(given.port, given.candidates)
    print(f"http://127.0.0.1:{server.server_port}/")
    server.serve_forever()
