"""Links that make one account each."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from nuclarium.annotate.roles import Role
from nuclarium.annotate.store import Store
from nuclarium.annotate.store_people import FIRST
from nuclarium.server.sessions import token_hash


def invite(store: Store, role: Role, *, by: str, hours: int, group: str = "") -> tuple[str, str]:
    """Make an invitation; the store keeps the hash of its token only.

    Returns
    -------
    token, expires : str
    """
    token = secrets.token_urlsafe(24)
    expires = (datetime.now(UTC) + timedelta(hours=hours)).isoformat(timespec="seconds")
    store.invite(token_hash(token), role, by=by, expires=expires, group=group)
    return token, expires


def first_invitation(store: Store) -> str | None:
    """Return the token that makes the first admin, or None where one can log in already."""
    for user in store.users():
        known = store.password_hash(user.name)
        if user.role == "admin" and user.active and known is not None and known[1]:
            return None
    return invite(store, "admin", by=FIRST, hours=24)[0]
