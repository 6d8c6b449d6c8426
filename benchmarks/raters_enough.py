r"""How many raters are enough, on a synthetic study of the size of NuCLS; and how long that takes.

    python benchmarks/raters_enough.py [--repetitions 1000] [--workers 2] [--svg FILE]

The standard study of `nuclarium sample raters` (53 fields, 25 raters), arm E, super classes. Marks
are clustered to anchors; those that at least two raters marked are the items. *all*: k of all 25
raters. *NP*: k of the 18 non-pathologists. The reference is the planted truth, or what all seven
pathologists say together. *plain*: the same model
written down answer by answer in Python with 70 steps, as the original does, timed on three draws.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np
from rater_studies import answers_at_anchors

from nuclarium.raters.answers import Answers
from nuclarium.raters.enough import Enough, raters_enough
from nuclarium.raters.truth import infer_truth
from nuclarium.report.rater_curves import curves_figure
from nuclarium.synthetic.raters import study
from nuclarium.synthetic.raters_spec import StudySpec

KS = range(2, 16)
Codes = np.ndarray[tuple[int], np.dtype[np.int32]]
IGNORED = ("AMBIGUOUS",)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--svg", type=Path)
    arguments = parser.parse_args()
    made = study(StudySpec(), np.random.default_rng(arguments.seed))
    answers, planted = answers_at_anchors(made, "E")
    print(
        f"{len(answers.fields)} fields, {len(answers.items):,} anchors, {len(answers.raters)} "
        f"raters, {len(answers):,} answers, labels {', '.join(answers.labels)}"
    )
    laymen = answers.only(groups=["NP"])
    cases = {
        "k of 25 raters, against the planted truth": (answers, planted),
        "k of 18 non-pathologists, against the planted truth": (laymen, planted),
        "k of 18 non-pathologists, against what 7 pathologists say": (
            laymen,
            infer_truth(answers.only(groups=["SP", "JP"])),
        ),
    }
    drawn = {}
    for name, (some, reference) in cases.items():
        begin, before = time.perf_counter(), processors_s()
        enough = raters_enough(
            some,
            reference,
            [k for k in KS if k <= most_raters(some)],
            repetitions=arguments.repetitions,
            ignored=IGNORED,
            workers=arguments.workers,
        )
        seconds = time.perf_counter() - begin
        busy = processors_s() - before
        drawn[name] = enough.curves()
        fits = len(enough.ks) * arguments.repetitions
        print(
            f"\n{name}: {fits:,} truths, {seconds:.1f} s, {arguments.workers} processes, "
            f"{busy:.1f} s of processors"
        )
        print(*enough.remarks, sep="\n")
        show(enough)
    plain(answers, planted)
    if arguments.svg:
        arguments.svg.write_text(curves_figure(drawn), encoding="utf-8")


def processors_s() -> float:
    """Return the time that processors worked for this process and for those it ended."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in usage)


def most_raters(answers: Answers) -> int:
    """Return how many raters at least 40 fields have."""
    return int(np.sort(raters_of_fields(answers).sum(axis=1))[-40])


def raters_of_fields(answers: Answers) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    seen = np.zeros((len(answers.fields), len(answers.raters)), bool)
    seen[answers.field[answers.item], answers.rater] = True
    return seen


def show(enough: Enough) -> None:
    table = enough.curves()
    print("| k | F1 of detection | MCC of classes | AUROC |\n|---|---|---|---|")
    for k in enough.ks:
        rows = table[table["k"] == k].set_index("score")
        cells = [
            f"{rows.at[name, 'mean']:.3f} ({rows.at[name, 'low']:.3f} to "
            f"{rows.at[name, 'high']:.3f})"
            for name in ("detection_f1", "classification_mcc", "auroc_micro")
        ]
        print(f"| {k} | {' | '.join(cells)} |")


def plain(answers: Answers, planted: list[str], repetitions: int = 5) -> None:
    """Time the plain way beside that of `raters_enough`: EM over dictionaries, 70 steps a draw."""
    seen = raters_of_fields(answers)
    begin = time.perf_counter()
    keys = np.where(seen, np.random.default_rng(0).random(seen.shape), 2.0)
    place = keys.argsort(axis=1).argsort(axis=1)
    for k in (2, 8, 15):
        kept = ((place < k) & seen)[answers.field[answers.item], answers.rater]
        plain_truth(answers.item[kept], answers.rater[kept], answers.label[kept], answers)
    plain_s = (time.perf_counter() - begin) / 3
    begin = time.perf_counter()
    raters_enough(answers, planted, KS, repetitions=repetitions, ignored=IGNORED)
    quick_s = (time.perf_counter() - begin) / repetitions / len(KS)
    print(f"\na truth in one process: plain {plain_s:.2f} s, here {1000 * quick_s:.1f} ms")


def plain_truth(item: Codes, rater: Codes, label: Codes, answers: Answers) -> None:
    """Infer one truth as the definition is written down, answer by answer, in 70 steps."""
    n, k = len(answers.items), len(answers.labels)
    triples = list(zip(item.tolist(), rater.tolist(), label.tolist(), strict=True))
    prior = [1 / k] * k
    other = 0.3 / (k - 1)
    confusion = [
        [[0.7 if t == a else other for a in range(k)] for t in range(k)] for _ in answers.raters
    ]
    for _ in range(70):
        known = [prior.copy() for _ in range(n)]
        for i, w, a in triples:
            row = known[i]
            for t in range(k):
                row[t] *= confusion[w][t][a]
        for i, row in enumerate(known):
            total = sum(row)
            known[i] = [v / total if total else 1 / k for v in row]
        prior = [sum(row[t] for row in known) / n for t in range(k)]
        sums = [[[0.0] * k for _ in range(k)] for _ in answers.raters]
        for i, w, a in triples:
            for t in range(k):
                sums[w][t][a] += known[i][t]
        for w, rows in enumerate(sums):
            for t, row in enumerate(rows):
                total = sum(row)
                if total:
                    confusion[w][t] = [v / total for v in row]


if __name__ == "__main__":
    main()
