import numpy as np

from nuclarium.core.geometry import Box
from nuclarium.predict.climb import climb
from nuclarium.predict.pieces import contacts, numbered, outer_pixels, places_of

HEIGHT = np.array(
    [
        [0, 0, 0, 0, 9, 0],
        [0, 5, 4, 0, 8, 0],
        [0, 0, 0, 0, 0, 7],
        [0, 3, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0],
    ],
    np.uint16,
)


def pieces_of(height):
    return numbered(height, climb(height), np.full(height.shape, 2, np.uint8))


def test_fragments_then_areas_then_pixels_around_are_numbered():
    pieces = pieces_of(HEIGHT)
    assert pieces.numbers.tolist() == [
        [0, 0, 0, 0, 3, 0],
        [0, 1, 1, 4, 3, 0],
        [0, 4, 4, 4, 4, 5],
        [0, 2, 4, 4, 4, 0],
        [0, 0, 0, 0, 0, 0],
    ]
    assert (pieces.fragments, pieces.areas) == (3, 1)
    assert pieces.is_area(np.arange(6)).tolist() == [False] * 4 + [True, False]
    assert pieces.pixel.tolist() == [0, 7, 19, 4, 0, 17]


def test_a_fragment_that_ends_outside_counts_pixels_of_the_tile_only():
    pieces = pieces_of(HEIGHT)
    assert pieces.area.tolist() == [2, 1, 1]
    assert pieces.score.tolist() == [4, 2, 2]


def test_contacts_are_the_sides_between_different_numbers(rng):
    numbers = rng.integers(0, 3, (7, 9)).astype(np.int32)
    inside = np.zeros(numbers.shape, bool)
    inside[1:-1, 1:-1] = True
    expected = [
        (p, q)
        for p in np.ndindex(*numbers.shape)
        for q in [(p[0], p[1] + 1), (p[0] + 1, p[1])]
        if q[0] < 7 and q[1] < 9 and (inside[p] or inside[q]) and numbers[p] != numbers[q]
    ]
    found = zip(*(np.column_stack(np.divmod(side, 9)) for side in contacts(numbers)), strict=True)
    assert sorted((tuple(p.tolist()), tuple(q.tolist())) for p, q in found) == sorted(expected)


def test_outer_pixels_come_once_with_their_place():
    for shape in [(1, 1), (1, 5), (5, 1), (2, 2), (4, 6)]:
        numbers = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
        box = Box(3, 2, 3 + shape[0], 2 + shape[1])
        places, found = outer_pixels(numbers, box, (20, 30))
        edge = [
            n
            for (y, x), n in np.ndenumerate(numbers)
            if y in (0, shape[0] - 1) or x in (0, shape[1] - 1)
        ]
        assert sorted(found) == edge
        y, x = np.divmod(places, 30)
        np.testing.assert_array_equal(numbers[y - 3, x - 2], found)


def test_places_count_from_the_corner_of_the_plane():
    assert places_of(np.array([0, 8, 15]), 7, Box(10, 20, 13, 25), (100, 50)).tolist() == [
        9 * 50 + 19,
        10 * 50 + 20,
        11 * 50 + 20,
    ]
