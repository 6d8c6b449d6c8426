from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulated_raters import (
    answers_from,
    confusions,
    naive_confusion,
    naive_posterior,
)

from nuclarium.core.errors import SettingsError
from nuclarium.raters.answers import read_answers
from nuclarium.raters.dawid_skene import dawid_skene
from nuclarium.raters.fit import Coded
from nuclarium.raters.majority import majority_vote
from nuclarium.raters.truth import infer_truth


@st.composite
def any_answers(draw: st.DrawFn) -> Coded:
    """Up to eight items, four raters and four labels, with gaps and repeats."""
    sizes = [draw(st.integers(1, most)) for most in (8, 4, 4)]
    rows = draw(
        st.lists(st.tuples(*(st.integers(0, size - 1) for size in sizes)), min_size=1, max_size=40)
    )
    item, rater, label = np.array(rows).T
    return Coded(item, rater, label, *sizes)


def test_each_step_equals_the_definition(rng: np.random.Generator) -> None:
    codes, _ = answers_from(rng, np.array([0.5, 0.3, 0.2]), confusions(rng, 6, 3), 40, 4)
    posterior = majority_vote(codes).probabilities
    flat = np.full((3, 3), 1 / 3)
    for steps in range(1, 6):
        fit = dawid_skene(codes, iterations=steps, tolerance=-1, accelerated=False)
        prior = posterior.mean(axis=0)
        confusion = naive_confusion(codes, posterior, flat)
        posterior, likelihood = naive_posterior(codes, prior, confusion)
        np.testing.assert_allclose(fit.probabilities, posterior, atol=1e-10)
        np.testing.assert_allclose(fit.confusion, confusion, atol=1e-10)
        assert fit.log_likelihood[-1] == pytest.approx(likelihood)


def test_the_start_of_nucls_equals_the_definition(rng: np.random.Generator) -> None:
    codes, _ = answers_from(rng, np.array([0.6, 0.3, 0.1]), confusions(rng, 5, 3), 30, 3)
    begin = np.full((3, 3), 0.15) + 0.55 * np.eye(3)
    prior, confusion = np.full(3, 1 / 3), np.tile(begin, (5, 1, 1))
    for _ in range(70):
        posterior, _ = naive_posterior(codes, prior, confusion)
        last = confusion
        prior, confusion = posterior.mean(axis=0), naive_confusion(codes, posterior, begin)
    fit = dawid_skene(codes, start="nucls")
    assert len(fit.log_likelihood) == 70
    np.testing.assert_allclose(fit.probabilities, posterior, atol=1e-10)
    np.testing.assert_allclose(fit.confusion, last, atol=1e-10)


def test_a_rater_without_an_answer_goes_back_to_the_start_of_nucls() -> None:
    codes = Coded(np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([0, 0, 1]), 2, 3, 2)
    of_nucls, plain = dawid_skene(codes, start="nucls"), dawid_skene(codes)
    assert of_nucls.confusion is not None
    assert plain.confusion is not None
    np.testing.assert_allclose(of_nucls.confusion[2], [[0.7, 0.3], [0.3, 0.7]])
    np.testing.assert_allclose(plain.confusion[2], 0.5)
    assert np.isnan([of_nucls.skill[2], plain.skill[2]]).all()


