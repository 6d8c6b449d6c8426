"""What a consensus leaves behind: tables, the record, the page."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

import nuclarium
from nuclarium.io.write import write_json, write_long_table, write_table, write_text
from nuclarium.raters.accuracy.confusion import Confusions
from nuclarium.raters.agreement.pairs import PairwiseKappa
from nuclarium.raters.answers import UNDETECTED
from nuclarium.report.consensus_figures import ConsensusNumbers
from nuclarium.report.consensus_page import ConsensusFacts, render_consensus
from nuclarium.workspace.consensus_aliases import Aliased
from nuclarium.workspace.consensus_dataset import FOLDER, write_truth_dataset
from nuclarium.workspace.consensus_disputed import answers_table
from nuclarium.workspace.consensus_gallery import disputed_items
from nuclarium.workspace.consensus_input import Ratings
from nuclarium.workspace.consensus_measures import Measures
from nuclarium.workspace.consensus_remarks import findings, methods_text, tiles
from nuclarium.workspace.consensus_settings import ConsensusSettings
from nuclarium.workspace.consensus_study import Study
from nuclarium.workspace.consensus_truth import is_synthetic, places_of, truth_marks, truth_table
from nuclarium.workspace.dataset import Card
from nuclarium.workspace.layout import PAGE, RUN_RECORD
from nuclarium.workspace.record import environment

RECORD = RUN_RECORD
_PLAIN = ("answers", "labels", "marks", "ratings")
"""Names of tables that say nothing; the name of their folder says more."""


@dataclass(frozen=True, eq=False)
class ConsensusRun:
    """What the outputs are made from."""

    ratings: Ratings
    aliased: Aliased
    study: Study
    measures: Measures
    settings: ConsensusSettings
    images: Path | None
    out: Path
    command: str


def write_outputs(run: ConsensusRun) -> dict[str, Any]:
    """Write tables, record and page, the page last; return the record."""
    measures = run.measures
    items, gallery = disputed_items(
        list(measures.disputed["item"]),
        run.study.answers,
        measures.truth,
        places_of(run.study, run.aliased.fields),
        run.images,
    )
    remarks = (*run.ratings.remarks, *run.aliased.remarks, *run.study.remarks,
               *measures.remarks, *gallery)  # fmt: skip
    tables = tables_of(run)
    record = _record(run, list(dict.fromkeys(remarks)))
    for name, table in tables.items():
        write = write_long_table if len(table) > 100_000 else write_table
        write(run.out / f"{name}.csv", table)
    if "truth_marks" in tables and len(tables["truth_marks"]):
        _write_dataset(run, tables["truth_marks"])
    write_json(run.out / RECORD, record)
    write_text(
        run.out / PAGE, render_consensus(_facts(run, record, list(tables)), _numbers(run, items))
    )
    if run.ratings.project is not None:
        run.ratings.project.record(
            "consensus",
            settings=record["settings"],
            inputs=[run.ratings.path],
            outputs=[run.out / name for name in (PAGE, RECORD, *(f"{t}.csv" for t in tables))],
            made_by=run.command,
        )
    return record


def _write_dataset(run: ConsensusRun, nuclei: pd.DataFrame) -> None:
    hierarchy = run.study.hierarchy
    shutil.rmtree(run.out / FOLDER, ignore_errors=True)
    write_truth_dataset(
        nuclei,
        run.aliased.fields,
        run.images,
        (run.settings.hierarchy or hierarchy.name) if hierarchy is not None else "",
        run.out / FOLDER,
        Card(
            _title(run),
            origin="Synthetic: made by computation"
            if is_synthetic(run.ratings.path.parent)
            else "",
            annotation=methods_text(run.study, run.measures, run.settings, nuclarium.__version__),
        ),
    )


def tables_of(run: ConsensusRun) -> Mapping[str, pd.DataFrame]:
    """Return the tables by name, as they are written."""
    measures = run.measures
    tables = {
        "truth": truth_table(run.study, measures.truth),
        "raters": measures.raters,
        "scores": measures.scores,
        "confusions": _or_empty(measures.confusions),
        "agreement": measures.agreement,
        "groups": measures.groups,
        "repeats": measures.repeats,
        "pairs": _or_empty(measures.pairs),
        "disputed": measures.disputed,
        "answers": answers_table(run.study.answers),
        "simulation": measures.simulation,
    }
    if run.study.marks is not None:
        tables["truth_marks"] = truth_marks(run.study, measures.truth)
    return {name: table for name, table in tables.items() if len(table)}


def _or_empty(found: Confusions | PairwiseKappa | None) -> pd.DataFrame:
    return pd.DataFrame() if found is None else found.table()


def _record(run: ConsensusRun, remarks: list[str]) -> dict[str, Any]:
    """Return what makes the consensus again, and what it found; no name of a rater is in it."""
    hidden = run.aliased.hidden
    ratings = run.ratings
    return {
        "command": hidden(run.command),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": nuclarium.__version__,
        "environment": environment("numpy"),
        "settings": {
            name: hidden(value) if isinstance(value, str) else value
            for name, value in asdict(run.settings).items()
        },
        "table": {"file": hidden(ratings.path.name), "sha256": ratings.sha256},
        "kind": ratings.kind,
        "arm": run.study.arm,
        "hierarchy": run.study.hierarchy.name if run.study.hierarchy else None,
        "level": run.measures.level,
        "synthetic": is_synthetic(ratings.path.parent),
        "aliases": "kept" if run.settings.keep_aliases else "made",
        "counts": tiles(run.study, run.measures),
        "remarks": [hidden(text[:1].upper() + text[1:]) for text in remarks],
        "findings": findings(run.measures),
    }


def _facts(run: ConsensusRun, record: dict[str, Any], tables: list[str]) -> ConsensusFacts:
    settings = {k: v for k, v in record["settings"].items() if v not in (None, (), {})}
    return ConsensusFacts(
        title=_title(run),
        started=datetime.fromisoformat(record["started"]),
        version=record["version"],
        tiles=tiles(run.study, run.measures),
        findings=tuple(record["findings"]),
        remarks=tuple(record["remarks"]),
        settings={k: ", ".join(v) if isinstance(v, tuple) else str(v) for k, v in settings.items()},
        files=((record["table"]["file"], record["table"]["sha256"]),),
        links={f"{name} (CSV)": f"{name}.csv" for name in tables} | {"record": RECORD},
        judged_by=run.measures.judged_by,
        has_detection=UNDETECTED in run.measures.judged.labels,
        is_synthetic=record["synthetic"],
        methods=methods_text(run.study, run.measures, run.settings, record["version"]),
        command=record["command"],
    )


def _title(run: ConsensusRun) -> str:
    ratings = run.ratings
    name = ratings.path.name.partition(".")[0]
    if ratings.project is not None:
        name = ratings.project.settings.name
    elif name in _PLAIN:
        name = ratings.path.resolve().parent.name
    return run.aliased.hidden(name)


def _numbers(run: ConsensusRun, items: tuple[Any, ...]) -> ConsensusNumbers:
    measures = run.measures
    return ConsensusNumbers(
        raters=measures.raters,
        confusions=measures.confusions,
        agreement=measures.agreement,
        of_groups=measures.groups,
        repeats=measures.repeats,
        kappa=None if measures.pairs is None else measures.pairs.kappa,
        places=measures.places,
        simulation=measures.simulation,
        disputed=items,
    )
