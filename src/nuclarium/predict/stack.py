"""A stack to nuclei in three dimensions: slices are segmented one by one, then joined."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.image import Image
from nuclarium.core.labels import Labels
from nuclarium.predict.engine import Engine
from nuclarium.predict.model import Model
from nuclarium.predict.plane import Progress
from nuclarium.predict.sections import JoinSpec, Slice, linked_slices, slice_of
from nuclarium.predict.segment import Selection, segment_selected, shown_image
from nuclarium.predict.store import Arrays, TileStore
from nuclarium.predict.view import View
from nuclarium.predict.volume import SectionTable, Volumes, join


@dataclass(frozen=True)
class StackLabels:
    """The nuclei of a stack, given slice by slice.

    Parameters
    ----------
    shape : (Z, H, W)
    volumes : Volumes
        Nuclei of all sections.
    store : TileStore
        Holds the sections of every slice.
    """

    shape: tuple[int, int, int]
    volumes: Volumes
    store: TileStore

    @property
    def count(self) -> int:
        """Number of nuclei; the largest label."""
        return self.volumes.count

    def read(self, z: int) -> Labels:
        """Labels of a slice, int32 of shape (H, W)."""
        return self.volumes.labels_of(z, self.store.get(_sections(z))["sections"])

    def iter_slices(self) -> Iterator[Labels]:
        """Yield the labels of every slice, from the first on."""
        return (self.read(z) for z in range(self.shape[0]))


def segment_stack(
    selection: Selection,
    model: Model,
    engine: Engine,
    views: Sequence[View],
    *,
    store: TileStore,
    tiles: Callable[[int], TileStore],
    spec: JoinSpec | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> StackLabels:
    """Find the nuclei of a stack.

    Parameters
    ----------
    selection : Selection
        Its planes are the slices, from the first on.
    model, engine
        The model, and its network.
    views : sequence of View
        One a slice, as `choose_views` gives them.
    store : TileStore
        Where labels of slices wait. With a `FolderStore` that an interrupted run has left, slices
        that it finished are not segmented again, and memory does not grow with the stack.
    tiles : callable
        Gives the store of the tiles of a slice.
    spec : JoinSpec, optional
        When sections are one nucleus.
    workers : int
        Tiles that are worked on at once.
    progress : callable, optional
        Called with the number of pixels of every finished tile.
    """
    spec = spec or JoinSpec()

    def slices() -> Iterator[tuple[Slice, npt.NDArray[Any]]]:
        for z, (plane, view) in enumerate(zip(selection.planes, views, strict=True)):
            height, width = plane.image.plane_shape
            if f"slice-{z}" not in store:
                found = segment_selected(
                    plane,
                    selection.channel,
                    model,
                    engine,
                    view=view,
                    store=tiles(z),
                    workers=workers,
                    progress=progress,
                )
                arrays: Arrays = {"labels": found.to_array(), "score": found.nuclei.score}
                store.put(f"slice-{z}", arrays)
            elif progress is not None:
                progress(height * width)
            kept = store.get(f"slice-{z}")
            pixels = _bright(shown_image(plane, selection.channel), is_dark=view.is_dark)
            yield slice_of(kept["labels"], pixels, kept["score"]), pixels

    tables = []
    for z, linked in enumerate(linked_slices(slices(), spec)):
        store.put(_sections(z), {"sections": linked.labels})
        tables.append(SectionTable.of(linked))
    image = selection.planes[0].image
    step_um = None if image.spacing is None else image.spacing.z
    shape = (len(tables), *image.plane_shape)
    return StackLabels(shape, join(tables, spec, step_um), store)


def _sections(z: int) -> str:
    return f"sections-{z}"


def _bright(image: Image, *, is_dark: bool) -> npt.NDArray[Any]:
    """Pixels of a slice in which nuclei are bright; of colours, the light that is absorbed."""
    pixels = image.read()
    if pixels.ndim == 3:
        return np.asarray(-pixels.astype(np.float32).mean(axis=2))
    return -pixels.astype(np.float32) if is_dark else pixels
