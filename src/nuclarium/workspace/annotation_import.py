"""What was drawn elsewhere into the store: as a person's own nuclei, or as suggestions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nuclarium.annotate.changes import MOST_EDITS
from nuclarium.annotate.checks import new_id
from nuclarium.annotate.document import DocumentHead
from nuclarium.annotate.document_classes import classes_of
from nuclarium.annotate.edits import Edit
from nuclarium.annotate.nuclei import Nucleus
from nuclarium.annotate.review import may_draw
from nuclarium.annotate.roles import Role
from nuclarium.annotate.store import Store
from nuclarium.annotate.store_documents import StoredImage
from nuclarium.annotate.store_suggestions import Suggestion
from nuclarium.core.classes import hierarchy_of_content
from nuclarium.core.errors import SettingsError
from nuclarium.dataset.exchange import AUTO
from nuclarium.io import hash_file, open_image
from nuclarium.workspace.annotation_store import STORE, single_person
from nuclarium.workspace.assist_sources import replace_suggestions, source_of
from nuclarium.workspace.drawn_files import read_drawn
from nuclarium.workspace.drawn_shapes import Drawn, classed
from nuclarium.workspace.import_places import fitted, image_of, touches
from nuclarium.workspace.project import Project
from nuclarium.workspace.project_classes import project_hierarchy
from nuclarium.workspace.raw_images import project_images

SHARED, SUGGESTIONS = "shared", "suggestions"
_TOOL = "import"
Advance = Callable[[int], None]


@dataclass(frozen=True)
class Imported:
    """What came into one image.

    Parameters
    ----------
    image : str
        Its name.
    whose : str
        Alias of the owner of the document, ``shared`` or ``suggestions``.
    new, known : int
        Nuclei that were added, and those that were there already, drawn alike.
    """

    image: str
    whose: str
    new: int
    known: int = 0


def import_project(
    place: Path,
    path: Path,
    *,
    form: str = AUTO,
    rater: str = "",
    image: str = "",
    made_by: str = "",
    advance: Advance = lambda files: None,
) -> list[Imported]:
    """Bring what is drawn in files into the store of a project, and record it.

    Parameters
    ----------
    place : Path
        The project, or a folder in it.
    path, form
        As of `read_drawn`.
    rater : str
        Alias of whose nuclei they become, ``shared`` for the document of all, ``suggestions`` for
        outlines to accept or reject. Where empty, the rater that the file names, otherwise the
        first admin.
    image : str
        Name of the image, where names of files do not tell.
    made_by : str
        The command, for the record.
    advance : callable
        Told with 1 after each image.

    Returns
    -------
    imported : list of Imported

    Raises
    ------
    SettingsError
        If a file fits no image or a nucleus lies outside, or there is no such rater; then nothing
        at all came in.
    """
    project = Project.open(place)
    with Store.open(project.folder / STORE) as store:
        images = _registered(project, store)
        placed = [(image_of(one, images, image), one) for one in read_drawn(path, form)]
        classes = project_hierarchy(project).levels[0].classes
        ready = [
            (there, _who(store, one, rater), classed(fitted(there, one), classes))
            for there, one in placed
        ]
        done = []
        for there, whose, nuclei in ready:
            if whose == SUGGESTIONS:
                done.append(_suggest(store, there, nuclei, path))
            else:
                done.append(_keep(store, there, whose, nuclei))
            advance(1)
    settings = {"format": form, "rater": rater, "nuclei": sum(one.new for one in done)}
    inputs = [path] if path.is_file() else []
    project.record("annotations import", settings=settings, inputs=inputs, made_by=made_by)
    return done


def import_into(
    store: Store, document: str, path: Path, by: str, of_project: Mapping[str, Any]
) -> Imported:
    """Bring what is drawn in a file into one document, as one gesture of a person.

    Parameters
    ----------
    store : Store
    document : str
    path : Path
        As of `read_drawn`; of several images in it, the one called like the document's is taken,
        and of a whole image the nuclei that touch the document's field.
    by : str
        Alias of the person.
    of_project : mapping
        Classes of the project, as JSON carries them.

    Raises
    ------
    NuclariumError
        As of `import_project`; then nothing came in.
    """
    head = store.head(document)
    there = next(one for one in store.images() if one.id == head.image)
    drawn = read_drawn(path)
    if len(drawn) > 1:
        drawn = [one for one in drawn if image_of(one, [there], "") is there]
    placed = [nucleus for one in drawn for nucleus in fitted(there, one, head.box)]
    nuclei = [one for one in placed if head.box is None or touches(one, head.box)]
    hierarchy = hierarchy_of_content(classes_of(head, of_project), "The document")
    return _append(store, head, there, classed(nuclei, hierarchy.levels[0].classes), by)


def _registered(project: Project, store: Store) -> list[StoredImage]:
    """Images of the project as the store knows them; those that it does not are told to it."""
    known = {(one.name, one.sha256): one for one in store.images()}
    found = []
    for raw in project_images(project):
        there = known.get((raw.name, raw.sha256))
        if there is None:
            with open_image(raw.path, scene=raw.scene) as image:
                height, width = image.plane_shape
            there = store.register_image(raw.name, raw.sha256, width=width, height=height)
        found.append(there)
    return found


def _who(store: Store, drawn: Drawn, rater: str) -> str:
    chosen = rater or drawn.rater
    if not chosen:
        return single_person(store)
    known = [user.alias for user in store.users() if user.active]
    if chosen in (SHARED, SUGGESTIONS) or chosen in known:
        return chosen
    raise SettingsError(
        f"Nuclei must become those of somebody in the store ({', '.join(known) or 'nobody yet'}), "
        f"but got the rater {chosen[:60]!r}. Choose with --rater ALIAS, --rater shared or "
        "--rater suggestions."
    )


def _suggest(store: Store, there: StoredImage, nuclei: list[Nucleus], path: Path) -> Imported:
    named = hashlib.sha256(path.name.encode()).hexdigest()
    digest = hash_file(path) if path.is_file() else named
    outlines = [one for one in nuclei if one.kind == "outline"]
    made = [Suggestion(new_id("u"), one.rings, one.label, None, one.z) for one in outlines]
    source = source_of("results", path.name.replace(" ", "_")[-120:], digest, None, None)
    return Imported(there.name, SUGGESTIONS, replace_suggestions(store, there.id, source, made))


def _keep(store: Store, there: StoredImage, whose: str, nuclei: list[Nucleus]) -> Imported:
    owner = None if whose == SHARED else whose
    head = store.open_document(there.id, owner=owner)
    return _append(store, head, there, nuclei, owner or single_person(store))


def _append(
    store: Store, head: DocumentHead, there: StoredImage, nuclei: list[Nucleus], by: str
) -> Imported:
    _check_open(store, head.status, by, there.name)
    present = {_content(one) for one in store.document(head.id).nuclei.values()}
    new = [one for one in nuclei if _content(one) not in present]
    gesture = new_id("g")
    edits = [_edit(one, gesture) for one in new]
    for begin in range(0, len(edits), MOST_EDITS):
        store.append(head.id, edits[begin : begin + MOST_EDITS], by)
    return Imported(there.name, head.owner or SHARED, len(new), len(nuclei) - len(new))


def _check_open(store: Store, status: str, by: str, image: str) -> None:
    role: Role = store.user(by).role
    if not may_draw(status, role, draws=True):
        raise SettingsError(
            f"The document of {by} in {image} must be open to draw in, but it is {status}. A "
            "senior can open it again."
        )


def _edit(nucleus: Nucleus, gesture: str) -> Edit:
    new = replace(nucleus, id=new_id("n"), suggestion=None, verdict=None).bare()
    return Edit(new_id("e"), gesture, new.id, 0, new, tool=_TOOL)


def _content(nucleus: Nucleus) -> str:
    """Return what a nucleus says, whoever drew it when."""
    rings = [[round(float(number), 2) for number in ring] for ring in nucleus.rings]
    return json.dumps([nucleus.kind, rings, nucleus.label, nucleus.z])
