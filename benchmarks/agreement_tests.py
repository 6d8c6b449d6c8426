r"""How often tests of agreement err where nothing differs: the original's ways, and ours.

    python benchmarks/agreement_tests.py [--studies 1000] [--part pairs|arms|intervals]

Simulated studies: nuclei of four classes in fields that are hard or easy and have their own mix of
classes; raters of several skills. *pairs*: two groups of raters of one distribution of skill; are
kappas within the first group different from those between the groups? *arms*: the same raters do
the same fields twice; do they agree more the second time? *intervals*: how often an interval holds
the alpha that so many fields are a sample of.
"""

from __future__ import annotations

import argparse

import numpy as np
import numpy.typing as npt
from scipy import stats

from nuclarium.raters.agreement import agreement, agreement_difference
from nuclarium.raters.agreement_pairs import pairwise_kappa
from nuclarium.raters.agreement_permutation import compare_pairs
from nuclarium.raters.answer_codes import Answers

CLASSES, LIMIT = 4, 0.05
Floats = npt.NDArray[np.float64]


def skills(number: int, rng: np.random.Generator, spread: float = 0.7) -> Floats:
    """Draw how good raters are, in logits of being right."""
    return rng.normal(1.0, spread, number)


def study(
    skill: Floats,
    fields: int,
    rng: np.random.Generator,
    group: tuple[str, ...] | None = None,
    each: int = 28,
) -> Answers:
    """Simulate the answers of these raters to nuclei of some fields."""
    return answered(skill, *nuclei(fields, rng, each), rng, group)


def nuclei(
    fields: int, rng: np.random.Generator, each: int = 28
) -> tuple[npt.NDArray[np.int64], Floats, npt.NDArray[np.int64]]:
    """Simulate the true class, the ease and the field of nuclei."""
    mix = rng.dirichlet(np.full(CLASSES, 0.7), fields)
    field = np.repeat(np.arange(fields), each)
    true = (rng.random(len(field))[:, None] > mix[field].cumsum(axis=1)).sum(axis=1)
    ease = rng.normal(0, 0.8, fields)[field] + rng.normal(0, 1.0, len(field))
    return np.minimum(true, CLASSES - 1), ease, field


def answered(
    skill: Floats,
    true: npt.NDArray[np.int64],
    ease: Floats,
    field: npt.NDArray[np.int64],
    rng: np.random.Generator,
    group: tuple[str, ...] | None = None,
) -> Answers:
    """Simulate answers; who is wrong takes any class."""
    shape = len(true), len(skill)
    is_right = rng.random(shape) < 1 / (1 + np.exp(-skill - ease[:, None]))
    code = np.where(is_right, true[:, None], rng.integers(0, CLASSES, shape))
    item, rater = (index.ravel() for index in np.indices(shape))
    names = [tuple(map(str, range(n))) for n in (*shape, CLASSES, int(field.max()) + 1)]
    return Answers(item, rater, code.ravel(), *names[:3], field, names[3], group)


def pairs(studies: int) -> None:
    """Compare kappas of pairs within a group and across, where the groups do not differ."""
    print("| Raters | Skill of the second group varies | Mann–Whitney on pairs | permutation |")
    print("|---|---|---:|---:|")
    for sizes, spread in (((3, 6), 0.7), ((7, 25), 0.7), ((7, 25), 1.4)):
        rng = np.random.default_rng(1)
        found = np.zeros(2)
        group = ("P",) * sizes[0] + ("NP",) * sizes[1]
        for _ in range(studies):
            skill = np.append(skills(sizes[0], rng), skills(sizes[1], rng, spread))
            kappas = pairwise_kappa(study(skill, 20, rng, group), draws=0)
            table = kappas.table()
            is_p = [table[f"group_{end}"] == "P" for end in "ab"]
            within, across = is_p[0] & is_p[1], is_p[0] != is_p[1]
            naive = stats.mannwhitneyu(table["kappa"][within], table["kappa"][across]).pvalue
            tested = compare_pairs(kappas.kappa, group, rng=rng, draws=2000)
            chosen = (tested["first"] == "P–P") & (tested["second"] == "P–NP")
            found += [naive < LIMIT, tested.loc[chosen, "p"].item() < LIMIT + 1e-12]
        alike = "alike" if spread == 0.7 else "twice as much"
        naive, ours = found / studies
        print(f"| {sizes[0]} + {sizes[1]} | {alike} | {naive:.3f} | {ours:.3f} |", flush=True)


def arms(studies: int) -> None:
    """Compare alphas of two arms that do not differ."""
    print("\n| Fields | Mann–Whitney on 1,000 draws of nuclei | on 100 | paired over fields |")
    print("|---:|---:|---:|---:|")
    for fields in (20, 53):
        rng = np.random.default_rng(2)
        found = np.zeros(3)
        for _ in range(studies):
            skill, there = skills(8, rng), nuclei(fields, rng)
            first, second = (answered(skill, *there, rng) for _ in range(2))
            drawn = [alphas_of_drawn_nuclei(arm, 1000, rng) for arm in (first, second)]
            found[0] += stats.mannwhitneyu(*drawn).pvalue < LIMIT
            found[1] += stats.mannwhitneyu(*(part[:100] for part in drawn)).pvalue < LIMIT
            gap = agreement_difference(first, second, rng=rng)
            found[2] += not gap.low <= 0 <= gap.high
        shares = " | ".join(f"{share:.3f}" for share in found / studies)
        print(f"| {fields} | {shares} |", flush=True)


def alphas_of_drawn_nuclei(answers: Answers, draws: int, rng: np.random.Generator) -> Floats:
    """Bootstrap nuclei as if independent, as the original does."""
    counts = np.zeros((len(answers.items), CLASSES))
    np.add.at(counts, (answers.item, answers.label), 1)
    m = counts.sum(axis=1)
    apart = (m**2 - (counts**2).sum(axis=1)) / (m - 1)
    weight = rng.multinomial(len(m), np.full(len(m), 1 / len(m)), draws).astype(float)
    n = weight @ counts
    total = n.sum(axis=1)
    return 1 - (weight @ apart) * (total - 1) / (total**2 - (n**2).sum(axis=1))


def intervals(studies: int) -> None:
    """Count how often intervals hold the value of very many fields."""
    skill = skills(8, np.random.default_rng(5))
    whole = study(skill, 20_000, np.random.default_rng(6))
    value = agreement(whole, draws=0).value
    print(f"\nalpha of 20,000 fields: {value:.4f}\n")
    print("| Fields | 5 to 95 % of nuclei | 2.5 to 97.5 % of nuclei | of fields | of fields, BCa |")
    print("|---:|---:|---:|---:|---:|")
    for fields in (5, 10, 20, 53):
        rng = np.random.default_rng(7)
        held = np.zeros(4)
        for _ in range(studies):
            answers = study(skill, fields, rng)
            drawn = alphas_of_drawn_nuclei(answers, 1000, rng)
            ends = [np.quantile(drawn, q) for q in ([0.05, 0.95], [0.025, 0.975])]
            for interval in ("percentile", "bca"):
                found = agreement(answers, rng=rng, interval=interval)
                ends.append((found.low, found.high))
            held += [low <= value <= high for low, high in ends]
        shares = " | ".join(f"{share:.3f}" for share in held / studies)
        print(f"| {fields} | {shares} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--part", choices=("pairs", "arms", "intervals"))
    arguments = parser.parse_args()
    for part in (pairs, arms, intervals):
        if arguments.part in (None, part.__name__):
            part(arguments.studies)
