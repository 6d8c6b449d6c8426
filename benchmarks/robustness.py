"""How a model takes what microscopes do to images, and what it finds where there is nothing.

    python benchmarks/robustness.py --data ../shared/data/dsb2018 [--model fluo] [--ids FILE]

Each image is disturbed in each way and segmented anew; scores are pooled over the images, and those
of the untouched images are subtracted. Strengths are relative to the image: `background` is the
median of its pixels outside the labelled nuclei, `contrast` how far the median of the pixels inside
them lies above that, `diameter` that of a disc with the median area of its nuclei. Where nothing
else is said, a disturbed image is stored as a camera would, in 16 bits, 20 counts a grey level
above an offset of 5,000, so that neither rounding nor black cuts anything off.

Empty fields hold no nucleus: synthetic ones of 512 × 512 px, and the largest square without a label
of each real image that has one of 128 px or more. It keeps half a diameter, and at least 8 px, off
every label, as nuclei shine beyond their outlines. People made those labels and may have left out
faint nuclei: not all that is found there is false.
"""

from __future__ import annotations

import argparse
import csv
import functools
import json
import os
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import cv2
import numpy as np
import numpy.typing as npt

import nuclarium as nu
from nuclarium.evaluate import ImageScores
from nuclarium.predict import segment as segmenting
from nuclarium.predict.engine import start_engine
from nuclarium.predict.model import Model

Pixels = npt.NDArray[Any]
Light = npt.NDArray[np.float32]

EMPTY_SIDE = 512
EMPTY_FIELDS = 20
SMALLEST_WINDOW = 128
SHOWN = (
    "average_precision@0.50",
    "average_precision@0.50:0.95",
    "f1@0.50",
    "panoptic_quality",
    "count_error",
)


@dataclass(frozen=True)
class Scene:
    """An image with its true nuclei, and what strengths are relative to, in grey levels and px."""

    name: str
    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int32]
    background: float
    contrast: float
    diameter: float

    @property
    def light(self) -> Light:
        """The pixels as numbers to compute with."""
        return self.pixels.astype(np.float32)


Disturbance = Callable[[Scene, np.random.Generator], Pixels]
Field = Callable[[np.random.Generator], Pixels]


def read_scene(data: Path, name: str) -> Scene:
    with nu.open_image(data / "images" / f"{name}.png") as image:
        pixels = image.read()
    labels = cv2.imread(str(data / "labels" / f"{name}.png"), cv2.IMREAD_UNCHANGED).astype(np.int32)
    background = float(np.median(pixels[labels == 0]))
    contrast = float(np.median(pixels[labels > 0])) - background
    areas = np.unique(labels[labels > 0], return_counts=True)[1]
    diameter = float(np.sqrt(4 * np.median(areas) / np.pi))
    return Scene(name, pixels, labels, background, max(contrast, 1.0), diameter)


def as_camera(light: npt.NDArray[Any]) -> Pixels:
    """Store grey levels in 16 bits, with an offset and finer steps than theirs."""
    return np.clip(np.rint(light * 20 + 5000), 0, 65535).astype(np.uint16)


def gradient(scene: Scene, rng: np.random.Generator, *, strength: float) -> Pixels:
    return as_camera(scene.light + ramp(scene.pixels.shape, rng) * strength * scene.contrast)


def ramp(shape: tuple[int, ...], rng: np.random.Generator) -> Light:
    """Slope from 0 to 1 in any direction."""
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[: shape[0], : shape[1]]
    slope = np.cos(angle) * y / shape[0] + np.sin(angle) * x / shape[1]
    return np.asarray((slope - slope.min()) / np.ptp(slope), np.float32)


def vignette(scene: Scene, _: np.random.Generator, *, corner: float) -> Pixels:
    height, width = scene.pixels.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return as_camera(scene.light * (1 - (1 - corner) * (y**2 + x**2) / 2))


def blur(scene: Scene, _: np.random.Generator, *, share: float) -> Pixels:
    return as_camera(cv2.GaussianBlur(scene.light, (0, 0), share * scene.diameter))


