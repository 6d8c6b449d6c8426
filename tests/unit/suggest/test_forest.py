import numpy as np
import pytest

from nuclarium.core.errors import SettingsError
from nuclarium.suggest.forest import Forest, classes, votes
from nuclarium.suggest.growing import grow
from nuclarium.suggest.settings import ForestSettings


def random_forest(rng, features, trees=9, depth=8, kinds=1):
    return Forest(
        rng.integers(0, features, (trees, depth)).astype(np.int16),
        rng.integers(-500, 500, (trees, depth)).astype(np.int16),
        rng.integers(0, 256, (trees, 1 << depth, kinds)).astype(np.uint8),
    )


def walked(forest, pixel):
    """Follow one pixel down every tree, question by question."""
    total = np.zeros(forest.leaf.shape[2], int)
    for feature, threshold, leaf in zip(forest.feature, forest.threshold, forest.leaf, strict=True):
        place = 0
        for f, t in zip(feature, threshold, strict=True):
            place = 2 * place + int(pixel[f] > t)
        total += leaf[place]
    return total


@pytest.mark.parametrize(("depth", "kinds"), [(1, 1), (5, 1), (8, 3)])
def test_votes_are_those_of_a_walk_down_every_tree(rng, depth, kinds):
    forest = random_forest(rng, 6, depth=depth, kinds=kinds)
    values = rng.integers(-600, 600, (6, 70)).astype(np.int16)
    found = votes(forest, list(values))
    assert found.tolist() == np.stack([walked(forest, pixel) for pixel in values.T]).T.tolist()


def test_blocks_of_pixels_do_not_change_votes(rng):
    forest = random_forest(rng, 3)
    values = rng.integers(-600, 600, (3, 140_000)).astype(np.int16)
    parts = [votes(forest, list(values[:, part])) for part in (slice(0, 11), slice(11, None))]
    assert (votes(forest, list(values)) == np.concatenate(parts, axis=1)).all()


def test_the_class_with_most_votes_is_taken_and_the_first_of_equals():
    assert classes(np.array([[9, 3, 4], [1, 7, 4], [2, 5, 4]], np.uint16), 1).tolist() == [1, 2, 1]
    assert classes(np.array([[0, 254, 256, 510]], np.uint16), 2).tolist() == [1, 1, 2, 2]


def two_clouds(rng, count=400):
    drawn = np.repeat(np.array([1, 2], np.uint8), count)
    values = rng.normal(size=(5, 2 * count)) * 300
    values[2, count:] += 2000
    return values.astype(np.int16), drawn


def test_a_forest_learns_what_separates_the_classes(rng):
    values, drawn = two_clouds(rng)
    settings = ForestSettings(trees=20)
    forest = grow(values, drawn, 2, settings)
    assert (classes(votes(forest, list(values)), 20) == drawn).mean() > 0.99


def test_three_classes_are_learnt(rng):
    values, drawn = two_clouds(rng)
    values, drawn = np.concatenate([values, values], axis=1), np.concatenate([drawn, drawn])
    values[4, 800:] += 3000
    drawn[800:] = 3
    forest = grow(values, drawn, 3, ForestSettings(trees=30))
    assert (classes(votes(forest, list(values)), 30) == drawn).mean() > 0.99


def test_the_same_seed_gives_the_same_forest_and_another_another(rng):
    values, drawn = two_clouds(rng)
    forests = [grow(values, drawn, 2, ForestSettings(trees=4, seed=s)) for s in (0, 0, 1)]
    assert (forests[0].threshold == forests[1].threshold).all()
    assert (forests[0].leaf == forests[1].leaf).all()
    assert (forests[0].threshold != forests[2].threshold).any()


def test_fewer_trees_are_the_first_of_more(rng):
    values, drawn = two_clouds(rng)
    few, more = (grow(values, drawn, 2, ForestSettings(trees=t)) for t in (2, 5))
    assert (more.leaf[:2] == few.leaf).all()


def test_an_empty_leaf_takes_the_share_of_the_node_above():
    values = np.array([[0, 0, 10, 10]], np.int16)
    forest = grow(values, np.array([1, 1, 2, 2], np.uint8), 2, ForestSettings(1, 3, 4))
    assert set(np.unique(forest.leaf)) <= {0, 255}


def test_one_drawn_pixel_a_class_is_enough():
    values = np.array([[0, 100]], np.int16)
    forest = grow(values, np.array([1, 2], np.uint8), 2, ForestSettings(trees=8))
    assert classes(votes(forest, [values[0]]), 8).tolist() == [1, 2]


@pytest.mark.parametrize("wrong", [{"trees": 0}, {"trees": 257}, {"depth": 9}, {"samples": 0}])
def test_settings_beyond_their_limits_are_refused(wrong):
    with pytest.raises(SettingsError, match="must be from 1 to"):
        ForestSettings(**wrong)
