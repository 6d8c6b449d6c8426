"""Progress bars with the time left; plain lines where there is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from nuclarium.predict.view import magnification_text
from nuclarium.workspace.batch import Reporter

_LARGE_FILE = 100 << 20


class BatchProgress:
    """A bar over the pixels of a batch, and a line for every finished image.

    Parameters
    ----------
    quiet : bool
        Show nothing.
    """

    def __init__(self, *, quiet: bool) -> None:
        console = Console(stderr=True, quiet=quiet, highlight=False)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._console = console
        self._task = self._progress.add_task("Segmenting", total=None)

    @property
    def reporter(self) -> Reporter:
        """What `segment_files` tells."""
        return Reporter(self._begin, self._advance, self._finished, self._pictured)

    def _begin(self, pixels: int) -> None:
        self._progress.update(self._task, total=pixels)

    def _advance(self, pixels: float) -> None:
        self._progress.advance(self._task, pixels)

    def _finished(self, record: dict[str, Any]) -> None:
        remarks = ", ".join(dict.fromkeys(w["kind"] for w in record["warnings"]))
        self._console.print(
            f"{record['name']}: {record['n_nuclei']:,} nuclei, model {record['model']}, channel "
            f"{record['channel']['name']}, {_slices(record)}{_view(record)}"
            + (f" [look at: {remarks}]" if remarks else ""),
            markup=False,
            soft_wrap=True,
        )

    def _pictured(self, done: int, total: int) -> None:
        self._progress.update(
            self._task, description="Making the page", completed=done, total=total
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()


def _slices(record: dict[str, Any]) -> str:
    planes = record["planes"]
    return str(planes[0]) if len(planes) == 1 else f"{len(planes)} slices"


def _view(record: dict[str, Any]) -> str:
    """Say what the network was shown, where that is not the image as it is."""
    view, said = record["view"], ""
    if view["contrast"] == "dark":
        said += ", dark nuclei"
    if view["magnification"] != 1:
        said += f", {magnification_text(view['magnification'])}"
        if view["diameter_px"] is not None:
            said += f" for nuclei of {view['diameter_px']:.0f} px"
    return said


@contextmanager
def counted(
    title: str, *, quiet: bool, total: int | None = None
) -> Iterator[Callable[[int], None]]:
    """Count things that are done, with their total where it is known."""
    progress = Progress(
        TextColumn(title),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True, quiet=quiet),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with progress:
        task = progress.add_task("", total=total)
        yield lambda number: progress.advance(task, number)


@contextmanager
def reading(*, quiet: bool = False) -> Iterator[Callable[[Path, int, int], None]]:
    """Show which file is read, and how far that is; small files come and go unseen."""
    progress = Progress(
        TextColumn("Reading {task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True, quiet=quiet),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with progress:
        task = progress.add_task("", visible=False)

        def told(path: Path, done: int, size: int) -> None:
            is_shown = size >= _LARGE_FILE and done < size
            progress.update(
                task, description=path.name, completed=done, total=size, visible=is_shown
            )

        yield told


@contextmanager
def counted_and_read(
    title: str, *, quiet: bool
) -> Iterator[tuple[Callable[[int], None], Callable[[Path, int, int], None]]]:
    """Count files that are done, and say how far a large one is that is read."""
    progress = Progress(
        TextColumn(title),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[read]}"),
        console=Console(stderr=True, quiet=quiet),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with progress:
        task = progress.add_task("", total=None, read="")

        def told(path: Path, done: int, size: int) -> None:
            share = f"{path.name} {done / 1e9:.1f} of {size / 1e9:.1f} GB"
            progress.update(task, read=share if size >= _LARGE_FILE and done < size else "")

        yield lambda number: progress.advance(task, number), told
