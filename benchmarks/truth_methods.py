r"""Every method of truth inference on answers of real crowds and on simulations.

    python benchmarks/truth_methods.py --data ../shared/data/crowd_label_tables [--peers]
    python benchmarks/truth_methods.py --part coverage [--studies 40]

Accuracy, log loss (probabilities of 10^-6 at least), Brier score (sum over labels), calibration
error (ten bins of confidence) and time. With `--peers`, crowd-kit's methods of the same name stand
below ours. Simulations are drawn from five seeds and averaged. *coverage*: how often 95 % intervals
of both Bayesian fits hold what was planted.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from nuclarium.core.classes import shipped_hierarchy
from nuclarium.raters.answers import UNDETECTED, Answers, read_answers
from nuclarium.raters.truth.bayes import bayesian_dawid_skene
from nuclarium.raters.truth.fit import Coded
from nuclarium.raters.truth.inference import coded, infer_truth
from nuclarium.raters.truth.prior import confusion_prior

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from tests.simulated_raters import answers_from, confusions  # noqa: E402

Study = tuple[Answers, np.ndarray]

SETTINGS: list[tuple[str, str, dict[str, object], str | None]] = [
    ("majority", "majority", {}, "MajorityVote"),
    ("weighted, wawa", "weighted", {"rule": "wawa"}, None),
    ("weighted, iterative", "weighted", {}, None),
    ("one-coin", "one-coin", {}, "OneCoinDawidSkene"),
    ("glad", "glad", {}, "GLAD"),
    ("glad, classes estimated", "glad", {"classes": "estimated"}, None),
    ("mace", "mace", {}, "MACE"),
    ("mace, classes estimated", "mace", {"classes": "estimated"}, None),
    ("dawid-skene", "dawid-skene", {}, "DawidSkene"),
    ("dawid-skene, start of NuCLS", "dawid-skene", {"start": "nucls"}, None),
    ("bayes, variational", "bayes", {"by": "variational"}, None),
    ("bayes", "bayes", {}, None),
]
NUCLEI = (
    "tumor", "mitotic_figure", "fibroblast", "vascular_endothelium", "macrophage", "lymphocyte",
    "plasma_cell", UNDETECTED,
)  # fmt: skip


def crowd(folder: Path, name: str, ending: str) -> Study:
    table = pd.read_csv(folder / f"{name}_answers.{ending}")
    answers, _ = read_answers(table, "task", "worker", "label")
    truth = pd.read_csv(folder / f"{name}_truth.csv", dtype=str).set_index("task")["truth"]
    place = {label: k for k, label in enumerate(answers.labels)}
    return answers, truth.reindex(answers.items).map(place).to_numpy()


def named(codes: Coded, labels: tuple[str, ...] | None = None) -> Answers:
    items, raters = (tuple(map(str, range(n))) for n in (codes.n_items, codes.n_raters))
    names = labels or tuple(map(str, range(codes.n_labels)))
    return Answers(codes.item, codes.rater, codes.label, items, raters, names)


def plain(rng: np.random.Generator) -> Study:
    """Draw 1,500 items, 15 raters, four answers an item, four labels."""
    prior = rng.dirichlet(np.full(4, 5.0))
    codes, truth = answers_from(rng, prior, confusions(rng, 15, 4, low=0.55), 1500, 4)
    return named(codes), truth


def sparse(rng: np.random.Generator) -> Study:
    """Draw a hundred raters with 15 answers each."""
    prior = rng.dirichlet(np.full(4, 5.0))
    codes, truth = answers_from(rng, prior, confusions(rng, 100, 4, low=0.55), 500, 3)
    return named(codes), truth


def spammers(rng: np.random.Generator) -> Study:
    """Let half of the raters give one label of their own in 94 % of answers."""
    confusion = confusions(rng, 20, 4, low=0.55)
    for w in range(10):
        confusion[w] = 0.02
        confusion[w, :, rng.integers(4)] = 0.94
    codes, truth = answers_from(rng, np.full(4, 0.25), confusion, 1000, 6)
    return named(codes), truth


def difficult(rng: np.random.Generator) -> Study:
    """Draw items of several difficulties, as GLAD supposes."""
    items, raters, each, labels = 1000, 20, 5, 3
    truth, item = rng.integers(0, labels, items), np.repeat(np.arange(items), each)
    rater = np.argsort(rng.random((items, raters)), axis=1)[:, :each].ravel()
    score = rng.normal(1.5, 1, raters)[rater] * np.exp(rng.normal(0, 1, items))[item]
    right = rng.random(len(item)) < 1 / (1 + np.exp(-score))
    other = (truth[item] + rng.integers(1, labels, len(item))) % labels
    codes = Coded(item, rater, np.where(right, truth[item], other), items, raters, labels)
    return named(codes), truth


def nuclei(rng: np.random.Generator) -> Study:
    """Anchors as of NuCLS: 1,500 of 25 raters, 6 each; most errors are near or missed."""
    prior = np.array([0.3, 0.02, 0.15, 0.05, 0.05, 0.2, 0.08, 0.15])
    near = np.where(np.arange(8) == 7, 4.0, 0.5) * np.ones((8, 8))
    for a, b in ((0, 1), (2, 3), (2, 4), (3, 4), (5, 6)):
        near[a, b] = near[b, a] = 4.0
    near[7] = 1.0
    np.fill_diagonal(near, 0)
    confusion = np.empty((25, 8, 8))
    for w in range(25):
        for t in range(8):
            right = rng.beta(8, 3)
            confusion[w, t] = (1 - right) * rng.dirichlet(near[t] + 1e-3)
            confusion[w, t, t] += right
    codes, truth = answers_from(rng, prior, confusion, 1500, 6)
    return named(codes, NUCLEI), truth


def judged(probabilities: np.ndarray, truth: np.ndarray) -> list[float]:
    """Return accuracy, log loss, Brier score, calibration error."""
    rows = np.arange(len(truth))
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    one_hot = np.eye(probabilities.shape[1])[truth]
    bins = np.minimum((confidence * 10).astype(int), 9)
    gaps = [abs((confidence - right)[bins == b].sum()) for b in range(10)]
    return [
        right.mean(),
        -np.log(np.clip(probabilities[rows, truth], 1e-6, None)).mean(),
        ((probabilities - one_hot) ** 2).sum(axis=1).mean(),
        sum(gaps) / len(truth),
    ]


def by_us(answers: Answers, method: str, settings: dict[str, object]) -> np.ndarray:
    return infer_truth(answers, method, **settings).probabilities


def by_crowd_kit(answers: Answers, name: str) -> np.ndarray:
    import crowdkit.aggregation

    codes = coded(answers)
    # Its MACE mixes up raters and labels whose names are not in the order of their first row.
    rater, label = pd.factorize(codes.rater), pd.factorize(codes.label)
    table = pd.DataFrame({"task": codes.item, "worker": rater[0], "label": label[0]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = getattr(crowdkit.aggregation, name)().fit_predict_proba(table)
    found = found.reindex(index=range(codes.n_items), columns=range(len(label[1]))).fillna(0)
    result = np.zeros((codes.n_items, codes.n_labels))
    result[:, label[1]] = found.to_numpy()
    return result


def scores_of(studies: list[Study], peers: bool, near: bool) -> dict[str, np.ndarray]:
    """Return accuracy, log loss, Brier score, calibration error and seconds of each method."""
    rows: list[tuple[str, Callable[[Answers], np.ndarray]]] = []
    for title_of, method, settings, peer in SETTINGS:
        rows.append((title_of, lambda a, m=method, s=settings: by_us(a, m, s)))
        if peers and peer:
            rows.append((f"crowd-kit {peer}", lambda a, p=peer: by_crowd_kit(a, p)))
    if near:
        known = {"hierarchy": shipped_hierarchy()}
        rows.append(("bayes, hierarchy", lambda a: by_us(a, "bayes", known)))
    found = {}
    for name, function in rows:
        begin = time.perf_counter()
        scores = [judged(function(answers), truth) for answers, truth in studies]
        seconds = (time.perf_counter() - begin) / len(studies)
        found[name] = np.array([*np.mean(scores, axis=0), seconds])
    return found


def show(found: dict[str, dict[str, np.ndarray]]) -> None:
    """Print a table a score, with a column a study."""
    names = list(dict.fromkeys(name for scores in found.values() for name in scores))
    titles = "Accuracy", "Log loss", "Brier score", "Calibration error", "Seconds"
    for place, title in enumerate(titles):
        print(f"\n| {title} | {' | '.join(found)} |", f"|---|{'---:|' * len(found)}", sep="\n")
        for name in names:
            values = (scores.get(name) for scores in found.values())
            cells = ("" if v is None else f"{v[place]:.3f}" for v in values)
            print(f"| {name} | {' | '.join(cells)} |")


def coverage(studies: int) -> None:
    """Share of 95 % intervals that hold the planted value."""
    print("| Confusions | Study | Fit | Skill | Confusion | Labels | Log loss | Time |")
    print("|---|---|---|---:|---:|---:|---:|---:|")
    rows = confusion_prior(np.zeros((4, 4)), right=0.7, strength=3, closeness=4)
    for kind in ("drawn from the prior", "55 to 95 % right"):
        for items, raters, each in ((300, 12, 4), (300, 60, 4), (1500, 15, 8)):
            for by in ("gibbs", "variational"):
                held, begin, rng = [], time.perf_counter(), np.random.default_rng(1)
                for seed in range(studies):
                    prior = rng.dirichlet(np.full(4, 5.0))
                    if kind == "drawn from the prior":
                        prior = rng.dirichlet(np.ones(4))
                        planted = np.stack(
                            [[rng.dirichlet(row) for row in rows] for _ in range(raters)]
                        )
                    else:
                        planted = confusions(rng, raters, 4, low=0.55)
                    codes, truth = answers_from(rng, prior, planted, items, each)
                    held.append(covered(codes, truth, prior, planted, by, seed))
                seconds = (time.perf_counter() - begin) / studies
                shares = " | ".join(f"{share:.3f}" for share in np.mean(held, axis=0))
                study = f"{items} items, {raters} raters, {each} answers an item"
                print(f"| {kind} | {study} | {by} | {shares} | {seconds:.2f} s |", flush=True)


def covered(
    codes: Coded, truth: np.ndarray, prior: np.ndarray, planted: np.ndarray, by: str, seed: int
) -> list[float]:
    fit = bayesian_dawid_skene(codes, by=by, seed=seed)
    found = fit.intervals
    skill = np.einsum("wkk,k->w", planted, prior)
    joint = np.tile(np.log(prior), (codes.n_items, 1))
    np.add.at(joint, codes.item, np.log(planted)[codes.rater, :, codes.label])
    labels = np.exp(joint - np.logaddexp.reduce(joint, axis=1)[:, None])
    unsure = fit.probabilities.max(axis=1) < 0.99
    ends = found.probabilities_low[unsure], found.probabilities_high[unsure]
    return [
        ((found.skill_low <= skill) & (skill <= found.skill_high)).mean(),
        ((found.confusion_low <= planted) & (planted <= found.confusion_high)).mean(),
        ((ends[0] <= labels[unsure]) & (labels[unsure] <= ends[1])).mean() if unsure.any() else 1.0,
        judged(fit.probabilities, truth)[1],
    ]


def methods(folder: Path, peers: bool) -> None:
    found = {
        name: scores_of([crowd(folder, name, ending)], peers, near=False)
        for name, ending in (("bluebirds", "csv"), ("product", "csv.gz"))
    }
    for function in (plain, sparse, spammers, difficult, nuclei):
        studies = [function(np.random.default_rng(seed)) for seed in range(5)]
        name = function.__name__
        found[name] = scores_of(studies, peers and function is plain, near=function is nuclei)
    show(found)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/crowd_label_tables"))
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--studies", type=int, default=40)
    parser.add_argument("--part", choices=("methods", "coverage"))
    arguments = parser.parse_args()
    if arguments.part != "coverage":
        methods(arguments.data, arguments.peers)
    if arguments.part != "methods":
        coverage(arguments.studies)
