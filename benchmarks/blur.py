r"""Scores of a model that sees through a Gaussian, by its width; the file itself is not changed.

    python benchmarks/blur.py --data build/consep --model runs/he_first/he_first.onnx \
        --blur-px 0 1 --turns 2 --foreground-threshold 0.6 \
        -- --spacing-um 0.25 --engine openvino-bf16

What else is given, `--split` and what comes after `--`, goes to `accuracy.py`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import onnx

from nuclarium.predict.model import METADATA_KEY


def write_blurred(
    model: Path, path: Path, *, blur_px: float, turns: int | None, foreground: float | None
) -> None:
    """Copy a model with another blur, and other turns and another threshold where given."""
    copy = onnx.load(model)
    entry = next(entry for entry in copy.metadata_props if entry.key == METADATA_KEY)
    values = json.loads(entry.value)
    values["input"]["blur_px"] = blur_px
    if turns is not None:
        values["input"]["turns"] = turns
    if foreground is not None:
        values["decoder"]["foreground_threshold"] = foreground
    entry.value = json.dumps(values)
    onnx.save(copy, path)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--split")
    parser.add_argument("--blur-px", type=float, nargs="+", default=[0.0, 1.0])
    parser.add_argument("--turns", type=int)
    parser.add_argument("--foreground-threshold", type=float)
    parser.add_argument("options", nargs="*", help="of `nuclarium segment`")
    args = parser.parse_args()
    split = [] if args.split is None else ["--split", args.split]
    script = Path(__file__).with_name("accuracy.py")
    for blur_px in args.blur_px:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "blurred.onnx"
            changed = {"turns": args.turns, "foreground": args.foreground_threshold}
            write_blurred(args.model, path, blur_px=blur_px, **changed)
            command = [sys.executable, str(script), "--data", args.data, "--model", str(path)]
            command += [*split, "--json", "--", *args.options]
            answer = subprocess.run(command, check=True, capture_output=True, text=True)
        scores = json.loads(answer.stdout)
        named = {"F1": "f1@0.50", "precision": "precision@0.50", "PQ": "panoptic_quality"}
        said = ", ".join(f"{name} {scores[key]['value']:.3f}" for name, key in named.items())
        print(f"blur {blur_px:g} px: {said}", flush=True)


if __name__ == "__main__":
    main()
