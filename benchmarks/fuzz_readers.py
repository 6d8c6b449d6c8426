"""Feeds damaged files to the readers; anything but an image or a sentence counts as a crash.

    python benchmarks/fuzz_readers.py --data FOLDER --count 100000

Every mutation follows from its number and the seed, so `--start` resumes a run and one case can be
repeated. Workers run in processes of their own, with a limit on memory and a watchdog.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import struct
import sys
import tempfile
import time
import traceback
import warnings
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from nuclarium.core.errors import NuclariumError
from nuclarium.core.geometry import Box
from nuclarium.io import describe, open_image

SUFFIXES = (".tif", ".tiff", ".svs", ".ndpi", ".czi", ".lsm", ".png", ".jpg", ".zip", ".zarr")
COMPRESSIONS = (
    "lzw", "zstd", "jpeg", "jpeg2000", "packbits", "deflate", "lzma", "webp", "png", "jpegxl",
    "jpegxr", "lerc",
)  # fmt: skip
WINDOW_PX = 64
WHOLE_MAX_PX = 1 << 16
MEMORY_LIMIT = 4 << 30
WATCHDOG_S = 10
BATCH = 2000
EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


@dataclass(frozen=True)
class Outcome:
    """What came of one damaged file."""

    number: int
    kind: str
    seconds: float
    peak_bytes: int
    detail: str = ""


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """Return the file with one to four kinds of damage."""
    file = bytearray(data)
    damages = (flip, stomp, truncate, insert, remove, blow_up, swap_words)
    for _ in range(int(rng.integers(1, 5))):
        if file:
            damages[int(rng.integers(len(damages)))](file, rng)
    return bytes(file)


def position(file: bytearray, rng: np.random.Generator) -> int:
    """Return a place, most often in the first or last kilobytes, where headers are."""
    where = int(rng.integers(4))
    if where == 0:
        return int(rng.integers(min(len(file), 1024)))
    if where == 1:
        return len(file) - 1 - int(rng.integers(min(len(file), 4096)))
    return int(rng.integers(len(file)))


def flip(file: bytearray, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(1, 17))):
        file[position(file, rng)] ^= 1 << int(rng.integers(8))


def stomp(file: bytearray, rng: np.random.Generator) -> None:
    at = position(file, rng)
    count = int(rng.integers(1, 9))
    file[at : at + count] = rng.bytes(count)


def truncate(file: bytearray, rng: np.random.Generator) -> None:
    if rng.integers(3) == 0:
        del file[int(rng.integers(len(file))) :]


def insert(file: bytearray, rng: np.random.Generator) -> None:
    at = position(file, rng)
    file[at:at] = rng.bytes(int(rng.integers(1, 64)))


def remove(file: bytearray, rng: np.random.Generator) -> None:
    at = position(file, rng)
    del file[at : at + int(rng.integers(1, 64))]


def blow_up(file: bytearray, rng: np.random.Generator) -> None:
    """Set a field to a value at the edge of its type; the field may be the count of a TIFF tag."""
    value = EDGES[int(rng.integers(len(EDGES)))]
    form = "<>"[int(rng.integers(2))] + "HIQ"[int(rng.integers(3))]
    size = struct.calcsize(form)
    at = position(file, rng)
    file[at : at + size] = struct.pack(form, value & ((1 << (8 * size)) - 1))


def swap_words(file: bytearray, rng: np.random.Generator) -> None:
    a, b = position(file, rng), position(file, rng)
    first, second = bytes(file[a : a + 4]), bytes(file[b : b + 4])
    if abs(a - b) >= 4 and len(first) == len(second) == 4:
        file[a : a + 4], file[b : b + 4] = second, first


def try_file(path: Path, rng: np.random.Generator) -> str:
    """Open the file and read from it; return `opened` or `refused`, or raise what went wrong."""
    try:
        with open_image(path) as image:
            describe(image)
            for level, (height, width) in enumerate(image.level_shapes):
                y, x = int(rng.integers(height)), int(rng.integers(width))
                image.read(
                    Box(y, x, min(y + WINDOW_PX, height), min(x + WINDOW_PX, width)), level=level
                )
            if np.prod([int(n) for n in image.shape[3:5]], dtype=object) <= WHOLE_MAX_PX:
                image.read(t=image.shape[0] - 1, c=image.shape[1] - 1, z=image.shape[2] - 1)
    except NuclariumError:
        return "refused"
    return "opened"


def case(number: int, seed: int, corpus: list[bytes]) -> tuple[bytes, np.random.Generator]:
    """Return the damaged file of a number."""
    rng = np.random.default_rng([seed, number])
    return mutated(corpus[int(rng.integers(len(corpus)))], rng), rng


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def work(numbers: range, seed: int, corpus: list[bytes], results: Connection) -> None:
    """Try all numbers, telling each before (so that a dead worker names its case) and after."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    warnings.simplefilter("error")
    with tempfile.TemporaryDirectory(dir=memory_folder()) as folder:
        path = Path(folder) / "damaged"
        for number in numbers:
            data, rng = case(number, seed, corpus)
            path.write_bytes(data)
            results.send(number)
            start, detail = time.perf_counter(), ""
            try:
                kind = try_file(path, rng)
            except BaseException:  # noqa: BLE001 - to catch whatever comes is the purpose
                kind, detail = "crashed", traceback.format_exc(limit=-4)
            results.send(Outcome(number, kind, time.perf_counter() - start, peak_bytes(), detail))
    results.send(None)


def memory_folder() -> str | None:
    folder = Path("/dev/shm")
    return str(folder) if folder.is_dir() else None


