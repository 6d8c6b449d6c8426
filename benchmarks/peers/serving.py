"""The loop that every tool is timed in: images in, seconds and memory out.

It runs in the environment of each tool and needs numpy and tifffile alone. A request is a line of
JSON on standard input, ``{"images": [...], "truth": [...], "out": null}``; so is its answer.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

# The libraries of the tools print; what they print goes to standard error.
_ANSWERS = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)


@dataclass(frozen=True)
class Picture:
    """One image to segment, and its true labels for steps that start from them."""

    path: Path
    pixels: np.ndarray
    truth: np.ndarray


Step = Callable[[Any], np.ndarray | None]


def serve(steps: dict[str, Step], prepare: Callable[[Picture], Any] = lambda p: p.pixels) -> None:
    """Run `steps` on every image of every request, until standard input ends.

    Parameters
    ----------
    steps : dict
        Each is timed by itself. It gets what `prepare` returns, and returns labels or nothing.
    prepare : callable
        Not timed.
    """
    for line in sys.stdin:
        request = json.loads(line)
        seconds: dict[str, list[float]] = {name: [] for name in steps}
        processor_s = 0.0
        for image, truth in zip(request["images"], request["truth"], strict=True):
            picture = Picture(Path(image), tifffile.imread(image), tifffile.imread(truth))
            prepared = prepare(picture)
            for name, step in steps.items():
                began, began_processor = time.perf_counter(), time.process_time()
                labels = step(prepared)
                seconds[name].append(time.perf_counter() - began)
                processor_s += time.process_time() - began_processor
                if labels is not None and request["out"]:
                    _write(Path(request["out"]) / picture.path.name, labels)
        answer = {"seconds": seconds, "processor_s": processor_s, "peak_mib": peak_mib()}
        print(json.dumps(answer), file=_ANSWERS, flush=True)


def peak_mib() -> float:
    """Largest resident set of this process so far.

    ``ru_maxrss`` would count what the parent held when it started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _write(path: Path, labels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, labels.astype(np.uint16))
