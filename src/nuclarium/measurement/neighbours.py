"""How close together the nuclei of a plane lie."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from nuclarium.measurement.regions import Floats, Ints


def nearest_neighbour_distance(centroids: Floats) -> Floats:
    """Return the distance from each centroid to the nearest other one; nan for a single nucleus.

    Parameters
    ----------
    centroids : ndarray of float64, shape (n, 2)
        In the unit that the distance shall have.
    """
    if len(centroids) < 2:
        return np.full(len(centroids), np.nan)
    distance, _ = cKDTree(centroids).query(centroids, k=[2])
    nearest: Floats = np.asarray(distance)[:, 0]
    return nearest


def neighbours_within(centroids: Floats, radius: float) -> Ints:
    """Count the other centroids at most `radius` from each one, shape (n,)."""
    if len(centroids) == 0:
        return np.zeros(0, np.int64)
    tree = cKDTree(centroids)
    found = tree.query_ball_point(centroids, radius, return_length=True)
    others: Ints = np.asarray(found, np.int64) - 1
    return others
