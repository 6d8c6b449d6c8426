"""A model run in a process of its own, so that a server stays quick and can end it at once."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection

from nuclarium.core.errors import ModelError, NuclariumError
from nuclarium.workspace.assist_models import Found, ModelRequest, suggest_by_model

_LOOK_S = 0.2
_POLITE = 10
"""How far the process stands back behind the server."""


class Cancelled(NuclariumError):  # noqa: N818  (not a mistake of anybody)
    """Work that a person ended."""


def suggested_in_process(
    request: ModelRequest,
    progress: Callable[[float], None],
    is_cancelled: Callable[[], bool],
) -> tuple[str, str, list[Found]]:
    """Do as `suggest_by_model` in a process of its own.

    Parameters
    ----------
    is_cancelled : callable
        Asked a few times a second; the process ends as soon as it says yes.

    Raises
    ------
    NuclariumError
        As there; ModelError where the process ends without an answer; Cancelled.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(request, there), daemon=True)
    process.start()
    there.close()
    try:
        while True:
            if is_cancelled():
                raise Cancelled("The run was ended before it was done. Nothing was kept of it.")
            if not here.poll(_LOOK_S):
                continue
            what, value = here.recv()
            if what == "progress":
                progress(value)
            elif what == "done":
                answer: tuple[str, str, list[Found]] = value
                return answer
            else:
                raise ModelError(value)
    except EOFError:
        process.join(5)
        raise ModelError(
            "The run of the model must end with an answer, but its process ended without one "
            f"(exit {process.exitcode}). Often memory ran out: choose a smaller box."
        ) from None
    finally:
        process.kill()
        process.join()
        process.close()
        here.close()


def _run(request: ModelRequest, out: Connection) -> None:
    with suppress(OSError, AttributeError):
        os.nice(_POLITE)
    try:
        answer = suggest_by_model(request, lambda share: out.send(("progress", share)))
        out.send(("done", answer))
    except NuclariumError as error:
        out.send(("failed", str(error)))
    finally:
        out.close()
