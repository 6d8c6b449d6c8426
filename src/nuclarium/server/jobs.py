"""Long work beside the requests: a few at a time, with progress, and a way to end it."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from nuclarium.core.errors import NuclariumError
from nuclarium.server.errors import NotFound, TooMany
from nuclarium.server.fair_line import FairLine

_log = logging.getLogger(__name__)
MOST_WAITING = 200
MOST_OF_ONE = 20
"""Jobs of one person that wait."""
MOST_KEPT = 500


class JobCancelled(Exception):  # noqa: N818
    """Raised within a job's work once somebody ended it."""


@dataclass
class Job:
    """One piece of long work.

    Parameters
    ----------
    id : str
        ``j-`` and 32 hexadecimal digits.
    by : str
        Alias of who asked for it.
    state : str
        ``waiting``, ``running``, ``done`` or ``failed``.
    progress : float
        0 to 1.
    message : str
        What it does, or came to, or why it failed.
    result : Any
        What JSON carries of its result; None until it is done.
    """

    id: str
    by: str
    state: str = "waiting"
    progress: float = 0.0
    message: str = ""
    result: Any = None
    _ended: threading.Event = field(default_factory=threading.Event, repr=False)

    def tell(self, progress: float, message: str = "") -> None:
        """Say how far the work is; to be called often by the work itself.

        Raises
        ------
        JobCancelled
            If somebody ended the job: let it through.
        """
        if self._ended.is_set():
            raise JobCancelled
        self.progress = min(max(progress, self.progress), 1.0)
        self.message = message or self.message

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody ended it."""
        return self._ended.is_set()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ("done", "failed")

    def cancel(self) -> None:
        """Ask the work to end; nothing happens to a job that is over."""
        if not self.is_over:
            self._ended.set()
            if self.state == "waiting":
                self.state, self.message = "failed", "It was cancelled."

    def to_json(self) -> dict[str, Any]:
        """Return what JSON carries."""
        return {
            "id": self.id,
            "state": self.state,
            "progress": self.progress,
            "message": self.message,
            "result": self.result,
        }


Work = Callable[[Job], Any]


class Jobs:
    """Jobs of this server, in memory: a restart forgets them. People take turns.

    Parameters
    ----------
    threads : int
        How many run at a time.
    """

    def __init__(self, threads: int = 1) -> None:
        self._line = FairLine(threads, "jobs")
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._futures: dict[str, Future[Any]] = {}
        self._lock = threading.Lock()

    def submit(self, work: Work, *, by: str, message: str = "") -> Job:
        """Put work in the line.

        Parameters
        ----------
        work : callable
            Gets the job, calls its `tell`, returns what JSON carries.
        by : str
            Alias of who asked for it.
        message : str
            What it does.

        Raises
        ------
        TooMany
            If many wait already.
        """
        job = Job(f"j-{uuid4().hex}", by, message=message)
        with self._lock:
            waiting = [one.by for one in self._jobs.values() if one.state == "waiting"]
            if len(waiting) >= MOST_WAITING or waiting.count(by) >= MOST_OF_ONE:
                raise TooMany(
                    f"At most {MOST_WAITING} jobs may wait, and {MOST_OF_ONE} of one person, and "
                    "that many do. Wait until some are done."
                )
            self._jobs[job.id] = job
            self._forget_old()
            self._futures[job.id] = self._line.submit(by, lambda: _run(job, work))
        return job

    def told(self, job: Job) -> dict[str, Any]:
        """Return what JSON carries of a job; of one that waits, how many are before it."""
        if job.state != "waiting":
            return job.to_json()
        with self._lock:
            futures = {id(self._futures[key]): one for key, one in self._jobs.items()}
        order = [futures.get(id(future)) for future in self._line.order()]
        waiting = [one for one in order if one is not None and one.state == "waiting"]
        before = waiting.index(job) if job in waiting else 0
        words = f"Waiting, {before} before it" if before else "Waiting, next in the line"
        return job.to_json() | {"message": f"{words}: {job.message}"}

    def job(self, job: str) -> Job:
        """Return a job; NotFound where there is none of this id."""
        with self._lock:
            found = self._jobs.get(job)
        if found is None:
            raise NotFound(
                f"A job of this server was expected, but got {job[:60]!r}. A restart ends all."
            )
        return found

    def close(self) -> None:
        """Ask all to end, and wait for nothing."""
        with self._lock:
            for job in self._jobs.values():
                job.cancel()
        self._line.close()

    def _forget_old(self) -> None:
        over = [key for key, job in self._jobs.items() if job.is_over]
        for key in over[: max(0, len(self._jobs) - MOST_KEPT)]:
            del self._jobs[key], self._futures[key]


def _run(job: Job, work: Work) -> None:
    if job.is_over:
        return
    job.state = "running"
    try:
        job.result = work(job)
        job.progress = 1.0
        job.state = "done"
    except JobCancelled:
        job.message, job.state = "It was cancelled.", "failed"
    except NuclariumError as error:
        job.message, job.state = str(error), "failed"
    except Exception as error:  # noqa: BLE001  (the server goes on)
        _log.exception("A job failed", exc_info=error)
        job.message = "Something failed that was not foreseen; the server's log has it."
        job.state = "failed"
