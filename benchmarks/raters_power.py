r"""How many raters and fields show that better suggestions help, on synthetic studies.

    python benchmarks/raters_power.py [--studies 300]

Non-pathologists of the simulator do the same fields in two arms that suggest for 90 % of nuclei;
the class that the second suggests is right more often by `gain`. The score is the share of nuclei
with the right class; `crossed_difference` tests it. Power is the share of studies with p < 0.05.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

from nuclarium.synthetic.raters_spec import GROUPS, Arm, StudySpec
from nuclarium.workspace.rater_power import arm_pair, study_power

GAINS, RATERS, FIELDS = (0.0, 0.05, 0.1, 0.2), (4, 8, 16), (10, 20, 40)
BASE = Arm("suggested", 0.9, accuracy=0.6, good_outline=0.8, false_suggestion=0.25)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=300)
    arguments = parser.parse_args()
    spec = StudySpec(groups=(GROUPS[2],))
    print("| Gain | Planted, points | Raters | Fields | Power, % | ± points | Covered, % |")
    print("|---|---|---|---|---|---|---|")
    for gain in GAINS:
        own = replace(spec, arms=arm_pair(BASE, gain))
        for row in study_power(own, RATERS, FIELDS, repetitions=arguments.studies).to_dict(
            "records"
        ):
            print(
                f"| {100 * gain:.0f} | {100 * row['difference']:.1f} | {row['raters']} | "
                f"{row['fields']} | {100 * row['power']:.0f} ({100 * row['power_low']:.0f} to "
                f"{100 * row['power_high']:.0f}) | {100 * row['half_width']:.1f} | "
                f"{100 * row['covered']:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
