"""Bring raw files into a project: by hash, linked or copied, with what is known of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nuclarium.core.errors import NuclariumError, UnreadableImageError
from nuclarium.io import hash_file, open_image
from nuclarium.io.rows import refuse_mistakes
from nuclarium.io.write import written_whole
from nuclarium.workspace.file_states import FileStates, Told
from nuclarium.workspace.image_entries import FoundImage, ImageEntries
from nuclarium.workspace.layout import file_ending
from nuclarium.workspace.project import Project
from nuclarium.workspace.sheet import Candidate, Sheet, match_sheet, read_sheet
from nuclarium.workspace.sources import Failure, scene_suffix

Values = Mapping[str, str]


@dataclass
class ImportResult:
    """What an import came to; names of images, each in one of the lists.

    Parameters
    ----------
    added, updated, unchanged : list of str
        Images that are new, of which something is new, and that were known as they are.
    failures : list of Failure
        Files that cannot be read or copied.
    remarks : list of str
        What the user should know, one sentence each.
    """

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def import_images(
    project: Project,
    files: Sequence[Path],
    *,
    known: Values | None = None,
    sheet: Path | None = None,
    copy: bool = False,
    made_by: str = "",
    advance: Callable[[int], None] = lambda files: None,
    told: Told | None = None,
) -> ImportResult:
    """Add files to a project, or what is newly known of those that are in it.

    An image is told by the SHA-256 of its file, so importing twice changes nothing. A file whose
    content changed since keeps its name and gets its new hash. Files of one name from several
    folders get the folder into their names, then a number.

    Parameters
    ----------
    files : sequence of Path
        All scenes are taken. None: the files that the sheet names.
    known : mapping, optional
        Values for all `files`, such as ``{"condition": "250Pa"}``.
    sheet : Path, optional
        Table with a row a file; its columns are taken as they are.
    copy : bool
        Copy files into ``raw/`` of the project; else they stay where they are.
    made_by : str
        The command, for the record.
    advance : callable
        Called with the number of files that were looked at.
    told : callable, optional
        Called while a file is hashed, with its path, bytes that were read, and its size.

    Raises
    ------
    SettingsError
        If the sheet has mistakes, all of them listed; then nothing is changed.
    """
    rows = None if sheet is None else read_sheet(sheet)
    paths = list(dict.fromkeys(files or ([] if rows is None else rows.existing_files())))
    result = ImportResult()
    with project.locked():
        states = FileStates.load(project.file_states)
        found = _look(project, paths, states, result, advance, told)
        states.save()
        entries = ImageEntries(project)
        earlier = {row["name"]: dict(row) for row in entries.rows}
        places, result.remarks = entries.place(found)
        said = {place: {k: v for k, v in (known or {}).items() if v} for place in places}
        if rows is not None:
            _add_sheet(rows, project, entries, list(zip(found, places, strict=True)), said, result)
        for place, values in said.items():
            entries.rows[place] |= values
        touched = {entries.rows[place]["name"] for place in said}
        if copy:
            _copy_files(project, entries, list(zip(found, places, strict=True)), earlier, result)
        _note_outcome(entries, earlier, touched, result)
        if result.added or result.updated:
            project.write_images(entries.frame())
            _record(project, entries, result, made_by)
    return result


def _look(
    project: Project,
    paths: Sequence[Path],
    states: FileStates,
    result: ImportResult,
    advance: Callable[[int], None],
    told: Told | None,
) -> list[FoundImage]:
    """Open and hash every file; what cannot be read is a failure."""
    found = []
    for path in paths:
        try:
            with open_image(path) as image:
                names = image.scene_names
            sha256 = states.hash_of(project.locate(project.name_of(path)), told)
        except NuclariumError as error:
            result.failures.append(Failure(path, str(error)))
        else:
            found += [
                FoundImage(path, sha256, str(scene), scene_suffix(scene, name))
                if len(names) > 1
                else FoundImage(path, sha256)
                for scene, name in enumerate(names)
            ]
        advance(1)
    return found


def _add_sheet(
    sheet: Sheet,
    project: Project,
    entries: ImageEntries,
    found: Sequence[tuple[FoundImage, int]],
    said: dict[int, dict[str, str]],
    result: ImportResult,
) -> None:
    """Add what the sheet says to `said`, by row of the table; refuse a sheet with mistakes."""
    rows, placed = entries.rows, set(said)
    images = [(item.path, place) for item, place in found]
    images += [(project.locate(r["file"]), i) for i, r in enumerate(rows) if i not in placed]
    candidates = [Candidate(path, rows[i]["name"], rows[i].get("scene", "")) for path, i in images]
    candidates += [Candidate(failure.path, failure.path.stem) for failure in result.failures]
    matched, mistakes = match_sheet(sheet, candidates)
    for index, values in matched.items():
        if index < len(images):
            path, place = images[index]
            mistakes += _contradictions(path, values, said.get(place, {}))
            said[place] = {**said.get(place, {}), **values}
    refuse_mistakes(mistakes, sheet.path.name)
    silent = sum(index not in matched for index in range(len(found)))
    if silent:
        result.remarks.append(
            f"{silent} of the images {'has' if silent == 1 else 'have'} no row in "
            f"{sheet.path.name}."
        )


def _contradictions(path: Path, values: Values, said: Values) -> list[str]:
    return [
        f"{name} of {path.name} is {value} in the sheet, but {said[name]} by an option or by "
        "another file of the same content"
        for name, value in values.items()
        if said.get(name, value) != value
    ]


def _copy_files(
    project: Project,
    entries: ImageEntries,
    found: Sequence[tuple[FoundImage, int]],
    earlier: Mapping[str, Values],
    result: ImportResult,
) -> None:
    """Copy files into the project; a new image whose file cannot be copied is left out."""
    left_out = set()
    for item, place in found:
        row = entries.rows[place]
        if row["file"].startswith("raw/"):
            continue
        try:
            row["file"] = _copied(project, item, row["name"])
        except NuclariumError as error:
            result.failures.append(Failure(item.path, str(error)))
            if row["name"] not in earlier:
                left_out.add(place)
    entries.rows = [row for i, row in enumerate(entries.rows) if i not in left_out]


def _copied(project: Project, item: FoundImage, name: str) -> str:
    """Copy a file, once for all its scenes, and check that the copy has its hash."""
    name = name.removesuffix(f"_{item.suffix}") if item.suffix else name
    target = project.folder / "raw" / (name + file_ending(item.path))
    if not (target.exists() and hash_file(target) == item.sha256):
        with written_whole(target) as part:
            (shutil.copytree if item.path.is_dir() else shutil.copyfile)(item.path, part)
            if hash_file(part) != item.sha256:
                raise UnreadableImageError(
                    f"{item.path} must stay as it is while it is copied, but its content changed. "
                    "Import it again when it is finished."
                )
    return project.name_of(target)


def _note_outcome(
    entries: ImageEntries, earlier: Mapping[str, Values], touched: set[str], result: ImportResult
) -> None:
    """List the images by what happened to them."""
    for row in entries.rows:
        name, before = row["name"], earlier.get(row["name"])
        if before is None:
            result.added.append(name)
        elif {k: v for k, v in row.items() if v} != {k: v for k, v in before.items() if v}:
            result.updated.append(name)
        elif name in touched:
            result.unchanged.append(name)


def _record(project: Project, entries: ImageEntries, result: ImportResult, made_by: str) -> None:
    new = {*result.added, *result.updated}
    project.record(
        "import",
        settings={"added": result.added, "updated": result.updated},
        inputs={row["file"]: row["sha256"] for row in entries.rows if row["name"] in new},
        made_by=made_by,
    )
