"""Numbers as people read them."""

from __future__ import annotations

import math


def count_text(count: int | None) -> str:
    """Write a count with thousands apart, or a dash.

    Examples
    --------
    >>> count_text(12345), count_text(None)
    ('12,345', '–')
    """
    return "–" if count is None else f"{count:,}"


def number_text(number: float | None) -> str:
    """Write a number with three digits that matter, never in powers of ten; a dash for none.

    Examples
    --------
    >>> [number_text(v) for v in (0.01234, 1.5, 43.21, 8765.4, 0.0, None)]
    ['0.0123', '1.5', '43.2', '8,765', '0', '–']
    """
    if number is None or not math.isfinite(number):
        return "–"
    if number == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(number))))
    text = f"{number:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def duration_text(seconds: float) -> str:
    """Write a duration in the units one would say.

    Examples
    --------
    >>> [duration_text(s) for s in (0.42, 34.2, 200, 7260)]
    ['0.4 s', '34 s', '3 min 20 s', '2 h 1 min']
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
