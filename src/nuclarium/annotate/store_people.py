"""People of a store: accounts and invitations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from nuclarium.annotate import checks
from nuclarium.annotate.roles import ROLES, Role
from nuclarium.annotate.store_base import StoreBase, store_now
from nuclarium.annotate.tables import invitations, users
from nuclarium.core.errors import AnnotationError

FIRST = "nuclarium"
"""Who invites the first admin: each start of a server makes such a link until there is one."""


_ID_DIGITS = 32


@dataclass(frozen=True, slots=True)
class User:
    """A person: alias (the only name in data), log-in name, role, group of raters."""

    alias: str
    name: str
    role: Role
    group: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that makes an account; the store knows the hash of its token only."""

    token_hash: str
    role: Role
    group: str
    invited_by: str
    expires: str
    accepted_by: str | None = None

    @property
    def id(self) -> str:
        """What it is called where its token must not be known."""
        return invitation_id(self.token_hash)


def invitation_id(token_hash: str) -> str:
    """Return the id of the invitation whose token has this hash."""
    return token_hash[:_ID_DIGITS]


class People(StoreBase):
    """Accounts and invitations."""

    def add_user(
        self, name: str, role: Role, *, group: str = "", password_hash: str = "", alias: str = ""
    ) -> User:
        """Make an account; the alias is ``R1``, ``R2`` … where none is given.

        Raises
        ------
        AnnotationError
            If the name or the alias is taken.
        """
        return self._write(
            lambda connection: _add_user(connection, name, role, group, password_hash, alias)
        )

    def user(self, alias: str) -> User:
        """Return a person; AnnotationError where there is none of this alias."""
        found = self._read(lambda connection: _user(connection, alias))
        if found is None:
            raise AnnotationError(f"A person of the store was expected, but got {alias!r}.")
        return found

    def users(self) -> list[User]:
        """Return everybody, in the order of joining."""
        query = select(users).order_by(users.c.since, users.c.alias)
        return [_as_user(row) for row in self._read(lambda c: c.execute(query).all())]

    def password_hash(self, name: str) -> tuple[User, str] | None:
        """Return the person of a log-in name and the hash of the password, or None."""
        query = select(users).where(users.c.name == name)
        row = self._read(lambda connection: connection.execute(query).first())
        return None if row is None else (_as_user(row), row.password_hash)

    def change_user(self, alias: str, **values: Any) -> User:
        """Change role, group, active or password_hash of a person.

        Raises
        ------
        AnnotationError
            If it would leave no active admin.
        """
        return self._write(lambda connection: _change_user(connection, alias, values))

    def invite(
        self, token_hash: str, role: Role, *, by: str, expires: str, group: str = ""
    ) -> Invitation:
        """Keep an invitation; `expires` is a time in ISO 8601 that the server judges."""
        checks.a_choice(role, "A role", ROLES)
        made = Invitation(token_hash, role, checks.a_text(group, "A group"), by, expires)
        row = {
            "token_hash": token_hash,
            "role": role,
            "rater_group": group,
            "invited_by": by,
            "expires": expires,
        }
        self._write(lambda connection: connection.execute(insert(invitations), row))
        return made

    def invitation(self, token_hash: str) -> Invitation | None:
        """Return an invitation by the hash of its token, or None."""
        query = select(invitations).where(invitations.c.token_hash == token_hash)
        row = self._read(lambda connection: connection.execute(query).first())
        return None if row is None else Invitation(*row)

    def open_invitations(self) -> list[Invitation]:
        """Return the invitations of people that nobody used yet, also those that expired."""
        here = invitations.c
        query = select(invitations).where(here.accepted_by.is_(None), here.invited_by != FIRST)
        query = query.order_by(here.expires, here.token_hash)
        return [Invitation(*row) for row in self._read(lambda c: c.execute(query).all())]

    def revoke_invitation(self, key: str) -> bool:
        """Take back an invitation that nobody used, by its id; whether there was one."""
        here = invitations.c
        this = (func.substr(here.token_hash, 1, _ID_DIGITS) == key) & here.accepted_by.is_(None)
        done = self._write(lambda c: c.execute(delete(invitations).where(this)).rowcount)
        return bool(done)

    def accept_invitation(self, token_hash: str, name: str, password_hash: str) -> User:
        """Make the account of an invitation, once; AnnotationError where it was used."""
        return self._write(lambda c: _accept(c, token_hash, name, password_hash))


def _add_user(
    connection: Connection, name: str, role: str, group: str, password_hash: str, alias: str
) -> User:
    checks.a_choice(role, "A role", ROLES)
    checks.a_text(name, "A name", longest=100, empty=False)
    checks.a_text(group, "A group", longest=100)
    checks.a_text(alias, "An alias", longest=100)
    if connection.scalar(select(users.c.alias).where(users.c.name == name)) is not None:
        raise AnnotationError(f"A name of the store must be new, but {name!r} is taken.")
    if not alias:
        number = int(connection.scalar(select(func.count()).select_from(users)) or 0) + 1
        while _user(connection, f"R{number}") is not None:
            number += 1
        alias = f"R{number}"
    if _user(connection, alias) is not None:
        raise AnnotationError(f"An alias of the store must be new, but {alias!r} is taken.")
    row = {
        "alias": alias,
        "name": name,
        "role": role,
        "rater_group": group,
        "password_hash": password_hash,
        "active": True,
        "since": store_now(),
    }
    connection.execute(insert(users), row)
    return User(alias, name, cast(Role, role), group)


def _change_user(connection: Connection, alias: str, values: dict[str, Any]) -> User:
    row = checks.an_object(values, "A change", ("role", "group", "active", "password_hash"), ())
    if _user(connection, alias) is None:
        raise AnnotationError(f"A person of the store was expected, but got {alias!r}.")
    if "role" in row:
        checks.a_choice(row["role"], "A role", ROLES)
    if "group" in row:
        row["rater_group"] = checks.a_text(row.pop("group"), "A group", longest=100)
    if row:
        connection.execute(update(users).where(users.c.alias == alias), row)
    admins = select(users.c.alias).where(users.c.role == "admin", users.c.active)
    if ("role" in row or "active" in row) and connection.execute(admins).first() is None:
        raise AnnotationError("A store must have an active admin, but this was the last one.")
    return cast(User, _user(connection, alias))


def _accept(connection: Connection, token_hash: str, name: str, password_hash: str) -> User:
    query = select(invitations).where(invitations.c.token_hash == token_hash)
    row = connection.execute(query).first()
    if row is None or row.accepted_by is not None:
        raise AnnotationError(
            "An invitation must be known and not used before, but this one is not. Ask for "
            "a new one."
        )
    if row.invited_by == FIRST and _has_admin(connection):
        raise AnnotationError(
            "The link for the first admin must be used by the first one, but there is an admin "
            "already. Ask for an invitation."
        )
    user = _add_user(connection, name, row.role, row.rater_group, password_hash, "")
    this = update(invitations).where(invitations.c.token_hash == token_hash)
    connection.execute(this.values(accepted_by=user.alias))
    return user


def _has_admin(connection: Connection) -> bool:
    """Whether an admin can log in."""
    can = (users.c.role == "admin") & users.c.active & (users.c.password_hash != "")
    return connection.scalar(select(users.c.alias).where(can)) is not None


def _user(connection: Connection, alias: str) -> User | None:
    row = connection.execute(select(users).where(users.c.alias == alias)).first()
    return None if row is None else _as_user(row)


def _as_user(row: Row[Any]) -> User:
    return User(row.alias, row.name, row.role, row.rater_group, bool(row.active))
