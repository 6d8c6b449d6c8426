"""What commands share: options, exit codes, options that take several words."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

LEAKS = 1
WRONG_INPUT = 2
INTERRUPTED = 130

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def command_line() -> str:
    """Return what the user typed, for records."""
    return "nuclarium " + shlex.join(sys.argv[1:])


def spread(words: Sequence[str], many: Sequence[str]) -> list[str]:
    """Repeat each option of `many` for the words that follow it, up to the next option.

    Examples
    --------
    >>> spread(["a.tif", "--scales", "1", "2", "--out", "c"], ["--scales"])
    ['a.tif', '--scales', '1', '--scales', '2', '--out', 'c']
    """
    found: list[str] = []
    option = ""
    for word in words:
        if word.startswith("-"):
            option = word if word in many else ""
            found += [] if option else [word]
        else:
            found += [option, word] if option else [word]
    return found


def taking_several(*many: str) -> type[TyperCommand]:
    """Return the class of a command in which these options take all words that follow them."""

    class SeveralWords(TyperCommand):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            found: list[str] = super().parse_args(ctx, spread(args, many))
            return found

    return SeveralWords
