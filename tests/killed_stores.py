"""Kills a process that writes into a store, and counts what is there of what it acknowledged."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from nuclarium.annotate.store import Store

WORKER = Path(__file__).with_name("store_worker.py")
SOURCE = Path(__file__).parents[1] / "src"


def new_store(place, *, documents=3, people=5):
    """Make a store with some people and shared documents."""
    with Store.open(place) as store:
        for number in range(people):
            store.add_user(f"person {number}", "rater")
        for number in range(documents):
            image = store.register_image(f"{number}.tif", "0" * 64, width=2000, height=2000)
            store.open_document(image.id, owner=None)


def acknowledged_until_killed(place, is_time, *, clients, rate=0.0):
    """Let clients draw until `is_time` says so of an edit's number, then kill -9.

    Returns what was acknowledged: id, document, milliseconds of the answer.
    """
    command = [sys.executable, str(WORKER), str(place), str(clients), str(rate)]
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}
    worker = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    lines = []
    for line in worker.stdout:
        lines.append(line)
        if is_time(len(lines)):
            worker.send_signal(signal.SIGKILL)
            break
    lines += worker.stdout.readlines()  # what was told before the end
    worker.stdout.close()
    assert worker.wait() == -signal.SIGKILL
    told = [line.decode().split() for line in lines if line.endswith(b"\n")]
    return [(key, document, float(took)) for key, document, took in told]


def missing_edits(place, acknowledged):
    """Acknowledged edits that are not in the store, which is checked whole on the way."""
    with Store.open(place) as store:
        store.check()
        there = {one.change.id for head in store.documents() for one in store.changes(head.id)}
    return {key for key, *_ in acknowledged} - there
