"""The page of an audit: what was found in a dataset, with pictures, in one self-contained file."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from nuclarium.report.numbers import count_text
from nuclarium.report.pictures import Picture

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class GalleryCard:
    """One finding.

    Parameters
    ----------
    text : str
        A sentence.
    pictures : tuple of Picture
        Of the items that it is about; none where only so many are shown.
    is_leak : bool
        Marked as such.
    """

    text: str
    pictures: tuple[Picture, ...] = ()
    is_leak: bool = False


@dataclass(frozen=True)
class GallerySection:
    """All findings of a kind.

    Parameters
    ----------
    title, hint : str
        The kind, and what it means.
    cards : sequence of GalleryCard
    """

    title: str
    hint: str
    cards: Sequence[GalleryCard]

    @property
    def n_leaks(self) -> int:
        """Findings that make scores too good."""
        return sum(card.is_leak for card in self.cards)


@dataclass(frozen=True)
class GalleryHead:
    """What the page says of the dataset as a whole.

    Parameters
    ----------
    title, version : str
    verdict : str
        A sentence on leaks.
    tiles : dict of str to int
        What is counted → how many.
    facts : dict of str to str
        Licence, origin and so on.
    program : str
        Name and version of this program.
    """

    title: str
    version: str
    verdict: str
    tiles: Mapping[str, int]
    facts: Mapping[str, str]
    program: str


def render_gallery(head: GalleryHead, sections: Sequence[GallerySection]) -> str:
    """Return the page as HTML, with everything it needs inside and no script.

    Parameters
    ----------
    head : GalleryHead
    sections : sequence of GallerySection
        In the order of the page.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": count_text,
        "base64": lambda data: base64.b64encode(data).decode(),
    }
    text = environment.get_template("gallery.html.j2").render(
        head=head,
        sections=sections,
        style=(_TEMPLATES / "page.css").read_text(encoding="utf-8"),
    )
    return text.encode("utf-8", "replace").decode()
