"""Run every tool on the same images and processors, and keep labels, seconds, memory and sizes.

    build/peers/nuclarium/bin/python benchmarks/peers/compare.py --stardist-model FOLDER

Every tool is one process that stays. They take turns, round by round, so that a busy machine slows
all alike, and the first round is not counted. `table.py` prints what this leaves in ``--out``.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import tifffile
from PIL import Image

HERE = Path(__file__).parent
VARIABLES = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


@dataclass(frozen=True)
class Tool:
    """How one row of the table is run.

    Parameters
    ----------
    name, environment, script : str
    arguments : tuple of str
    gives_labels : bool
        False where there are no weights, and time and memory are all there is.
    is_slow : bool
        Timed on a few images and in one round.
    """

    name: str
    environment: str
    script: str
    arguments: tuple[str, ...] = ()
    gives_labels: bool = True
    is_slow: bool = False


@dataclass(frozen=True)
class Pictures:
    """Files of a set of images, written once as TIFF that every tool can read."""

    images: tuple[str, ...]
    truth: tuple[str, ...]
    pixels: tuple[int, ...]

    def some(self, count: int) -> Pictures:
        """Take `count` of them, spread over their order."""
        chosen = np.unique(np.linspace(0, len(self.images) - 1, count).round().astype(int))
        parts = (self.images, self.truth, self.pixels)
        return Pictures(*(tuple(part[i] for i in chosen) for part in parts))


@dataclass
class Worker:
    """A process of one tool that answers requests."""

    tool: Tool
    process: subprocess.Popen[str]
    requests: IO[str]
    answers: IO[str]
    rounds: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def run(self, pictures: Pictures, out: Path | None = None) -> dict[str, Any]:
        """Return seconds by step and image, and the peak memory so far."""
        request = {
            "images": pictures.images,
            "truth": pictures.truth,
            "out": str(out) if out else None,
        }
        self.requests.write(json.dumps(request) + "\n")
        self.requests.flush()
        answer = self.answers.readline()
        if not answer:
            raise SystemExit(f"{self.tool.name} has ended; see its log beside the results.")
        return json.loads(answer)

    def end(self) -> None:
        """Let the process finish."""
        self.process.communicate()


def main() -> None:
    args = _arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: args.cores])
    sets = _sets(args)
    found = [tool for tool in _tools(args) if _python(args, tool).exists()]
    tools = [tool for tool in found if not args.only or tool.name in args.only]
    results = {tool.name: _facts(args, tool) for tool in tools}
    _cold_starts(args, tools, sets["val"], results)
    workers = [_start(args, tool) for tool in tools]
    for name, pictures in sets.items():
        _rounds(args, workers, name, pictures)
        for worker in workers:
            results[worker.tool.name]["sets"][name] = worker.rounds[name]
        _write(args.out, sets, results)
    for worker in workers:
        worker.end()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/dsb2018"))
    parser.add_argument("--environments", type=Path, default=Path("build/peers"))
    parser.add_argument("--stardist-model", type=Path, default=Path("build/peers/stardist-model"))
    parser.add_argument("--model", default="fluo", help="nuclarium's model, name or file")
    parser.add_argument("--out", type=Path, default=Path("build/peers/results"))
    parser.add_argument("--only", nargs="*", help="names of tools")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5, help="counted rounds of each set")
    parser.add_argument("--starts", type=int, default=3, help="cold starts of each tool")
    parser.add_argument("--images", type=int, default=54, help="how many of the 54 to take")
    parser.add_argument("--slow-images", type=int, default=3, help="the same for Cellpose-SAM")
    parser.add_argument("--width", type=int, default=1388, help="of the large images")
    return parser.parse_args()


def _tools(args: argparse.Namespace) -> list[Tool]:
    model = ("--model", args.model)
    single = (*model, "--engine", "onnxruntime")
    openvino = (*model, "--engine", "openvino")
    bf16 = (*model, "--engine", "openvino-bf16")
    stardist = ("--model", str(args.stardist_model))
    cellpose = "serve_cellpose.py"
    return [
        Tool("nuclarium", "nuclarium", "serve_nuclarium.py", model),
        Tool("nuclarium, ONNX Runtime", "nuclarium", "serve_nuclarium.py", single),
        Tool("nuclarium, OpenVINO", "nuclarium-openvino", "serve_nuclarium.py", openvino),
        Tool("nuclarium, OpenVINO bf16", "nuclarium-openvino", "serve_nuclarium.py", bf16),
        Tool("StarDist", "stardist", "serve_stardist.py", stardist),
        Tool("Cellpose 3", "cellpose", cellpose, gives_labels=False),
        Tool("Cellpose-SAM", "cellpose-sam", cellpose, gives_labels=False, is_slow=True),
    ]


def _sets(args: argparse.Namespace) -> dict[str, Pictures]:
    """Return the 54 images, and every fluorescence image of the largest size."""
    with (args.data / "index.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["modality"] == "fluorescence"]
    val = set((args.data / "fluorescence_val.txt").read_text().split())
    names = [row["id"] for row in rows if row["id"] in val]
    large = [row["id"] for row in rows if int(row["width"]) == args.width]
    sets = {"val": _pictures(args, names).some(args.images)}
    return sets | ({"large": _pictures(args, large)} if large else {})


def _pictures(args: argparse.Namespace, names: list[str]) -> Pictures:
    files: dict[str, list[str]] = {"images": [], "labels": []}
    pixels = []
    for kind, paths in files.items():
        folder = args.out / "input" / kind
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            paths.append(str(folder / f"{name}.tif"))
            array = np.asarray(Image.open(args.data / kind / f"{name}.png"))
            tifffile.imwrite(paths[-1], array.astype(np.uint8 if kind == "images" else np.uint16))
            if kind == "images":
                pixels.append(array.size)
    return Pictures(tuple(files["images"]), tuple(files["labels"]), tuple(pixels))


def _python(args: argparse.Namespace, tool: Tool) -> Path:
    return args.environments / tool.environment / "bin" / "python"


def _start(args: argparse.Namespace, tool: Tool) -> Worker:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")
    }
    environment |= dict.fromkeys(VARIABLES, str(args.cores))
    environment |= {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    with (args.out / f"{_folder(tool.name)}.log").open("a") as log:
        process = subprocess.Popen(
            [_python(args, tool), HERE / tool.script, *tool.arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment,
        )
    return Worker(tool, process, process.stdin, process.stdout)


def _cold_starts(
    args: argparse.Namespace, tools: list[Tool], pictures: Pictures, results: dict[str, Any]
) -> None:
    """Time from the start of a process to the labels of the first image, taking turns."""
    for _ in range(args.starts):
        for tool in tools:
            began = time.perf_counter()
            worker = _start(args, tool)
            worker.run(pictures.some(1))
            results[tool.name]["cold_start_s"].append(time.perf_counter() - began)
            worker.end()


def _rounds(args: argparse.Namespace, workers: list[Worker], name: str, pictures: Pictures) -> None:
    """Let the tools take turns; the round before the first is not counted but writes the labels."""
    for number in range(args.rounds + 1):
        for worker in workers:
            rounds = worker.rounds.setdefault(name, [])
            taken = pictures.some(args.slow_images) if worker.tool.is_slow else pictures
            if worker.tool.is_slow and number != 1:
                continue
            out = args.out / _folder(worker.tool.name) / name if number == 0 else None
            answer = worker.run(taken, out if worker.tool.gives_labels else None)
            seconds = sum(sum(times) for times in answer["seconds"].values())
            print(f"{name} {number} {worker.tool.name}: {seconds:.2f} s", flush=True)
            if number:
                rounds.append(answer | {"megapixels": sum(taken.pixels) / 1e6})


def _facts(args: argparse.Namespace, tool: Tool) -> dict[str, Any]:
    return {
        "gives_labels": tool.gives_labels,
        "folder": _folder(tool.name),
        "installed_mib": _installed_mib(args.environments / tool.environment),
        "cold_start_s": [],
        "sets": {},
    }


def _installed_mib(environment: Path) -> float:
    """Size of what a tool has added to an environment: all packages but pip and setuptools."""
    (packages,) = environment.glob("lib/python*/site-packages")
    files = (
        path
        for part in packages.iterdir()
        if not part.name.startswith(("pip", "setuptools", "pkg_resources", "_distutils"))
        for path in (part, *part.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    )
    return sum(path.stat().st_size for path in files) / 2**20


def _folder(name: str) -> str:
    return name.lower().replace(",", "").replace(" ", "-")


def _write(out: Path, sets: dict[str, Pictures], results: dict[str, Any]) -> None:
    images = {name: list(pictures.images) for name, pictures in sets.items()}
    truth = {name: list(pictures.truth) for name, pictures in sets.items()}
    text = json.dumps({"images": images, "truth": truth, "tools": results}, indent=1)
    (out / "results.json").write_text(text)


if __name__ == "__main__":
    main()
