"""Images and documents of a store: registered, opened, listed, read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from nuclarium.annotate import checks
from nuclarium.annotate.blind import seen_by
from nuclarium.annotate.document import Box, Document, DocumentHead, replay
from nuclarium.annotate.document_classes import classes_of
from nuclarium.annotate.roles import Role
from nuclarium.annotate.store_base import StoreBase, store_now
from nuclarium.annotate.stored import StoredNuclei, change_of
from nuclarium.annotate.tables import documents, edits, images, nuclei
from nuclarium.core.errors import AnnotationError


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image of the project: id in the store, name, hash of the file, size in pixels."""

    id: str
    name: str
    sha256: str
    width: int
    height: int


class Documents(StoreBase):
    """Images and documents."""

    def register_image(self, name: str, sha256: str, *, width: int, height: int) -> StoredImage:
        """Return the image of a name and hash, which is kept from now on."""
        key = hashlib.sha256(f"{name}\0{sha256}".encode()).hexdigest()[:32]
        image = StoredImage(f"i-{key}", name, sha256, width, height)
        return self._write(lambda connection: _register(connection, image))

    def images(self) -> list[StoredImage]:
        """Return the images that are registered, by name."""
        query = select(images).order_by(images.c.name)
        return [StoredImage(*row) for row in self._read(lambda c: c.execute(query).all())]

    def open_document(
        self,
        image: str,
        *,
        owner: str | None,
        box: Box | None = None,
        study: str | None = None,
        arm: str | None = None,
        repeat: int = 0,
        hierarchy: Mapping[str, Any] | None = None,
    ) -> DocumentHead:
        """Return the document of this place, made where there is none.

        Parameters
        ----------
        image : str
            Id of a registered image.
        owner : str or None
            Alias of whom it belongs to; None for one that all share.
        box : Box, optional
            The field ``x0, y0, x1, y1``; the whole image where it is left out.
        study, arm, repeat
            As of `DocumentHead`.
        hierarchy : mapping, optional
            Classes; kept when the document is made.
        """
        head = DocumentHead(
            checks.new_id("d"), image, box, owner, study, arm, repeat, hierarchy=hierarchy or {}
        )
        return self._write(lambda connection: open_in(connection, head))

    def head(self, document: str) -> DocumentHead:
        """Return a document without its nuclei; AnnotationError where there is none."""
        return self._read(lambda connection: read_head(connection, document))

    def documents(
        self, *, image: str | None = None, owner: str | None = None, study: str | None = None
    ) -> list[DocumentHead]:
        """Return documents, oldest first: all, or of an image, an owner, a study."""
        query = select(documents).order_by(documents.c.since, documents.c.id)
        for column, value in (("image", image), ("owner", owner), ("study", study)):
            query = query if value is None else query.where(documents.c[column] == value)
        return [as_head(row) for row in self._read(lambda c: c.execute(query).all())]

    def document(self, document: str, *, at: int | None = None) -> Document:
        """Return a document with all that is drawn in it, now or as it was at a revision."""
        if at is None:
            return self._read(lambda connection: read_document(connection, document))
        return self._read(lambda connection: replayed_document(connection, document, at))

    def document_text(
        self,
        document: str,
        *,
        read_only: bool = False,
        role: Role = "admin",
        classes: Mapping[str, Any] | None = None,
        **more: str,
    ) -> str:
        """Return a document as JSON text, without reading each nucleus: what the page loads.

        What somebody of this `role` may not know of a study is left out; `classes` are those of
        the project, which documents outside of studies have; `more` is told beside it.
        """
        rest = {"read_only": read_only, **more}
        return self._read(lambda connection: _text(connection, document, role, classes or {}, rest))

    def strokes(self, document: str) -> Document:
        """Return a document with its strokes alone, which is quick however many nuclei it has."""
        return self._read(lambda connection: _strokes(connection, read_head(connection, document)))


