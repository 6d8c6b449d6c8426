"""How the store of annotations bears a load of many clients, kills, and large documents.

    python benchmarks/studio_store.py [--url URL] [--minutes 5] [--clients 50] [--rate 5]

1. Clients draw, each so many edits a second, in a process that is killed by SIGKILL at random
   moments (3 to 20 s after its first edit) and started again, for so many minutes; afterwards
   every acknowledged edit is looked for in the store, which is checked whole. Milliseconds are
   from the call to the acknowledgement.
2. As many edits as fit, in 20 s.
3. A document of 100,000 nuclei of 30 corners: its text for the page, and as a value.

Without --url the store is a SQLite file in a temporary folder.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from tests.killed_stores import (  # noqa: E402
    acknowledged_until_killed,
    missing_edits,
    new_store,
)

from nuclarium.annotate.checks import new_id  # noqa: E402
from nuclarium.annotate.edits import Edit  # noqa: E402
from nuclarium.annotate.nuclei import Nucleus  # noqa: E402
from nuclarium.annotate.store import Store  # noqa: E402

LARGE = 100_000


class Alarm:
    """Says when so many seconds have passed since it was first asked."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.began = seconds, 0.0

    def __call__(self, _: int) -> bool:
        """Whether it is time."""
        self.began = self.began or time.monotonic()
        return time.monotonic() - self.began > self.seconds


def load(place: Path | str, minutes: float, clients: int, rate: float) -> None:
    """Draw, kill and start again; print what is missing."""
    told, kills, drawn_s = [], 0, 0.0
    while drawn_s < 60 * minutes:
        life = min(random.uniform(3, 20), 60 * minutes - drawn_s + 0.1)
        told += acknowledged_until_killed(place, Alarm(life), clients=clients, rate=rate)
        kills, drawn_s = kills + 1, drawn_s + life
    missing = missing_edits(place, told)
    print(f"{clients} clients, {rate:g} edits/s each, {drawn_s / 60:.1f} min, {kills} kills")
    kept = f"{len(told):,} edits ({len(told) / drawn_s:.0f}/s)"
    print(f"  acknowledged {kept}; missing {len(missing)}")
    print_times([took for *_, took in told])


def fastest(place: Path | str, clients: int) -> None:
    """Draw without a pause."""
    told = acknowledged_until_killed(place, Alarm(20), clients=clients)
    print(f"{clients} clients without a pause: {len(told) / 20:.0f} edits/s")
    print_times([took for *_, took in told])


def print_times(took_ms: list[float]) -> None:
    median, most, last = np.percentile(took_ms, [50, 95, 99])
    print(f"  answer: median {median:.1f} ms, p95 {most:.1f} ms, p99 {last:.1f} ms")


def large(place: Path | str) -> None:
    """Read a document of many nuclei."""
    rng = np.random.default_rng(0)
    angles = np.linspace(0, 2 * np.pi, 30, endpoint=False)
    with Store.open(place) as store:
        image = store.register_image("slide", "1" * 64, width=100_000, height=100_000)
        document = store.open_document(image.id, owner=None).id
        began = time.perf_counter()
        for _ in range(LARGE // 1000):
            centres = rng.uniform(0, 1e5, (1000, 1, 2))
            corners = centres + 10 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
            rings = corners.reshape(1000, -1).round(2).tolist()
            nuclei = [Nucleus(new_id("n"), "outline", (tuple(ring),), "tumor") for ring in rings]
            gesture = new_id("g")
            edits = [Edit(new_id("e"), gesture, one.id, 0, one) for one in nuclei]
            store.append(document, edits, store.users()[0].alias)
        wrote = time.perf_counter() - began
        print(f"{LARGE:,} nuclei: {LARGE / wrote:.0f} nuclei/s written in sets of 1,000")
        for name, read in (
            ("text for the page", lambda: store.document_text(document)),
            ("value, nuclei read when asked for", lambda: store.document(document)),
            ("value, all nuclei", lambda: list(store.document(document).nuclei.values())),
        ):
            walls, cpus = [], []
            for _ in range(5):
                wall, cpu = time.perf_counter(), time.process_time()
                read()
                walls.append(time.perf_counter() - wall)
                cpus.append(time.process_time() - cpu)
            print(f"  {name}: {np.median(walls):.2f} s ({np.median(cpus):.2f} s of processor)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--rate", type=float, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = chosen.url or Path(folder) / "store.sqlite"
        new_store(place, documents=10, people=10)
        load(place, chosen.minutes, chosen.clients, chosen.rate)
        fastest(place, chosen.clients)
        large(place)


if __name__ == "__main__":
    main()
