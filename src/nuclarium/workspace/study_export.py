"""What people drew in every format, at any time: each rater's own, or the consensus of a study."""

from __future__ import annotations

import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from nuclarium.annotate.store import Store
from nuclarium.annotate.store_studies import Study
from nuclarium.core.class_lists import content_of
from nuclarium.core.errors import OutputError, SettingsError
from nuclarium.dataset.exchange import FORMATS as DATASET_FORMATS
from nuclarium.dataset.exchange import export_dataset
from nuclarium.dataset.read import read_dataset
from nuclarium.io.write import write_json, write_table, written_whole
from nuclarium.workspace.annotation_files import FORMATS as DOCUMENT_FORMATS
from nuclarium.workspace.annotation_files import export_annotations
from nuclarium.workspace.annotation_store import open_store
from nuclarium.workspace.consensus_dataset import write_truth_dataset
from nuclarium.workspace.dataset import Card
from nuclarium.workspace.project import Project
from nuclarium.workspace.project_classes import project_hierarchy
from nuclarium.workspace.study_classes import classes_of_marks
from nuclarium.workspace.study_consensus import IMAGES
from nuclarium.workspace.study_decisions import decided_truth
from nuclarium.workspace.study_places import (
    FieldPlace,
    folder_of,
    marks_table,
    places_of,
    write_field_images,
)

CONSENSUS = "consensus"
CORRECTED = "corrected"
TRUTHS = ("", CONSENSUS, CORRECTED)
FORMATS = tuple(dict.fromkeys([*DOCUMENT_FORMATS, "json", *DATASET_FORMATS]))


def export_study(
    project: Project,
    store: Store,
    folder: Path,
    form: str,
    *,
    study: Study | None = None,
    truth: str = "",
) -> None:
    """Write what is drawn now.

    Parameters
    ----------
    project : Project
    store : Store
    folder : Path
        New.
    form : str
        One of `FORMATS`.
    study : Study, optional
        Only its documents; needed for the formats of datasets, whose items are its fields.
    truth : str
        ``consensus`` for the truth of the study with the decisions of seniors; ``corrected`` for
        each rater's marks as they are now; when empty, as they were when the rater first said
        *done*, before anybody corrected them or showed the rater the truth. Formats of one file a
        document have documents as they are now in both cases.

    Raises
    ------
    SettingsError
        If there is no such format, or nothing to write in it.
    """
    if form not in FORMATS:
        raise SettingsError(f"A format must be one of {', '.join(FORMATS)}, but got {form[:60]!r}.")
    if truth not in TRUTHS:
        raise SettingsError(
            f"truth must be {CONSENSUS}, {CORRECTED} or left out, but got {truth[:60]!r}."
        )
    folder.mkdir(parents=True, exist_ok=True)
    if form == "json":
        _write_documents(store, folder, None if study is None else study.id)
    elif form == "table" and truth == CONSENSUS and study is not None:
        write_table(folder / "truth.csv", _truth(project, store, study))
    elif form in DOCUMENT_FORMATS and truth != CONSENSUS:
        classes = content_of(project_hierarchy(project))
        only = None if study is None else study.id
        now = truth == CORRECTED
        export_annotations(store, folder, form, study=only, classes=classes, corrected=now)
    elif study is not None and form in DATASET_FORMATS:
        _write_datasets(project, store, folder, form, study, truth)
    else:
        raise SettingsError(
            f"The format {form} must be of a study"
            f"{' and of each rater' if truth == CONSENSUS else ''}: choose "
            "a study, or one of " + ", ".join([*DOCUMENT_FORMATS, "json"]) + "."
        )


def export_zip(
    project: Project,
    store: Store,
    path: Path,
    form: str,
    *,
    study: Study | None = None,
    truth: str = "",
) -> Path:
    """Do as `export_study`, in one file; it is there whole or not at all."""
    with TemporaryDirectory() as place:
        folder = Path(place) / "export"
        export_study(project, store, folder, form, study=study, truth=truth)
        with written_whole(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as file:
            for one in sorted(folder.rglob("*")):
                if one.is_file():
                    file.write(one, one.relative_to(folder).as_posix())
    return path


def export_project(
    place: Path, out: Path, form: str, *, study: str = "", truth: str = "", made_by: str = ""
) -> int:
    """Write what is drawn in the store of a project, and record it.

    Parameters
    ----------
    place : Path
        The project, or a folder in it.
    out : Path
        New or empty; it is there whole or not at all.
    form, truth : str
        As of `export_study`.
    study : str
        Name of a study; all that is in the store when empty.
    made_by : str
        The command, for the record.

    Returns
    -------
    files : int
    """
    project = Project.open(place)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out} must be new or empty, but is not. Choose another folder.")
    with open_store(project.folder) as store:
        chosen = _named(store, study) if study else None
        with written_whole(out) as part:
            export_study(project, store, part, form, study=chosen, truth=truth)
    files = [path for path in out.rglob("*") if path.is_file()]
    settings = {"format": form, "study": study, "truth": truth}
    project.record("annotations export", settings=settings, outputs=files, made_by=made_by)
    return len(files)


def _named(store: Store, name: str) -> Study:
    studies = {study.name: study for study in store.studies()}
    if name not in studies:
        known = ", ".join(studies) or "none"
        raise SettingsError(
            f"--study must be a study of the store, which has {known}, but got {name}."
        )
    return studies[name]


def _write_datasets(
    project: Project, store: Store, folder: Path, form: str, study: Study, truth: str
) -> None:
    """Write one dataset of the truth, or one of each rater and arm."""
    places = places_of(store, study)
    images = folder_of(project, study.id) / IMAGES
    write_field_images(project, places, images)
    if truth == CONSENSUS:
        parts = {CONSENSUS: _truth(project, store, study)}
    else:
        table = marks_table(store, study, corrected=truth == CORRECTED).rename(
            columns={"id": "item"}
        )
        again = table["arm"].str.endswith("-again").map({True: "_again", False: ""})
        names = table["rater"] + again
        parts = {str(name): part for name, part in table.groupby(names)}
    if not any(len(part) for part in parts.values()):
        raise SettingsError("A dataset must have finished fields, but there is none yet.")
    for name, part in parts.items():
        target = folder if truth == CONSENSUS else folder / name
        _write_dataset(part, places, images, target, form, (study, name))


def _write_dataset(
    part: pd.DataFrame,
    places: dict[str, FieldPlace],
    images: Path,
    target: Path,
    form: str,
    whose: tuple[Study, str],
) -> None:
    marked = part[part["kind"].fillna("") != ""].reset_index(drop=True).fillna("")
    if not len(marked):
        return
    study, name = whose
    with TemporaryDirectory() as scratch:
        made = Path(scratch) / "dataset"
        write_truth_dataset(
            marked,
            {field: field for field in places},
            images,
            classes_of_marks(study, marked["label"]),
            made,
            Card(f"{study.name} {name}", annotation="drawn in the annotation studio of nuclarium"),
        )
        export_dataset(read_dataset(made), target, form)


def _write_documents(store: Store, folder: Path, study: str | None) -> None:
    for head in store.documents(study=study):
        history = [one.to_json() for one in store.changes(head.id)]
        states = [state.to_json() for state in store.states(head.id)]
        content = store.document(head.id).to_json() | {"edits": history, "states": states}
        write_json(folder / f"{head.id}.json", content)


def _truth(project: Project, store: Store, study: Study) -> pd.DataFrame:
    truth = decided_truth(project, store, study)
    if not len(truth):
        raise SettingsError(
            "The consensus must be made before it is exported, but there is none with nuclei yet. "
            "Make it on the study's page."
        )
    return truth
