r"""How many nuclei are found again from raters' marks, and how long that takes.

    python benchmarks/anchors.py recovery [--data ../shared/data]
    python benchmarks/anchors.py speed [--most 1100000]
    python benchmarks/anchors.py outlines

Recovery: nuclei are boxes at random places, or those of the real NuCLS table; raters mark each with
its edges moved at random, and miss some. Speed: beside one table of all distances for each field,
which scipy or scikit-learn cluster; each measurement in a process of its own, for its memory.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.cluster import hierarchy

from nuclarium.raters.anchors.anchors import Anchors
from nuclarium.raters.anchors.clusters import find_anchors
from nuclarium.raters.marks import RaterMarks
from nuclarium.raters.outlines.truth import anchor_outlines
from nuclarium.raters.read_marks import read_marks

SIDE_PX = 28.0
MISS = 0.1
JITTERS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
METHODS: dict[str, dict[str, object]] = {
    "forbid": {},
    "forbid, 0.1": {"min_iou": 0.1},
    "demote": {"constraint": "demote"},
    "legacy": {"legacy": True},
}


def fields_of(distance: float, fields: int, nuclei: int, rng: np.random.Generator) -> list:
    """Boxes of nuclei a field; centres are at least `distance` lengths of a nucleus apart."""
    made = []
    for _ in range(fields):
        side = SIDE_PX * 1.35 * distance * np.sqrt(nuclei)
        centres: list[np.ndarray] = []
        while len(centres) < nuclei:
            place = rng.uniform(0, side, 2)
            gaps = [np.hypot(*(place - other)) for other in centres]
            if all(gap >= distance * SIDE_PX for gap in gaps):
                centres.append(place)
        size = SIDE_PX * np.exp(rng.normal(0, 0.2, (nuclei, 2)))
        made.append(np.c_[np.array(centres) - size / 2, np.array(centres) + size / 2])
    return made


def real_fields(data: Path, fields: int, rng: np.random.Generator) -> list:
    """Boxes of nuclei of some real fields of NuCLS."""
    table = pd.read_csv(data / "nucls_core_tables" / "annotation_elements.csv.gz")
    table = table[(table["xmax"] > table["xmin"]) & (table["ymax"] > table["ymin"])]
    groups = [g[["ymin", "xmin", "ymax", "xmax"]] for _, g in table.groupby("fov_id")]
    chosen = rng.permutation(len(groups))[:fields]
    return [groups[i].to_numpy(np.float64) for i in chosen]


def marks_of(fields: list, raters: int, jitter: float, miss: float, rng) -> pd.DataFrame:
    """Long table of marks; `jitter` is the deviation of an edge in lengths of the nucleus."""
    parts = []
    for number, boxes in enumerate(fields):
        size = boxes[:, 2:] - boxes[:, :2]
        shape = (raters, len(boxes), 4)
        edges = boxes + rng.normal(0, jitter, shape) * np.tile(size, 2)
        low, high = (np.minimum, np.maximum)
        edges = np.concatenate(
            [low(edges[..., :2], edges[..., 2:]), high(edges[..., :2], edges[..., 2:])], axis=2
        )
        rater, nucleus = np.nonzero(rng.random(shape[:2]) >= miss)
        columns = dict(zip(("ymin", "xmin", "ymax", "xmax"), edges[rater, nucleus].T, strict=True))
        parts.append(pd.DataFrame({"field": number, "rater": rater, "nucleus": nucleus} | columns))
    table = pd.concat(parts, ignore_index=True)
    table["nucleus"] += table["field"] * 10_000
    return table.assign(label="nucleus")


def recovered(table: pd.DataFrame, marks: RaterMarks, anchors: Anchors) -> tuple[float, float, int]:
    """Return the share of nuclei found again, anchors a nucleus, and raters twice in an anchor.

    A nucleus is found again if an anchor and the nucleus have more than half of all marks of
    either in common; no two anchors can claim one nucleus.
    """
    nucleus = table["nucleus"].to_numpy()[marks.row]
    members = pd.DataFrame(
        {"anchor": anchors.members[:, 0], "nucleus": nucleus[anchors.members[:, 1]]}
    )
    shared = members.value_counts().rename("shared").reset_index()
    of_anchor = members["anchor"].value_counts()
    of_nucleus = pd.Series(nucleus).value_counts()
    either = shared["anchor"].map(of_anchor) + shared["nucleus"].map(of_nucleus) - shared["shared"]
    found = shared.loc[shared["shared"] > either / 2, "nucleus"].nunique()
    owner = marks.rater[anchors.members[:, 1]]
    twice = pd.DataFrame({"anchor": members["anchor"], "owner": owner}).duplicated().sum()
    return found / len(of_nucleus), len(anchors) / len(of_nucleus), int(twice)


def recovery(data: Path | None, count: int, raters: int) -> None:
    layouts: dict[str, Callable[[np.random.Generator], list]] = {
        f"{distance} apart": lambda rng, distance=distance: fields_of(distance, count, 34, rng)
        for distance in (1.5, 0.6, 0.4, 0.25)
    }
    if data is not None:
        layouts["real NuCLS"] = lambda rng: real_fields(data, count, rng)
    print("Found again; anchors a nucleus; raters twice in an anchor, if any.")
    print(f"| Nuclei | jitter | {' | '.join(METHODS)} |")
    for name, make in layouts.items():
        fields = make(np.random.default_rng(0))
        for jitter in JITTERS:
            table = marks_of(fields, raters, jitter, MISS, np.random.default_rng(1))
            marks = read_marks(table)
            cells = []
            for settings in METHODS.values():
                share, ratio, twice = recovered(table, marks, find_anchors(marks, **settings))
                cells.append(f"{100 * share:.1f} %; {ratio:.2f}" + (f"; {twice}" if twice else ""))
            print(f"| {name} | {jitter:g} | {' | '.join(cells)} |", flush=True)


def dense(marks: RaterMarks) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the marks of each field and all distances; marks of one rater are at distance 2."""
    order = np.argsort(marks.field, kind="stable")
    for places in np.split(order, np.flatnonzero(np.diff(marks.field[order])) + 1):
        boxes, who = marks.boxes[places], marks.rater[places]
        low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
        high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
        shared = np.clip(high - low, 0, None).prod(axis=2)
        area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
        apart = 1 - shared / (area[:, None] + area[None] - shared)
        apart[who[:, None] == who[None]] = 2
        np.fill_diagonal(apart, 0)
        yield places, apart