def run(numbers: range, seed: int, corpus: list[bytes]) -> list[Outcome]:
    """Try all numbers in one worker at a time; a worker that dies is followed by another."""
    outcomes: list[Outcome] = []
    done = numbers.start
    while done < numbers.stop:
        receive, send = multiprocessing.Pipe(duplex=False)
        batch = range(done, min(done + BATCH, numbers.stop))
        worker = multiprocessing.Process(target=work, args=(batch, seed, corpus, send))
        worker.start()
        send.close()
        done = collect(worker, receive, batch, outcomes)
    return outcomes


def collect(worker, receive: Connection, batch: range, outcomes: list[Outcome]) -> int:
    """Take the results of a worker until it ends or is ended; return the next number to try."""
    current = batch.start
    try:
        while receive.poll(WATCHDOG_S):
            message = receive.recv()
            if message is None:
                worker.join()
                return batch.stop
            if isinstance(message, Outcome):
                outcomes.append(message)
            else:
                current = message
        worker.kill()
        worker.join()
        outcomes.append(Outcome(current, "crashed", WATCHDOG_S, 0, "hangs"))
    except EOFError:
        worker.join()
        outcomes.append(Outcome(current, "crashed", 0.0, 0, f"signal {-worker.exitcode}"))
    return current + 1


def load(folder: Path, largest: int, each: int) -> list[bytes]:
    """Return small files of a folder, at most `each` of one suffix."""
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES)
    taken: dict[str, list[Path]] = {}
    for file in files:
        if file.stat().st_size <= largest:
            taken.setdefault(file.suffix, []).append(file)
    return [file.read_bytes() for group in taken.values() for file in group[:each]]


def synthetic(folder: Path) -> None:
    """Write small files of the formats and compressions that a folder of real ones may lack."""
    import tifffile

    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.czi_files import Tile, metadata_xml, write_czi

    from nuclarium.io.write_lsm import write_lsm

    rng = np.random.default_rng(0)
    write_lsm(folder / "a.lsm", rng.integers(0, 4096, (1, 2, 2, 64, 64), dtype=np.uint16))
    colour = rng.integers(0, 99, (64, 64, 3), dtype=np.uint8)
    tiles = [
        Tile(colour[i : i + 32], {"X": i * 32, "M": i}, c) for i, c in enumerate((0, 1, 4, 5, 6))
    ]
    write_czi(folder / "a.czi", tiles, metadata_xml(scaling_m={"X": 1e-7, "Y": 1e-7}))
    for compression in COMPRESSIONS:
        file = folder / f"{compression}.tif"
        tifffile.imwrite(file, colour, tile=(32, 32), compression=compression, photometric="rgb")
    stack = rng.integers(0, 99, (2, 3, 64, 64), dtype=np.uint16)
    with tifffile.TiffWriter(folder / "a.ome.tif", bigtiff=True) as tif:
        tif.write(stack, subifds=1, tile=(32, 32), compression="zlib", metadata={"axes": "CZYX"})
        tif.write(stack[..., ::2, ::2], subfiletype=1, tile=(32, 32), compression="zlib")
    tifffile.imwrite(folder / "imagej.tif", stack, imagej=True, metadata={"unit": "um"})


def table(outcomes: list[Outcome], seconds: float) -> str:
    """Return the figures as a table."""
    kinds = [outcome.kind for outcome in outcomes]
    slowest = max(outcomes, key=lambda outcome: outcome.seconds)
    rows = {
        "damaged files": f"{len(outcomes):,}",
        "opened and read": f"{kinds.count('opened'):,}",
        "refused with a sentence": f"{kinds.count('refused'):,}",
        "crashed": f"{kinds.count('crashed'):,}",
        "slowest": f"{slowest.seconds:.2f} s (number {slowest.number})",
        "peak memory of a worker": f"{max(o.peak_bytes for o in outcomes) / 2**20:,.0f} MiB",
        "rate": f"{len(outcomes) / seconds:.0f} a second",
    }
    return "\n".join(f"{label:<26}{value}" for label, value in rows.items())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of images to damage")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--start", type=int, default=0, help="number to resume from")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--largest", type=int, default=4 << 20, help="skip files of more bytes")
    parser.add_argument("--report-every", type=int, default=10_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        synthetic(Path(folder))
        corpus = load(arguments.data, arguments.largest, 6)
        corpus += load(Path(folder), arguments.largest, 99)
    print(f"{len(corpus)} files, {sum(map(len, corpus)) / 2**20:.1f} MiB, seed {arguments.seed}")
    start, outcomes = time.perf_counter(), []
    stop = arguments.start + arguments.count
    for first in range(arguments.start, stop, arguments.report_every):
        numbers = range(first, min(first + arguments.report_every, stop))
        found = run_jobs(numbers, arguments.seed, corpus, arguments.jobs)
        outcomes += found
        for outcome in found:
            if outcome.kind == "crashed":
                print(f"number {outcome.number}: {outcome.detail}")
        print(f"-- up to number {numbers.stop - 1}")
        print(table(outcomes, time.perf_counter() - start), flush=True)
    return int(any(outcome.kind == "crashed" for outcome in outcomes))


def run_jobs(numbers: range, seed: int, corpus: list[bytes], jobs: int) -> list[Outcome]:
    """Share the numbers among `jobs` threads, each with a worker process of its own."""
    if jobs == 1:
        return run(numbers, seed, corpus)
    from concurrent.futures import ThreadPoolExecutor

    step = -(-len(numbers) // jobs)
    parts = [numbers[i : i + step] for i in range(0, len(numbers), step)]
    with ThreadPoolExecutor(jobs) as pool:
        return [o for part in pool.map(lambda p: run(p, seed, corpus), parts) for o in part]


if __name__ == "__main__":
    sys.exit(main())
