"""Plain lists of classes: codes, colours, what is refused; written and read back."""

import pytest

from nuclarium.core.class_lists import (
    PALETTE,
    content_of,
    plain_hierarchy,
    toml_of,
    with_others,
)
from nuclarium.core.classes import hierarchy_of, hierarchy_of_content, shipped_hierarchy
from nuclarium.core.errors import SettingsError


def test_list_has_codes_and_colours_in_its_order():
    (level,) = plain_hierarchy([" nucleus ", "Zellkern ü", "a/b <c>"]).levels
    assert level.codes == {"nucleus": 1, "Zellkern ü": 2, "a/b <c>": 3}
    assert list(level.colours.values()) == list(PALETTE[:3])


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "1 to 24"),
        ([f"c{i}" for i in range(25)], "1 to 24"),
        (["a", "A"], "must differ"),
        (["a", "a"], "must differ"),
        ([""], "1 to 60"),
        (["x" * 61], "1 to 60"),
        (["a\nb"], "printable"),
        ([5], "printable"),
        (["Undetected"], "another word"),
    ],
)
def test_names_that_are_none_are_refused_in_a_sentence(names, said):
    with pytest.raises(SettingsError, match=said):
        plain_hierarchy(names)


@pytest.mark.parametrize("made", [shipped_hierarchy(), plain_hierarchy(['a "b"', "c\\d", "é"])])
def test_hierarchy_is_read_back_as_it_was(made):
    assert hierarchy_of(toml_of(made), "x") == made
    read = hierarchy_of_content(content_of(made), "x")
    assert read == made
    assert [level.codes for level in read.levels] == [level.codes for level in made.levels]


def test_class_beside_the_list_is_one_of_its_own_in_every_level():
    wider, others = with_others(shipped_hierarchy(), ["glia", "tumor", "sTIL", "", "undetected"])
    assert others == ("glia",)
    assert [wider.roll_up("glia", level.name) for level in wider.levels] == ["glia"] * 3
    assert wider.levels[0].codes["glia"] == 100
    assert wider.roll_up("plasma_cell", "super") == "sTIL"
