"""One image of a batch, from its file to its results, with what all images of the batch share."""

from __future__ import annotations

import json
import math
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

import nuclarium
from nuclarium.core.errors import NuclariumError, SettingsError
from nuclarium.core.image import Image
from nuclarium.io import describe, hash_file
from nuclarium.io.write import write_json
from nuclarium.measurement.quality import QualityWarning, volume_warnings, warnings_for
from nuclarium.predict.engine import Engine, start_engine
from nuclarium.predict.model import Model, choose_model, load_model
from nuclarium.predict.segment import (
    Selection,
    choose_views,
    segment_selected,
    select,
    shown_image,
    sureness,
)
from nuclarium.predict.stack import segment_stack
from nuclarium.predict.store import FolderStore, MemoryStore, TileStore
from nuclarium.predict.turned import ALL_TURNS
from nuclarium.predict.view import View, magnification_text
from nuclarium.workspace.layout import ResultPaths
from nuclarium.workspace.outputs import PlaneResult, write_outputs
from nuclarium.workspace.settings import SegmentSettings, fingerprint
from nuclarium.workspace.sources import Failure, Source, open_source
from nuclarium.workspace.volume_outputs import write_volume_outputs

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
    pictured : callable
        Called while the page is made, with how many images have their pictures, and of how many.
    """

    begin: Callable[[int], None] = lambda pixels: None
    advance: Callable[[float], None] = lambda pixels: None
    finished: Callable[[Record], None] = lambda record: None
    pictured: Callable[[int, int], None] = lambda done, total: None


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
                    model.network,
                    engine=self.settings.engine,
                    threads=threads,
                    turns=ALL_TURNS if self.settings.tta else model.input.turns,
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
    engine = batch.engine(model, threads)
    views = choose_views(selection, model, engine, batch.settings.view)
    make = _volume_results if batch.settings.volume else _plane_results
    task = Task(source, selection, model, engine, views, identity, workers)
    table, written, doubts = make(batch, task, paths)
    record = {
        "name": source.name,
        "file": source.path.name,
        "scene": source.scene,
        "sha256": image_hash,
        "fingerprint": identity,
        "path": str(source.path.resolve()),
        "image": describe(image),
        "channel": _channel_record(selection),
        "planes": [plane.choice for plane in selection.planes],
        "model": model.name,
        "model_why": selection.model_why,
        "view": _view_record(selection, views[0], image),
        "engine": engine.name,
        "n_nuclei": len(table),
        "warnings": _warnings(image, selection, views[0], len(table), doubts),
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
    kind = None if settings.model is None else batch.model(settings.model).input.kind

    def judge(grey: Image) -> float:
        model = batch.model(settings.model or choose_model(is_rgb=False))
        return sureness(grey, model, batch.engine(model, threads))

    return select(
        image,
        model=settings.model,
        kind=kind,
        channel=settings.channel,
        z=settings.slices,
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


@dataclass(frozen=True)
class Task:
    """What is done with one image, as it was decided."""

    source: Source
    selection: Selection
    model: Model
    engine: Engine
    views: Sequence[View]
    identity: str
    workers: int

    def store(self, folder: Path, index: int) -> TileStore:
        """Return the store for the tiles of a plane: in memory for all but large ones."""
        plane, view = self.selection.planes[index], self.views[index]
        height, width = plane.image.plane_shape
        if height * width <= IN_MEMORY_PIXELS:
            return MemoryStore()
        contrast = "dark" if view.is_dark else "bright"
        return FolderStore(folder / f"{index}-{view.magnification:g}-{contrast}")


Results = tuple[pd.DataFrame, list[Path], list[QualityWarning]]


def _plane_results(batch: Batch, task: Task, paths: ResultPaths) -> Results:
    """Segment the planes of an image one by one."""
    folder = paths.tiles / task.identity[:16]
    results = []
    for index, (plane, view) in enumerate(zip(task.selection.planes, task.views, strict=True)):
        labels = segment_selected(
            plane,
            task.selection.channel,
            task.model,
            task.engine,
            view=view,
            store=task.store(folder, index),
            workers=task.workers,
            progress=lambda pixels: batch.reporter.advance(SEGMENTING_SHARE * pixels),
        )
        results.append(PlaneResult(plane, labels))
    table, written = write_outputs(results, paths, task.selection.channel, batch.cores)
    return table, written, _plane_warnings(task.selection, results, table)


def _volume_results(batch: Batch, task: Task, paths: ResultPaths) -> Results:
    """Segment the slices of a stack and join them."""
    folder = paths.tiles / task.identity[:16]
    depth = len(task.selection.planes)
    if depth < 2:
        raise SettingsError(
            f"--3d needs a stack of slices, but {task.source.path.name} has one. Leave --3d out."
        )
    is_small = task.source.pixels <= IN_MEMORY_PIXELS
    labels = segment_stack(
        task.selection,
        task.model,
        task.engine,
        task.views,
        store=MemoryStore() if is_small else FolderStore(folder / "slices", cached=4),
        tiles=lambda z: task.store(folder, z),
        workers=task.workers,
        progress=lambda pixels: batch.reporter.advance(SEGMENTING_SHARE * pixels),
    )
    table, written = write_volume_outputs(labels, task.selection, paths)
    return table, written, volume_warnings(task.selection.planes[0].image, table)


def _channel_record(selection: Selection) -> Record:
    channel = selection.channel
    return {
        "c": 0 if channel is None else channel.c,
        "sample": None if channel is None else channel.sample,
        "name": selection.channel_name,
        "is_colour": channel is None,
        "why": selection.chosen.reason,
    }


def _view_record(selection: Selection, view: View, image: Image) -> Record:
    """Say what the network was shown: contrast, magnification, and the diameter behind it."""
    diameter_px, diameter_um = view.diameter_px, None
    if diameter_px is not None and image.spacing is not None:
        diameter_um = round(diameter_px * math.sqrt(image.spacing.pixel_area), 2)
    contrast = None if selection.channel is None else "dark" if view.is_dark else "bright"
    return {
        "magnification": view.magnification,
        "why": view.why,
        "diameter_px": None if diameter_px is None else round(diameter_px, 1),
        "diameter_um": diameter_um,
        "contrast": contrast,
        "contrast_why": view.contrast_why,
        "least_area_px": view.least_area_px,
    }


def _warnings(
    image: Image,
    selection: Selection,
    view: View,
    n_nuclei: int,
    doubts: list[QualityWarning],
) -> list[dict[str, str]]:
    """List what the user should look at, each as a kind in two words and a sentence."""
    found = [{"kind": "note", "text": note} for note in image.notes]
    if selection.chosen.is_guess:
        text = (
            f"The channel {selection.channel_name} was taken ({selection.chosen.reason}). "
            "Name another with --channel if it is not the nuclei."
        )
        found.append({"kind": "channel guessed", "text": text})
    if image.shape[0] > 1:
        text = f"One of {image.shape[0]} time points was segmented; choose it with --time."
        found.append({"kind": "one time point", "text": text})
    found += _view_warnings(view, n_nuclei)
    return found + [{"kind": warning.kind, "text": warning.text} for warning in doubts]


def _view_warnings(view: View, n_nuclei: int) -> list[dict[str, str]]:
    """List what was guessed of the nuclei, if it is not the ordinary."""
    found = []
    if view.is_doubtful and n_nuclei > 0:
        text = (
            "The model is not sure of what it found, at any size and contrast. It may be noise, "
            "or another thing than nuclei. If they are nuclei, give their size with --diameter-um."
        )
        found.append({"kind": "doubtful nuclei", "text": text})
    if view.is_estimated and view.magnification != 1 and view.diameter_px is not None:
        text = (
            f"Nuclei seem to be about {view.diameter_px:.0f} px across, so the network saw the "
            f"image {magnification_text(view.magnification)}. If they are not, give their size "
            "with --diameter-um, or --magnification 1."
        )
        found.append({"kind": "size guessed", "text": text})
    if view.is_dark and view.contrast_why != "as asked" and n_nuclei > 0:
        text = (
            "Nuclei seem to be dark on a bright ground. If they are bright, add --contrast bright."
        )
        found.append({"kind": "dark nuclei", "text": text})
    return found


def _plane_warnings(
    selection: Selection, results: list[PlaneResult], table: pd.DataFrame
) -> list[QualityWarning]:
    """List warnings of all planes, each once; those of a stack say for how many slices."""
    texts: dict[str, list[QualityWarning]] = {}
    for result in results:
        of_plane = table if len(results) == 1 else table[table["z"] == result.plane.first_z]
        shown = shown_image(result.plane, selection.channel)
        for warning in warnings_for(shown, result.labels.read, of_plane):
            texts.setdefault(warning.kind, []).append(warning)
    return [
        warnings[0]
        if len(results) == 1
        else QualityWarning(kind, f"{warnings[0].text} ({len(warnings)} of {len(results)} slices)")
        for kind, warnings in texts.items()
    ]
