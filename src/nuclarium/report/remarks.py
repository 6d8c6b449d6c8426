"""Remarks on images, and how they are gathered at the head of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remark:
    """Something worth a look: in two or three words for the table, and as a plain sentence."""

    short: str
    text: str


@dataclass(frozen=True, slots=True)
class Mention:
    """An image in a group of remarks, and its sentence where they differ."""

    anchor: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class RemarkGroup:
    """All remarks of one kind; `text` is empty where they differ."""

    short: str
    text: str
    mentions: tuple[Mention, ...]


def grouped(images: Sequence[tuple[str, Sequence[Remark]]]) -> list[RemarkGroup]:
    """Gather the images of each kind of remark, the most frequent kind first.

    Parameters
    ----------
    images : sequence of (name, remarks)
        In the order of the page.
    """
    kinds: dict[str, list[Mention]] = {}
    for number, (name, remarks) in enumerate(images, start=1):
        for remark in remarks:
            mention = Mention(f"image-{number}", name, remark.text)
            kinds.setdefault(remark.short, []).append(mention)
    groups = []
    for short, mentions in sorted(kinds.items(), key=lambda item: -len(item[1])):
        texts = {mention.text for mention in mentions}
        groups.append(RemarkGroup(short, texts.pop() if len(texts) == 1 else "", tuple(mentions)))
    return groups
