"""The table of a project: one row an image, one column a step."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nuclarium.workspace.status import ImageStatus, ProjectStatus

_WIDE = 200
_FILE_STYLE = {"ok": "green", "changed": "bold red", "missing": "bold red"}
_MASK_STYLE = {"verified": "green", "preliminary": "yellow", "rejected": "red"}


def print_status(status: ProjectStatus) -> None:
    """Print the table, what is odd, and what to do next."""
    width = None if sys.stdout.isatty() else _WIDE
    console = Console(highlight=False, width=width, soft_wrap=width is not None)
    console.print(f"{status.project.settings.name}: {_counted(len(status.images), 'image')}")
    if status.images:
        console.print(_table(status.images))
    for remark in [*_file_remarks(status.images), *status.remarks]:
        console.print(Text(remark, style="yellow"))
    console.print(Text(_next_step(status.images), style="dim"))


def _table(images: list[ImageStatus]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("image", "condition", "group", "file", "planes", "masks", "patches"):
        table.add_column(column, justify="right" if column in ("planes", "patches") else "left")
    table.add_column("data sets")
    table.add_column("nuclei", justify="right")
    for image in images:
        nuclei = "–" if image.nuclei is None else f"{image.nuclei:,}"
        table.add_row(
            image.name,
            image.condition or "–",
            image.group or "–",
            Text(image.file, style=_FILE_STYLE[image.file]),
            _made(str(image.planes or "–"), "planes" in image.outdated),
            _masks(image),
            str(image.patches or "–"),
            ", ".join(image.datasets) or "–",
            _made(nuclei, "results" in image.outdated),
        )
    return table


def _made(text: str, is_outdated: bool) -> Text:
    return Text(f"{text} (old)", style="red") if is_outdated else Text(text)


def _masks(image: ImageStatus) -> Text:
    if not image.masks:
        return Text("–")
    parts = [
        (f"{number} {status}", _MASK_STYLE.get(status, ""))
        for status, number in sorted(image.masks.items())
    ]
    return Text(", ").join(Text(text, style=style) for text, style in parts)


def _file_remarks(images: list[ImageStatus]) -> list[str]:
    remarks = []
    for state, advice in (
        ("changed", "Their content is not what was imported: import them again, or restore them."),
        ("missing", "Connect their drive, or import them from where they are now."),
    ):
        names = [image.name for image in images if image.file == state]
        if names:
            shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
            remarks.append(f"{_counted(len(names), 'file')} {state}: {shown}. {advice}")
    if any(image.outdated for image in images):
        remarks.append("What is marked as old was made of an earlier content of the file.")
    return remarks


def _next_step(images: list[ImageStatus]) -> str:
    """Return what most likely comes next."""
    if not images:
        return "Next: nuclarium import FILES"
    if not any(image.planes for image in images) and all(i.nuclei is None for i in images):
        return "Next: nuclarium slices --planes best   |   nuclarium segment ."
    if not any(image.masks for image in images):
        return "Next: masks of the planes, NAME.tif in masks/"
    if not any(image.patches for image in images):
        return "Next: nuclarium patches"
    return "Next: nuclarium dataset build"


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
