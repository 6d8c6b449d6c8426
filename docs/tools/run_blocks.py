"""Run the shell and Python blocks of documents, and compare or rewrite the outputs they show.

Blocks in the languages ``shell`` and ``python`` are run in order, in one folder; all Python blocks
of a document are one session. A ``text`` block after such a block is what it prints. Blocks of any
other language, such as ``console``, are shown and not run. Blocks in HTML comments are run and not
shown.

``python docs/tools/run_blocks.py docs/tutorial.md`` writes the outputs anew.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

FENCE = "```"
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Block:
    """A fenced block of a document; `first` and `last` are the lines of its fences, from 0."""

    language: str
    code: str
    first: int
    last: int


@dataclass(frozen=True)
class Step:
    """A block that is run, and the block that shows its output if there is one."""

    block: Block
    shown: Block | None


def find_blocks(text: str) -> list[Block]:
    """Find all fenced blocks."""
    blocks, start, lines = [], None, text.splitlines()
    for number, line in enumerate(lines):
        if not line.startswith(FENCE):
            continue
        if start is None:
            start = number
        else:
            code = "\n".join(lines[start + 1 : number])
            language = lines[start].removeprefix(FENCE).strip()
            blocks.append(Block(language, code, start, number))
            start = None
    return blocks


def find_steps(text: str) -> list[Step]:
    """Find the blocks that are run, each with its output."""
    blocks = find_blocks(text)
    following = [*blocks[1:], None]
    return [
        Step(block, after if after is not None and after.language == "text" else None)
        for block, after in zip(blocks, following, strict=True)
        if block.language in ("shell", "python")
    ]


def run_steps(steps: list[Step], folder: Path) -> list[str]:
    """Run blocks in a folder and return what each printed."""
    names: dict[str, object] = {"__name__": "__main__"}
    with contextlib.chdir(folder):
        return [
            _run_python(step.block, names)
            if step.block.language == "python"
            else _run_shell(step.block)
            for step in steps
        ]


def _run_python(block: Block, names: dict[str, object]) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block.code, f"<line {block.first + 1}>", "exec"), names)
    return printed.getvalue().rstrip()


def _run_shell(block: Block) -> str:
    scripts = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": scripts + os.pathsep + os.environ["PATH"]}
    done = subprocess.run(
        ["bash", "-e", "-c", block.code],
        env={**environment, "COLUMNS": "100", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    if done.returncode != 0:
        raise RuntimeError(f"The block of line {block.first + 1} failed:\n{done.stdout}")
    return done.stdout.rstrip()


def is_as_shown(shown: str, printed: str) -> bool:
    """Whether an output is the one shown; numbers may differ as they do between processors."""
    if _NUMBER.sub("0", shown).split() != _NUMBER.sub("0", printed).split():
        return False
    pairs = zip(_numbers(shown), _numbers(printed), strict=True)
    return all(math.isclose(a, b, rel_tol=0.05, abs_tol=0.02) for a, b in pairs)


def _numbers(text: str) -> list[float]:
    return [float(number.replace(",", "")) for number in _NUMBER.findall(text)]


def rewrite(path: Path) -> None:
    """Run a document and write the outputs into it that differ from those shown."""
    text = path.read_text(encoding="utf-8")
    steps = find_steps(text)
    with tempfile.TemporaryDirectory() as folder:
        outputs = run_steps(steps, Path(folder))
    lines = text.splitlines()
    for step, printed in reversed(list(zip(steps, outputs, strict=True))):
        if step.shown is not None and not is_as_shown(step.shown.code, printed):
            lines[step.shown.first + 1 : step.shown.last] = printed.splitlines()
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        rewrite(Path(name).resolve())
