"""What scribbles and suggestions share in one server: open images, classifiers, the newest work."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar, cast

from fastapi import FastAPI, Request

from nuclarium.annotate.document import DocumentHead
from nuclarium.annotate.roles import is_at_least
from nuclarium.annotate.strokes import Stroke
from nuclarium.core.geometry import Box
from nuclarium.server.access import Person, seen_document
from nuclarium.server.errors import Forbidden, Refusal
from nuclarium.server.fair_line import FairLine
from nuclarium.server.studio import Studio, studio_of
from nuclarium.workspace.assist_pixels import Brush, Newest, Superseded
from nuclarium.workspace.assist_planes import AssistedImage, AssistedImages

_Answer = TypeVar("_Answer")
_AT_ONCE = 2
_making = threading.Lock()


class Outdated(Refusal):
    """A mask that nobody waits for any more, since newer strokes were drawn."""

    status = 409


@dataclass
class Assist:
    """Shared by the routes of one server.

    Parameters
    ----------
    studio : Studio
    """

    studio: Studio
    images: AssistedImages = field(default_factory=lambda: AssistedImages(workers=_workers()))
    brush: Brush = field(default_factory=Brush)
    newest: Newest = field(default_factory=Newest)
    _line: FairLine = field(default_factory=lambda: FairLine(_AT_ONCE, "assist"))

    def image(self, image: str) -> AssistedImage:
        """Return an image of the project, open to be looked at by a classifier."""
        raw = self.studio.shelf.image(image).raw
        return self.images.image(raw.path, scene=raw.scene, sha256=raw.sha256)

    async def run(self, person: Person, work: Callable[[], _Answer]) -> _Answer:
        """Compute something beside the server's other threads, so that edits never wait for it.

        People take turns: one who asks for many masks keeps nobody else waiting.

        Raises
        ------
        Outdated
            If the work ended because newer work took its place.
        """
        try:
            answer: _Answer = await asyncio.wrap_future(self._line.submit(person.alias, work))
            return answer
        except Superseded as error:
            raise Outdated(str(error)) from None

    def close(self) -> None:
        """Start nothing more, and close files once the work that runs lets go of them."""
        self._line.close()
        self.images.close()

    def head(self, document: str, person: Person) -> DocumentHead:
        """Return a document that a person sees, and in which suggestions may be shown.

        Raises
        ------
        Forbidden
            If it belongs to an arm of a study in which people work without them.
        """
        head = seen_document(self.studio, document, person)
        if not self.is_shown(head, person):
            raise Forbidden(
                "In this part of the study people work without suggestions, so none are shown or "
                "made here. Outline the nuclei by hand."
            )
        return head

    def is_shown(self, head: DocumentHead, person: Person) -> bool:
        """Whether suggestions, and masks that a computer makes, are shown in a document."""
        if head.study is None:
            return not self.is_unaided(head.image, person)
        return self._has_suggestions(head.study, head.arm)

    def is_unaided(self, image: str, person: Person) -> bool:
        """Whether a rater works without suggestions in a field of an image.

        They get none in other documents of it either, since they would see there what the study
        hides from them.
        """
        if is_at_least(person.role, "senior"):
            return False
        arms = self.studio.store.arms_of(person.alias, image)
        return any(not self._has_suggestions(study, arm) for study, arm in arms)

    def _has_suggestions(self, study: str, name: str | None) -> bool:
        arms = self.studio.store.study(study).design.arms
        return any(arm.suggestions for arm in arms if arm.name == name)

    def strokes(
        self, document: str, ids: Sequence[str] | None, sent: Sequence[Stroke]
    ) -> list[Stroke]:
        """Return the strokes that a person sees: those of `ids`, stored or just sent.

        Parameters
        ----------
        ids : sequence of str, optional
            In their order; those of the store when left out.
        sent : sequence of Stroke
            Strokes that may not be in the store yet.

        Raises
        ------
        Outdated
            If one is neither stored nor sent.
        """
        stored = self.studio.store.strokes(document)
        if ids is None:
            return list(stored.strokes)
        known = dict(stored.drawn) | {one.id: one for one in sent}
        missing = [one for one in ids if one not in known]
        if missing:
            raise Outdated(
                f"{len(missing)} of {len(ids)} strokes are not saved yet. Ask again once they are."
            )
        return [known[one] for one in ids]


def assist_of(request: Request) -> Assist:
    """Return what scribbles and suggestions share in the server that a request came to."""
    state = request.app.state
    with _making:
        if not hasattr(state, "assist"):
            state.assist = Assist(studio_of(request))
    return cast(Assist, state.assist)


def close_assist(app: FastAPI) -> None:
    """End what a server does for scribbles, and close the files that it holds open."""
    if hasattr(app.state, "assist"):
        cast(Assist, app.state.assist).close()


def window_of(box: Box | None, head: DocumentHead, shape: tuple[int, int, int]) -> Box:
    """Return what is masked: the wish within the field and the image."""
    window = Box.of_shape(shape[1:])
    if head.box is not None:
        x0, y0, x1, y1 = head.box
        window = window.intersection(Box(y0, x0, y1, x1))
    return window if box is None else window.intersection(box)


def _workers() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(4, cores or 1))