def by_scipy(marks: RaterMarks) -> np.ndarray:
    cluster, count = np.zeros(len(marks), np.int64), 0
    for places, apart in dense(marks):
        if len(places) > 1:
            merges = hierarchy.linkage(apart[np.triu_indices(len(places), 1)], "complete")
            cluster[places] = hierarchy.fcluster(merges, 0.75, "distance") + count
        else:
            cluster[places] = count + 1
        count += len(places)
    return cluster


def by_sklearn(marks: RaterMarks) -> np.ndarray:
    from sklearn.cluster import AgglomerativeClustering

    cluster, count = np.zeros(len(marks), np.int64), 0
    for places, apart in dense(marks):
        model = AgglomerativeClustering(
            None, metric="precomputed", linkage="complete", distance_threshold=0.75 + 1e-12
        )
        cluster[places] = count + (model.fit_predict(apart) if len(places) > 1 else 0)
        count += len(places)
    return cluster


WAYS: dict[str, Callable[[RaterMarks], np.ndarray]] = {
    "nuclarium": lambda marks: find_anchors(marks).cluster,
    "scipy, a table a field": by_scipy,
    "scikit-learn, a table a field": by_sklearn,
}


def speed_marks(fields: int, nuclei: int, raters: int) -> RaterMarks:
    rng = np.random.default_rng(0)
    side = SIDE_PX * 1.6 * np.sqrt(nuclei)
    made = []
    for _ in range(fields):
        centre = rng.uniform(0, side, (nuclei, 2))
        size = SIDE_PX * np.exp(rng.normal(0, 0.2, (nuclei, 2)))
        made.append(np.c_[centre - size / 2, centre + size / 2])
    return read_marks(marks_of(made, raters, 0.08, 0.0, rng))


