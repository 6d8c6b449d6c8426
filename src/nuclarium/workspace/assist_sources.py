"""Who suggested what: a source names what made a set and where; a new set replaces the old."""

from __future__ import annotations

from collections.abc import Sequence

from nuclarium.annotate.store import Store
from nuclarium.annotate.store_suggestions import Suggestion
from nuclarium.core.geometry import Box

_DIGITS = 12


def source_of(kind: str, name: str, digest: str, z: int | None, box: Box | None) -> str:
    """Return the text under which a set of suggestions is kept.

    Parameters
    ----------
    kind : str
        ``model``, ``pixels`` or ``results``.
    name : str
        Of the model, of the document, or the file.
    digest : str
        SHA-256 of the model, the classifier or the file, of which 12 digits are kept.

    Examples
    --------
    >>> source_of("model", "fluo", "0123456789abcdef", 3, Box(0, 5, 10, 25))
    'model fluo 0123456789ab z=3 box=5,0,25,10'
    """
    words = [kind, name, digest[:_DIGITS], *_place(z, box)]
    return " ".join(words)[:200]


def replace_suggestions(
    store: Store, image: str, source: str, suggested: Sequence[Suggestion]
) -> int:
    """Keep a set; sets of the same kind, name, plane and box that another version made go.

    Returns
    -------
    count : int
        Suggestions that were kept.
    """
    for known in store.sources(image):
        if known != source and _without_digest(known) == _without_digest(source):
            store.suggest(image, known, [])
    return store.suggest(image, source, suggested)


def is_shared(source: str) -> bool:
    """Whether a set is shown in every document of its image: those of masks are not."""
    return source.partition(" ")[0] != "pixels"


def is_for(source: str, document: str) -> bool:
    """Whether a set is shown in a document: those of masks belong to the document they are of."""
    return is_shared(source) or source.split(" ")[1:2] == [document]


def said_of(source: str) -> str:
    """Return what made a set, as people read it.

    Examples
    --------
    >>> said_of("model fluo 0123456789ab z=3"), said_of("pixels d-0 0123456789ab z=0")
    ('model fluo', 'your scribbles')
    """
    kind, _, rest = source.partition(" ")
    words = rest.split(" ")
    if kind == "pixels":
        return "your scribbles"
    return " ".join((kind, *words[:1]))


def _place(z: int | None, box: Box | None) -> list[str]:
    words = [] if z is None else [f"z={z}"]
    return words + ([] if box is None else [f"box={box.x0},{box.y0},{box.x1},{box.y1}"])


def _without_digest(source: str) -> tuple[str, ...]:
    words = source.split(" ")
    return (*words[:2], *words[3:])
