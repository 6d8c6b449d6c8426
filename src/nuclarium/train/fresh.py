"""Steps in fresh processes, so that the memory of each is its own and none outlives its use."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Any, Self

from nuclarium.core.errors import OutputError

_CONTEXT = multiprocessing.get_context("spawn")
_PATIENCE_S = 10.0


class FreshProcesses:
    """Run functions of modules in processes that are started for them; threads may share it."""

    def __init__(self) -> None:
        self._running: set[SpawnProcess] = set()
        self._lock = threading.Lock()

    def run(self, step: Callable[..., None], *arguments: Any) -> None:
        """Run a step and wait for it; what it raises is raised here.

        Raises
        ------
        OutputError
            If the process was ended from outside.
        """
        receiver, sender = _CONTEXT.Pipe(duplex=False)
        process = _CONTEXT.Process(target=_report, args=(sender, step, arguments))
        with self._lock:
            process.start()
            self._running.add(process)
        sender.close()
        try:
            failure = receiver.recv()
        except EOFError as error:
            raise _killed(arguments) from error
        finally:
            process.join()
            self._running.discard(process)
        if failure is not None:
            raise failure

    def end(self) -> None:
        """End what is running."""
        with self._lock:
            for process in list(self._running):
                process.terminate()
                process.join(_PATIENCE_S)
                if process.is_alive():
                    process.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()


def _report(sender: Connection, step: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    """Run a step in this process, and tell how it ended."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        step(*arguments)
    except BaseException as error:  # noqa: BLE001 - it is raised again where it is waited for
        sender.send(error)
    else:
        sender.send(None)


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, however it was ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _killed(arguments: tuple[Any, ...]) -> OutputError:
    folder = getattr(arguments[0], "folder", None) if arguments else None
    name = "A step" if folder is None else f"The run {folder.name}"
    return OutputError(
        f"{name} was ended from outside, as a system does that is out of memory. What is finished "
        "is kept; the same command goes on. A smaller --batch-size needs less memory."
    )
