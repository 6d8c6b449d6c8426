"""Print the table of what `compare.py` has left: scores from the label files, times, sizes.

build/peers/nuclarium/bin/python benchmarks/peers/table.py --results build/peers/results
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

import tifffile

from nuclarium.evaluate import THRESHOLDS, ImageScores, score

REFERENCE = "StarDist"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("build/peers/results"))
    args = parser.parse_args()
    results = json.loads((args.results / "results.json").read_text())
    for table in (_accuracy(args.results, results), _cost(results)):
        print(_markdown(table), end="\n\n")


def _accuracy(folder: Path, results: dict[str, Any]) -> list[list[str]]:
    thresholds = [f"{threshold:.2f}" for threshold in THRESHOLDS]
    rows = [["AP at IoU", *thresholds, "mean", "F1", "PQ", "split", "merged", "count error"]]
    for name, tool in results["tools"].items():
        if not tool["gives_labels"]:
            continue
        scores = _scores(folder / tool["folder"] / "val", results["truth"]["val"])
        values = scores.values()
        numbers = [values[f"average_precision@{threshold}"] for threshold in thresholds]
        numbers += [values["average_precision@0.50:0.95"], values["f1@0.50"]]
        rates = [values["split_rate"], values["merge_rate"], values["count_error"]]
        quality = [*numbers, values["panoptic_quality"]]
        rows.append([name, *(f"{v:.3f}" for v in quality), *(f"{100 * v:.1f} %" for v in rates)])
    return rows


def _scores(folder: Path, truth: list[str]) -> ImageScores:
    return sum(
        (score(tifffile.imread(folder / Path(path).name), tifffile.imread(path)) for path in truth),
        start=ImageScores(),
    )


def _cost(results: dict[str, Any]) -> list[list[str]]:
    """One row a tool, and one more for each step of a tool that is timed in steps."""
    header = ["", "54 images", f"of {REFERENCE}", "1.4 MP", f"of {REFERENCE}", "processors busy"]
    rows = [[*header, "memory", "first labels", "installed"]]
    reference = results["tools"].get(REFERENCE)
    for name, tool in results["tools"].items():
        cells = []
        for part in ("val", "large"):
            rounds = tool["sets"].get(part, [])
            others = reference["sets"].get(part, []) if reference else []
            cells += [_seconds(rounds), _ratio(rounds, others)]
        peak = max(one["peak_mib"] for rounds in tool["sets"].values() for one in rounds)
        start = statistics.median(tool["cold_start_s"]) if tool["cold_start_s"] else float("nan")
        sizes = [f"{peak:,.0f} MiB", f"{start:.1f} s", f"{tool['installed_mib']:,.0f} MiB"]
        rows.append([name, *cells, _processors(tool["sets"]["val"]), *sizes])
        rows += _steps(tool)
    return rows


def _steps(tool: dict[str, Any]) -> list[list[str]]:
    steps = list(tool["sets"]["val"][0]["seconds"])
    if len(steps) == 1:
        return []
    return [
        [
            f"– of that, {step}",
            _seconds(tool["sets"]["val"], step),
            "",
            _seconds(tool["sets"].get("large", []), step),
            *[""] * 5,
        ]
        for step in steps
    ]


def _seconds(rounds: list[dict[str, Any]], step: str | None = None) -> str:
    if not rounds:
        return "–"
    return f"{statistics.median(_per_megapixel(one, step) for one in rounds):.3f} s/MP"


def _ratio(rounds: list[dict[str, Any]], others: list[dict[str, Any]]) -> str:
    """Median over rounds of the time as a part of the other tool's in the same round."""
    pairs = list(zip(rounds, others, strict=False))
    if not pairs:
        return "–"
    ratio = statistics.median(_per_megapixel(one) / _per_megapixel(other) for one, other in pairs)
    return f"{ratio:.2f}"


def _processors(rounds: list[dict[str, Any]]) -> str:
    """Mean number of processors that the tool kept busy."""
    wall = sum(sum(map(sum, one["seconds"].values())) for one in rounds)
    return f"{sum(one['processor_s'] for one in rounds) / wall:.2f}"


def _per_megapixel(one: dict[str, Any], step: str | None = None) -> float:
    times = [one["seconds"][step]] if step else one["seconds"].values()
    return sum(map(sum, times)) / one["megapixels"]


def _markdown(rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


if __name__ == "__main__":
    main()
