"""What of a study people may know: raters learn neither arm nor repeat."""

from __future__ import annotations

from dataclasses import replace

from nuclarium.annotate.document import DocumentHead
from nuclarium.annotate.roles import Role, is_at_least

ADJUDICATION = "adjudicated"
"""Arm of the documents in which seniors decide what raters dispute; no arm of a study is it."""
GOLD = "gold"
"""Arm of the documents that hold the known truth of a field."""


def seen_by(head: DocumentHead, role: Role) -> DocumentHead:
    """Return a document as a person may know it: a rater learns neither arm nor repeat.

    Examples
    --------
    >>> head = DocumentHead("d-1", "i-1", owner="R1", study="s-1", arm="control", repeat=1)
    >>> seen_by(head, "rater").repeat, seen_by(head, "rater").arm, seen_by(head, "senior").repeat
    (0, None, 1)
    """
    if head.study is None or is_at_least(role, "senior"):
        return head
    return replace(head, arm=None, repeat=0)
