"""Which fields have no suggestions that all raters see, and making them with a shipped model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nuclarium.annotate.store import Store
from nuclarium.annotate.store_studies import Place
from nuclarium.annotate.studies import Design
from nuclarium.workspace.assist_sources import is_shared

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Unsuggested:
    """Fields of a study in which nothing is suggested, among how many."""

    places: tuple[Place, ...]
    names: tuple[str, ...]
    total: int

    @property
    def sentence(self) -> str:
        """What a person should know, and do; empty where there is nothing to say."""
        if not self.places:
            return ""
        more = len(self.names) - _NAMED
        names = ", ".join(self.names[:_NAMED]) + (f" and {more} more images" if more > 0 else "")
        count = f"{len(self.places)} of {self.total} fields"
        if len(self.places) == self.total:
            count = "the only field" if self.total == 1 else f"any of the {self.total} fields"
        return (
            f"An arm of this study shows suggestions, but there are none in {count} ({names}): "
            "raters see those as without suggestions. Let a model suggest nuclei in them first. "
            "Suggestions made of scribbles are of one document and are not shown to others."
        )


def unsuggested(store: Store, places: Iterable[Place]) -> Unsuggested:
    """Return the fields that have no suggestion which all see: of a model, or of a file."""
    every = list(places)
    shared = {
        image: [source for source in store.sources(image) if is_shared(source)]
        for image in {image for image, _ in every}
    }
    lacking = tuple(
        (image, box)
        for image, box in every
        if not (shared[image] and store.has_suggestions(image, shared[image], box=box))
    )
    names = {image.id: image.name for image in store.images()}
    named = tuple(dict.fromkeys(names.get(image, "") for image, _ in lacking))
    return Unsuggested(lacking, named, len(every))


def warnings_of(store: Store, design: Design, places: Sequence[Place]) -> list[str]:
    """Return what should be known before or while a study of these fields runs."""
    if not any(arm.suggestions for arm in design.arms):
        return []
    sentence = unsuggested(store, places).sentence
    return [sentence] if sentence else []
