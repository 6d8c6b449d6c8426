"""How the studio's server bears many people at once, and being killed while they draw.

    python benchmarks/studio_load.py [--minutes 5] [--clients 50] [--rate 5] [--tiles 2]
        [--kill-every 20] [--database URL] [--postgres]

Each client is a page: it sends edits of one outline (30 corners) so many times a second, each as a
request of its own on its own connection, fetches warm tiles of a 4096 × 4096 plane of 12 bits
so many times a second, and listens to the events of its document; every fifth draws in a document
that is shared. The server is ``nuclarium annotate`` as a process; it is killed by SIGKILL at random
moments, and started again. Afterwards every edit that was acknowledged is looked for in the store.
Milliseconds are those that a client waits; clients and server share the machine. --kill-every 0
kills nothing. --postgres starts a PostgreSQL on loopback for the run, which syncs what it commits.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from tests import studio_load  # noqa: E402
from tests.postgres_server import running_server  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--rate", type=float, default=5)
    parser.add_argument("--tiles", type=float, default=2)
    parser.add_argument("--kill-every", type=float, default=20)
    parser.add_argument("--database", default="")
    parser.add_argument("--postgres", action="store_true")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        if chosen.postgres:
            chosen.database = stack.enter_context(running_server(durable=True)).new_url()
        measure(chosen)


def measure(chosen: argparse.Namespace) -> None:
    """Run and print."""
    with tempfile.TemporaryDirectory() as folder:
        place = studio_load.make_place(Path(folder), chosen.clients, database=chosen.database)
        told, began = studio_load.Told(), time.monotonic()
        due = [began + chosen.kill_every * random.uniform(0.5, 1.5)]

        def kills() -> bool:
            if not chosen.kill_every or time.monotonic() < due[0]:
                return False
            due[0] = time.monotonic() + chosen.kill_every * random.uniform(0.5, 1.5)
            return True

        peaks = asyncio.run(
            studio_load.run(
                place,
                told,
                lambda: time.monotonic() - began > 60 * chosen.minutes,
                kills,
                rate=chosen.rate,
                tiles=chosen.tiles,
            )
        )
        lost = studio_load.missing(place, told)
    print(f"{chosen.clients} clients, {chosen.minutes:g} min, {len(peaks) - 1} kills by SIGKILL")
    print(f"edits acknowledged {len(told.acknowledged):,}, missing afterwards {len(lost)}")
    print(f"refused {len(told.refused)}, tried again {told.reconnected:,}, silent {told.silent}")
    print(f"events heard {told.events:,}")
    for what, took in (("edit", told.edit_ms), ("warm tile", told.tile_ms)):
        if took:
            median, most, last = np.percentile(took, [50, 95, 99])
            took_s = f"p50 {median:.1f} ms, p95 {most:.1f} ms, p99 {last:.1f} ms"
            print(f"{what}: {took_s}, n {len(took):,}")
    requests = len(told.edit_ms) + len(told.tile_ms)
    print(f"processor of the server {1000 * told.processor_s / requests:.2f} ms a request")
    print(f"largest memory of the server {max(peaks):.0f} MB")


if __name__ == "__main__":
    main()
