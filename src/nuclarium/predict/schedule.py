"""Work on the tiles of a plane side by side: each is predicted, and then decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol

from nuclarium.core.geometry import Box

Progress = Callable[[int], None]


class Steps(Protocol):
    """The two steps of a tile; several threads may work on different tiles at once."""

    @property
    def boxes(self) -> Sequence[Box]:
        """The tiles."""
        ...

    def is_predicted(self, index: int) -> bool:
        """Whether the first step of a tile is done."""
        ...

    def is_decoded(self, index: int) -> bool:
        """Whether the second is."""
        ...

    def predict(self, index: int) -> None:
        """Do the first step of a tile."""
        ...

    def decode(self, index: int) -> None:
        """Do the second, which needs the first of all neighbours."""
        ...

    def neighbours(self, index: int) -> list[int]:
        """Tiles that a tile's second step needs, itself among them."""
        ...


def run_tiles(steps: Steps, workers: int, progress: Progress) -> None:
    """Predict every tile, and decode each as soon as the tiles around it are predicted."""
    count = len(steps.boxes)
    if count == 1:  # small images come by the thousand, and starting threads costs them time
        _run_only_tile(steps, progress)
        return
    predicted = {i for i in range(count) if steps.is_predicted(i)}
    decoded = {i for i in range(count) if steps.is_decoded(i)}
    for index in decoded:
        progress(_area(steps.boxes[index]))
    waiting = {i: set(steps.neighbours(i)) - predicted for i in range(count) if i not in decoded}
    to_predict = iter([i for i in range(count) if i not in predicted])
    ready = [i for i, missing in waiting.items() if not missing]
    running: dict[Future[None], tuple[bool, int]] = {}
    pool = ThreadPoolExecutor(workers)
    try:
        while waiting:
            _submit(pool, running, steps, ready, to_predict, 2 * workers)
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                is_decoding, index = running.pop(future)
                future.result()
                if is_decoding:
                    del waiting[index]
                    progress(_area(steps.boxes[index]))
                else:
                    ready += _unblocked(waiting, steps.neighbours(index), index)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _run_only_tile(steps: Steps, progress: Progress) -> None:
    if not steps.is_predicted(0):
        steps.predict(0)
    if not steps.is_decoded(0):
        steps.decode(0)
    progress(_area(steps.boxes[0]))


def _submit(
    pool: ThreadPoolExecutor,
    running: dict[Future[None], tuple[bool, int]],
    steps: Steps,
    ready: list[int],
    to_predict: Iterator[int],
    limit: int,
) -> None:
    """Keep the workers supplied, decoding before predicting so that little waits."""
    while ready:
        index = ready.pop(0)
        running[pool.submit(steps.decode, index)] = (True, index)
    while len(running) < limit:
        index_or_none = next(to_predict, None)
        if index_or_none is None:
            return
        running[pool.submit(steps.predict, index_or_none)] = (False, index_or_none)


def _unblocked(waiting: dict[int, set[int]], around: list[int], index: int) -> list[int]:
    """Tiles that can be decoded now that tile `index` is predicted."""
    found = []
    for other in around:
        if other in waiting and index in waiting[other]:
            waiting[other].remove(index)
            if not waiting[other]:
                found.append(other)
    return found


def _area(box: Box) -> int:
    return box.shape[0] * box.shape[1]
