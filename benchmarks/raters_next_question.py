r"""How many questions to an expert an order saves, on synthetic studies.

    python benchmarks/raters_next_question.py [--studies 40] [--svg FILE]

Fields of the simulator, five non-pathologists without suggestions, raw classes. After Dawid and
Skene's model, an expert is asked in batches of a twentieth of the anchors, in several orders; after
each batch all is fitted anew with his confusions held fixed. *even*: right in 95 % of every class.
*blind spots*: as even, but he cannot tell unlabeled, apoptotic_body and macrophage apart, nor
fibroblast from vascular_endothelium, and who asks knows it. *assumed even*: the same expert, and
who asks supposes 95 % everywhere. Figures: questions, in per cent of anchors, until the gain that
asking about everything brings is half and four fifths reached; 95 % of studies lie in brackets.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from rater_studies import answers_at_anchors

from nuclarium.raters.next_question import Floats, supposed_expert
from nuclarium.raters.next_question_trial import ORDERS, questions_needed, tried_orders
from nuclarium.raters.truth import coded
from nuclarium.report.rater_curves import curves_figure
from nuclarium.synthetic.raters import study
from nuclarium.synthetic.raters_spec import ARMS, GROUPS, StudySpec

BLIND = [
    ("unlabeled", "apoptotic_body", "macrophage"),
    ("fibroblast", "vascular_endothelium"),
]
STEPS = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=40)
    parser.add_argument("--fields", type=int, default=20)
    parser.add_argument("--svg", type=Path)
    arguments = parser.parse_args()
    spec = StudySpec(fields=arguments.fields, groups=(GROUPS[2],), arms=ARMS[:1])
    curves: dict[tuple[str, str], list[Floats]] = {}
    sizes = []
    for seed in range(100, 100 + arguments.studies):
        answers, planted = answers_at_anchors(
            study(spec, np.random.default_rng(seed)), "U-control", "raw"
        )
        few = answers.only(raters=np.arange(5))
        heard = np.flatnonzero(few.answers_of_items > 0)
        few = few.only(items=heard)
        sizes.append(len(heard))
        truth = np.array(
            [few.labels.index(planted[i]) if planted[i] in few.labels else -1 for i in heard],
            np.int32,
        )
        known = np.flatnonzero(truth >= 0)
        few, truth = few.only(items=known), truth[known]
        for case, (expert, supposed) in experts(few.labels).items():
            rng = np.random.default_rng([seed, 1])
            for learn in (True, False) if case == "even" else (True,):
                tried = tried_orders(coded(few), truth, expert, supposed, STEPS, rng, learn=learn)
                for order, accuracy in tried.items():
                    name = case if learn else f"{case}, raters not fitted anew"
                    curves.setdefault((name, order), []).append(accuracy)
    print(f"{arguments.studies} studies of {np.mean(sizes):.0f} anchors on average\n")
    show(curves)
    if arguments.svg:
        arguments.svg.write_text(figure(curves), encoding="utf-8")


def experts(labels: tuple[str, ...]) -> dict[str, tuple[Floats, Floats]]:
    even = supposed_expert(labels, 0.95)
    known = [[name for name in names if name in labels] for names in BLIND]
    blind = supposed_expert(labels, 0.95, confused=[names for names in known if names])
    return {"even": (even, even), "blind spots": (blind, blind), "assumed even": (blind, even)}


def show(curves: dict[tuple[str, str], list[Floats]]) -> None:
    heads = ("Expert", "Order", "Before", "After a tenth", "After all", "Half", "Four fifths")
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for (case, order), runs in curves.items():
        table, random = np.stack(runs), np.stack(curves[case, "random"])
        cells = [case, order, f"{100 * table[:, 0].mean():.1f}"]
        cells += [spread(100 * table[:, 2]), f"{100 * table[:, -1].mean():.1f}"]
        cells += [spread(shares_needed(table, random, part)) for part in (0.5, 0.8)]
        print(f"| {' | '.join(cells)} |")
    print()
    for case in dict.fromkeys(case for case, _ in curves):
        for order in ORDERS[2:]:
            table, plain = np.stack(curves[case, order]), np.stack(curves[case, "entropy"])
            random = np.stack(curves[case, "random"])
            less = shares_needed(plain, random, 0.5) - shares_needed(table, random, 0.5)
            print(f"{case}: {order} against entropy, questions saved until half: {spread(less)}")


def shares_needed(table: Floats, last: Floats, part: float) -> Floats:
    """Return per cent of items asked until a part of the gain of asking all is reached."""
    goals = last[:, 0] + part * (last[:, -1] - last[:, 0])
    return np.array([questions_needed(a, 100, g) for a, g in zip(table, goals, strict=True)])


def spread(values: Floats) -> str:
    low, high = np.nanquantile(values, [0.025, 0.975])
    never = int(np.isnan(values).sum())
    return f"{np.nanmean(values):.1f} ({low:.1f} to {high:.1f})" + (
        f", never in {never}" if never else ""
    )


def figure(curves: dict[tuple[str, str], list[Floats]]) -> str:
    """Draw the share of right labels over questions, a panel an expert."""
    drawn = {}
    for order in ORDERS:
        rows = []
        for case in ("even", "blind spots", "assumed even"):
            table = np.stack(curves[case, order])
            low, high = np.quantile(table, [0.025, 0.975], axis=0)
            for step, mean in enumerate(table.mean(axis=0)):
                at = {"k": 100 * step / STEPS, "low": low[step], "high": high[step]}
                rows.append({"score": f"expert: {case}", "mean": mean} | at)
        drawn[order] = pd.DataFrame(rows)
    scores = [f"expert: {case}" for case in ("even", "blind spots", "assumed even")]
    return curves_figure(drawn, scores, along="asked, in per cent of anchors")


if __name__ == "__main__":
    main()
