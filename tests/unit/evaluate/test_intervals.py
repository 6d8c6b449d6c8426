"""Intervals and p values equal those of slow loops, and are where statistics says."""

import numpy as np
import pytest

from nuclarium.evaluate import ImageScores, compare, score, summarise

EXAMPLES = 30


@pytest.fixture
def many(rng):
    """Scores of small images; a worse prediction second."""

    def noisy(truth, share):
        return np.where(rng.random(truth.shape) < share, 0, truth)

    grid = np.kron(np.arange(1, 10).reshape(3, 3), np.ones((5, 5), int))
    truths = [np.where(rng.random((15, 15)) < 0.1, 0, grid) for _ in range(EXAMPLES)]
    good = [score(noisy(t, rng.uniform(0.05, 0.3)), t) for t in truths]
    bad = [score(noisy(t, rng.uniform(0.2, 0.5)), t) for t in truths]
    return good, bad


def test_value_is_of_the_pooled_counts(many, rng):
    good, _ = many
    summary = summarise(good, rng=rng, resamples=10)
    pooled = sum(good, start=ImageScores()).values()
    np.testing.assert_allclose(summary["value"], list(pooled.values()))
    mean = np.mean([s.values()["aji"] for s in good])
    assert summary.loc["aji", "image_mean"] == pytest.approx(mean)


def test_interval_is_that_of_a_slow_bootstrap(many, rng):
    good, _ = many
    groups = [i // 3 for i in range(EXAMPLES)]
    summary = summarise(good, groups, rng=rng, resamples=4000)
    slow = []
    for _ in range(1500):
        drawn = rng.integers(0, 10, 10)
        chosen = [s for g in drawn for s in good[3 * g : 3 * g + 3]]
        slow.append(sum(chosen, start=ImageScores()).pixels.dice)
    low, high = np.percentile(slow, [2.5, 97.5])
    width = high - low
    assert summary.loc["dice", "low"] == pytest.approx(low, abs=0.1 * width)
    assert summary.loc["dice", "high"] == pytest.approx(high, abs=0.1 * width)


def test_same_seed_same_interval(many):
    tables = [summarise(many[0], rng=np.random.default_rng(3), resamples=50) for _ in range(2)]
    assert tables[0].equals(tables[1])


def test_one_group_has_no_interval(many, rng):
    summary = summarise(many[0], ["plate"] * EXAMPLES, rng=rng, resamples=10)
    assert summary[["low", "high", "image_mean_low"]].isna().all(axis=None)


def test_image_without_nuclei_does_not_count_in_the_mean(many, rng):
    nothing = score(np.zeros((4, 4), int), np.zeros((4, 4), int))
    alone = summarise(many[0], rng=rng, resamples=10)
    joined = summarise([*many[0], nothing], rng=rng, resamples=10)
    assert joined.loc["dice", "images"] == EXAMPLES
    for column in ("value", "image_mean"):
        np.testing.assert_allclose(joined[column], alone[column])


def test_difference_of_a_worse_prediction_is_seen(many, rng):
    row = compare(*many, rng=rng, resamples=2000).loc["dice"]
    assert row["difference"] == pytest.approx(row["b"] - row["a"])
    assert row["low"] < row["difference"] < row["high"] < 0
    assert row["p"] < 0.01


def test_prediction_does_not_differ_from_itself(many, rng):
    table = compare(many[0], many[0], rng=rng, resamples=100)
    assert (table["p"].dropna() == 1).all()
    assert (table["difference"].dropna() == 0).all()


def test_p_of_few_images_is_that_of_every_swap(many, rng):
    a, b = (scores[:6] for scores in many)

    def difference(bits):
        sides = [(y, x) if bit else (x, y) for x, y, bit in zip(a, b, bits, strict=True)]
        first, second = (sum(side, start=ImageScores()) for side in zip(*sides, strict=True))
        return second.pixels.dice - first.pixels.dice

    every = [difference([(i >> k) & 1 for k in range(6)]) for i in range(64)]
    expected = np.mean(np.abs(every) >= abs(every[0]) - 1e-12)
    assert compare(a, b, rng=rng, resamples=200).loc["dice", "p"] == pytest.approx(expected)


def test_p_is_uniform_where_nothing_differs(rng):
    truth = np.kron(np.arange(1, 5).reshape(2, 2), np.ones((4, 4), int))
    p = []
    for _ in range(60):
        a, b = (
            [score(np.where(rng.random((8, 8)) < 0.3, 0, truth), truth) for _ in range(8)]
            for _ in range(2)
        )
        p.append(compare(a, b, rng=rng, resamples=256).loc["dice", "p"])
    assert 0.3 < np.mean(p) < 0.7


def test_lengths_must_agree(many, rng):
    with pytest.raises(ValueError, match="same images, but got 30 and 29"):
        compare(many[0], many[1][1:], rng=rng)
    with pytest.raises(ValueError, match="one entry for each of 30 images, but got 2"):
        summarise(many[0], ["a", "b"], rng=rng)


def test_no_images_are_refused(rng):
    with pytest.raises(ValueError, match="at least one image"):
        summarise([], rng=rng)
