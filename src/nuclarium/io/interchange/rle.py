"""Run lengths of masks as COCO counts them: column by column, background first; also compressed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import UnreadableImageError

_FIRST = 48
_MORE = 0x20
_SIGN = 0x10


def run_lengths(mask: npt.NDArray[np.bool_]) -> list[int]:
    """Count pixels that are alike, down each column and from left to right.

    Parameters
    ----------
    mask : ndarray of bool, shape (H, W)

    Returns
    -------
    counts : list of int
        Background, mask, background …; the first is 0 where the first pixel is in the mask.

    Examples
    --------
    >>> run_lengths(np.array([[0, 1], [0, 1]], bool))
    [2, 2]
    """
    flat = mask.ravel(order="F")
    if not flat.size:
        return []
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    counts = np.diff(np.concatenate([[0], changes, [flat.size]])).tolist()
    return [0, *counts] if flat[0] else counts


def mask_of(counts: Sequence[int], shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Return the mask of run lengths.

    Raises
    ------
    UnreadableImageError
        If they do not add up to the pixels of the shape.
    """
    lengths = np.asarray(counts, np.int64)
    size = shape[0] * shape[1]
    if (lengths.size and lengths.min() < 0) or int(lengths.sum()) != size:
        raise UnreadableImageError(
            f"Run lengths must add up to {size} pixels, {shape[1]} × {shape[0]}, but give "
            f"{int(lengths.sum())}. Is the size of the annotation that of its image?"
        )
    values = np.arange(len(lengths)) % 2 == 1
    return np.repeat(values, lengths).reshape(shape, order="F")


def compress(counts: Sequence[int]) -> str:
    """Write run lengths as the text of COCO.

    From the fourth on, a number is the change against the one two places before.

    Each number is in groups of five bits, the lowest first, with a bit that says whether more
    follow, as characters from ``0`` on.

    Examples
    --------
    >>> compress([2, 2])
    '22'
    """
    text = bytearray()
    for place, count in enumerate(counts):
        number = count - counts[place - 2] if place > 2 else count
        more = True
        while more:
            bits = number & 0x1F
            number >>= 5
            more = number != -1 if bits & _SIGN else number != 0
            text.append((bits | _MORE if more else bits) + _FIRST)
    return text.decode("ascii")


def decompress(text: str) -> list[int]:
    """Read what `compress` writes.

    Raises
    ------
    UnreadableImageError
        If the text ends within a number, or holds other characters.
    """
    counts: list[int] = []
    number, shift = 0, 0
    for character in text:
        bits = ord(character) - _FIRST
        if not 0 <= bits < 64:
            raise UnreadableImageError(
                f"Compressed run lengths must hold characters from 0 to o, but got {character!r}."
            )
        number |= (bits & 0x1F) << shift
        shift += 5
        if not bits & _MORE:
            if bits & _SIGN:
                number |= -1 << shift
            counts.append(number + counts[-2] if len(counts) > 2 else number)
            number, shift = 0, 0
    if shift:
        raise UnreadableImageError("Compressed run lengths must not end within a number.")
    return counts