def read_noise(scene: Scene, rng: np.random.Generator, *, share: float) -> Pixels:
    return as_camera(rng.normal(scene.light, share * scene.contrast))


def photon_noise(scene: Scene, rng: np.random.Generator, *, photons: float) -> Pixels:
    level = (scene.background + scene.contrast) / photons
    return as_camera(rng.poisson(scene.light / level) * level)


def saturated(scene: Scene, _: np.random.Generator, *, share: float) -> Pixels:
    ceiling = np.quantile(scene.pixels[scene.labels > 0], 1 - share)
    return as_camera(np.minimum(scene.light, ceiling))


def narrow(scene: Scene, _: np.random.Generator, *, levels: int) -> Pixels:
    above = (scene.light - scene.background) / scene.contrast
    return np.clip(np.rint(20 + levels * above), 0, 255).astype(np.uint8)


def compressed(scene: Scene, _: np.random.Generator, *, quality: int) -> Pixels:
    _, file = cv2.imencode(".jpg", scene.pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(file, cv2.IMREAD_UNCHANGED)


def resized(scene: Scene, _: np.random.Generator, *, scale: float) -> Pixels:
    shape = (round(scene.pixels.shape[1] * scale), round(scene.pixels.shape[0] * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return as_camera(cv2.resize(scene.light, shape, interpolation=way))


def labels_for(scene: Scene, pixels: Pixels) -> npt.NDArray[np.int32]:
    """Return the truth on the grid of a disturbed image, which may be of another size."""
    if pixels.shape == scene.labels.shape:
        return scene.labels
    light = scene.labels.astype(np.float32)
    larger = cv2.resize(light, pixels.shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(larger, np.int32)


def with_specks(scene: Scene, rng: np.random.Generator) -> Pixels:
    return as_camera(scene.light + specks(scene.pixels.shape, rng) * scene.contrast)


def with_fibres(scene: Scene, rng: np.random.Generator) -> Pixels:
    return as_camera(scene.light + fibres(scene.pixels.shape, rng) * scene.contrast)


def with_smear(scene: Scene, rng: np.random.Generator) -> Pixels:
    """Add one ellipse, 20 times as bright as nuclei, where it hides the fewest of them."""
    tries = [smear(scene.pixels.shape, rng) for _ in range(50)]
    clearest = min(tries, key=lambda light: float(light[scene.labels > 0].sum()))
    return as_camera(scene.light + clearest * 20 * scene.contrast)


def specks(shape: tuple[int, ...], rng: np.random.Generator) -> Light:
    """Points of a peak of 0.5 to 3, sigma 1 px, 300 a megapixel."""
    light = np.zeros(shape, np.float32)
    count = max(1, round(300e-6 * light.size))
    places = rng.integers(0, shape, (count, 2))
    light[places[:, 0], places[:, 1]] = rng.uniform(0.5, 3, count) * 2 * np.pi
    return cv2.GaussianBlur(light, (0, 0), 1.0)


def fibres(shape: tuple[int, ...], rng: np.random.Generator) -> Light:
    """Three bent threads from edge to edge, 2 px wide, brightness 1 or 2."""
    light = np.zeros(shape, np.float32)
    for _ in range(3):
        along = np.linspace(-0.1, 1.1, 200)
        across = rng.uniform(0.1, 0.9) + rng.uniform(0.03, 0.15) * np.sin(
            rng.uniform(3, 9) * along + rng.uniform(0, 2 * np.pi)
        )
        path = np.column_stack([along, across][:: rng.choice([-1, 1])]) * shape[::-1]
        thread = np.zeros_like(light)
        cv2.polylines(thread, [np.rint(path).astype(np.int32)], False, 1.0, 2)
        light = np.maximum(light, cv2.GaussianBlur(thread, (0, 0), 0.7) * rng.uniform(1, 2))
    return light


def smear(shape: tuple[int, ...], rng: np.random.Generator) -> Light:
    """One ellipse of brightness 1 with soft edges, 2 % of the plane."""
    light = np.zeros(shape, np.float32)
    centre = tuple(int(rng.integers(side)) for side in shape[::-1])
    root = np.sqrt(0.02 * light.size / np.pi)
    axes = (round(root * 1.7), round(root / 1.7))
    cv2.ellipse(light, centre, axes, rng.uniform(0, 180), 0, 360, 1.0, -1)
    return cv2.GaussianBlur(light, (0, 0), 2.0)


def each(call: Callable[..., Pixels], name: str, texts: dict[float, str]) -> dict[str, Disturbance]:
    return {text: functools.partial(call, **{name: value}) for value, text in texts.items()}


DISTURBANCES: dict[str, dict[str, Disturbance]] = {
    "none": {"8 bits, as they are": lambda s, _: s.pixels},
    "bit depth": {
        "12 bits in uint16": lambda s, _: s.pixels.astype(np.uint16) * 16,
        "16 bits": lambda s, _: s.pixels.astype(np.uint16) * 257,
        "float32, 0 to 1": lambda s, _: s.light / 255,
        "float32, background subtracted": lambda s, _: (s.light - s.background) / s.contrast,
    },
    "inverted": {"255 − x": lambda s, _: 255 - s.pixels},
    "gradient, side to side": each(
        gradient,
        "strength",
        {0.5: "0.5 × contrast", 1: "1 × contrast", 2: "2 × contrast", 4: "4 × contrast"},
    ),
    "vignetting": each(
        vignette, "corner", {0.6: "corners at 0.6", 0.3: "corners at 0.3", 0.1: "corners at 0.1"}
    ),
    "blur": each(
        blur,
        "share",
        {0.05: "σ 0.05 diameters", 0.1: "σ 0.1 diameters", 0.2: "σ 0.2 diameters"},
    ),
    "read noise": each(
        read_noise,
        "share",
        {0.05: "σ 5 % of contrast", 0.1: "σ 10 %", 0.2: "σ 20 %", 0.4: "σ 40 %", 0.8: "σ 80 %"},
    ),
    "photon noise": each(
        photon_noise, "photons", {50: "50 photons in a nucleus's pixel", 10: "10", 3: "3"}
    ),
    "saturation": each(
        saturated, "share", {0.1: "10 % of the nuclei's pixels", 0.3: "30 %", 0.6: "60 %"}
    ),
    "debris": {
        "300 specks a megapixel": with_specks,
        "3 fibres": with_fibres,
        "smear, 20 × contrast, 2 % of the plane": with_smear,
    },
    "few grey levels": each(
        narrow, "levels", {20: "20 above background, 8 bits", 10: "10", 5: "5"}
    ),
    "JPEG": each(compressed, "quality", {50: "quality 50", 20: "quality 20"}),
    "size": each(resized, "scale", {0.5: "half", 2: "double", 3: "triple"}),
}


def noise(rng: np.random.Generator, *, sigma: float = 2.0) -> npt.NDArray[np.float64]:
    return rng.normal(0, sigma, (EMPTY_SIDE, EMPTY_SIDE))


def counts(light: npt.NDArray[Any]) -> Pixels:
    return np.clip(np.rint(100 + light), 0, 65535).astype(np.uint16)


def constant(rng: np.random.Generator) -> Pixels:
    kind, top = ((np.uint8, 255), (np.uint16, 65535), (np.float32, 1))[int(rng.integers(3))]
    return np.full((EMPTY_SIDE, EMPTY_SIDE), rng.choice([0, 0.1, 1]) * top, kind)


def hot_pixels(rng: np.random.Generator) -> Pixels:
    light = noise(rng)
    hot = rng.random(light.shape) < rng.choice([1e-5, 1e-4, 1e-3])
    return counts(np.where(hot, rng.uniform(20, 20000, light.shape), light))


def haze(rng: np.random.Generator) -> Pixels:
    """Light far out of focus: 12 smooth blobs, sigma 25 to 80 px, 2 to 50 times the noise."""
    light = np.zeros((EMPTY_SIDE, EMPTY_SIDE), np.float32)
    places = rng.integers(0, EMPTY_SIDE, (12, 2))
    light[places[:, 0], places[:, 1]] = rng.uniform(0.3, 1, 12)
    light = cv2.GaussianBlur(light, (0, 0), rng.uniform(25, 80))
    return counts(noise(rng) + light / light.max() * 2 * rng.uniform(2, 50))


def dirt(rng: np.random.Generator) -> Pixels:
    shape = (EMPTY_SIDE, EMPTY_SIDE)
    light = fibres(shape, rng) + specks(shape, rng)
    return counts(noise(rng) + light * rng.uniform(10, 400))


EMPTY: dict[str, Field] = {
    "constant": constant,
    "read noise": lambda rng: counts(noise(rng, sigma=rng.uniform(0.5, 20))),
    "photon noise": lambda rng: counts(
        rng.poisson(np.exp(rng.uniform(-1, 5)), (EMPTY_SIDE, EMPTY_SIDE)) * 10
    ),
    "read noise, smoothed": lambda rng: counts(
        cv2.GaussianBlur(noise(rng, sigma=50), (0, 0), rng.uniform(0.5, 3))
    ),
    "gradient, no noise": lambda rng: counts(ramp((EMPTY_SIDE,) * 2, rng) * rng.uniform(5, 5000)),
    "gradient with noise": lambda rng: counts(
        noise(rng) + ramp((EMPTY_SIDE,) * 2, rng) * rng.uniform(5, 500)
    ),
    "hot pixels": hot_pixels,
    "haze out of focus": haze,
    "fibres and specks": dirt,
}


def real_backgrounds(data: Path, names: list[str]) -> Iterator[Pixels]:
    """Largest square without a label of each image that has one of `SMALLEST_WINDOW` or more."""
    for name in names:
        scene = read_scene(data, name)
        free = np.pad((scene.labels == 0).astype(np.uint8), 1)
        reach = cv2.distanceTransform(free, cv2.DIST_C, 3)[1:-1, 1:-1]
        half = int(reach.max() - max(8, scene.diameter / 2))
        if 2 * half + 1 >= SMALLEST_WINDOW:
            y, x = np.unravel_index(int(reach.argmax()), reach.shape)
            yield scene.pixels[y - half : y + half + 1, x - half : x + half + 1]


@contextmanager
def one_engine() -> Iterator[None]:
    """Let every call of `nuclarium.segment` use the engine that the first one started."""
    kept = functools.cache(start_engine)
    with mock.patch.object(segmenting, "start_engine", kept):
        yield


def segment_all(images: list[Pixels], model: Model) -> list[npt.NDArray[np.int32]]:
    """Segment images through the library as a user would, one a processor at a time."""

    def labels_of(pixels: Pixels) -> npt.NDArray[np.int32]:
        return nu.segment(nu.Image.from_array(pixels), model, workers=1)

    first = [labels_of(pixels) for pixels in images[:1]]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return first + list(pool.map(labels_of, images[1:]))


def rng_of(*parts: str | int) -> np.random.Generator:
    """Make the generator of one image in one row, whatever was done before."""
    return np.random.default_rng([zlib.crc32(str(part).encode()) for part in parts])


def disturbed_rows(
    scenes: list[Scene], model: Model, *, seed: int, only: str
) -> Iterator[dict[str, Any]]:
    plain: dict[str, float] = {}
    for kind, severities in DISTURBANCES.items():
        if plain and only not in kind:
            continue
        for severity, disturb in severities.items():
            images = [disturb(s, rng_of(seed, kind, severity, s.name)) for s in scenes]
            found = segment_all(images, model)
            truths = [labels_for(s, image) for s, image in zip(scenes, images, strict=True)]
            total = sum(map(nu.score, found, truths), start=ImageScores())
            values = total.values()
            plain = plain or values
            change = {name: values[name] - plain[name] for name in SHOWN}
            yield {"kind": kind, "severity": severity, "scores": values, "change": change}


def empty_row(kind: str, images: list[Pixels], model: Model) -> dict[str, Any]:
    found = [int(labels.max()) for labels in segment_all(images, model)]
    megapixels = sum(image.size for image in images) / 1e6
    return {
        "kind": kind,
        "fields": len(images),
        "megapixels": megapixels,
        "nuclei": sum(found),
        "nuclei_per_megapixel": sum(found) / megapixels,
        "share_without": float(np.mean([count == 0 for count in found])),
    }


def empty_rows(data: Path, model: Model, *, seed: int, only: str) -> Iterator[dict[str, Any]]:
    for kind, field in EMPTY.items():
        if only in kind:
            fields = [field(rng_of(seed, "empty", kind, number)) for number in range(EMPTY_FIELDS)]
            yield empty_row(kind, fields, model)
    held_out = (data / "fluorescence_val.txt").read_text().split()
    with (data / "index.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["modality"] == "fluorescence"]
    others = sorted({row["id"] for row in rows} - set(held_out))
    for kind, names in (
        ("real background, images for training", others),
        ("real background, the 54 images", held_out),
    ):
        if only in kind:
            yield empty_row(kind, list(real_backgrounds(data, names)), model)


def signed(value: float, digits: int) -> str:
    text = f"{value:+.{digits}f}"
    return text.replace("-", "−") if float(text) else text[1:]


def disturbed_line(row: dict[str, Any]) -> str:
    ap, mean_ap, f1, pq, count = (row["scores"][name] for name in SHOWN)
    changes = [signed(row["change"][name], 3) for name in SHOWN[:2]]
    is_plain = row["kind"] == "none"
    return (
        f"| {row['kind']} | {row['severity']} | {ap:.3f} | {'' if is_plain else changes[0]} "
        f"| {mean_ap:.3f} | {'' if is_plain else changes[1]} | {f1:.3f} | {pq:.3f} "
        f"| {signed(100 * count, 1)} % |"
    )


def empty_line(row: dict[str, Any]) -> str:
    return (
        f"| {row['kind']} | {row['fields']} | {row['megapixels']:.2f} | {row['nuclei']} "
        f"| {row['nuclei_per_megapixel']:.1f} | {100 * row['share_without']:.0f} % |"
    )


def print_as_it_comes(
    head: str, rows: Iterator[dict[str, Any]], line: Callable[[dict[str, Any]], str] | None
) -> list[dict[str, Any]]:
    kept = []
    if line:
        print(f"{head}\n{'|---' * (head.count('|') - 1)}|", flush=True)
    for row in rows:
        kept.append(row)
        if line:
            print(line(row), flush=True)
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of DSB 2018")
    parser.add_argument("--model", default="fluo")
    parser.add_argument("--ids", type=Path, help="text file of images; else fluorescence_val.txt")
    parser.add_argument("--only", default="", help="kinds whose name holds this")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    model = nu.load_model(args.model)
    names = (args.ids or args.data / "fluorescence_val.txt").read_text().split()
    scenes = [read_scene(args.data, name) for name in names]
    began = time.monotonic()
    with one_engine():
        disturbed = print_as_it_comes(
            "| Disturbance | Strength | AP 0.5 | change | AP 0.5–0.95 | change | F1 | PQ | count |",
            disturbed_rows(scenes, model, seed=args.seed, only=args.only),
            None if args.json else disturbed_line,
        )
        if not args.json:
            print()
        empty = print_as_it_comes(
            "| Empty field | Fields | MP | Nuclei found | a megapixel | fields with none |",
            empty_rows(args.data, model, seed=args.seed, only=args.only),
            None if args.json else empty_line,
        )
    seconds = time.monotonic() - began
    if args.json:
        facts = {"model": model.name, "sha256": model.hash, "images": len(scenes)}
        facts |= {"seed": args.seed, "seconds": seconds}
        print(json.dumps({**facts, "disturbed": disturbed, "empty": empty}, indent=1))
    else:
        print(f"\n{len(scenes)} images, model {model.name} {model.hash[:12]}, {seconds:.0f} s")


if __name__ == "__main__":
    main()
