"""What raters of a blind study may not learn of its images: name, condition, group."""

from __future__ import annotations

from typing import Any

from nuclarium.annotate.roles import is_at_least
from nuclarium.server.access import Person
from nuclarium.server.shelf import ShelfImage
from nuclarium.server.studio import Studio
from nuclarium.workspace.assist_sources import said_of

NEUTRAL = "A field of a study"
"""In place of a name. All have the same: a number would tell which field comes again."""


def hidden_images(studio: Studio, person: Person) -> frozenset[str]:
    """Return the images of which a person rates fields in a blind study; seniors know them all."""
    if is_at_least(person.role, "senior"):
        return frozenset()
    tasks = studio.store.tasks(rater=person.alias)
    blind = {
        study: any(one.alias == person.alias and one.active for one in found.raters)
        for study in {task.study for task in tasks}
        if (found := studio.store.study(study)).design.blind
    }
    return frozenset(task.image for task in tasks if blind.get(task.study))


def listed_images(studio: Studio, person: Person) -> list[dict[str, Any]]:
    """Return the images as a person may know them: those that are hidden are not listed.

    The order of the list would tell as much as the names: images are imported by condition.
    """
    hidden = hidden_images(studio, person)
    return [image.to_json() for image in studio.shelf.images() if image.id not in hidden]


def seen_image(studio: Studio, image: str, person: Person) -> dict[str, Any]:
    """Return an image as a person may know it."""
    found: ShelfImage = studio.shelf.image(image)
    if image not in hidden_images(studio, person):
        return found.to_json()
    return found.to_json() | {"name": NEUTRAL, "condition": "", "group": ""}


def seen_source(source: str) -> tuple[str, str]:
    """Return what made a suggestion, in words and as it is kept, without the name of a file.

    Examples
    --------
    >>> seen_source("model fluo 0123456789ab"), seen_source("results labels/250Pa_7.tif 0123")
    (('model fluo', 'model fluo 0123456789ab'), ('results', 'results'))
    """
    is_plain = source.partition(" ")[0] in ("model", "pixels")
    return (said_of(source), source) if is_plain else ("results", "results")
