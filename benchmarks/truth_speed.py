r"""Dawid-Skene on many answers, side by side with crowd-kit: time, log-likelihood, peak memory.

    python benchmarks/truth_speed.py [--answers 1000000] [--raters 1000] [--labels 4 10]
    python benchmarks/truth_speed.py --part small     # many small problems of one shape

Both begin with shares of votes and run the same number of iterations; the log-likelihood of both
results is computed by the same lines below, from the parameters that each returns. Then ours, with
extended steps as it runs by default, stops once it is as likely as crowd-kit's result; and at last
runs on until it settles. Times are medians of turns that both take in one process (--repeats); the
first turn of a fresh process, which also pays for memory that it touches first, stands beside them.
Peaks of memory are those of a process of each.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nuclarium.raters.truth.dawid_skene import dawid_skene
from nuclarium.raters.truth.fit import Coded

Found = tuple[float, float, float, int]


def drawn(
    answers: int, raters: int, labels: int, items: int, seed: int = 0, skill: float = 6.0
) -> Coded:
    """Draw answers of raters; the share of right ones is Beta(skill, 3)."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(labels, items, p=rng.dirichlet(np.full(labels, 5.0)))
    right = rng.beta(skill, 3, raters)
    item = np.repeat(np.arange(items), -(-answers // items))[:answers]
    rater = rng.integers(0, raters, answers)
    wrong = (truth[item] + rng.integers(1, labels, answers)) % labels
    label = np.where(rng.random(answers) < right[rater], truth[item], wrong)
    return Coded(item, rater, label, items, raters, labels)


def log_likelihood(codes: Coded, prior: np.ndarray, confusion: np.ndarray) -> float:
    """Compute it from its definition; confusion is [rater, truth, answer]."""
    logs = np.log(np.maximum(confusion, 1e-300))[codes.rater, :, codes.label]
    starts = np.flatnonzero(np.diff(codes.item, prepend=-1))
    joint = np.add.reduceat(logs, starts) + np.log(np.maximum(prior, 1e-300))
    return float(np.logaddexp.reduce(joint, axis=1).sum())


SAME = 1e-7
"""Differences of the log-likelihood an answer that count as none; crowd-kit stops at 1e-5."""

WARM = drawn(1000, 10, 4, 100)


class Peak:
    """Highest resident memory on top of what there was at the start, in MiB."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")
        self.before = self._status("VmRSS")

    def mib(self) -> float:
        """Return it."""
        return self._status("VmHWM") - self.before

    def _status(self, name: str) -> float:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def ours(codes: Coded, iterations: int | None, tolerance: float | None, accelerated: bool) -> Found:
    dawid_skene(WARM)
    peak, begin = Peak(), time.perf_counter()
    fit = dawid_skene(codes, iterations=iterations, tolerance=tolerance, accelerated=accelerated)
    seconds = time.perf_counter() - begin
    memory = peak.mib()
    likelihood = log_likelihood(codes, fit.prior, fit.confusion)
    return seconds, likelihood, memory, len(fit.log_likelihood)


def as_table(codes: Coded) -> pd.DataFrame:
    return pd.DataFrame({"task": codes.item, "worker": codes.rater, "label": codes.label})


def steps_to(codes: Coded, likelihood: float) -> int | None:
    """Return after how many steps, some extended, the result is as likely; None if never."""
    settled = dawid_skene(codes)
    for steps in range(2, len(settled.log_likelihood) + 20):
        if ours(codes, steps, -1.0, True)[1] > likelihood - SAME * len(codes.item):
            return steps
    return None


def theirs(codes: Coded, iterations: int, tolerance: float) -> Found:
    from crowdkit.aggregation import DawidSkene

    DawidSkene().fit(as_table(WARM))
    table = as_table(codes)
    peak, begin = Peak(), time.perf_counter()
    model = DawidSkene(n_iter=iterations, tol=tolerance).fit(table)
    seconds = time.perf_counter() - begin
    memory = peak.mib()
    confusion = np.zeros((codes.n_raters, codes.n_labels, codes.n_labels))
    errors = model.errors_.reindex(columns=range(codes.n_labels))
    who = errors.index.get_level_values("worker").to_numpy()
    what = errors.index.get_level_values("label").to_numpy()
    confusion[who, :, what] = errors.to_numpy()
    prior = model.priors_.reindex(range(codes.n_labels)).to_numpy()
    seconds_and_likelihood = seconds, log_likelihood(codes, prior, confusion)
    return *seconds_and_likelihood, memory, len(model.loss_history_)


def _into(
    queue: multiprocessing.Queue, function: Callable[..., object], *arguments: object
) -> None:
    queue.put(function(*arguments))


def alone(function: Callable[..., Any], *arguments: object) -> Any:
    """Run in a fresh process."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_into, args=(queue, function, *arguments))
    process.start()
    found = queue.get()
    process.join()
    return found


def in_turns(repeats: int, *runs: tuple[Any, ...]) -> list[list[float]]:
    """Return the seconds of each turn of each run; they alternate in one process."""
    turns = [[function(*rest)[0] for function, *rest in runs] for _ in range(repeats)]
    return [list(each) for each in zip(*turns, strict=True)]


def large(answers: int, raters: int, labels: list[int], repeats: int) -> None:
    print(
        "| Labels | Answers right | Method | Steps | Time | crowd-kit's time over it "
        "| In a fresh process | Log-likelihood | Memory on top |"
    )
    print("|---|---|---|---:|---:|---:|---:|---:|---:|")
    for number in labels:
        for skill, share in ((6.0, "67 %"), (2.0, "40 %")):
            codes = drawn(answers, raters, number, answers // 10, skill=skill)
            goal = alone(theirs, codes, 100, 1e-5)
            enough = steps_to(codes, goal[1])
            runs: dict[str, tuple[Any, ...]] = {
                "crowd-kit": (theirs, codes, 100, 1e-5),
                "nuclarium, as many steps": (ours, codes, goal[3] + 1, -1.0, False),
                "nuclarium, until it settles": (ours, codes, None, None, True),
            }
            if enough is not None:
                runs["nuclarium, until as likely"] = (ours, codes, enough, -1.0, True)
            fresh = [alone(*run) for run in runs.values()]
            seconds = alone(in_turns, repeats, *runs.values())
            medians = [sorted(each)[len(each) // 2] for each in seconds]
            for name, found, median in zip(runs, fresh, medians, strict=True):
                first, likelihood, memory, steps = found
                print(
                    f"| {number} | {share} | {name} | {steps} | {median:.3f} s "
                    f"| {medians[0] / median:.0f} | {first:.3f} s ({fresh[0][0] / first:.0f}) "
                    f"| {likelihood:.2f} | {memory:.0f} MiB |",
                    flush=True,
                )


def growth(raters: int) -> None:
    """Show that memory grows with the answers."""
    print("| Answers | Time an iteration | Memory on top |", "|---:|---:|---:|", sep="\n")
    for answers in (250_000, 500_000, 1_000_000, 2_000_000, 4_000_000):
        codes = drawn(answers, raters, 4, answers // 10)
        seconds, _, memory, steps = alone(ours, codes, 20, -1.0, False)
        print(f"| {answers:,} | {seconds / steps * 1000:.0f} ms | {memory:.0f} MiB |", flush=True)


def small(problems: int) -> None:
    """Many fits of 1,500 items by 2 to 15 of 25 raters in four labels, as a study needs them."""
    rng = np.random.default_rng(0)
    sets = []
    for k in range(2, 16):
        codes = drawn(1500 * 25, 25, 4, 1500, seed=k)
        chosen = np.argsort(rng.random((1500, 25)), axis=1)[:, :k]
        table = np.asarray(codes.label).reshape(1500, 25)
        item = np.repeat(np.arange(1500), k)
        rater = chosen.ravel()
        sets.append(Coded(item, rater, table[item, rater], 1500, 25, 4))
    begin = time.perf_counter()
    steps = [len(dawid_skene(sets[i % len(sets)]).log_likelihood) for i in range(problems)]
    each = (time.perf_counter() - begin) / problems
    print(
        f"{problems} fits: {each * 1000:.2f} ms each, {np.mean(steps):.0f} iterations on average; "
        f"14,000 on two cores: {each * 14_000 / 2:.0f} s"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--answers", type=int, default=1_000_000)
    parser.add_argument("--raters", type=int, default=1000)
    parser.add_argument("--labels", type=int, nargs="+", default=[4, 10])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--problems", type=int, default=280)
    parser.add_argument("--part", choices=("large", "growth", "small"))
    arguments = parser.parse_args()
    if arguments.part in (None, "large"):
        large(arguments.answers, arguments.raters, arguments.labels, arguments.repeats)
    if arguments.part in (None, "growth"):
        growth(arguments.raters)
    if arguments.part in (None, "small"):
        small(arguments.problems)
