"""A model's card in a few lines for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_SHOWN_SCORES = {
    "f1@0.50": "F1 at IoU 0.5",
    "average_precision@0.50": "AP at IoU 0.5",
    "average_precision@0.50:0.95": "AP, mean of IoU 0.5 to 0.95",
    "panoptic_quality": "panoptic quality",
}


def card_lines(card: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a card; of many scores the ones that people compare."""
    for key, value in card.items():
        if key == "scores":
            yield from _score_lines(value)
        elif isinstance(value, dict):
            yield f"{key}: " + ", ".join(f"{name} {_text(part)}" for name, part in value.items())
        else:
            yield f"{key}: {value}"


def _score_lines(scores: dict[str, Any]) -> Iterator[str]:
    for name, title in _SHOWN_SCORES.items():
        if name in scores:
            row = scores[name]
            yield (
                f"{title}: {row['value']:.3f} ({row['low']:.3f} to {row['high']:.3f}), "
                f"{row['images']} images never trained on"
            )


def _text(value: Any) -> str:
    return (
        ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
    )
