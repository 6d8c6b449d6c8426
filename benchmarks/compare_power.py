r"""How often tests of conditions err, and what they find: nuclei in colonies, simulated.

    python benchmarks/compare_power.py [--studies 4000] [--organoid 2000] [--part nested|organoid]

*nested*: studies of normal nuclei in normal colonies, of which only the sums that a test needs are
drawn. False positives: share of studies with p < 0.05 where nothing differs. Power: the same where
the second condition is 0.8 standard deviations of all nuclei higher. Coverage: share of 95 %
intervals that hold the true difference.

*organoid*: whole studies as the generator of synthetic organoids plants them (volume and elongation
differ, flatness, intensity and texture do not), tested and corrected as by `nuclarium compare`.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace

import numpy as np

from nuclarium.analysis.bootstrap import bootstrap_interval
from nuclarium.analysis.comparison import compare_conditions
from nuclarium.analysis.components import fit_components, weighted_means
from nuclarium.analysis.contrasts import (
    ConditionMeans,
    means_of_groups,
    mixed_difference,
    welch_difference,
)
from nuclarium.analysis.correction import holm
from nuclarium.analysis.design import design
from nuclarium.analysis.grouped import GroupSums
from nuclarium.analysis.permutation import permutation_test
from nuclarium.synthetic.conditions import conditions
from nuclarium.synthetic.organoid import planted_study

LIMIT, EFFECT = 0.05, 0.8


@dataclass(frozen=True)
class Cell:
    """One kind of study: colonies a condition, ICC, sizes of colonies, spread of the second."""

    colonies: tuple[int, ...]
    icc: float
    is_uneven: bool = False
    spread: float = 1.0

    def __str__(self) -> str:
        sizes = "5 to 120" if self.is_uneven else "30"
        return f"{' + '.join(map(str, self.colonies))} | {self.icc} | {sizes} | {self.spread:g}"


CELLS = [
    *(
        Cell((k, k), icc, is_uneven)
        for k in (3, 4, 6, 8)
        for icc in (0.05, 0.2, 0.5)
        for is_uneven in (False, True)
    ),
    *(Cell((k, k), 0.2, True, 2.0) for k in (3, 4, 6, 8)),
    *(Cell((3, 8), 0.2, True, spread) for spread in (0.5, 1.0, 2.0)),
    *(Cell((4, 4, 4, 4), icc, True) for icc in (0.05, 0.2, 0.5)),
    *(Cell((4, 4, 4, 4), 0.2, True, spread) for spread in (0.5, 2.0)),
]


def drawn(cell: Cell, studies: int, rng: np.random.Generator) -> GroupSums:
    """Draw the sums of studies in which nothing differs; each is one feature of the arrays."""
    condition = np.repeat(np.arange(len(cell.colonies)), cell.colonies)
    shape = studies, len(condition)
    count = np.full(shape, 30.0)
    if cell.is_uneven:
        count = np.clip(np.round(np.exp(rng.normal(np.log(25), 0.8, shape))), 5, 120)
    between = np.sqrt(cell.icc) * np.where(condition == 1, cell.spread, 1.0)
    within = np.sqrt(1 - cell.icc)
    mean = rng.normal(size=shape) * np.sqrt(between**2 + within**2 / count)
    return GroupSums(count, mean, within**2 * rng.chisquare(count - 1), condition)


def shifted(sums: GroupSums, effect: float) -> GroupSums:
    """Return the same studies with an effect in the second condition."""
    return replace(sums, mean=sums.mean + effect * (sums.condition == 1))


def nuclei_as_units(sums: GroupSums) -> ConditionMeans:
    """Means as if all nuclei were independent: the mistake."""
    mean, number = weighted_means(sums, sums.count), sums.nuclei
    gap = np.nan_to_num(mean) @ sums.indicator.T
    squares = (sums.within + sums.count * (sums.mean - gap) ** 2) @ sums.indicator
    return ConditionMeans(mean, squares / (number - 1) / number, number - 1)


def judged(cell: Cell, studies: int, rng: np.random.Generator) -> list[float]:
    """Return false positives of four tests, power of three, coverage of three intervals."""
    null = drawn(cell, studies, rng)
    real = shifted(drawn(cell, studies, rng), EFFECT)
    found = {}
    for name, sums in (("null", null), ("real", real)):
        by_groups = welch_difference(means_of_groups(sums), 1, 0)
        by_model = mixed_difference(sums, 1, 0, fit_components(sums))
        shuffled = permutation_test(sums, 1, 0, rng=rng, draws=13_000)
        found[name] = by_groups, by_model, shuffled
    naive = welch_difference(nuclei_as_units(null), 1, 0)
    low, high = bootstrap_interval(null, 1, 0, rng=rng, draws=1000)
    ends = [(d.low, d.high) for d in found["null"][:2]] + [(low, high)]
    return [
        np.mean(naive.p < LIMIT),
        *(np.mean(test.p < LIMIT + 1e-12) for test in found["null"]),
        *(np.mean(test.p < LIMIT + 1e-12) for test in found["real"]),
        *(np.mean((a <= 0) & (b >= 0)) for a, b in ends),
    ]


def nested(studies: int) -> None:
    rng = np.random.default_rng(1)
    names = ["Colonies", "ICC", "Nuclei a colony", "Spread of the second", "nuclei"]
    names += ["groups", "model", "permuted"] * 2 + ["groups", "model", "bootstrap"]
    print(f"| {' | '.join(names)} |", f"|{'---|' * len(names)}", sep="\n")
    for cell in CELLS:
        shares = " | ".join(f"{share:.3f}" for share in judged(cell, studies, rng))
        print(f"| {cell} | {shares} |", flush=True)


def organoid(studies: int, colonies: int) -> None:
    """Count findings in whole studies, with and without an effect."""
    features = ("planted_volume_um3", "elongation", "flatness", "intensity", "texture")
    for is_null in (True, False):
        rng = np.random.default_rng(2)
        hits = {test: np.zeros((len(features), 3)) for test in ("groups", "model")}
        any_false = dict.fromkeys(hits, 0)
        for _ in range(studies):
            table = planted_study(
                colonies, rng, conditions=conditions(null=is_null), nuclei=(12, 40)
            )
            units = table.drop_duplicates("colony")
            place = {name: i for i, name in enumerate(units["colony"])}
            owner = table["colony"].map(place).to_numpy(np.int64)
            who = design(list(units["condition"]), list(units["colony"]), owner)
            # Logarithms, as spreads are planted so; a difference is then a ratio.
            values = {name: np.log(table[name].to_numpy()) for name in features}
            found = compare_conditions(who, values, rng=rng).comparisons
            for test, p in (("groups", "p_groups"), ("model", "p_model")):
                held = (holm(found[p].to_numpy()) < LIMIT).reshape(len(features), 3)
                hits[test] += held
                any_false[test] += bool(held[0 if is_null else 2 :].any())
        title = "nothing planted" if is_null else "planted"
        print(f"\n{title}, {studies} studies of 4 x {colonies} colonies")
        for test, number in hits.items():
            print(f"{test}: any false finding after Holm {any_false[test] / studies:.3f}")
            for name, row in zip(features, number / studies, strict=True):
                print(f"  {name}: " + ", ".join(f"{share:.3f}" for share in row))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--studies", type=int, default=4000)
    parser.add_argument("--organoid", type=int, default=2000)
    parser.add_argument("--colonies", type=int, default=6)
    parser.add_argument("--part", choices=("nested", "organoid"))
    arguments = parser.parse_args()
    if arguments.part != "organoid":
        nested(arguments.studies)
    if arguments.part != "nested":
        organoid(arguments.organoid, arguments.colonies)
