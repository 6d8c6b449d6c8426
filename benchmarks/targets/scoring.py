"""What a family can do at best, and what its network and the best of its settings do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from family import Family, Maps, Settings

from nuclarium.evaluate import THRESHOLDS, ImageScores, score
from nuclarium.predict.model import InputSpec
from nuclarium.train.examples import Example

CRITERION = "average_precision@0.50:0.95"
"""Pooled score by which settings are chosen."""


def oracle(family: Family, examples: Sequence[Example]) -> dict[str, Any]:
    """Scores of the family's decoder on maps without fault."""
    perfect = [family.perfect(example.labels, example.largest) for example in examples]
    return _scored(family, perfect, examples, family.ideal)


def tuned_and_scored(
    family: Family,
    network: torch.nn.Module,
    spec: InputSpec,
    watched: Sequence[Example],
    held_out: Sequence[Example],
) -> dict[str, Any]:
    """Choose settings on the watched images, then score the held-out ones once."""
    predicted, _ = _predicted(family, network, spec, watched)
    tried = [_scored(family, predicted, watched, settings) for settings in family.grid]
    best = max(tried, key=lambda result: result["scores"][CRITERION])
    predicted, seconds = _predicted(family, network, spec, held_out)
    return {
        "watched": best,
        "grid": [[result["settings"], result["scores"][CRITERION]] for result in tried],
        "held_out": _scored(family, predicted, held_out, best["settings"]),
        "network_s_per_mp": seconds,
    }


def _predicted(
    family: Family, network: torch.nn.Module, spec: InputSpec, examples: Sequence[Example]
) -> tuple[list[Maps], float]:
    """Return maps of whole images, and the seconds that the network takes for a megapixel."""
    maps, seconds = [], 0.0
    for example in examples:
        widths = [(0, -side % spec.divisor) for side in example.pixels.shape]
        pixels = spec.standardise(np.pad(example.pixels, widths, mode="reflect"))
        batch = torch.from_numpy(pixels)[None, None].contiguous(memory_format=torch.channels_last)
        began = time.perf_counter()
        with torch.inference_mode():
            logits = network(batch)[0]
        seconds += time.perf_counter() - began
        maps.append(family.maps(logits.contiguous().numpy(), example.pixels.shape))
    return maps, seconds / _megapixels(examples)


def _scored(
    family: Family, maps: Iterable[Maps], examples: Sequence[Example], settings: Settings
) -> dict[str, Any]:
    """Score maps; decoding takes one processor, whose seconds a busy machine changes little."""
    total, seconds = ImageScores(), 0.0
    for own, example in zip(maps, examples, strict=True):
        began = time.process_time()
        labels = family.decode(own, example.labels.shape, settings)
        seconds += time.process_time() - began
        total += score(labels, example.labels)
    return {
        "settings": settings,
        "scores": {name: float(value) for name, value in total.values().items()},
        "decode_s_per_mp": seconds / _megapixels(examples),
    }


def _megapixels(examples: Sequence[Example]) -> float:
    return sum(example.labels.size for example in examples) / 1e6


_COLUMNS: dict[str, Callable[[dict[str, Any]], str]] = {
    **{
        f"AP {threshold:g}": lambda r, name=f"average_precision@{threshold:.2f}": (
            f"{r['scores'][name]:.3f}"
        )
        for threshold in THRESHOLDS
    },
    "mean AP": lambda r: f"{r['scores'][CRITERION]:.3f}",
    "F1": lambda r: f"{r['scores']['f1@0.50']:.3f}",
    "PQ": lambda r: f"{r['scores']['panoptic_quality']:.3f}",
    "split %": lambda r: f"{100 * r['scores']['split_rate']:.1f}",
    "merge %": lambda r: f"{100 * r['scores']['merge_rate']:.1f}",
    "decode s/MP": lambda r: f"{r['decode_s_per_mp']:.2f}",
}


def table(rows: Sequence[tuple[str, dict[str, Any]]]) -> str:
    """Results as a table in Markdown, one row each."""
    lines = [
        "| targets | " + " | ".join(_COLUMNS) + " |",
        "|---|" + "---:|" * len(_COLUMNS),
    ]
    lines += [
        f"| {title} | " + " | ".join(column(result) for column in _COLUMNS.values()) + " |"
        for title, result in rows
    ]
    return "\n".join(lines)