def measured(fields: int, nuclei: int, raters: int, way: str, answer) -> None:
    marks = speed_marks(fields, nuclei, raters)
    began = time.perf_counter()
    cluster = WAYS[way](marks)
    took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    _, first, place = np.unique(cluster, return_index=True, return_inverse=True)
    same = hashlib.sha256(first[place].tobytes()).hexdigest()[:6]
    answer.put((len(marks), took, peak, len(first), same))


def speed(most: int) -> None:
    shapes = [(100, 10, 10), (1000, 4, 25), (53, 63, 30), (1000, 10, 30), (1000, 34, 30)]
    shapes += [(1, 333, 30), (1, 3333, 30)]
    print("| Marks | fields | raters | by | clusters | time | peak of the process |")
    for fields, nuclei, raters in shapes:
        if fields * nuclei * raters > most:
            continue
        for way in WAYS:
            is_dense = way != "nuclarium"
            if is_dense and fields * (nuclei * raters) ** 2 > 1.2e9:
                continue
            queue = multiprocessing.get_context("spawn").Queue()
            process = multiprocessing.get_context("spawn").Process(
                target=measured, args=(fields, nuclei, raters, way, queue)
            )
            process.start()
            marks, took, peak, clusters, same = queue.get()
            process.join()
            print(
                f"| {marks:,} | {fields:,} | {raters} | {way} | {clusters:,} ({same}) "
                f"| {took:.2f} s | {peak:,.0f} MB |",
                flush=True,
            )


def outlines(fields: int = 100, nuclei: int = 34, raters: int = 29) -> None:
    """Print how long discs of 24 corners take to be read, clustered and made one."""
    rng = np.random.default_rng(0)
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    rows = []
    for field in range(fields):
        centre = rng.uniform(0, SIDE_PX * 1.6 * np.sqrt(nuclei), (nuclei, 2))
        radius = SIDE_PX / 2 * np.exp(rng.normal(0, 0.2, nuclei))
        for rater in range(raters):
            moved = centre + rng.normal(0, 1.5, centre.shape)
            sizes = radius * np.exp(rng.normal(0, 0.08, nuclei))
            for (y, x), r in zip(moved, sizes, strict=True):
                ring = (x + r * np.cos(angle), y + r * np.sin(angle))
                texts = (",".join(f"{value:.1f}" for value in line) for line in ring)
                rows.append((field, rater, "nucleus", *texts))
    table = pd.DataFrame(rows, columns=["field", "rater", "label", "outline_x", "outline_y"])
    steps: dict[str, Callable[[], object]] = {
        "read": lambda: read_marks(table),
        "by box": lambda: find_anchors(marks),
        "by outline": lambda: find_anchors(marks, by="outline"),
        "medoids of outlines": lambda: anchor_outlines(anchors, marks),
        "outlines by STAPLE": lambda: anchor_outlines(anchors, marks, how="staple"),
    }
    marks = read_marks(table)
    anchors = find_anchors(marks)
    print(f"{len(marks):,} outlines, {len(anchors):,} anchors")
    for name, step in steps.items():
        began = time.perf_counter()
        step()
        print(f"{name}: {time.perf_counter() - began:.1f} s", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("part", choices=("recovery", "speed", "outlines"))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--fields", type=int, default=30)
    parser.add_argument("--raters", type=int, default=12)
    parser.add_argument("--most", type=int, default=1_100_000)
    given = parser.parse_args()
    if given.part == "recovery":
        recovery(given.data, given.fields, given.raters)
    elif given.part == "speed":
        speed(given.most)
    else:
        outlines()
