"""The JSON of a request: bounded, finite, and nothing but JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any, NoReturn, TypeVar

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from nuclarium.server.errors import Refusal, WrongType

Answer = TypeVar("Answer")
SMALL_BYTES = 32 << 10
"""What is read and checked in a millisecond or two."""


async def json_body(request: Request) -> Any:
    """Return what the body of a request holds.

    Raises
    ------
    WrongType
        If it is not said to be JSON: a form of another site could not say so.
    Refusal
        If it is malformed, nested too deeply, or has numbers that JSON does not know.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise WrongType(f"A body must be application/json, but got {kind[:60] or 'nothing'!r}.")
    body = await request.body()
    return await beside(body, parsed, body)


async def beside(body: bytes, work: Callable[[Any], Answer], value: Any) -> Answer:
    """Do what a body needs: at once where it is small, else beside the loop that answers others."""
    if len(body) <= SMALL_BYTES:
        return work(value)
    return await run_in_threadpool(work, value)


def parsed(body: bytes) -> Any:
    """Read JSON as RFC 8259 has it: no NaN, no Infinity, no depths that fill the stack."""
    try:
        return json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Refusal(f"A body must be JSON, but: {why[:120].rstrip('.')}.") from None


def body_schema(**properties: Any) -> dict[str, Any]:
    """Return what OpenAPI says of a body: an object of these properties, all of them needed.

    A property whose schema has ``"x-optional": True`` may be left out.
    """
    needed = [name for name, schema in properties.items() if not schema.get("x-optional")]
    schema = {"type": "object", "properties": properties, "required": needed}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


JsonBody = Annotated[Any, Depends(json_body)]
