"""Answers with known truth and known confusions, and the model computed naively."""

from __future__ import annotations

import numpy as np

from nuclarium.raters.fit import Coded


def confusions(rng: np.random.Generator, raters: int, labels: int, low: float = 0.6) -> np.ndarray:
    """Draw ``[rater, truth, answer]`` with a share from `low` to 0.95 on the diagonal."""
    result = np.empty((raters, labels, labels))
    for w in range(raters):
        for t in range(labels):
            right = rng.uniform(low, 0.95)
            wrong = (1 - right) * rng.dirichlet(np.ones(labels - 1))
            result[w, t] = np.insert(wrong, t, right)
    return result


def answers_from(
    rng: np.random.Generator, prior: np.ndarray, confusion: np.ndarray, items: int, each: int
) -> tuple[Coded, np.ndarray]:
    """Let `each` raters answer each item; return answers and truth."""
    raters, labels = confusion.shape[:2]
    truth = rng.choice(labels, items, p=prior)
    item = np.repeat(np.arange(items), each)
    rater = np.argsort(rng.random((items, raters)), axis=1)[:, :each].ravel()
    below = confusion[rater, truth[item]].cumsum(axis=1)
    label = np.minimum((rng.random((len(item), 1)) > below).sum(axis=1), labels - 1)
    return Coded(item, rater, label, items, raters, labels), truth


def naive_posterior(
    codes: Coded, prior: np.ndarray, confusion: np.ndarray
) -> tuple[np.ndarray, float]:
    """Posterior and log-likelihood by the definition, one answer after the other."""
    with np.errstate(divide="ignore"):
        joint = np.tile(np.log(prior), (codes.n_items, 1))
        for i, w, k in zip(codes.item, codes.rater, codes.label, strict=True):
            joint[i] += np.log(confusion[w, :, k])
    total = np.logaddexp.reduce(joint, axis=1)
    answered = np.isin(np.arange(codes.n_items), codes.item)
    return np.exp(joint - total[:, None]), float(total[answered].sum())


def naive_confusion(codes: Coded, posterior: np.ndarray, empty: np.ndarray) -> np.ndarray:
    """M step by the definition."""
    result = np.empty((codes.n_raters, codes.n_labels, codes.n_labels))
    for w in range(codes.n_raters):
        for t in range(codes.n_labels):
            own = codes.rater == w
            weight = posterior[codes.item[own], t]
            if weight.sum() == 0:
                result[w, t] = empty[t]
                continue
            for k in range(codes.n_labels):
                result[w, t, k] = weight[codes.label[own] == k].sum() / weight.sum()
    return result
