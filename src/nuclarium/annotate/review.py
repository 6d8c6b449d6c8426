"""How far a document is: the states of work and review, and who may go from one to which."""

from __future__ import annotations

from typing import Literal, get_args

Status = Literal["not_started", "in_work", "done", "approved", "needs_work"]
STATUSES: tuple[Status, ...] = get_args(Status)
