"""Images that look alike, put in groups: of one size, kind, brightness, sharpness and nuclei."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial import cKDTree

from nuclarium.dataset.duplicates import Duplicate, Groups
from nuclarium.dataset.look import Look

DISTANCE = 1.0
_MOST_AT_ONCE = 3000
_BRIGHTNESS, _FINENESS, _SIZE = 0.5, 0.5, 0.7


def group_by_look(
    looks: Sequence[Look],
    median_areas: Sequence[float],
    *,
    duplicates: Sequence[Duplicate] = (),
    distance: float = DISTANCE,
) -> list[int]:
    """Give images that look alike the same number.

    Images of one height, width and number of colours are compared by the logarithms of their
    darkest, middle and brightest values, of the share of fine variation, and of the median size of
    their nuclei; groups are the clusters of average linkage whose mean distance is below
    `distance`. That is about one for images that differ fourfold in one of these. Images that show
    the same field are in one group whatever their looks.

    Parameters
    ----------
    looks : sequence of Look
    median_areas : sequence of float
        In px; 0 for an image without nuclei.
    duplicates : sequence of Duplicate
        Positions that are to be in one group.
    distance : float
        Smaller makes more groups.

    Returns
    -------
    groups : list of int
        From 1, the largest group first; equal ones by their first image.
    """
    found = np.zeros(len(looks), np.int64)
    buckets: dict[tuple[int, int, bool], list[int]] = defaultdict(list)
    for place, look in enumerate(looks):
        buckets[look.height, look.width, look.is_rgb].append(place)
    for places in buckets.values():
        features = np.array([_features(looks[i], median_areas[i]) for i in places])
        found[places] = found.max() + 1 + _clusters(features, distance)
    return _numbered(_joined(found, duplicates))


def _features(look: Look, median_area: float) -> list[float]:
    levels = look.levels.reshape(-1, 5).mean(axis=0)
    brightness = np.log(1 + np.maximum(levels[[0, 2, 4]], 0))
    return [
        *(_BRIGHTNESS * brightness).tolist(),
        _FINENESS * float(np.log(max(look.fineness, 1e-3))),
        _SIZE * float(np.log(max(median_area, 1.0))),
    ]


def _clusters(features: npt.NDArray[np.float64], distance: float) -> npt.NDArray[np.int64]:
    """Clusters from 1; of many images a sample is clustered, and the others join the nearest."""
    if len(features) < 2:
        return np.ones(len(features), np.int64)
    if len(features) <= _MOST_AT_ONCE:
        tree = linkage(features, "average")
        return np.asarray(fcluster(tree, distance, "distance"), np.int64)
    rng = np.random.default_rng(0)
    sample = np.sort(rng.choice(len(features), _MOST_AT_ONCE, replace=False))
    clusters = _clusters(features[sample], distance)
    nearest = cKDTree(features[sample]).query(features)[1]
    return np.asarray(clusters[nearest], np.int64)


def _joined(found: npt.NDArray[np.int64], duplicates: Sequence[Duplicate]) -> npt.NDArray[np.int64]:
    groups = Groups(int(found.max(initial=0)) + 1)
    for pair in duplicates:
        groups.join(int(found[pair.first]), int(found[pair.second]))
    return np.array([groups.root(int(group)) for group in found], np.int64)


def _numbered(found: npt.NDArray[np.int64]) -> list[int]:
    kinds, first, counts = np.unique(found, return_index=True, return_counts=True)
    order = np.lexsort((first, -counts))
    number = {int(kinds[place]): rank for rank, place in enumerate(order.tolist(), start=1)}
    return [number[int(group)] for group in found]
