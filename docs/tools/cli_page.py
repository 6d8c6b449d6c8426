"""Write docs/cli.md, the reference of the command line, from the commands themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from nuclarium.cli.app import app

PAGE = Path(__file__).parents[1] / "cli.md"

HEAD = """\
# Command line

<!-- Made by `make tutorial` from the commands; change src/nuclarium/cli, not this page. -->

`nuclarium --help` lists the commands, `nuclarium COMMAND --help` explains one of them, and
`nuclarium --version` says which version is installed. Options may stand before or after the files.

| Exit code | Meaning |
|---|---|
| 0 | All went well. |
| 1 | `dataset audit` found leaks. |
| 2 | An input, an option or an output was wrong; one line says what, and what to do. |
| 130 | Stopped with Ctrl-C; the same command with `--resume` goes on. |

When one image of a batch fails, the others are finished all the same. What failed is listed in the
terminal and on the page, and the exit code is 2.
"""


def page() -> str:
    """Return the text of the page."""
    return "\n".join([HEAD, *_sections("", typer.main.get_command(app))])


def _sections(prefix: str, group: Any) -> Iterator[str]:
    """Give the sections of a group's commands, and of the commands of groups in it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _sections(f"{prefix}{name} ", command)
        else:
            yield _section(f"{prefix}{name}", command)


def _section(name: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    words = " ".join(f"{p.name.upper()}{' …' if p.nargs == -1 else ''}" for p in arguments)
    needed = " ".join(f"{p.opts[0]} {p.name.upper()}" for p in options if p.required)
    usage = " ".join(part for part in ("nuclarium", name, words, needed, "[OPTIONS]") if part)
    rows = [f"| `{p.name.upper()}` | {_cell(p.help)} | must be given |" for p in arguments]
    rows += [f"| {_option(p)} | {_cell(p.help)} | {_default(p)} |" for p in options]
    examples = re.findall(r"nuclarium .*?(?=   \|   |$)", command.epilog or "")
    return "\n".join(
        [
            f"## nuclarium {name}",
            "",
            " ".join(command.help.split()),
            "",
            "```console",
            usage,
            "```",
            "",
            "| Argument or option | Meaning | When left out |",
            "|---|---|---|",
            *rows,
            "",
            "```console",
            *examples,
            "```",
            "",
        ]
    )


def _option(parameter: Any) -> str:
    return ", ".join(f"`{name}`" for name in parameter.opts)


def _default(parameter: Any) -> str:
    if parameter.required:
        return "must be given"
    if parameter.is_flag or parameter.default is None:
        return ""
    return f"`{parameter.default}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
