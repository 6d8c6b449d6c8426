"""The consensus of a study from inside the studio: made at any time, read back for the page."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from nuclarium.annotate.store import Store
from nuclarium.annotate.store_studies import Study
from nuclarium.core.errors import AnnotationError
from nuclarium.io.write import write_json, write_table
from nuclarium.workspace.annotations import FINISHED
from nuclarium.workspace.consensus import RECORD, ConsensusSettings, consensus_of
from nuclarium.workspace.layout import PAGE
from nuclarium.workspace.project import Project
from nuclarium.workspace.study_classes import offered, write_classes
from nuclarium.workspace.study_places import (
    folder_of,
    marks_table,
    places_of,
    shifted,
    write_field_images,
)

TABLE, OUT, IMAGES, STATE = "marks.csv", "consensus", "fields", "consensus.json"
AGAIN = "again"
_METHOD = "bayes"
"""Studies are small, and there Dawid-Skene without priors is far too sure (docs/benchmarks.md)."""
_REPETITIONS = 20
_EDGES = ("xmin", "ymin", "xmax", "ymax")


@dataclass(frozen=True, slots=True)
class ConsensusFolder:
    """Where the consensus of a study lies."""

    folder: Path

    @property
    def out(self) -> Path:
        """Folder of page and tables."""
        return self.folder / OUT

    @property
    def is_ready(self) -> bool:
        """Whether there is a consensus, whole."""
        return (self.folder / STATE).is_file() and (self.out / PAGE).is_file()

    @property
    def files(self) -> list[str]:
        """Names of the files that the page may give away."""
        names = sorted(path.name for path in self.out.glob("*") if path.is_file())
        return [name for name in names if name.endswith((".csv", ".json", ".html"))]

    def table(self, name: str) -> pd.DataFrame:
        """Read one of the tables; empty where there is none."""
        path = self.out / f"{name}.csv"
        return pd.read_csv(path, keep_default_na=True) if path.is_file() else pd.DataFrame()


def make_consensus(
    project: Project,
    store: Store,
    study: Study,
    *,
    arm: str | None = None,
    tell: Callable[[float, str], None] = lambda share, words: None,
) -> ConsensusFolder:
    """Infer one truth of what raters finished, and write page and tables, with aliases alone.

    Parameters
    ----------
    project : Project
    store : Store
    study : Study
    arm : str, optional
        One arm alone; all together when left out, what was seen again apart from the rest.
    tell : callable
        Called with the share that is done, and words; what it raises ends the work.

    Raises
    ------
    AnnotationError
        If nobody has finished a field.
    """
    tell(0.02, "Reading what raters drew")
    state = state_of(store, study.id)
    table = marks_table(store, study)
    if arm is None and len(table):
        again = table["arm"].str.endswith("-again")
        table["arm"] = again.map({True: AGAIN, False: "all"})
    if not len(table):
        raise AnnotationError(
            "A consensus must have fields that raters finished, but there is none yet. Wait until "
            "somebody says that a field is done."
        )
    folder = folder_of(project, study.id)
    write_table(folder / TABLE, table)
    tell(0.1, "Cutting the fields out of their images")
    write_field_images(project, places_of(store, study), folder / IMAGES)
    done = 0

    def advance(parts: int) -> None:
        nonlocal done
        done += parts
        tell(0.2 + 0.7 * (1 - 0.95**done), "Comparing raters")

    classes = write_classes(study, table["label"], folder)
    settings = ConsensusSettings(
        method=_METHOD,
        arm=arm or "all",
        hierarchy="none" if classes is None else str(classes),
        keep_aliases=True,
        repetitions=_REPETITIONS,
    )
    consensus_of(
        folder / TABLE,
        folder / OUT,
        settings,
        images=folder / IMAGES,
        overwrite=True,
        advance=advance,
        command=f"studio: consensus of the study {study.name}",
    )
    write_json(folder / STATE, {"state": state, "arm": arm})
    return ConsensusFolder(folder)


def consensus_folder(project: Project, study: str) -> ConsensusFolder:
    """Return where the consensus of a study lies, made or not."""
    return ConsensusFolder(folder_of(project, study))


def state_of(store: Store, study: str) -> dict[str, Any]:
    """Return what tells whether raters drew since: finished documents with their revisions."""
    heads = store.documents(study=study)
    return {head.id: head.revision for head in heads if head.status in FINISHED}


def consensus_state(project: Project, store: Store, study: Study) -> dict[str, Any]:
    """Return what the page shows of the consensus in short; no name of a rater is in it."""
    found = consensus_folder(project, study.id)
    if not found.is_ready:
        return {"ready": False, "stale": False, "made": "", "remarks": [], "findings": [],
                "agreement": [], "files": []}  # fmt: skip
    record = json.loads((found.out / RECORD).read_text(encoding="utf-8"))
    made_of = json.loads((found.folder / STATE).read_text(encoding="utf-8"))["state"]
    agreement = found.table("agreement")
    if len(agreement):
        agreement = agreement[agreement["group"] == "all raters"]
    names = ("level", "version", "coefficient", "value", "low", "high")
    return {
        "ready": True,
        "stale": made_of != state_of(store, study.id),
        "made": record["started"],
        "remarks": record["remarks"],
        "findings": record["findings"],
        "agreement": [{name: _plain(row[name]) for name in names} for row in _rows(agreement)],
        "files": found.files,
    }


def disputed_nuclei(project: Project, store: Store, study: Study) -> list[dict[str, Any]]:
    """Return the nuclei that raters dispute, those first whose answer adds the most.

    Boxes are in pixels of the whole image; `votes` has each label with the aliases of its raters,
    the most frequent first.
    """
    found = consensus_folder(project, study.id)
    disputed, truth = found.table("disputed"), found.table("truth")
    if not len(disputed) or "xmin" not in truth:
        return []
    places = places_of(store, study)
    given = pd.read_csv(found.folder / TABLE, usecols=["label"])["label"]
    choices = offered(study, given.unique())
    disputed = disputed[disputed["disagreement"] > 0]
    votes = _votes(found.table("answers"), set(disputed["item"]))
    boxes = shifted(truth, {name: place.origin for name, place in places.items()})
    box_of = dict(zip(truth["item"], boxes[list(_EDGES)].to_numpy().tolist(), strict=True))
    return [
        {
            "item": str(row["item"]),
            "field": places[row["field"]].id,
            "number": places[row["field"]].number,
            "label": _plain(row["label"]) or "",
            "confidence": _plain(row["confidence"]),
            "second": _plain(row.get("second")) or "",
            "disagreement": _plain(row["disagreement"]),
            "n_answers": int(row["n_answers"]),
            "votes": votes.get(str(row["item"]), []),
            "box": [round(edge, 1) for edge in box_of[row["item"]]],
            "choices": choices,
        }
        for row in _rows(disputed)
        if row["field"] in places and row["item"] in box_of
    ]


def _votes(answers: pd.DataFrame, items: set[str]) -> dict[str, list[dict[str, Any]]]:
    """Return who said what of each item: labels with the aliases of their raters, most first."""
    found: dict[str, list[dict[str, Any]]] = {}
    if not len(answers):
        return found
    mine = answers[answers["item"].isin(items)].sort_values("rater")
    for (item, label), rows in mine.groupby(["item", "label"]):
        voted = {"label": str(label), "raters": [str(rater) for rater in rows["rater"]]}
        found.setdefault(str(item), []).append(voted)
    return {
        item: sorted(votes, key=lambda one: -len(one["raters"])) for item, votes in found.items()
    }


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    return None if value is None or pd.isna(value) else value
