"""Families of targets for nuclei on equal budgets: distance, border, star-convex polygons, flow.

    python benchmarks/targets --out FOLDER [--steps 400] [--seed 1] [--families star flow]
    python benchmarks/targets --oracle
    python benchmarks/targets --out FOLDER --table

Every family has the same network, start, patches, optimiser and number of steps; images, split and
rates are those of the recipe. The settings of each decoder are chosen from at most 12 on the
images that the recipe holds out to watch its training, by the mean AP over IoU 0.5 to 0.95, and
scored once on those of fluorescence_val.txt, which lies beside the images. A family saves its
state every 50 steps: the same command goes on where it was stopped. ``--oracle`` decodes the maps
of a network without fault, made of the true labels of the watched images.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import border
import cv2
import distance
import flow
import numpy as np
import star
from family import Family
from learning import patches_hash, trained
from scoring import oracle, table, tuned_and_scored

from nuclarium.predict.model import InputSpec
from nuclarium.train.config import TrainConfig, read_config
from nuclarium.train.examples import Example, load_example
from nuclarium.train.pairs import Pair, list_pairs, split_pairs

FAMILIES: dict[str, Family] = {
    module.FAMILY.name: module.FAMILY for module in (distance, border, star, flow)
}
SPEC = InputSpec()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    root = Path(__file__).resolve().parents[2]
    parser.add_argument("--recipe", type=Path, default=root / "recipes" / "fluo.toml")
    parser.add_argument("--held-out", type=Path, help="ids, one a line [fluorescence_val.txt]")
    parser.add_argument("--out", type=Path, help="folder of states and scores")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, help="processes that make patches [1]")
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    parser.add_argument("--oracle", action="store_true", help="score perfect maps, and stop")
    parser.add_argument("--table", action="store_true", help="print what is there, and stop")
    args = parser.parse_args()
    if args.out is None and not args.oracle:
        parser.error("--out must name a folder, unless --oracle is given.")
    cv2.setNumThreads(1)
    if args.table:
        print(_table(args.out))
        return
    recipe = read_config(args.recipe)
    train, watched = split_pairs(
        list_pairs(recipe), recipe.validation_fraction, np.random.default_rng(recipe.seed)
    )
    watched_examples = [load_example(pair, SPEC) for pair in watched]
    families = [FAMILIES[name] for name in args.families]
    if args.oracle:
        print(table(_ceilings(families, watched_examples)))
        return
    held_out = _held_out(recipe, args.held_out or recipe.images.parent / "fluorescence_val.txt")
    held_out_examples = [load_example(pair, SPEC) for pair in held_out]
    config = recipe.model_copy(
        update={"steps": args.steps, "seed": args.seed, "workers": args.workers, "batch_size": 16}
    )
    train_examples = [load_example(pair, SPEC) for pair in train]
    _keep_to(args.out / f"patches-seed{args.seed}.txt", patches_hash(train_examples, SPEC, config))
    for family in families:
        folder = args.out / f"{family.name}-steps{args.steps}-seed{args.seed}"
        folder.mkdir(parents=True, exist_ok=True)
        data = (train_examples, watched_examples, held_out_examples)
        _finish(family, config, folder, data)
    print(_table(args.out))


def _held_out(recipe: TrainConfig, path: Path) -> list[Pair]:
    """Return images that the recipe never trains on."""
    names = set(path.read_text(encoding="utf-8").split())
    everything = TrainConfig.model_fields["exclude"].get_default()
    found = list_pairs(recipe.model_copy(update={"exclude": everything}))
    seen = names & {pair.name for pair in list_pairs(recipe)}
    if seen:
        raise SystemExit(
            f"The recipe must exclude the images of {path}, but trains on {len(seen)} of them. "
            "Name that file in `exclude`."
        )
    return [pair for pair in found if pair.name in names]


def _keep_to(path: Path, found: str) -> None:
    """Refuse patches that differ from those of the families that were trained before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_text(encoding="utf-8") != found:
        raise SystemExit(
            f"{path.parent} must hold families of the same patches, but the images or how they "
            "are varied have changed since it was begun. Choose another folder."
        )
    path.write_text(found, encoding="utf-8")


def _finish(
    family: Family, config: TrainConfig, folder: Path, data: tuple[Sequence[Example], ...]
) -> None:
    """Train and score a family, unless its scores are there."""
    path = folder / "scores.json"
    if path.exists():
        return
    network = trained(family, data[0], SPEC, config, folder)
    result = tuned_and_scored(family, network, SPEC, *data[1:])
    result["oracle"] = oracle(family, data[1])
    result |= {"title": family.title, "steps": config.steps, "seed": config.seed}
    part = path.with_suffix(".part")
    part.write_text(json.dumps(result, indent=1), encoding="utf-8")
    part.replace(path)
    print(f"{family.name}: {result['held_out']['settings']}", flush=True)


def _ceilings(
    families: Sequence[Family], examples: Sequence[Example]
) -> list[tuple[str, dict[str, Any]]]:
    return [(f"{family.title}, perfect maps", oracle(family, examples)) for family in families]


def _table(folder: Path) -> str:
    """Results of all runs of a folder, the ceilings of their families, and the network's time."""
    found = [json.loads(path.read_text()) for path in sorted(folder.glob("*/scores.json"))]
    if not found:
        return f"There are no scores in {folder} yet. Leave --table out to make them."
    rows = [(f"{r['title']}, {r['steps']} steps, seed {r['seed']}", r["held_out"]) for r in found]
    ceilings = {f"{r['title']}, perfect maps": r["oracle"] for r in found}
    seconds = ", ".join(f"{r['title']} {r['network_s_per_mp']:.2f}" for r in found)
    return f"{table([*rows, *ceilings.items()])}\n\nThe network, in s/MP: {seconds}."


if __name__ == "__main__":
    main()
