"""One image of a batch, from its file to its results, with what all images of the batch share."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

import nuclarium
from nuclarium.core.errors import NuclariumError
from nuclarium.core.image import Image
from nuclarium.io import describe, hash_file
from nuclarium.io.write import write_json
from nuclarium.measurement.channels import channel_image
from nuclarium.measurement.quality import QualityWarning, warnings_for
from nuclarium.predict.engine import Engine, chosen_engine, start_engine
from nuclarium.predict.model import Model, choose_model, load_model
from nuclarium.predict.segment import Selection, segment_selected, select, sureness
from nuclarium.predict.store import FolderStore, MemoryStore, TileStore
from nuclarium.workspace.layout import ResultPaths
from nuclarium.workspace.outputs import PlaneResult, write_outputs
from nuclarium.workspace.settings import SegmentSettings, fingerprint
from nuclarium.workspace.sources import Failure, Source, open_source

IN_MEMORY_PIXELS = 2**24
SEGMENTING_SHARE = 0.7
"""Part of an image's time that goes into finding its nuclei; the rest into what is written."""
Record = dict[str, Any]


@dataclass(frozen=True)
class Reporter:
    """Who is told how far the batch is.

    Parameters
    ----------
    begin : callable
        Called once, with the number of pixels of the batch.
    advance : callable
        Called with pixels that are done.
    finished : callable
        Called with the record of every finished image.
    """

    begin: Callable[[int], None] = lambda pixels: None
    advance: Callable[[float], None] = lambda pixels: None
    finished: Callable[[Record], None] = lambda record: None


@dataclass(frozen=True)
class Batch:
    """What all images of a batch share; models and engines are started once."""

    folder: Path
    settings: SegmentSettings
    reporter: Reporter
    cores: int
    models: dict[str, Model] = field(default_factory=dict)
    engines: dict[tuple[str, int], Engine] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def model(self, name: str) -> Model:
        """Load a model."""
        with self.lock:
            if name not in self.models:
                self.models[name] = load_model(name)
            return self.models[name]

    def engine(self, model: Model, threads: int) -> Engine:
        """Start a network for a number of threads."""
        key = (model.hash, threads)
        with self.lock:
            if key not in self.engines:
                self.engines[key] = start_engine(
                    model.network, engine=self.settings.engine, threads=threads
                )
            return self.engines[key]


def process_image(batch: Batch, source: Source, threads: int, workers: int) -> Record | Failure:
    """Make all results of one image, or find them finished, or say why there are none.

    Parameters
    ----------
    threads : int
        Processors that one run of the network uses.
    workers : int
        Tiles that are worked on at once.
    """
    try:
        with open_source(source, batch.settings) as image:
            record = _processed(batch, source, image, threads, workers)
    except NuclariumError as error:
        batch.reporter.advance(source.pixels)
        return Failure(source.path, str(error))
    batch.reporter.finished(record)
    return record


def _processed(batch: Batch, source: Source, image: Image, threads: int, workers: int) -> Record:
    began = time.monotonic()
    paths = ResultPaths(batch.folder, source.name)
    selection = _selected(batch, image, threads)
    model = batch.model(selection.model_name)
    image_hash = hash_file(source.path)
    identity = fingerprint(
        nuclarium.__version__, image_hash, source.scene, model.hash, batch.settings.as_dict()
    )
    earlier = _finished(paths, identity)
    if earlier is not None:
        batch.reporter.advance(source.pixels)
        return earlier
    results = _segmented(batch, source, selection, model, identity, threads, workers)
    table, written = write_outputs(results, paths, selection.channel, batch.cores)
    record = {
        "name": source.name,
        "file": source.path.name,
        "scene": source.scene,
        "sha256": image_hash,
        "fingerprint": identity,
        "path": str(source.path.resolve()),
        "image": describe(image),
        "channel": {
            "c": selection.channel.c,
            "sample": selection.channel.sample,
            "name": selection.channel.name,
            "why": selection.chosen.reason,
        },
        "planes": [plane.choice for plane in selection.planes],
        "model": model.name,
        "engine": chosen_engine(batch.settings.engine),
        "n_nuclei": len(table),
        "warnings": _warnings(image, selection, results, table),
        "outputs": [path.relative_to(batch.folder).as_posix() for path in written],
        "seconds": round(time.monotonic() - began, 3),
    }
    write_json(paths.record, record)
    batch.reporter.advance((1 - SEGMENTING_SHARE) * source.pixels)
    shutil.rmtree(paths.tiles, ignore_errors=True)
    return record


