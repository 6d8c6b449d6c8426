"""What raters answer to every thing in an arm: which class, or nothing, and what they accept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.synthetic.raters_chances import at_quantiles, latent_logit, logistic
from nuclarium.synthetic.raters_fields import Things
from nuclarium.synthetic.raters_people import People, shares
from nuclarium.synthetic.raters_spec import Arm, StudySpec
from nuclarium.synthetic.raters_suggestions import Suggestions, suggested_errors

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Chance:
    """Uniform numbers that judgements hang on, shape (R, n) each; some are kept between arms."""

    mark: Floats
    right: Floats
    wrong: Floats
    together: Floats

    @classmethod
    def drawn(cls, shape: tuple[int, int], rng: np.random.Generator) -> Chance:
        """Draw all of it."""
        return cls(*(rng.random(shape) for _ in range(4)))

    def recalled(self, memory: float, rng: np.random.Generator) -> Chance:
        """Keep the judgement of a share of things, and draw that of the others anew."""
        kept = rng.random(self.mark.shape) < memory
        new = Chance.drawn((self.mark.shape[0], self.mark.shape[1]), rng)
        return Chance(
            *(
                np.where(kept, getattr(self, name), getattr(new, name))
                for name in ("mark", "right", "wrong", "together")
            )
        )


@dataclass(frozen=True)
class Judged:
    """Answers of R raters to n things in one arm.

    Parameters
    ----------
    label : ndarray of int32, shape (R, n)
        Class, or −1 where nothing was marked; also where the rater did not look.
    accepted : ndarray of bool, shape (R, n)
        Whether the suggested outline was accepted.
    """

    label: npt.NDArray[np.int32]
    accepted: npt.NDArray[np.bool_]


def judged(
    spec: StudySpec,
    people: People,
    things: Things,
    suggestions: Suggestions,
    chance: Chance,
    rng: np.random.Generator,
) -> Judged:
    """Let every rater judge every thing, whether or not he looks at its field.

    Where there is a suggestion, a rater takes it as it is with his anchoring: mark, class and
    outline. Otherwise he judges on his own, and accepts a good or bad outline of what he marks with
    the chances of the study.
    """
    own = _own_label(spec, people, things, chance)
    shape = own.shape
    taken = suggestions.shown & (rng.random(shape) < people.anchoring[:, None])
    label = np.where(taken, suggestions.label, own)
    fine = rng.random(shape) < np.where(suggestions.good, spec.accept_good, spec.accept_bad)
    return Judged(label, taken | (suggestions.shown & fine & (label >= 0)))


def planted_confusion(spec: StudySpec, people: People, arm: Arm) -> Floats:
    """Return the chance of every answer in an arm, averaged over nuclei.

    Returns
    -------
    chances : ndarray, shape (R, K + 1, K + 1)
        By rater, truth (the last is a lookalike) and answer (the last is no mark).
    """
    r, k = len(people), len(spec.classes)
    own = np.zeros((r, k + 1, k + 1))
    own[:, :k, :k] = (1 - people.miss)[:, None, None] * people.confusion
    own[:, :k, k] = people.miss[:, None]
    own[:, k, :k] = people.false_alarm[:, None] * shares(spec.classes)
    own[:, k, k] = 1 - people.false_alarm
    suggested = np.zeros((k + 1, k + 1))
    suggested[:, :k] = suggested_errors(spec) * np.append(np.full(k, 1 - arm.accuracy), 1)[:, None]
    suggested[:k, :k] += arm.accuracy * np.eye(k)
    shown = np.append(np.full(k, arm.suggested), arm.false_suggestion * (arm.suggested > 0))
    taken = people.anchoring[:, None] * shown
    return np.asarray((1 - taken)[..., None] * own + taken[..., None] * suggested)


def _own_label(
    spec: StudySpec, people: People, things: Things, chance: Chance
) -> npt.NDArray[np.int32]:
    """Return the judgement without suggestions, −1 where nothing is marked; shape (R, n)."""
    truth, real = things.label, things.label >= 0
    see = np.where(real, (1 - people.miss)[:, None], people.false_alarm[:, None])
    marked = chance.mark < _varied(see, spec.visibility, things.visibility)
    right = people.confusion[:, truth, truth] * real
    right_here = chance.right < _varied(right, spec.difficulty, things.difficulty)
    quantile = np.where(chance.together < spec.common_error, things.look, chance.wrong)
    label = np.empty(marked.shape, np.int32)
    for rater, matrix in enumerate(people.confusion):
        rows = np.vstack([matrix * (1 - np.eye(len(matrix))), shares(spec.classes)])
        label[rater] = at_quantiles(rows[truth], quantile[rater])
    label = np.where(right_here, truth, label)
    return np.asarray(np.where(marked, label, -1), np.int32)


def _varied(chance: Floats, spread: float, hard: Floats) -> Floats:
    """Return chances that are lower for hard things, and average to `chance` over all."""
    return logistic(latent_logit(chance, spread) - spread * hard)