def read_head(connection: Connection, document: str, *, lock: bool = False) -> DocumentHead:
    """Read a document's row; with `lock`, nobody else writes in it until the commit."""
    query = select(documents).where(documents.c.id == document)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise AnnotationError(f"A document of the store was expected, but got {document!r}.")
    return as_head(row)


def as_head(row: Row[Any]) -> DocumentHead:
    """Return a row of the table as a value."""
    return DocumentHead(
        row.id,
        row.image,
        None if row.box is None else tuple(json.loads(row.box)),
        row.owner,
        row.study,
        row.arm,
        row.repeat,
        row.status,
        row.revision,
        json.loads(row.hierarchy),
    )


def _register(connection: Connection, image: StoredImage) -> StoredImage:
    row = connection.execute(select(images).where(images.c.id == image.id)).first()
    if row is not None:
        return StoredImage(*row)
    values = (image.id, image.name, image.sha256, image.width, image.height)
    connection.execute(insert(images).values(values))
    return image


def open_in(connection: Connection, head: DocumentHead) -> DocumentHead:
    """Return the document of the place of `head`, which is made where there is none."""
    facts = [head.image, head.box, head.owner, head.study, head.arm, head.repeat]
    place = json.dumps(facts, ensure_ascii=False)
    query = select(documents).where(documents.c.place == place)
    row = connection.execute(query).first()
    if row is not None:
        return as_head(row)
    if connection.scalar(select(images.c.id).where(images.c.id == head.image)) is None:
        raise AnnotationError(f"An image of the store was expected, but got {head.image!r}.")
    values = head.to_json() | {
        "place": place,
        "box": None if head.box is None else json.dumps(head.box),
        "hierarchy": json.dumps(dict(head.hierarchy)),
        "since": store_now(),
    }
    connection.execute(insert(documents), values)
    return head


def read_document(connection: Connection, document: str) -> Document:
    """Read a document as it is now."""
    head = read_head(connection, document)
    query = select(nuclei.c.id, nuclei.c.revision, nuclei.c.body)
    texts, removed = {}, {}
    for key, revision, body in connection.execute(query.where(nuclei.c.document == document)):
        if body is None:
            removed[key] = revision
        else:
            texts[key] = body
    drawn = _strokes(connection, head)
    return replace(drawn, head=head, nuclei=StoredNuclei(texts), removed=removed)


def _strokes(connection: Connection, head: DocumentHead) -> Document:
    """Return a document that has its strokes alone."""
    query = select(edits.c.body).where(edits.c.document == head.id, edits.c.nucleus.is_(None))
    rows = connection.scalars(query.order_by(edits.c.revision))
    return replay(Document(head), [(change_of(body), "") for body in rows])


def _text(
    connection: Connection,
    document: str,
    role: Role,
    classes: Mapping[str, Any],
    more: Mapping[str, Any],
) -> str:
    head = read_head(connection, document)
    head = replace(head, hierarchy=classes_of(head, classes))
    drawn = [stroke.to_json() for stroke in _strokes(connection, head).strokes]
    here = (nuclei.c.document == document) & nuclei.c.body.is_not(None)
    joined = func.aggregate_strings(nuclei.c.body, ",")
    bodies = connection.scalar(select(joined).where(here)) or ""
    rest = seen_by(head, role).to_json() | {"strokes": drawn, **more}
    return f'{json.dumps(rest)[:-1]}, "nuclei": [{bodies}]}}'


def replayed_document(connection: Connection, document: str, at: int) -> Document:
    """Read a document as its log makes it, up to a revision."""
    head = read_head(connection, document)
    query = select(edits.c.body, edits.c.made_by).where(
        edits.c.document == document, edits.c.revision <= at
    )
    rows = connection.execute(query.order_by(edits.c.revision))
    empty = Document(replace(head, revision=0))
    return replay(empty, ((change_of(body), by) for body, by in rows))