@given(any_answers(), st.sampled_from(["majority", "nucls"]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_likelihood_never_falls_and_rows_add_up_to_one(
    codes: Coded, start: str, accelerated: bool
) -> None:
    fit = dawid_skene(codes, start=start, accelerated=accelerated, iterations=40)
    assert (np.diff(fit.log_likelihood) >= -1e-9).all()
    answered = np.isin(np.arange(codes.n_items), codes.item)
    np.testing.assert_allclose(fit.probabilities[answered].sum(axis=1), 1)
    assert np.isnan(fit.probabilities[~answered]).all()
    assert fit.confusion is not None
    np.testing.assert_allclose(fit.confusion.sum(axis=2), 1)
    assert fit.prior.sum() == pytest.approx(1)
    assert ((fit.skill >= 0) & (fit.skill <= 1 + 1e-12) | np.isnan(fit.skill)).all()


@given(any_answers(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_answers_items_raters_and_labels_does_not_matter(
    codes: Coded, random: object
) -> None:
    rng = np.random.default_rng(random.randrange(1 << 32))  # type: ignore[attr-defined]
    item, rater, label = (
        rng.permutation(n) for n in (codes.n_items, codes.n_raters, codes.n_labels)
    )
    rows = rng.permutation(len(codes.item))
    turned = replace(
        codes,
        item=item[codes.item][rows],
        rater=rater[codes.rater][rows],
        label=label[codes.label][rows],
    )
    plain = {"iterations": 15, "tolerance": -1, "accelerated": False}
    one, other = dawid_skene(codes, **plain), dawid_skene(turned, **plain)
    np.testing.assert_allclose(other.log_likelihood, one.log_likelihood, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(
        other.probabilities[item][:, label], one.probabilities, rtol=1e-5, atol=1e-5
    )


def test_known_confusions_are_found_again(rng: np.random.Generator) -> None:
    prior, planted = np.array([0.5, 0.3, 0.2]), confusions(rng, 8, 3)
    codes, truth = answers_from(rng, prior, planted, 6000, 8)
    fit = dawid_skene(codes)
    assert fit.converged
    # Three standard errors of shares among 1,200 items or more.
    np.testing.assert_allclose(fit.confusion, planted, atol=3 * 0.5 / np.sqrt(1200))
    np.testing.assert_allclose(fit.prior, prior, atol=3 * 0.5 / np.sqrt(6000))
    expected, _ = naive_posterior(codes, prior, planted)
    accuracy = (fit.probabilities.argmax(axis=1) == truth).mean()
    assert accuracy >= (expected.argmax(axis=1) == truth).mean() - 0.003
    np.testing.assert_allclose(fit.skill, np.einsum("wkk,k->w", planted, prior), atol=0.03)


def test_patterns_with_counts_equal_the_items_one_by_one(rng: np.random.Generator) -> None:
    codes, _ = answers_from(rng, np.array([0.5, 0.5]), confusions(rng, 4, 2), 12, 4)
    times = rng.integers(1, 5, 12)
    each = np.repeat(np.arange(12), times)
    begin = np.arange(12) * 4
    rows = (begin[each][:, None] + np.arange(4)).ravel()
    many = Coded(
        np.repeat(np.arange(len(each)), 4), codes.rater[rows], codes.label[rows], len(each), 4, 2
    )
    one = dawid_skene(codes, weights=times.astype(float))
    other = dawid_skene(many)
    np.testing.assert_allclose(one.log_likelihood, other.log_likelihood)
    np.testing.assert_allclose(one.probabilities[each], other.probabilities)


def test_a_large_problem_takes_the_same_ways_as_a_small_one(rng: np.random.Generator) -> None:
    """Sparse matrices, items that are not in order, and no items put together."""
    codes, _ = answers_from(rng, np.full(3, 1 / 3), confusions(rng, 60, 3), 12_000, 5)
    rows = rng.permutation(len(codes.item))
    turned = replace(codes, item=codes.item[rows], rater=codes.rater[rows], label=codes.label[rows])
    fit = dawid_skene(turned, iterations=3, tolerance=-1, accelerated=False)
    prior = fit.prior
    posterior, likelihood = naive_posterior(codes, prior, fit.confusion)
    np.testing.assert_allclose(fit.probabilities, posterior, atol=1e-9)
    assert fit.log_likelihood[-1] == pytest.approx(likelihood)


def test_ten_thousand_classes_end_in_a_sentence() -> None:
    codes = Coded(np.array([0]), np.array([0]), np.array([9999]), 10, 30, 10_000)
    with pytest.raises(SettingsError, match=r"30 x 10000 x 10000 numbers, 22 GiB\. Roll"):
        dawid_skene(codes)


@pytest.mark.data
def test_anesthesia_gives_the_published_answers(data: Path) -> None:
    """Dawid and Skene 1979, tables 1 to 4.

    The table beside the project has 1, 1, 2 as what the first observer said of patient 7, where
    the paper has 1, 2, 2.
    """
    table = pd.read_csv(data / "crowd_label_tables" / "anesthesia.csv").astype(int)
    seventh = table.index[(table["item"] == 7) & (table["rater"] == 1)]
    assert list(table.loc[seventh, "rating"]) == [1, 1, 2]
    table.loc[seventh[1], "rating"] = 2
    answers, remarks = read_answers(table, label="rating")
    assert any("90 answers repeat" in remark for remark in remarks)
    truth = infer_truth(answers, tolerance=1e-12)
    np.testing.assert_allclose(truth.prior, [0.40, 0.42, 0.11, 0.07], atol=0.005)
    assert truth.confusion is not None
    first = [[0.89, 0.11, 0, 0], [0.07, 0.88, 0.05, 0], [0, 0.34, 0.66, 0], [0, 0, 0.56, 0.44]]
    np.testing.assert_allclose(truth.confusion[0], first, atol=0.0051)
    np.testing.assert_array_equal(truth.labels_of_items[:6], [0, 3, 1, 1, 1, 1])
    assert (truth.confidence[:6] > 0.995).all()


@pytest.mark.data
def test_caries_in_grouped_counts_equals_all_teeth_one_by_one(data: Path) -> None:
    table = pd.read_csv(data / "crowd_label_tables" / "caries.csv")
    patterns = table.filter(like="rater").to_numpy(int) - 1
    times = table["n"].to_numpy(float)
    rows, raters = patterns.shape
    item, rater = np.divmod(np.arange(patterns.size), raters)
    grouped = dawid_skene(
        Coded(item, rater, patterns.ravel(), rows, raters, 2), weights=times, tolerance=1e-12
    )
    whole = np.repeat(patterns, times.astype(int), axis=0)
    item, rater = np.divmod(np.arange(whole.size), raters)
    single = dawid_skene(Coded(item, rater, whole.ravel(), len(whole), raters, 2), tolerance=1e-12)
    np.testing.assert_allclose(grouped.prior, single.prior)
    np.testing.assert_allclose(grouped.confusion, single.confusion)
    _, likelihood = naive_posterior(
        Coded(item, rater, whole.ravel(), len(whole), raters, 2), single.prior, single.confusion
    )
    assert single.log_likelihood[-1] == pytest.approx(likelihood)
