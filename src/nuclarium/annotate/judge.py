"""Which of the edits that somebody sent are taken, and which meet the change of somebody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nuclarium.annotate.changes import Change
from nuclarium.annotate.document import says_what_is_there
from nuclarium.annotate.edits import Edit
from nuclarium.annotate.nuclei import Nucleus


@dataclass(frozen=True, slots=True)
class Conflict:
    """An edit that was not taken, and what its nucleus is now; None where it is removed."""

    id: str
    nucleus: str
    theirs: Nucleus | None


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What the store says to edits: those taken are on the disk.

    Parameters
    ----------
    acknowledged : tuple of (str, int)
        Id of each edit that is kept, whether now or before, and the revision that it has.
    conflicts : tuple of Conflict
        Edits that were not taken.
    revision : int
        Of the document afterwards.
    """

    acknowledged: tuple[tuple[str, int], ...]
    conflicts: tuple[Conflict, ...]
    revision: int

    def to_json(self) -> dict[str, Any]:
        """Return what JSON carries."""
        return {
            "acknowledged": [{"id": id_, "revision": at} for id_, at in self.acknowledged],
            "conflicts": [
                {
                    "id": conflict.id,
                    "nucleus": conflict.nucleus,
                    "theirs": conflict.theirs and conflict.theirs.to_json(),
                }
                for conflict in self.conflicts
            ],
            "revision": self.revision,
        }


@dataclass(frozen=True, slots=True)
class Head:
    """A nucleus as it is now: its last revision, and what it is, None where it is removed."""

    revision: int
    nucleus: Nucleus | None


@dataclass(slots=True)
class Judgement:
    """Judges edits of one person one after another.

    Parameters
    ----------
    rater : str
        Alias of the person.
    revision : int
        Of the document so far.
    heads : dict of str to Head
        The nuclei that the edits name, as far as they were ever there; brought up to date.
    known : mapping of str to int
        Edits among them that are in the log: the revision of each.
    taken : list of (Change, int)
        Edits to be written, with the revision that each gets.
    """

    rater: str
    revision: int
    heads: dict[str, Head]
    known: Mapping[str, int]
    taken: list[tuple[Change, int]] = field(default_factory=list)
    _acknowledged: dict[str, int] = field(default_factory=dict)
    _conflicts: dict[str, Conflict] = field(default_factory=dict)
    _own: dict[str, tuple[set[int], int]] = field(default_factory=dict)

    def judge(self, changes: Sequence[Change]) -> Acknowledgement:
        """Take what can be taken.

        Edits that are sent together know of each other: the second edit of a nucleus may name the
        same base as the first, since its revision was not known yet.
        """
        for change in changes:
            self._judge(change)
        return Acknowledgement(
            tuple(self._acknowledged.items()), tuple(self._conflicts.values()), self.revision
        )

    def _judge(self, change: Change) -> None:
        if change.id in self._acknowledged:
            return
        if change.id in self.known:
            self._acknowledge(change, self.known[change.id])
        elif isinstance(change, Edit) and not self._fits(change):
            theirs = self.heads[change.nucleus].nucleus if change.nucleus in self.heads else None
            self._conflicts[change.id] = Conflict(change.id, change.nucleus, theirs)
        else:
            self.revision += 1
            self.taken.append((change, self.revision))
            if isinstance(change, Edit):
                after = change.after and replace(
                    change.after, rater=self.rater, revision=self.revision
                )
                self.heads[change.nucleus] = Head(self.revision, after)
            self._acknowledge(change, self.revision)

    def _fits(self, edit: Edit) -> bool:
        head = self.heads.get(edit.nucleus, Head(0, None))
        bases, own = self._own.get(edit.nucleus, (set(), -1))
        is_seen = edit.base == head.revision or (edit.base in bases and own == head.revision)
        return is_seen or (head.revision > 0 and says_what_is_there(edit, head.nucleus))

    def _acknowledge(self, change: Change, revision: int) -> None:
        self._acknowledged[change.id] = revision
        if isinstance(change, Edit):
            bases, _ = self._own.get(change.nucleus, (set(), -1))
            self._own[change.nucleus] = (bases | {change.base}, revision)
