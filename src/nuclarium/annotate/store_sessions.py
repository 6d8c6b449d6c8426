"""Sessions of a store that were logged out: whoever copied a cookie cannot use it afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from nuclarium.annotate.store_base import StoreBase
from nuclarium.annotate.tables import ended_sessions


class EndedSessions(StoreBase):
    """Sessions that were logged out."""

    def end_session(self, session: str, alias: str, *, lasts_s: float) -> None:
        """Keep that a session of a person is over, for as long as its cookie would hold."""
        now = datetime.now(UTC)
        row = {"id": session, "alias": alias, "expires": _text(now + timedelta(seconds=lasts_s))}
        here = ended_sessions.c

        def work(connection: Connection) -> None:
            connection.execute(delete(ended_sessions).where(here.expires < _text(now)))
            query = select(here.id).where(here.id == session)
            if connection.scalar(query) is None:
                connection.execute(insert(ended_sessions), row)

        self._write(work)

    def ended_sessions(self, alias: str) -> frozenset[str]:
        """Return the sessions of a person that were logged out."""
        query = select(ended_sessions.c.id).where(ended_sessions.c.alias == alias)
        return frozenset(self._read(lambda connection: connection.scalars(query).all()))


def _text(time: datetime) -> str:
    return time.isoformat(timespec="seconds")
