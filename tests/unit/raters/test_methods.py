"""What every method of truth inference must do, and what each must equal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import check_grad
from tests.simulated_raters import answers_from, confusions, naive_posterior

from nuclarium.core.errors import SettingsError
from nuclarium.raters.answers import Answers, read_answers
from nuclarium.raters.truth.dawid_skene import dawid_skene
from nuclarium.raters.truth.fit import Coded
from nuclarium.raters.truth.glad import _loss, glad
from nuclarium.raters.truth.inference import METHODS, infer_truth
from nuclarium.raters.truth.mace import mace
from nuclarium.raters.truth.majority import majority_vote
from nuclarium.raters.truth.one_coin import one_coin
from nuclarium.raters.truth.weighted import weighted_vote

every_method = pytest.mark.parametrize("method", METHODS)


def answers_of(codes: Coded) -> Answers:
    names = (tuple(map(str, range(n))) for n in (codes.n_items, codes.n_raters, codes.n_labels))
    return Answers(codes.item, codes.rater, codes.label, *names)


@every_method
class TestEveryMethod:
    def test_what_all_say_is_the_truth(self, method: str) -> None:
        item, rater = np.divmod(np.arange(60), 3)
        label = item % 4
        truth = infer_truth(answers_of(Coded(item, rater, label, 20, 3, 4)), method)
        np.testing.assert_array_equal(truth.labels_of_items, np.arange(20) % 4)
        assert (truth.skill > 0.5).all()

    def test_good_raters_find_the_truth(self, method: str, rng: np.random.Generator) -> None:
        planted = confusions(rng, 9, 3, low=0.7)
        codes, truth = answers_from(rng, np.array([0.4, 0.3, 0.3]), planted, 300, 7)
        found = infer_truth(answers_of(codes), method)
        assert (found.labels_of_items == truth).mean() > 0.95
        np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
        assert found.converged
        right = np.einsum("wkk,k->w", planted, [0.4, 0.3, 0.3])
        assert np.abs(found.skill - right).max() < 0.12

    def test_random_answers_give_numbers(self, method: str, rng: np.random.Generator) -> None:
        codes = Coded(
            np.repeat(np.arange(50), 3), rng.integers(0, 6, 150), rng.integers(0, 4, 150), 50, 6, 4
        )
        found = infer_truth(answers_of(codes), method)
        assert np.isfinite(found.probabilities).all()
        np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)

    def test_odd_answers_give_nan_only_where_nobody_answered(self, method: str) -> None:
        """An item, a rater and a label without answers; repeats; a rater and a label once."""
        rows = [(0, 0, 0), (0, 0, 0), (0, 1, 0), (1, 0, 1), (1, 1, 1), (2, 2, 2), (2, 0, 0)]
        item, rater, label = np.array(rows).T
        found = infer_truth(answers_of(Coded(item, rater, label, 4, 4, 4)), method)
        np.testing.assert_array_equal(found.labels_of_items[[0, 1, 3]], [0, 1, -1])
        assert np.isfinite(found.probabilities[:3]).all()
        assert np.isnan(found.probabilities[3]).all()
        assert np.isfinite(found.skill[:3]).all()
        assert np.isnan(found.skill[3])
        assert np.isfinite(found.prior).all()
        table, raters = found.table(), found.rater_table()
        assert list(table["label"])[3] == ""
        assert list(raters["n_answers"]) == [4, 2, 1, 0]

    def test_one_rater_is_believed(self, method: str) -> None:
        codes = Coded(np.arange(5), np.zeros(5, int), np.array([0, 1, 0, 1, 1]), 5, 1, 2)
        found = infer_truth(answers_of(codes), method)
        np.testing.assert_array_equal(found.labels_of_items, [0, 1, 0, 1, 1])

    def test_one_label_is_the_truth(self, method: str) -> None:
        codes = Coded(np.array([0, 0, 1]), np.array([0, 1, 0]), np.zeros(3, int), 2, 2, 1)
        found = infer_truth(answers_of(codes), method)
        np.testing.assert_array_equal(found.probabilities, [[1], [1]])

    def test_the_order_of_raters_and_items_does_not_matter(
        self, method: str, rng: np.random.Generator
    ) -> None:
        codes, _ = answers_from(rng, np.array([0.6, 0.4]), confusions(rng, 6, 2), 60, 3)
        item, rater = rng.permutation(60), rng.permutation(6)
        turned = replace(codes, item=item[codes.item], rater=rater[codes.rater])
        one, other = (infer_truth(answers_of(each), method) for each in (codes, turned))
        # Draws of the sampler differ; two independent samples differ by their error.
        near = 0.1 if method == "bayes" else 1e-3
        np.testing.assert_allclose(other.probabilities[item], one.probabilities, atol=near)
        np.testing.assert_allclose(other.skill[rater], one.skill, atol=near)

    def test_the_likelihood_never_falls(self, method: str, rng: np.random.Generator) -> None:
        codes, _ = answers_from(rng, np.array([0.6, 0.3, 0.1]), confusions(rng, 7, 3, 0.4), 80, 4)
        history = infer_truth(answers_of(codes), method).log_likelihood
        assert (np.diff(history) >= -1e-7).all()


def test_very_many_classes_are_no_matter_without_confusions(rng: np.random.Generator) -> None:
    truth = rng.integers(0, 10_000, 20)
    item, rater = np.divmod(np.arange(100), 5)
    label = np.where(rng.random(100) < 0.8, truth[item], rng.integers(0, 10_000, 100))
    codes = Coded(item, rater, label, 20, 5, 10_000)
    for method in (majority_vote, weighted_vote, one_coin, glad, mace):
        assert (method(codes).probabilities.argmax(axis=1) == truth).mean() >= 0.9


def test_probabilities_that_would_fill_the_memory_are_refused() -> None:
    codes = Coded(np.array([0]), np.array([0]), np.array([0]), 1_000_000, 2, 10_000)
    with pytest.raises(SettingsError, match="infer the truth of parts"):
        majority_vote(codes)


def test_one_coin_is_dawid_and_skene_with_one_number_a_rater(rng: np.random.Generator) -> None:
    codes, _ = answers_from(rng, np.array([0.5, 0.3, 0.2]), confusions(rng, 5, 3), 60, 3)
    fit = one_coin(codes)
    wrong = (1 - fit.skill) / 2
    confusion = wrong[:, None, None] + (fit.skill - wrong)[:, None, None] * np.eye(3)
    posterior, likelihood = naive_posterior(codes, fit.prior, confusion)
    np.testing.assert_allclose(fit.probabilities, posterior, atol=1e-9)
    assert fit.log_likelihood[-1] == pytest.approx(likelihood)


def test_weights_of_wawa_are_agreement_with_the_majority() -> None:
    item = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    rater = np.array([0, 1, 2, 0, 1, 2, 0, 2])
    label = np.array([0, 0, 1, 1, 1, 0, 0, 1])
    fit = weighted_vote(Coded(item, rater, label, 3, 3, 2), rule="wawa")
    np.testing.assert_allclose(fit.extra["weight"], [1, 1, 0])
    np.testing.assert_allclose(fit.probabilities, [[1, 0], [0, 1], [1, 0]])


def test_iterative_weights_leave_out_who_guesses_and_turn_round_who_lies() -> None:
    truth = np.arange(40) % 2
    item, rater = np.divmod(np.arange(160), 4)
    label = np.where(rater == 3, 1 - truth[item], truth[item])
    fit = weighted_vote(Coded(item, rater, label, 40, 4, 2))
    np.testing.assert_allclose(fit.extra["weight"], [1, 1, 1, -1])


def test_the_gradient_of_glad_is_right(rng: np.random.Generator) -> None:
    codes, _ = answers_from(rng, np.array([0.5, 0.5]), confusions(rng, 4, 2), 10, 3)
    right = rng.random(30)
    values = rng.normal(1, 0.5, 14)
    off = check_grad(
        lambda v: _loss(v, codes, right)[0], lambda v: _loss(v, codes, right)[1], values
    )
    assert off < 1e-5


def test_the_posterior_of_glad_is_that_of_its_parameters(rng: np.random.Generator) -> None:
    """A naive loop; crowd-kit's GLAD takes long and is compared in benchmarks/truth_methods.py."""
    codes, _ = answers_from(rng, np.array([0.5, 0.3, 0.2]), confusions(rng, 4, 3), 15, 3)
    fit = glad(codes)
    expected = np.ones((15, 3))
    for i, w, answer in zip(codes.item, codes.rater, codes.label, strict=True):
        right = 1 / (1 + np.exp(-fit.extra["ability"][w] * fit.extra["ease"][i]))
        expected[i] *= np.where(np.arange(3) == answer, right, (1 - right) / 2)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(fit.probabilities, expected, atol=1e-9)


