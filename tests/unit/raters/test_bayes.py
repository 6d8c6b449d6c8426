from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy.special import gammaln
from tests.simulated_raters import answers_from, confusions, naive_posterior

from nuclarium.core.classes import shipped_hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.raters.answers import UNDETECTED, Answers
from nuclarium.raters.bayes import bayesian_dawid_skene
from nuclarium.raters.fit import Coded
from nuclarium.raters.posterior import split_r_hat
from nuclarium.raters.prior import confusion_prior, shared_levels
from nuclarium.raters.truth import infer_truth


def exact_posterior(
    codes: Coded, classes: np.ndarray, confusion: np.ndarray
) -> tuple[np.ndarray, float]:
    """Sum over every truth of all items; return probabilities and the log evidence."""

    def log_evidence(prior: np.ndarray, counts: np.ndarray) -> float:
        def constant(row: np.ndarray) -> float:
            return float(gammaln(row).sum() - gammaln(row.sum()))

        return constant(prior + counts) - constant(prior)

    every = list(product(range(codes.n_labels), repeat=codes.n_items))
    logs = np.empty(len(every))
    for n, truth in enumerate(every):
        logs[n] = log_evidence(classes, np.bincount(truth, minlength=codes.n_labels))
        counts = np.zeros((codes.n_raters, codes.n_labels, codes.n_labels))
        np.add.at(counts, (codes.rater, np.array(truth)[codes.item], codes.label), 1)
        for rater in counts:
            logs[n] += sum(log_evidence(*rows) for rows in zip(confusion, rater, strict=True))
    weight = np.exp(logs - np.logaddexp.reduce(logs))
    of_items = np.zeros((codes.n_items, codes.n_labels))
    for truth, share in zip(every, weight, strict=True):
        of_items[np.arange(codes.n_items), truth] += share
    return of_items, float(np.logaddexp.reduce(logs))


def test_the_sampler_finds_the_exact_posterior(rng: np.random.Generator) -> None:
    codes, _ = answers_from(rng, np.array([0.6, 0.4]), confusions(rng, 4, 2), 7, 3)
    prior = confusion_prior(np.zeros((2, 2)), right=0.7, strength=3, closeness=4)
    expected, evidence = exact_posterior(codes, np.ones(2), prior)
    sampled = bayesian_dawid_skene(codes, draws=6000)
    np.testing.assert_allclose(sampled.probabilities, expected, atol=0.03)
    assert sampled.log_likelihood[-1] <= evidence
    assert sampled.log_likelihood[-1] == pytest.approx(evidence, abs=2.5)


def test_items_that_are_put_together_are_still_drawn_one_by_one() -> None:
    whole = np.repeat([[0, 0, 1], [1, 1, 1], [0, 1, 0]], [4, 2, 2], axis=0)
    item, rater = np.divmod(np.arange(whole.size), 3)
    codes = Coded(item, rater, whole.ravel(), 8, 3, 2)
    prior = confusion_prior(np.zeros((2, 2)), right=0.7, strength=3, closeness=4)
    expected, _ = exact_posterior(codes, np.ones(2), prior)
    sampled = bayesian_dawid_skene(codes, draws=4000)
    np.testing.assert_allclose(sampled.probabilities, expected, atol=0.03)
    np.testing.assert_array_equal(sampled.probabilities[0], sampled.probabilities[3])


