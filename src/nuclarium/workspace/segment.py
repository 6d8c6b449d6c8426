"""Segment a batch of images into a folder; a run that was stopped goes on where it was."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from nuclarium.core.errors import OutputError
from nuclarium.io.write import write_json, write_table, write_text
from nuclarium.predict.model import InputSpec
from nuclarium.predict.segment import available_cores
from nuclarium.workspace.batch import Batch, Reporter, process_image
from nuclarium.workspace.batch_page import BatchFacts, render_batch_page
from nuclarium.workspace.layout import PAGE, RUN_RECORD, STATE, ResultPaths
from nuclarium.workspace.record import environment, model_record
from nuclarium.workspace.settings import SegmentSettings
from nuclarium.workspace.sources import Failure, Source, find_sources


@dataclass(frozen=True)
class BatchResult:
    """What a batch came to.

    Parameters
    ----------
    folder : Path
    records : list of dict
        One an image, in the order given; as in ``run.json``.
    failures : list of Failure
        Images that could not be processed.
    """

    folder: Path
    records: list[dict[str, Any]]
    failures: list[Failure]

    @property
    def page(self) -> Path:
        """The page to look at."""
        return self.folder / PAGE


def segment_files(
    paths: Sequence[Path],
    folder: Path,
    settings: SegmentSettings,
    *,
    names: Mapping[tuple[Path, int], str] | None = None,
    failures: Sequence[Failure] = (),
    resume: bool = False,
    overwrite: bool = False,
    workers: int | None = None,
    reporter: Reporter | None = None,
    command: str = "",
) -> BatchResult:
    """Segment and measure images, and write everything that comes of it.

    Parameters
    ----------
    paths : sequence of Path
        Images; all scenes of a file are taken.
    folder : Path
        Where the results go; made if it is missing.
    settings : SegmentSettings
    names : mapping, optional
        Name of each scene of each file; other scenes are left out. Made of the files' names when
        left out.
    failures : sequence of Failure
        Images that are known to be unusable, for the record.
    resume : bool
        Keep what an earlier run in `folder` finished with the same settings.
    overwrite : bool
        Replace the results in `folder`.
    workers : int, optional
        Processors to use; all when left out.
    reporter : Reporter, optional
        Is told about progress.
    command : str
        What the user typed, for the page.

    Raises
    ------
    OutputError
        If `folder` holds results and neither `resume` nor `overwrite` is set.
    """
    began = time.monotonic()
    started = datetime.now(UTC)
    _prepare_folder(folder, resume=resume, overwrite=overwrite)
    batch = Batch(folder, settings, reporter or Reporter(), workers or available_cores())
    sources, unreadable = find_sources(paths, settings, names)
    batch.reporter.begin(sum(source.pixels for source in sources))
    outcomes = _process_all(batch, sources)
    records = [outcome for outcome in outcomes if isinstance(outcome, dict)]
    failed = [*failures, *unreadable]
    failed += [outcome for outcome in outcomes if isinstance(outcome, Failure)]
    facts = BatchFacts(started, time.monotonic() - began, command)
    _write_batch(batch, records, failed, facts)
    return BatchResult(folder, records, failed)


def _prepare_folder(folder: Path, *, resume: bool, overwrite: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"--out must be a folder, but {folder} is a file. Choose another name.")
    state = folder / STATE
    if state.exists() and not (resume or overwrite):
        raise OutputError(
            f"{folder} already holds results. Add --resume to keep what is finished and go on, "
            "--overwrite to replace them, or choose another folder."
        )
    if overwrite and not resume:
        _remove_results(folder)
        shutil.rmtree(state, ignore_errors=True)
    for part in (*folder.glob(".*.part-????????"), *folder.glob("*/.*.part-????????")):
        _remove(part)  # left by a run that was killed while it wrote
    try:
        (state / "images").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"--out must be a folder that can be written, but the system says of {folder}: "
            f"{error.strerror or error}. Choose another."
        ) from error


def _remove_results(folder: Path) -> None:
    """Remove what the records of earlier images name, so that no batch shows another's results."""
    for path in (folder / STATE / "images").glob("*.json"):
        try:
            outputs = json.loads(path.read_text(encoding="utf-8"))["outputs"]
            named = [folder / name for name in outputs]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        for output in named:
            if output.resolve().is_relative_to(folder.resolve()) and output != folder:
                _remove(output)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _process_all(batch: Batch, sources: Sequence[Source]) -> list[dict[str, Any] | Failure]:
    """Small images side by side, large ones one after the other with all processors."""
    outcomes: dict[str, dict[str, Any] | Failure] = {}
    small = [source for source in sources if not _is_tiled(source)]
    at_once = min(batch.cores, len(small))
    pool = ThreadPoolExecutor(max(1, at_once))
    running: dict[Future[dict[str, Any] | Failure], Source] = {}
    waiting = iter(small)
    try:
        while True:
            for source in _next(waiting, 2 * at_once - len(running)):
                threads = batch.cores if at_once == 1 else 1
                running[pool.submit(process_image, batch, source, threads, 1)] = source
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                outcomes[running.pop(future).name] = future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    for source in sources:
        if source.name not in outcomes:
            outcomes[source.name] = process_image(batch, source, 1, batch.cores)
    return [outcomes[source.name] for source in sources]


def _next(sources: Iterator[Source], count: int) -> list[Source]:
    return [source for _, source in zip(range(count), sources, strict=False)]


def _is_tiled(source: Source) -> bool:
    return source.largest_side > InputSpec().tile_size


def _write_batch(
    batch: Batch, records: list[dict[str, Any]], failures: list[Failure], facts: BatchFacts
) -> None:
    """Write what belongs to the batch as a whole: the table of all nuclei, the record, the page."""
    tables = []
    for record in records:
        table = pd.read_parquet(ResultPaths(batch.folder, record["name"]).table(".parquet"))
        table.insert(0, "image", record["name"])
        tables.append(table)
    if tables:
        everything = pd.concat(tables, ignore_index=True)
        for suffix in (".csv", ".parquet"):
            write_table(batch.folder / f"nuclei{suffix}", everything)
    run = {
        "command": facts.command,
        "started": facts.started.isoformat(timespec="seconds"),
        "seconds": round(facts.seconds, 3),
        "settings": batch.settings.as_dict(),
        "environment": environment(*sorted({record["engine"] for record in records})),
        "models": [model_record(model) for model in batch.models.values()],
        "images": records,
        "failures": [{"file": failure.path.name, "reason": failure.reason} for failure in failures],
    }
    write_json(batch.folder / RUN_RECORD, run)
    page = render_batch_page(
        batch.folder, run, facts, threads=batch.cores, pictured=batch.reporter.pictured
    )
    write_text(batch.folder / PAGE, page)