def crowd_kit() -> object:
    return pytest.importorskip("crowdkit.aggregation", reason="crowd-kit is not installed")


def bluebirds(data: Path) -> tuple[pd.DataFrame, Answers, pd.Series]:
    folder = data / "crowd_label_tables"
    table = pd.read_csv(folder / "bluebirds_answers.csv")
    # crowd-kit's MACE mixes up raters whose names are not in order of appearance.
    table["worker"] = pd.factorize(table["worker"])[0]
    table["label"] = pd.factorize(table["label"])[0]
    truth = pd.read_csv(folder / "bluebirds_truth.csv").set_index("task")["truth"]
    return table, read_answers(table, "task", "worker", "label")[0], truth


@pytest.mark.data
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("ours", "theirs", "settings"),
    [
        (majority_vote, "MajorityVote", {}),
        (dawid_skene, "DawidSkene", {"n_iter": 8, "tol": -1}),
        (one_coin, "OneCoinDawidSkene", {"n_iter": 8, "tol": -1}),
        (mace, "MACE", {"n_iter": 60, "n_restarts": 1}),
    ],
)
def test_bluebirds_are_the_same_as_in_crowd_kit(
    data: Path, ours: object, theirs: str, settings: dict[str, object]
) -> None:
    model = getattr(crowd_kit(), theirs)(**settings)
    table, answers, _ = bluebirds(data)
    expected = model.fit_predict_proba(table).reindex(map(int, answers.items))
    exact: dict[str, object] = {} if ours is majority_vote else {"tolerance": -1}
    if ours in (dawid_skene, one_coin):
        exact["iterations"] = 8
    exact |= {"accelerated": False} if ours is dawid_skene else {}
    name = next(name for name, function in METHODS.items() if function is ours)
    found = infer_truth(answers, name, **exact)
    np.testing.assert_allclose(
        found.probabilities, expected[[0, 1]], atol=0.01 if ours is mace else 1e-6
    )


@pytest.mark.data
def test_birds_named_rightly_of_108_stay_82_by_majority_and_97_by_dawid_skene(data: Path) -> None:
    _, answers, truth = bluebirds(data)
    expected = truth.reindex(map(int, answers.items)).to_numpy()
    for method, right in (("majority", 82), ("dawid-skene", 97)):
        assert (infer_truth(answers, method).labels_of_items == expected).sum() == right
