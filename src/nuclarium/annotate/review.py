"""How far a document is: the states of work and review, and who may go from one to which."""

from __future__ import annotations

from typing import Literal, get_args

from nuclarium.annotate.roles import Role, is_at_least
from nuclarium.core.errors import AnnotationError

Status = Literal["not_started", "in_work", "done", "approved", "needs_work"]
STATUSES: tuple[Status, ...] = get_args(Status)

_OF_WORK: dict[str, tuple[Status, ...]] = {
    "not_started": ("in_work", "done"),
    "in_work": ("done",),
    "done": ("in_work",),
    "needs_work": ("in_work", "done"),
}
"""What whoever draws may say; what is approved is open again for a senior only."""
_OF_REVIEW: dict[str, tuple[Status, ...]] = {
    "done": ("approved", "needs_work"),
    "approved": ("needs_work",),
    "needs_work": ("approved",),
}


def next_states(status: str, role: Role, *, draws: bool) -> tuple[Status, ...]:
    """Return the states that a person may set next.

    Parameters
    ----------
    status : str
        What the document is now.
    role : Role
    draws : bool
        Whether the document is the person's own, or shared.

    Examples
    --------
    >>> next_states("done", "rater", draws=True)
    ('in_work',)
    >>> next_states("done", "senior", draws=False)
    ('approved', 'needs_work')
    """
    of_work = _OF_WORK.get(status, ()) if draws and is_at_least(role, "rater") else ()
    of_review = _OF_REVIEW.get(status, ()) if is_at_least(role, "senior") else ()
    return (*of_work, *(state for state in of_review if state not in of_work))


def check_step(status: str, to: str, role: Role, *, draws: bool) -> None:
    """Refuse a step that a person may not take; staying in work is none.

    Raises
    ------
    AnnotationError
        One sentence that says which steps there are.
    """
    states = next_states(status, role, draws=draws)
    if to == status and draws and status in ("not_started", "in_work", "needs_work"):
        return
    if to not in states:
        possible = f"be one of {', '.join(states)}" if states else "stay"
        raise AnnotationError(
            f"The next state of a document that is {status} must {possible} for a {role}, but got "
            f"{to!r}."
        )


def may_draw(status: str, role: Role, *, draws: bool) -> bool:
    """Whether a person may change what is drawn: the owner until it is approved, seniors always.

    Examples
    --------
    >>> may_draw("approved", "rater", draws=True), may_draw("approved", "senior", draws=False)
    (False, True)
    """
    if is_at_least(role, "senior"):
        return True
    return draws and is_at_least(role, "rater") and status != "approved"
