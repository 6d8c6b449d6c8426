import numpy as np
import pytest
from scipy import sparse
from scipy.sparse import csgraph

from nuclarium.predict.links import as_one, followed, linked, unique


@pytest.mark.parametrize("n_pairs", [0, 1, 30, 80, 300])
def test_linked_things_are_the_connected_components(rng, n_pairs):
    count = 100
    pairs = rng.integers(0, count, (n_pairs, 2))
    links = sparse.coo_array((np.ones(n_pairs), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    component = csgraph.connected_components(links, directed=False)[1]
    expected = [np.flatnonzero(component == own)[0] for own in component]
    np.testing.assert_array_equal(linked(pairs, count), expected)


def test_a_long_chain_in_any_order_is_one_set(rng):
    names = rng.permutation(1000)
    assert not linked(np.column_stack([names[1:], names[:-1]]), 1000).any()


def test_nothing_is_linked_in_nothing():
    assert len(linked(np.zeros((0, 2), np.int64), 0)) == 0


def test_a_way_leads_to_its_end_however_long():
    way = np.minimum(np.arange(1, 101), 99)
    assert (followed(way) == 99).all()


def test_pairs_sort_as_numbers_do(rng):
    pairs = rng.integers(0, 2**31, (200, 2))
    pairs[::3, 0] = 7
    ordered = unique(as_one(pairs[:, 0].astype(np.int32), pairs[:, 1].astype(np.int32)))
    expected = sorted(set(map(tuple, pairs.tolist())))
    assert list(zip(ordered >> 32, ordered & 0xFFFFFFFF, strict=True)) == expected
