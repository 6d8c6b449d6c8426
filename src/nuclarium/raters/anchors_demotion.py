"""Clusters as the original NuCLS scripts make them, to compare with their released tables."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.cluster import hierarchy

from nuclarium.core.errors import SettingsError

Places = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_MOST = 12_000


def demoted_clusters(
    near: Floats, owner: Places, min_iou: float, *, off_by_one: bool = False
) -> list[list[int]]:
    """Cluster the marks of one field by complete linkage, then take repeats of a rater out.

    The dendrogram knows nothing of raters. It is cut at ``1 - min_iou``, and in each cluster all
    but the first mark of a rater in an arm are demoted: each goes to the highest part of the
    cluster's dendrogram on the way down to it where no other demoted mark of the same rater is,
    or stays alone. "First" is first from left to right in the dendrogram.

    Parameters
    ----------
    near : ndarray of float64, shape (n, n)
        IoU of every two marks.
    owner : ndarray of int64, shape (n,)
        Rater and arm of each mark as one number.
    min_iou : float
        Least IoU of two marks of a cluster.
    off_by_one : bool
        Cut as the original does: one merge too low, so that the loosest cluster of every field is
        lost with its marks; and where nothing is to be cut, every part of the dendrogram is a
        cluster, so that marks are in several.

    Returns
    -------
    clusters : list of list of int
        Marks of each cluster; with `off_by_one`, some marks may be in none or in several.

    Raises
    ------
    SettingsError
        If a field has more marks than a full table of their distances has room for.
    """
    n = len(near)
    if n > _MOST:
        raise SettingsError(
            f"A field must have at most {_MOST} marks with legacy or demotion, but one has {n}. "
            "Leave both off."
        )
    if n < 2:
        return [[mark] for mark in range(n)]
    condensed = (1 - near)[np.triu_indices(n, 1)]
    merges = hierarchy.linkage(condensed, "complete")
    tree = _Tree(merges[:, :2].astype(int).tolist(), n)
    clusters: dict[int, list[int]] = {}
    for top in _tops(tree, merges[:, 2], 1 - min_iou, off_by_one):
        clusters[top] = list(tree.leaves(top))
    for top in [node for node in clusters if node >= n]:
        _demote(tree, top, owner, clusters)
    return [sorted(members) for members in clusters.values()]


class _Tree:
    """A dendrogram: ``0..n-1`` are marks, ``n + i`` is the i-th merge."""

    def __init__(self, children: list[list[int]], n: int) -> None:
        self.n = n
        self.children = children
        self.parent = {child: n + i for i, pair in enumerate(children) for child in pair}

    def leaves(self, node: int) -> list[int]:
        """Return the marks under a node, from left to right."""
        found, open_nodes = [], [node]
        while open_nodes:
            node = open_nodes.pop()
            if node < self.n:
                found.append(node)
            else:
                open_nodes += reversed(self.children[node - self.n])
        return found

    def path(self, leaf: int, top: int) -> list[int]:
        """Return the nodes between a node and a mark below it, from the top down."""
        nodes, node = [], self.parent[leaf]
        while node != top:
            nodes.append(node)
            node = self.parent[node]
        return nodes[::-1]


def _tops(tree: _Tree, heights: Floats, cut: float, off_by_one: bool) -> list[int]:
    """Nodes that are clusters, before anything is demoted."""
    n = tree.n
    if not off_by_one:
        # Heights are 1 - IoU: a tiny slack keeps what is exactly at the cut.
        above = n + int(np.searchsorted(heights, cut + 1e-12, side="right"))
        nodes = range(2 * n - 1)
        return [v for v in nodes if v < above and tree.parent.get(v, 2 * n - 1) >= above]
    lowest_above = 2 * n - 2 - int((heights >= cut).sum())
    begin = int(np.argmax(heights > cut))
    children = {child for pair in tree.children[begin:] for child in pair}
    return sorted(child for child in children if child < lowest_above)


def _demote(tree: _Tree, top: int, owner: Places, clusters: dict[int, list[int]]) -> None:
    leaves = tree.leaves(top)
    by_owner: dict[int, list[int]] = {}
    for leaf in leaves:
        by_owner.setdefault(int(owner[leaf]), []).append(leaf)
    for who in sorted(by_owner):
        rest = by_owner[who][1:]
        for leaf in rest:
            clusters[top].remove(leaf)
            for node in tree.path(leaf, top):
                if node not in clusters:
                    clusters[node] = [leaf]
                    break
                if not set(clusters[node]) & set(rest):
                    clusters[node].append(leaf)
                    break
            else:
                clusters[leaf] = [leaf]
