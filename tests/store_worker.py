"""Draws with many clients in one process until it is killed, and tells each acknowledged edit.

    python tests/store_worker.py STORE CLIENTS EDITS_A_SECOND

Each line of the output is an edit that the store has acknowledged: its id, its document, and how
many milliseconds the answer took. 0 edits a second is as many as it can.
"""

import os
import random
import sys
import threading
import time

from nuclarium.annotate.checks import new_id
from nuclarium.annotate.edits import Edit
from nuclarium.annotate.nuclei import Nucleus
from nuclarium.annotate.store import Store

RING = tuple(round(random.uniform(0, 2000), 2) for _ in range(60))


def draw(store, document, by, wait_s):
    """Draw one nucleus after another, and change every second one."""
    while True:
        began = time.perf_counter()
        nucleus = Nucleus(new_id("n"), "outline", (RING,), "tumor")
        edit = Edit(new_id("e"), new_id("g"), nucleus.id, 0, nucleus)
        answer = store.append(document, [edit], by)
        took_ms = 1000 * (time.perf_counter() - began)
        ((key, _),) = answer.acknowledged
        os.write(1, f"{key} {document} {took_ms:.3f}\n".encode())
        time.sleep(max(0.0, wait_s * random.uniform(0.5, 1.5) - took_ms / 1000))


def main(place, clients, rate):
    store = Store.open(place)
    people = [user.alias for user in store.users()]
    shared = store.documents()
    wait_s = 1 / rate if rate else 0.0
    threads = []
    for number in range(clients):
        by = people[number % len(people)]
        document = shared[number % len(shared)].id
        threads.append(threading.Thread(target=draw, args=(store, document, by, wait_s)))
        threads[-1].start()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
