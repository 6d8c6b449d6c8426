"""Ids in addresses: what does not look like one never reaches the store."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

_DIGITS = "[0-9a-f]{32}$"

DocumentId = Annotated[str, Path(pattern=f"^d-{_DIGITS}")]
ImageId = Annotated[str, Path(pattern=f"^i-{_DIGITS}")]
JobId = Annotated[str, Path(pattern=f"^j-{_DIGITS}")]
NucleusId = Annotated[str, Query(pattern=f"^n-{_DIGITS}")]
InvitationId = Annotated[str, Path(pattern=f"^{_DIGITS}")]
Alias = Annotated[str, Path(max_length=100, pattern=r"^[^\x00-\x1f/\\]+$")]
Number = Annotated[int, Path(ge=0, le=1_000_000_000)]
