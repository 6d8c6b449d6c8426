"""Nuclei and edits as the store keeps them: JSON text, checked when it came and trusted since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from nuclarium.annotate.changes import Change
from nuclarium.annotate.edits import Edit
from nuclarium.annotate.nuclei import Nucleus
from nuclarium.annotate.strokes import Stroke


class StoredNuclei(Mapping[str, Nucleus]):
    """Nuclei by id that are read from their text when they are asked for.

    Parameters
    ----------
    texts : mapping of str to str
        JSON of each nucleus, with rater and revision.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def __getitem__(self, key: str) -> Nucleus:
        return nucleus_of(self._texts[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def text_of(thing: Nucleus | Change) -> str:
    """Return the text that the store keeps."""
    return json.dumps(thing.to_json(), ensure_ascii=False, separators=(",", ":"))


def nucleus_of(text: str) -> Nucleus:
    """Read a nucleus from its text."""
    return _nucleus(json.loads(text))


def change_of(text: str) -> Change:
    """Read an edit or a stroke from its text."""
    row = json.loads(text)
    if "nucleus" not in row:
        row["class_id"] = row.pop("class")
        return Stroke(**row | {"points": tuple(row["points"])})
    after = row.pop("after")
    return Edit(**row, after=None if after is None else _nucleus(after))


def _nucleus(row: dict[str, Any]) -> Nucleus:
    row["rings"] = tuple(map(tuple, row["rings"]))
    return Nucleus(**row)
