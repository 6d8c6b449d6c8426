"""Suggestions of a store: outlines that people accept or reject, kept with what became of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from nuclarium.annotate import checks
from nuclarium.annotate.nuclei import Ring
from nuclarium.annotate.store_base import StoreBase
from nuclarium.annotate.tables import suggestions


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An outline to accept or reject.

    Parameters
    ----------
    id : str
        ``u-`` and 32 hexadecimal digits; nuclei that came of it name it.
    rings : tuple of Ring
        Exterior, then holes.
    label : str
        Class; empty where none is suggested.
    score : float or None
        Probability that it is a nucleus, where it is known.
    z : int or None
        Plane of a stack, from 0.
    source : str
        Such as ``"model fluo"``.
    """

    id: str
    rings: tuple[Ring, ...]
    label: str = ""
    score: float | None = None
    z: int | None = None
    source: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return what JSON carries."""
        return {
            "id": self.id,
            "rings": [list(ring) for ring in self.rings],
            "label": self.label,
            "score": self.score,
            "z": self.z,
            "source": self.source,
        }


class Suggestions(StoreBase):
    """Suggestions of images."""

    def suggest(self, image: str, source: str, suggested: Sequence[Suggestion]) -> int:
        """Keep a set of suggestions; it takes the place of the set of the same image and source.

        What it replaces is no longer shown, but stays, since nuclei may name it.
        """
        checks.a_text(source, "The source of suggestions", empty=False)
        rows = [_row(image, source, one) for one in suggested]
        here = (suggestions.c.image == image) & (suggestions.c.source == source)

        def work(connection: Connection) -> int:
            connection.execute(update(suggestions).where(here).values(replaced=True))
            if rows:
                connection.execute(insert(suggestions), rows)
            return len(rows)

        return self._write(work)

    def suggestions(
        self,
        image: str,
        *,
        box: tuple[float, float, float, float] | None = None,
        source: str | None = None,
    ) -> list[Suggestion]:
        """Return the suggestions of an image that touch a box ``x0, y0, x1, y1``, or all."""
        table = suggestions.c
        query = _touching(image, box)
        if source is not None:
            query = query.where(table.source == source)
        rows = self._read(lambda c: c.execute(query.order_by(table.y0, table.x0, table.id)).all())
        return [_suggestion(row) for row in rows]

    def suggestion(self, key: str) -> Suggestion | None:
        """Return a suggestion by its id, replaced or not; None where there is none."""
        query = select(suggestions).where(suggestions.c.id == key)
        row = self._read(lambda connection: connection.execute(query).first())
        return None if row is None else _suggestion(row)

    def has_suggestions(
        self,
        image: str,
        sources: Sequence[str],
        *,
        box: tuple[float, float, float, float] | None = None,
    ) -> bool:
        """Whether one of some sources suggests anything in a box of an image, or in the whole."""
        here = _touching(image, box).where(suggestions.c.source.in_(sources))
        return self._read(lambda connection: connection.execute(here.limit(1)).first()) is not None

    def sources(self, image: str) -> list[str]:
        """Return the sources that suggested something in an image."""
        table = suggestions.c
        query = select(table.source).where(table.image == image, ~table.replaced).distinct()
        return list(self._read(lambda c: c.scalars(query.order_by(table.source)).all()))


def _touching(image: str, box: tuple[float, float, float, float] | None) -> Select[Any]:
    table = suggestions.c
    query = select(suggestions).where(table.image == image, ~table.replaced)
    if box is None:
        return query
    x0, y0, x1, y1 = box
    return query.where(table.x0 < x1, table.x1 > x0, table.y0 < y1, table.y1 > y0)


def _row(image: str, source: str, one: Suggestion) -> dict[str, Any]:
    rings = [checks.coordinates(ring, "A ring of a suggestion", 6) for ring in one.rings]
    numbers = rings[0] if rings else checks.coordinates([], "The exterior of a suggestion", 6)
    return {
        "id": checks.an_id(one.id, "The id of a suggestion", "u"),
        "image": image,
        "source": source,
        "z": one.z,
        "x0": min(numbers[::2]),
        "y0": min(numbers[1::2]),
        "x1": max(numbers[::2]),
        "y1": max(numbers[1::2]),
        "label": checks.a_text(one.label, "The label of a suggestion"),
        "score": one.score,
        "replaced": False,
        "rings": json.dumps(rings, separators=(",", ":")),
    }


def _suggestion(row: Any) -> Suggestion:
    rings = tuple(tuple(ring) for ring in json.loads(row.rings))
    return Suggestion(row.id, rings, row.label, row.score, row.z, row.source)
