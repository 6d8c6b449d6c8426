"""How long agreement and accuracy take with their intervals, and how much memory.

python benchmarks/agreement_speed.py [--draws 1000]
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from nuclarium.raters.accuracy import rater_accuracy
from nuclarium.raters.agreement import COEFFICIENTS, agreement
from nuclarium.raters.agreement_detection import detection_agreement
from nuclarium.raters.agreement_pairs import pairwise_kappa
from nuclarium.raters.agreement_permutation import compare_pairs
from nuclarium.raters.answer_codes import UNDETECTED, Answers
from nuclarium.raters.truth import infer_truth

LABELS = (*"1234567", UNDETECTED)


def study(items: int, raters: int, fields: int, rng: np.random.Generator) -> Answers:
    """Answers of which four in five are there, and three in five right by intent."""
    true = rng.integers(0, len(LABELS), items)
    item, rater = np.nonzero(rng.random((items, raters)) < 0.8)
    is_right = rng.random(len(item)) < 0.6
    label = np.where(is_right, true[item], rng.integers(0, len(LABELS), len(item)))
    names = [tuple(map(str, range(n))) for n in (items, raters, fields)]
    group = tuple("P" if r < raters // 4 else "NP" for r in range(raters))
    field = np.arange(items) * fields // items
    return Answers(item, rater, label, *names[:2], LABELS, field, names[2], group)


def timed(name: str, function: Callable[[], object]) -> None:
    """Print the best of three runs, and the most memory so far."""
    best = np.inf
    for _ in range(3):
        begin = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - begin)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"| {name} | {best:.3f} s | {memory:.0f} MiB |", flush=True)


def main(draws: int) -> None:
    for items, raters, fields in ((1500, 32, 53), (100_000, 32, 1000)):
        answers = study(items, raters, fields, np.random.default_rng(0))
        print(f"\n{items} items, {raters} raters, {fields} fields, {len(answers)} answers\n")
        print("| What | Time | Most memory so far |\n|---|---:|---:|")
        for name, coefficient in COEFFICIENTS.items():
            for level in coefficient.levels[:2]:
                scale = None if level == "nominal" else LABELS
                title = f"{coefficient.title}, {level}"
                timed(title, partial(agreement, answers, name, level, scale=scale, draws=draws))
        timed("kappas of all pairs", partial(pairwise_kappa, answers, draws=draws))
        kappas = pairwise_kappa(answers, draws=draws)
        group = kappas.group or ()
        compared = partial(compare_pairs, kappas.kappa, group, drawn=kappas.drawn)
        timed("20,000 arrangements of raters, 3 comparisons", compared)
        timed("agreement of detection", partial(detection_agreement, answers, draws=draws))
        truth = infer_truth(answers, "majority")
        timed("accuracy of every rater", partial(rater_accuracy, answers, truth, draws=draws))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--draws", type=int, default=1000)
    main(parser.parse_args().draws)
