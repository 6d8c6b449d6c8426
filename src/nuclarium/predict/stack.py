"""A stack to nuclei in three dimensions: slices are segmented one by one, then joined."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.labels import Labels
from nuclarium.predict.engine import Engine
from nuclarium.predict.model import Model
from nuclarium.predict.schedule import Progress
from nuclarium.predict.sections import JoinSpec, Slice, linked_slices, slice_of
from nuclarium.predict.segment import Selection, segment_selected, shown_image
from nuclarium.predict.store import Arrays, TileStore
from nuclarium.predict.view import View
from nuclarium.predict.volume import SectionTable, join


@dataclass(frozen=True)
class StackLabels:
    """The nuclei of a stack, given slice by slice.

    Parameters
    ----------
    shape : (Z, H, W)
    score : ndarray of float64, shape (n,)
        How sure the model was of each nucleus, in [0, 1].
    store : TileStore
        Holds the labels of every slice.
    """

    shape: tuple[int, int, int]
    score: npt.NDArray[np.float64]
    store: TileStore

    @property
    def count(self) -> int:
        """Number of nuclei; the largest label."""
        return len(self.score)

    def read(self, z: int) -> Labels:
        """Labels of a slice, int32 of shape (H, W)."""
        return self.store.get(f"nuclei-{z}")["labels"]

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

    def found(z: int) -> tuple[Slice, npt.NDArray[Any]]:
        plane, view = selection.planes[z], views[z]
        if f"slice-{z}" not in store:
            labels = segment_selected(
                plane,
                selection.channel,
                model,
                engine,
                view=view,
                store=tiles(z),
                workers=workers,
                progress=progress,
            )
            arrays: Arrays = {"labels": labels.to_array(), "score": labels.nuclei.score}
            store.put(f"slice-{z}", arrays)
        elif progress is not None:
            progress(math.prod(plane.image.plane_shape))
        kept = store.get(f"slice-{z}")
        pixels = _bright(selection, views, z)
        return slice_of(kept["labels"], pixels, kept["score"]), pixels

    depth = len(selection.planes)
    tables = []
    for z, linked in enumerate(linked_slices(map(found, range(depth)), spec)):
        store.put(f"sections-{z}", {"sections": linked.labels})
        tables.append(SectionTable.of(linked))
    image = selection.planes[0].image
    volumes = join(tables, spec, None if image.spacing is None else image.spacing.z)
    for z in range(depth):
        sections = store.get(f"sections-{z}")["sections"]
        labels = volumes.labels_of(z, sections, _bright(selection, views, z))
        store.put(f"nuclei-{z}", {"labels": labels})
    return StackLabels((depth, *image.plane_shape), volumes.score, store)


def _bright(selection: Selection, views: Sequence[View], z: int) -> npt.NDArray[Any]:
    """Pixels of a slice in which nuclei are bright; of colours, the light that is absorbed."""
    pixels = shown_image(selection.planes[z], selection.channel).read()
    if pixels.ndim == 3:
        return np.asarray(-pixels.astype(np.float32).mean(axis=2))
    return -pixels.astype(np.float32) if views[z].is_dark else pixels
