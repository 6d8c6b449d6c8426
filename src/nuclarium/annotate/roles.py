"""What people may be: each role may do all that the ones after it may."""

from __future__ import annotations

from typing import Literal, get_args

Role = Literal["admin", "senior", "rater", "viewer"]
ROLES: tuple[Role, ...] = get_args(Role)


def is_at_least(role: Role, needed: Role) -> bool:
    """Whether a role may do what another may.

    Examples
    --------
    >>> is_at_least("senior", "rater"), is_at_least("viewer", "rater")
    (True, False)
    """
    return ROLES.index(role) <= ROLES.index(needed)
