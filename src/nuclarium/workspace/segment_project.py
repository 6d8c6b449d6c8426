"""Segment all images of a project into its results, under their names there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nuclarium.core.errors import NuclariumError, SettingsError
from nuclarium.workspace.batch import Reporter
from nuclarium.workspace.file_states import FileStates
from nuclarium.workspace.layout import RUN_RECORD
from nuclarium.workspace.project import Project
from nuclarium.workspace.project_settings import SETTINGS_FILE
from nuclarium.workspace.raw_images import RawImage, project_images
from nuclarium.workspace.segment import BatchResult, segment_files
from nuclarium.workspace.settings import SegmentSettings
from nuclarium.workspace.sources import Failure


def is_project(path: Path) -> bool:
    """Whether a path is the folder of a project."""
    return (path / SETTINGS_FILE).is_file()


def segment_paths(
    paths: Sequence[Path],
    out: Path | None,
    settings: SegmentSettings,
    *,
    resume: bool = False,
    overwrite: bool = False,
    workers: int | None = None,
    reporter: Reporter | None = None,
    command: str = "",
) -> BatchResult:
    """Segment files into a folder, or one project into its ``results/``; see `segment_files`.

    Raises
    ------
    SettingsError
        If files come without a folder for the results, or together with a project.
    """
    projects = [path for path in paths if is_project(path)]
    if projects and len(paths) > 1:
        raise SettingsError(
            f"A project must be segmented on its own, but {projects[0]} came with "
            f"{len(paths) - 1} others. Import them: nuclarium import FILES --project {projects[0]}"
        )
    if not projects and out is None:
        raise SettingsError(
            "A folder for the results must be given with --out; only a project has its own."
        )
    project = Project.open(projects[0]) if projects else None
    images, failures = ([], []) if project is None else _as_imported(project)
    folder = out or (project.folder / "results" if project else Path())
    result = segment_files(
        [image.path for image in images] if project else paths,
        folder,
        settings,
        names={(image.path, image.scene): image.name for image in images} if project else None,
        failures=failures,
        resume=resume,
        overwrite=overwrite,
        workers=workers,
        reporter=reporter,
        command=command,
    )
    if project is not None:
        project.record(
            "segment",
            settings=settings.as_dict(),
            inputs={project.name_of(Path(r["path"])): r["sha256"] for r in result.records},
            outputs=[folder / RUN_RECORD],
            made_by=command,
        )
    return result


def _as_imported(project: Project) -> tuple[list[RawImage], list[Failure]]:
    """Return the images whose files are what was imported, and why the others are left out."""
    states = FileStates.load(project.file_states)
    images, failures = [], []
    for image in project_images(project):
        try:
            image.check(states.hash_of(image.path))
            images.append(image)
        except NuclariumError as error:
            failures.append(Failure(image.path, str(error)))
    states.save()
    return images, failures
