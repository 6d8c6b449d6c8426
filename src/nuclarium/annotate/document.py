"""A document: what one person, or several together, mark in one field, as a fold of edits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nuclarium.annotate.changes import Change
from nuclarium.annotate.edits import Edit
from nuclarium.annotate.nuclei import Nucleus
from nuclarium.annotate.strokes import Stroke
from nuclarium.core.errors import AnnotationError

Box = tuple[int, int, int, int]
"""``x0, y0, x1, y1`` in pixels, half-open."""


class EditConflict(AnnotationError):  # noqa: N818  (a conflict, not a mistake)
    """Somebody else changed the nucleus since the person saw it; `theirs` is what it is now."""

    def __init__(self, edit: Edit, theirs: Nucleus | None) -> None:
        self.edit, self.theirs = edit, theirs
        what = "removed" if theirs is None else f"changed by {theirs.rater or 'somebody'}"
        super().__init__(
            f"The nucleus {edit.nucleus} must be as at revision {edit.base}, but it was {what} "
            "since. Choose one of the two versions."
        )


class DocumentApproved(AnnotationError):  # noqa: N818  (a state, not a mistake)
    """Edits for a document that was approved, by somebody who may not open it again."""

    def __init__(self) -> None:
        super().__init__(
            "This document was approved meanwhile and is read only for you. Ask a senior to open "
            "it again."
        )


class RaterLeft(AnnotationError):  # noqa: N818  (a state, not a mistake)
    """Edits of a rater who left the study, for an own document of it."""

    def __init__(self) -> None:
        super().__init__(
            "You are no longer a rater of this study, so that its fields are read only for you. "
            "Ask who leads it to let you join again."
        )


@dataclass(frozen=True, slots=True)
class DocumentHead:
    """What a document is, without what is drawn in it.

    Parameters
    ----------
    id : str
        ``d-`` and 32 hexadecimal digits.
    image : str
        Id of the image in the store.
    box : Box or None
        The field; None for the whole image.
    owner : str or None
        Alias of the only one who draws in it; None where it is shared.
    study, arm : str or None
        Where it belongs to a study.
    repeat : int
        0, or 1 and more where a rater sees the field again.
    status : str
        One of `STATUSES` of `annotate.review`.
    revision : int
        Number of the last edit in it; 0 where nothing is drawn.
    hierarchy : mapping
        Classes to choose from, as the page shows them.
    """

    id: str
    image: str
    box: Box | None = None
    owner: str | None = None
    study: str | None = None
    arm: str | None = None
    repeat: int = 0
    status: str = "not_started"
    revision: int = 0
    hierarchy: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return what JSON carries."""
        return {
            "id": self.id,
            "image": self.image,
            "box": None if self.box is None else list(self.box),
            "owner": self.owner,
            "study": self.study,
            "arm": self.arm,
            "repeat": self.repeat,
            "status": self.status,
            "revision": self.revision,
            "hierarchy": dict(self.hierarchy),
        }


@dataclass(frozen=True, slots=True)
class Document:
    """What is drawn in a document after some number of edits.

    Parameters
    ----------
    head : DocumentHead
        With the revision that this state has.
    nuclei : mapping of str to Nucleus
        By id, those that are there, rejected suggestions among them.
    removed : mapping of str to int
        Nuclei that were there: the revision that removed each.
    drawn : mapping of str to Stroke
        By id, in the order in which they were drawn, those taken back among them.
    hidden : frozenset of str
        Ids of strokes that are taken back.
    """

    head: DocumentHead
    nuclei: Mapping[str, Nucleus] = field(default_factory=dict)
    removed: Mapping[str, int] = field(default_factory=dict)
    drawn: Mapping[str, Stroke] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        """Id of the document."""
        return self.head.id

    @property
    def revision(self) -> int:
        """Number of the last edit in it."""
        return self.head.revision

    @property
    def strokes(self) -> tuple[Stroke, ...]:
        """Strokes that count, in the order in which they were drawn."""
        return tuple(stroke for key, stroke in self.drawn.items() if key not in self.hidden)

    def revision_of(self, nucleus: str) -> int:
        """Return the revision that changed or removed a nucleus last; 0 for one never seen."""
        there = self.nuclei.get(nucleus)
        return self.removed.get(nucleus, 0) if there is None else there.revision

    def to_json(self, *, read_only: bool = False) -> dict[str, Any]:
        """Return what JSON carries."""
        return self.head.to_json() | {
            "nuclei": [nucleus.to_json() for nucleus in self.nuclei.values()],
            "strokes": [stroke.to_json() for stroke in self.strokes],
            "read_only": read_only,
        }


def apply(document: Document, change: Change, rater: str) -> Document:
    """Return the document after one more edit.

    An edit whose nucleus changed since the person saw it is refused, unless it says what is there
    already.

    Raises
    ------
    EditConflict
        If the nucleus is not as the person saw it; it carries what it is now.
    """
    if isinstance(change, Edit):
        there = document.nuclei.get(change.nucleus)
        revision = document.revision_of(change.nucleus)
        if change.base != revision and not (revision and says_what_is_there(change, there)):
            raise EditConflict(change, there)
    return replay(document, [(change, rater)])


def replay(document: Document, changes: Iterable[tuple[Change, str]]) -> Document:
    """Return the document after edits of the log, each with the alias of who made it.

    Nothing is judged here: what is in the log was taken when it came.
    """
    nuclei, removed = dict(document.nuclei), dict(document.removed)
    drawn, hidden = dict(document.drawn), set(document.hidden)
    revision = document.revision
    for change, rater in changes:
        revision += 1
        if isinstance(change, Stroke):
            _draw(change, drawn, hidden)
        else:
            _put(change, rater, revision, nuclei, removed)
    head = replace(document.head, revision=revision)
    return Document(head, nuclei, removed, drawn, frozenset(hidden))


def says_what_is_there(edit: Edit, there: Nucleus | None) -> bool:
    """Whether an edit would leave a nucleus as it is."""
    return there is None if edit.after is None else edit.after.is_same(there)


def _put(
    edit: Edit, rater: str, revision: int, nuclei: dict[str, Nucleus], removed: dict[str, int]
) -> None:
    if edit.after is None:
        nuclei.pop(edit.nucleus, None)
        removed[edit.nucleus] = revision
    else:
        removed.pop(edit.nucleus, None)
        nuclei[edit.nucleus] = replace(edit.after, rater=rater, revision=revision)


def _draw(stroke: Stroke, drawn: dict[str, Stroke], hidden: set[str]) -> None:
    if stroke.removes is not None:
        hidden.add(stroke.removes)
    elif stroke.restores is not None:
        hidden.discard(stroke.restores)
    else:
        drawn[stroke.id] = stroke
