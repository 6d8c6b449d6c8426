"""Hierarchies of classes: the shipped one, those of users, and what is rolled up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuclarium.core.classes import Hierarchy, hierarchy_of, read_hierarchy, shipped_hierarchy
from nuclarium.core.errors import InputNotFoundError, SettingsError

NUCLS = shipped_hierarchy()
RAW = NUCLS.levels[0].classes
LINEAGE = {
    "tumor": ("tumor_nonMitotic", "tumor_any"),
    "mitotic_figure": ("tumor_mitotic", "tumor_any"),
    "fibroblast": ("nonTILnonMQ_stromal", "nonTIL_stromal"),
    "vascular_endothelium": ("nonTILnonMQ_stromal", "nonTIL_stromal"),
    "macrophage": ("macrophage", "nonTIL_stromal"),
    "lymphocyte": ("lymphocyte", "sTIL"),
    "plasma_cell": ("plasma_cell", "sTIL"),
    "neutrophil": ("other_nucleus", "other_nucleus"),
    "eosinophil": ("other_nucleus", "other_nucleus"),
    "myoepithelium": ("other_nucleus", "other_nucleus"),
    "ductal_epithelium": ("other_nucleus", "other_nucleus"),
    "apoptotic_body": ("AMBIGUOUS", "AMBIGUOUS"),
    "unlabeled": ("AMBIGUOUS", "AMBIGUOUS"),
}
SMALL = """
name = "blood"
prefixes = ["checked_"]
[[levels]]
name = "cell"
classes = [
    { name = "T", code = 1, colour = [1, 2, 3], parent = "lymphoid" },
    { name = "B", code = 2, colour = [1, 2, 3], parent = "lymphoid" },
    { name = "neutrophil", code = 9, model_code = 3, colour = [9, 9, 9], parent = "myeloid" },
]
[[levels]]
name = "line"
classes = [
    { name = "lymphoid", code = 1, colour = [0, 0, 255] },
    { name = "myeloid", code = 2, colour = [255, 0, 0] },
]
"""


def test_thirteen_raw_classes_roll_up_as_published():
    assert sorted(RAW) == sorted(LINEAGE)
    for raw, (main, top) in LINEAGE.items():
        assert NUCLS.roll_up(raw, "main") == main
        assert NUCLS.roll_up(raw, "super") == top
        assert NUCLS.roll_up(main, "super") == top


def test_codes_of_raw_classes_are_those_of_masks():
    codes = NUCLS.level("raw").codes
    assert codes["unlabeled"] == 99
    assert sorted(codes.values()) == [*range(1, 13), 99]
    assert [NUCLS.level("raw").names_of_codes[code] for code in (1, 2, 6, 12)] == [
        "tumor",
        "fibroblast",
        "mitotic_figure",
        "eosinophil",
    ]


@pytest.mark.parametrize("level", NUCLS.levels, ids=lambda level: level.name)
def test_codes_of_networks_have_no_gap(level):
    assert sorted(level.model_codes.values()) == list(range(1, len(level.classes) + 1))


def test_codes_of_main_and_super_are_as_published():
    assert NUCLS.level("main").codes == {
        "tumor_nonMitotic": 1,
        "tumor_mitotic": 2,
        "nonTILnonMQ_stromal": 3,
        "macrophage": 4,
        "lymphocyte": 5,
        "plasma_cell": 6,
        "other_nucleus": 7,
        "AMBIGUOUS": 8,
    }
    assert list(NUCLS.level("super").codes) == [
        "tumor_any",
        "nonTIL_stromal",
        "sTIL",
        "other_nucleus",
        "AMBIGUOUS",
    ]


@pytest.mark.data
def test_codes_of_masks_equal_the_published_table(data):
    pd = pytest.importorskip("pandas")
    table = pd.read_csv(data / "nucls_core_tables" / "nucleus_GTcodes.csv")
    nuclei = table[table.is_roi == 0]
    assert dict(zip(nuclei.group, nuclei.GT_code, strict=True)) == NUCLS.level("raw").codes


def test_prefix_of_corrections_is_taken_off():
    assert NUCLS.roll_up("correction_tumor", "raw") == "tumor"
    assert NUCLS.roll_up_many(["correction_tumor", "", "tumor"], "super") == (
        "tumor_any",
        "",
        "tumor_any",
    )


def test_a_name_in_two_levels_is_one_class():
    assert NUCLS.level_of("lymphocyte") == "raw"
    assert NUCLS.roll_up("lymphocyte", "main") == "lymphocyte"
    assert NUCLS.roll_up("AMBIGUOUS", "super") == "AMBIGUOUS"


def test_unknown_and_coarser_labels_are_refused():
    with pytest.raises(SettingsError, match=r"must be a class of the hierarchy nucls.*'tumour'"):
        NUCLS.roll_up("tumour", "main")
    with pytest.raises(SettingsError, match="'sTIL' is of level super, which is coarser"):
        NUCLS.roll_up("sTIL", "main")
    with pytest.raises(SettingsError, match="one of raw, main, super"):
        NUCLS.roll_up("tumor", "fine")


def test_labels_to_keep_are_kept():
    assert NUCLS.roll_up("undetected", "main", keep=("undetected",)) == "undetected"


def test_probabilities_of_children_add_up_and_others_pass_through():
    p, labels = NUCLS.roll_up_probabilities(
        [[0.1, 0.2, 0.3, 0.4], [np.nan] * 4],
        ("mitotic_figure", "undetected", "correction_lymphocyte", "tumor"),
        "super",
    )
    assert labels == ("tumor_any", "sTIL", "undetected")
    np.testing.assert_allclose(p, [[0.5, 0.3, 0.2], [np.nan] * 3])


@given(st.lists(st.lists(st.floats(0, 1), min_size=13, max_size=13), max_size=4))
def test_rolling_up_in_steps_is_rolling_up_at_once(rows):
    p = np.array(rows).reshape(-1, 13)
    main, names = NUCLS.roll_up_probabilities(p, RAW, "main")
    in_steps, steps = NUCLS.roll_up_probabilities(main, names, "super")
    at_once, once = NUCLS.roll_up_probabilities(p, RAW, "super")
    assert steps == once
    np.testing.assert_allclose(in_steps, at_once)
    np.testing.assert_allclose(at_once.sum(axis=1), p.sum(axis=1))


def test_probabilities_need_a_column_a_label():
    with pytest.raises(ValueError, match="a column for each of the 2 labels"):
        NUCLS.roll_up_probabilities([[1.0]], ("tumor", "lymphocyte"), "main")


def test_own_hierarchy_is_read_from_a_file(tmp_path):
    file = tmp_path / "blood.toml"
    file.write_text(SMALL, "utf-8")
    blood = read_hierarchy(file)
    assert blood.ambiguous is None
    assert blood.roll_up("checked_B", "line") == "lymphoid"
    assert blood.level("cell").codes["neutrophil"] == 9
    assert blood.level("cell").model_codes == {"T": 1, "B": 2, "neutrophil": 3}
    assert blood.level("line").colours["myeloid"] == (255, 0, 0)


def test_missing_file_and_unknown_name_are_said(tmp_path):
    with pytest.raises(InputNotFoundError, match="hierarchy of classes was expected"):
        read_hierarchy(tmp_path / "nothing.toml")
    with pytest.raises(SettingsError, match="one of nucls, but got 'panoptils'"):
        shipped_hierarchy("panoptils")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('parent = "myeloid"', 'parent = "blast"', "class neutrophil must have a parent in the ne"),
        (', parent = "myeloid"', "", "class neutrophil must have a parent.*but got none"),
        (
            "code = 2, colour = [1",
            "code = 1, colour = [1",
            "a code of its own.*T and B both have 1",
        ),
        ("model_code = 3", "model_code = 2", "a model_code of its own.*B and neutrophil"),
        ("code = 9", "code = 0", "a code of 1 or more, since 0 is background, but got 0"),
        (", colour = [9, 9, 9]", "", "class neutrophil must have a colour.*but got nothing"),
        ("[9, 9, 9]", "[9, 9]", r"must have a colour, \[red, green, blue\], but got \[9, 9\]"),
        ("[9, 9, 9]", "[9, 9, 256]", "three parts 0 to 255"),
        ("[9, 9, 9]", '"#090909"', "must have a colour"),
        ('name = "B"', 'name = "T"', "'T' stands twice"),
        ('name = "B"', 'name = "checked_B"', "must not begin with 'checked_'"),
        ('name = "line"', 'name = "cell"', "'cell' stands twice"),
        ("[0, 0, 255] }", '[0, 0, 255], parent = "cell" }', "no parent, but lymphoid has one"),
        ('name = "lymphoid", code', 'name = "neutrophil", code', "must have a parent in the next"),
        ("code = 9", 'code = "nine"', "a code, a whole number, but got 'nine'"),
        ("code = 9, model", "colour_ = 1, model", "a key must be one of.*'colour_'"),
        (
            'name = "blood"',
            'name = "blood"\nambiguous = "T"',
            "ambiguous must be a class of the la",
        ),
        ('name = "blood"', "", "must have a name, a text, but got nothing"),
        ('["checked_"]', '"checked_"', "prefixes must be a list of texts"),
        ("[[levels]]", "[[level]]", "a key must be one of"),
        ("[[levels]]", "[[levels", "must be TOML"),
    ],
)
def test_each_mistake_is_one_sentence(old, new, message):
    assert old in SMALL
    with pytest.raises(SettingsError, match=message) as caught:
        hierarchy_of(SMALL.replace(old, new), "blood.toml")
    assert str(caught.value).startswith("blood.toml")
    assert "\n" not in str(caught.value)


def test_parents_that_go_in_a_circle_are_refused():
    text = (
        SMALL.replace('"lymphoid"', '"T"')
        .replace('"myeloid"', '"B"')
        .replace(
            'name = "B", code = 2, colour = [1, 2, 3], parent = "T"',
            'name = "B", code = 2, colour = [1, 2, 3], parent = "T"',
        )
    )
    with pytest.raises(SettingsError, match=r"Class B is in levels cell and line.*in a circle"):
        hierarchy_of(text, "circle.toml")


def test_hierarchy_without_levels_is_refused():
    with pytest.raises(SettingsError, match="at least one level"):
        Hierarchy("empty", ())
    with pytest.raises(SettingsError, match=r"must have \[\[levels\]\]"):
        hierarchy_of('name = "empty"', "empty.toml")


def test_ten_thousand_classes_are_no_trouble():
    rows = ",".join(
        f'{{name="c{i}",code={i + 1},colour=[0,0,0],parent="p{i % 7}"}}' for i in range(10_000)
    )
    coarse = ",".join(f'{{name="p{i}",code={i + 1},colour=[0,0,0]}}' for i in range(7))
    big = hierarchy_of(
        f'name="big"\n[[levels]]\nname="a"\nclasses=[{rows}]\n'
        f'[[levels]]\nname="b"\nclasses=[{coarse}]',
        "big.toml",
    )
    p, labels = big.roll_up_probabilities(np.ones((1, 10_000)), big.levels[0].classes, "b")
    assert labels == tuple(f"p{i}" for i in range(7))
    assert p.sum() == 10_000
    with pytest.raises(SettingsError, match=r"c19 and 9,980 more\), but got 'x'"):
        big.roll_up("x", "b")


def test_hierarchies_can_be_keys():
    assert {NUCLS: 1}[shipped_hierarchy()] == 1