def test_the_same_seed_gives_the_same_draws(rng: np.random.Generator) -> None:
    codes, _ = answers_from(rng, np.array([0.6, 0.4]), confusions(rng, 4, 2), 20, 3)
    one, other = (bayesian_dawid_skene(codes, draws=50, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.probabilities, other.probabilities)


def test_intervals_hold_what_was_planted_as_often_as_they_say() -> None:
    """Parameters are drawn from the prior, so coverage is exact but for sampling."""
    rng = np.random.default_rng(5)
    rows = confusion_prior(np.zeros((3, 3)), right=0.7, strength=3, closeness=4)
    held = {"skill": [], "confusion": [], "labels": []}
    for seed in range(25):
        planted = np.stack([[rng.dirichlet(row) for row in rows] for _ in range(8)])
        prior = rng.dirichlet(np.ones(3))
        codes, _ = answers_from(rng, prior, planted, 80, 4)
        fit = bayesian_dawid_skene(codes, draws=200, warm_up=100, seed=seed, level=0.9)
        found = fit.intervals
        assert found is not None
        skill = np.einsum("wkk,k->w", planted, prior)
        labels, _ = naive_posterior(codes, prior, planted)
        open_items = fit.probabilities.max(axis=1) < 0.99
        for name, low, value, high in (
            ("skill", found.skill_low, skill, found.skill_high),
            ("confusion", found.confusion_low, planted, found.confusion_high),
            (
                "labels",
                found.probabilities_low[open_items],
                labels[open_items],
                found.probabilities_high[open_items],
            ),
        ):
            held[name].append(((low <= value) & (value <= high)).mean())
    for shares in held.values():
        error = np.std(shares) / np.sqrt(len(shares))
        assert abs(np.mean(shares) - 0.9) < 3 * error + 0.02


def test_intervals_shrink_as_answers_grow(rng: np.random.Generator) -> None:
    planted = confusions(rng, 6, 2)
    widths = []
    for items in (50, 800):
        codes, _ = answers_from(rng, np.array([0.5, 0.5]), planted, items, 6)
        found = bayesian_dawid_skene(codes, draws=100).intervals
        assert found is not None
        widths.append((found.skill_high - found.skill_low).mean())
    assert widths[1] < widths[0] / 2


def test_variational_bayes_agrees_with_the_sampler(rng: np.random.Generator) -> None:
    codes, _ = answers_from(rng, np.array([0.5, 0.5]), confusions(rng, 8, 2), 300, 6)
    exact = bayesian_dawid_skene(codes)
    quick = bayesian_dawid_skene(codes, by="variational")
    assert np.abs(exact.probabilities - quick.probabilities).mean() < 0.01
    np.testing.assert_allclose(exact.skill, quick.skill, atol=0.03)
    assert exact.intervals is not None
    assert quick.intervals is not None


def test_near_classes_are_nearer() -> None:
    labels = ("tumor", "mitotic_figure", "fibroblast", "vascular_endothelium", UNDETECTED, "odd")
    near = shared_levels(labels, shipped_hierarchy())
    np.testing.assert_array_equal(near[0], [0, 1, 0, 0, 1, 0])
    np.testing.assert_array_equal(near[2], [0, 0, 0, 2, 1, 0])
    np.testing.assert_array_equal(near, near.T)
    np.testing.assert_array_equal(shared_levels(labels), 0)


def test_the_prior_divides_errors_by_nearness() -> None:
    near = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    counts = confusion_prior(near, right=0.7, strength=10, closeness=4)
    np.testing.assert_allclose(counts[0], [7, 2.4, 0.6])
    np.testing.assert_allclose(counts[2], [1.5, 1.5, 7])
    np.testing.assert_allclose(counts.sum(axis=1), 10)


def test_a_hierarchy_helps_where_errors_stay_within_parents() -> None:
    """Few answers of raters who confuse what is near."""
    labels = ("fibroblast", "vascular_endothelium", "lymphocyte", "plasma_cell")
    rng = np.random.default_rng(2)
    one = np.full((4, 4), 0.01)
    one[[0, 1, 2, 3], [1, 0, 3, 2]] = 0.28
    np.fill_diagonal(one, 0.7)
    score = {False: 0.0, True: 0.0}
    for _ in range(6):
        codes, truth = answers_from(rng, np.full(4, 0.25), np.tile(one, (30, 1, 1)), 60, 3)
        names = tuple(map(str, range(60))), tuple(map(str, range(30)))
        answers = Answers(codes.item, codes.rater, codes.label, *names, labels)
        for known in score:
            hierarchy = shipped_hierarchy() if known else None
            found = infer_truth(answers, "bayes", hierarchy=hierarchy, draws=100, warm_up=50)
            score[known] += np.log(found.probabilities[np.arange(60), truth]).mean()
    assert score[True] > score[False] + 0.1


def test_a_method_without_priors_knows_no_hierarchy() -> None:
    answers = Answers([0], [0], [0], ("a",), ("r",), ("x",))
    with pytest.raises(SettingsError, match="method 'bayes' does"):
        infer_truth(answers, "majority", hierarchy=shipped_hierarchy())


@pytest.mark.parametrize("setting", [{"right": 1.0}, {"level": 0.0}, {"draws": 3}])
def test_settings_that_make_no_sense_are_refused(setting: dict[str, float]) -> None:
    codes = Coded(np.array([0]), np.array([0]), np.array([0]), 1, 1, 1)
    with pytest.raises(SettingsError, match="must be more than"):
        bayesian_dawid_skene(codes, **setting)  # type: ignore[arg-type]


def test_draws_that_would_fill_the_memory_are_refused() -> None:
    codes = Coded(np.array([0]), np.array([0]), np.array([0]), 1, 1000, 40)
    with pytest.raises(SettingsError, match="Ask for fewer draws"):
        bayesian_dawid_skene(replace(codes), draws=2000)


def test_tables_have_the_intervals(rng: np.random.Generator) -> None:
    answers = Answers([0, 0, 1], [0, 1, 0], [0, 0, 1], ("a", "b"), ("r", "s"), ("x", "y"))
    truth = infer_truth(answers, "bayes", draws=50)
    table, raters = truth.table(), truth.rater_table()
    assert (table["p_x_low"] <= table["p_x"]).all()
    assert (raters["skill_low"] <= raters["skill_high"]).all()


def test_halves_that_differ_have_not_settled(rng: np.random.Generator) -> None:
    steady = rng.normal(size=(400, 3))
    assert split_r_hat(steady) < 1.02
    assert split_r_hat(steady + np.arange(400)[:, None] / 100) > 1.5
    assert split_r_hat(np.ones((10, 2))) == 1