def _selected(batch: Batch, image: Image, threads: int) -> Selection:
    """Choose plane, channel and model as the settings say."""
    settings = batch.settings

    def judge(grey: Image) -> float:
        model = batch.model(settings.model or choose_model(is_rgb=False))
        return sureness(grey, model, batch.engine(model, threads))

    return select(
        image,
        model=settings.model,
        channel=settings.channel,
        z=settings.z,
        t=settings.t,
        judge=judge,
    )


def _finished(paths: ResultPaths, identity: str) -> Record | None:
    """Record of an earlier run, if it did the very same and its files are there."""
    try:
        record: Record = json.loads(paths.record.read_text(encoding="utf-8"))
        whole = all((paths.folder / name).exists() for name in record["outputs"])
        return record if whole and record["fingerprint"] == identity else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _segmented(
    batch: Batch,
    source: Source,
    selection: Selection,
    model: Model,
    identity: str,
    threads: int,
    workers: int,
) -> list[PlaneResult]:
    engine = batch.engine(model, threads)
    folder = ResultPaths(batch.folder, source.name).tiles / identity[:16]
    results = []
    for index, plane in enumerate(selection.planes):
        height, width = plane.image.plane_shape
        in_memory = height * width <= IN_MEMORY_PIXELS
        store: TileStore = MemoryStore() if in_memory else FolderStore(folder / str(index))
        labels = segment_selected(
            plane,
            selection.channel,
            model,
            engine,
            store=store,
            workers=workers,
            progress=lambda pixels: batch.reporter.advance(SEGMENTING_SHARE * pixels),
        )
        results.append(PlaneResult(plane, labels))
    return results


def _warnings(
    image: Image, selection: Selection, results: list[PlaneResult], table: pd.DataFrame
) -> list[dict[str, str]]:
    """List what the user should look at, each as a kind in two words and a sentence."""
    found = [{"kind": "note", "text": note} for note in image.notes]
    if selection.chosen.is_guess:
        text = (
            f"The channel {selection.channel.name} was taken ({selection.chosen.reason}). "
            "Name another with --channel if it is not the nuclei."
        )
        found.append({"kind": "channel guessed", "text": text})
    if image.shape[0] > 1:
        text = f"One of {image.shape[0]} time points was segmented; choose it with --time."
        found.append({"kind": "one time point", "text": text})
    found += [
        {"kind": warning.kind, "text": warning.text}
        for warning in _plane_warnings(selection, results, table)
    ]
    return found


def _plane_warnings(
    selection: Selection, results: list[PlaneResult], table: pd.DataFrame
) -> list[QualityWarning]:
    """List warnings of all planes, each once; those of a stack say for how many slices."""
    texts: dict[str, list[QualityWarning]] = {}
    for result in results:
        of_plane = table if len(results) == 1 else table[table["z"] == result.plane.z]
        shown = channel_image(result.plane.image, selection.channel)
        for warning in warnings_for(shown, result.labels.read, of_plane):
            texts.setdefault(warning.kind, []).append(warning)
    return [
        warnings[0]
        if len(results) == 1
        else QualityWarning(kind, f"{warnings[0].text} ({len(warnings)} of {len(results)} slices)")
        for kind, warnings in texts.items()
    ]
