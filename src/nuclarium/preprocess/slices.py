"""Which slices of a stack are wanted: the words for it, and the slices that they mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from nuclarium.core.errors import SettingsError

Sharpness = Callable[[], Sequence[float]]
"""Gives the sharpness of every slice; called only where the sharpest are wanted."""

_RANGE = re.compile(r"([0-9]+)-([0-9]*)(?::([0-9]+))?", re.ASCII)
_COUNT = "0*[1-9][0-9]{0,8}"
_WORD = re.compile(
    rf"all|each|best(:{_COUNT})?|every:{_COUNT}|(max:)?[0-9]+-[0-9]*(:{_COUNT})?|max(:{_COUNT})?"
    "|[0-9]+"
)


@dataclass(frozen=True, slots=True)
class SliceSettings:
    """Which planes are taken.

    Parameters
    ----------
    planes : str
        As `choose_slices` reads it.
    channels : tuple of str
        Names or indices; the channel of the nuclei when empty. With several, the channel becomes a
        part of the names of the files.
    t : int
        Time point.
    """

    planes: str = "all"
    channels: tuple[str, ...] = ()
    t: int = 0


@dataclass(frozen=True, slots=True)
class ChosenSlices:
    """Slices that make one plane: one slice, or several of which the maximum is taken.

    Parameters
    ----------
    slices : tuple of int
        Ascending, from 0.
    choice : str
        How they were chosen, for the record.
    """

    slices: tuple[int, ...]
    choice: str


def choose_slices(mode: str, depth: int, name: str, sharpness: Sharpness) -> list[ChosenSlices]:
    """Choose slices of a stack.

    Parameters
    ----------
    mode : str
        ``all`` or ``each``; a number; a range ``10-20`` with both ends, ``10-`` to the last slice,
        ``10-20:5`` in steps; ``every:5`` from slice 0; ``best`` for the sharpest or ``best:3`` for
        three; ``max`` for the maximum over all, ``max:3`` for one over every three slices (the last
        one over what is left), ``max:10-20`` over a range. Several of these are separated by
        commas; what is named twice is taken once.
    depth : int
        Slices of the stack.
    name : str
        Of the image, for messages.
    sharpness : callable
        See `Sharpness`; of equal slices the first is the sharpest.

    Raises
    ------
    SettingsError
        If the words are not known, or a slice is not in the stack.

    Examples
    --------
    >>> [c.slices for c in choose_slices("every:3,0,max:4-5", 7, "stack", list)]
    [(0,), (3,), (6,), (4, 5)]
    """
    found: dict[tuple[int, ...], ChosenSlices] = {}
    for word in mode.split(","):
        for chosen in _chosen(word.strip(), depth, sharpness, _refusal(mode, depth, name)):
            found.setdefault(chosen.slices, chosen)
    return list(found.values())


def check_mode(mode: str) -> None:
    """Refuse words that mean no slices of any stack, before a stack is opened.

    Raises
    ------
    SettingsError
        See `choose_slices`.
    """
    for word in mode.split(","):
        if not _WORD.fullmatch(word.strip()):
            raise SettingsError(
                "Slices must be all, every:5, a number, a range such as 10-20 or 10-40:5, best, "
                f"best:3, max, max:3 or max:10-20, several with commas, but got {mode}."
            )


def count_planes(mode: str, depth: int, name: str) -> int:
    """Return how many planes `choose_slices` gives, without looking at a pixel."""
    return len(choose_slices(mode, depth, name, lambda: [0.0] * depth))


def _chosen(
    word: str, depth: int, sharpness: Sharpness, refusal: SettingsError
) -> Iterator[ChosenSlices]:
    of = f"of 0..{depth - 1}"
    kind, colon, number = word.partition(":")
    if depth == 1 and word in ("max", "best"):
        yield ChosenSlices((0,), "the only slice")
    elif word in ("all", "each"):
        yield from (ChosenSlices((z,), f"z {z} {of}") for z in range(depth))
    elif kind == "every" and colon:
        step = _positive(number, refusal)
        yield from (ChosenSlices((z,), f"z {z} {of}, every {step}") for z in range(0, depth, step))
    elif kind == "best":
        yield from _best(_positive(number, refusal) if colon else 1, of, sharpness())
    elif kind == "max":
        for group in _groups(number if colon else f"0-{depth - 1}", depth, refusal):
            yield ChosenSlices(group, f"maximum of z {group[0]}..{group[-1]}")
    else:
        for z in _range(word, depth, refusal):
            yield ChosenSlices((z,), f"z {z} {of}, as asked")


def _best(count: int, of: str, sharpness: Sequence[float]) -> Iterator[ChosenSlices]:
    order = sorted(range(len(sharpness)), key=lambda z: (-sharpness[z], z))
    for rank, z in enumerate(order[:count]):
        yield ChosenSlices((z,), f"z {z} {of}, the {'sharpest' if rank == 0 else 'next sharpest'}")


def _groups(text: str, depth: int, refusal: SettingsError) -> Iterator[tuple[int, ...]]:
    """Yield the slices of each maximum: a range is one, a number is how many slices each has."""
    if "-" in text:
        yield tuple(_range(text, depth, refusal))
        return
    size = _positive(text, refusal)
    for first in range(0, depth, size):
        yield tuple(range(first, min(first + size, depth)))


def _range(text: str, depth: int, refusal: SettingsError) -> range:
    found = _RANGE.fullmatch(text if "-" in text else f"{text}-{text}")
    if found is None:
        raise refusal
    first, last = int(found[1]), int(found[2] or depth - 1)
    if not first <= last < depth:
        raise refusal
    return range(first, last + 1, _positive(found[3] or "1", refusal))


def _positive(text: str, refusal: SettingsError) -> int:
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) == 0:
        raise refusal
    return int(text)


def _refusal(mode: str, depth: int, name: str) -> SettingsError:
    return SettingsError(
        f"z must be max, best, each or a slice in 0..{depth - 1} for {name}, or a range such as "
        f"0-{depth - 1}, every:5, best:3, max:3 or max:0-{depth - 1}, but got {mode}."
    )
