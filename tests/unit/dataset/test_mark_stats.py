"""Counts of marks by kind and class, against pandas on the real table of NuCLS."""

import pandas as pd
import pytest
from tests.datasets import NUCLS, marked

from nuclarium.core.errors import SettingsError
from nuclarium.dataset.build import build_version
from nuclarium.dataset.mark_stats import class_columns, class_counts, count_items
from nuclarium.workspace.dataset_exchange import import_dataset
from nuclarium.workspace.dataset_stats import dataset_stats, format_stats


def made(folder, *, classes=NUCLS):
    rows = [
        ("outline", (2, 2, 10, 10), "tumor"),
        ("box", (12, 4, 20, 9), "correction_lymphocyte"),
        ("point", (25, 25, 25, 25), "unlabeled"),
    ]
    place = {"patient": "p", "extra": {"hospital": "A2"}}
    drafts = [
        marked("a", rows, split="train", slide="s1", **place),
        marked("b", rows[:2], split="test", slide="s2", pixels=False, **place),
    ]
    return build_version(folder / "x", "x", drafts, {}, classes=classes).dataset


def test_kinds_classes_and_places_are_counted_by_part(tmp_path):
    table = dataset_stats(made(tmp_path).folder, by="split").set_index("split")
    expected = {
        "test": (1, 2, 1, 1, 1, 1, 1, 0, 1, 0, 1),
        "train": (1, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1),
        "all": (2, 5, 1, 1, 2, 2, 2, 1, 2, 1, 2),
    }
    columns = ["images", "nuclei", "hospitals", "patients", "slides", "outlines", "boxes", "points"]
    columns += ["corrections", "super:AMBIGUOUS", "main:lymphocyte"]
    for name, row in expected.items():
        assert tuple(table.loc[name, columns]) == row


def test_text_has_a_line_for_each_class_of_each_level(tmp_path):
    text = format_stats(dataset_stats(made(tmp_path).folder, by="split"))
    lines = [line.split() for line in text.splitlines()]
    assert ["outlines", "1", "1", "2"] in lines
    assert ["eosinophil", "0", "0", "0"] in lines
    assert ["sTIL", "1", "1", "2"] in lines


def test_figure_shows_classes_below_the_conditions(tmp_path):
    from PIL import Image

    dataset_stats(made(tmp_path).folder, figure=tmp_path / "f.png")
    with Image.open(tmp_path / "f.png") as picture:
        assert picture.size[1] > 1500
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20)}
    assert {(255, 0, 0), (0, 0, 255), (80, 80, 80)} <= colours


def test_labels_without_a_hierarchy_are_counted_as_they_are(tmp_path):
    table = dataset_stats(made(tmp_path, classes="").folder)
    assert table["class:correction_lymphocyte"].iloc[-1] == 2
    assert table["corrections"].iloc[-1] == 0


def test_label_of_a_coarser_level_is_told_where_finer_ones_are_counted(tmp_path):
    hierarchy = made(tmp_path).hierarchy
    found = class_columns({"sTIL": 2, "tumor": 1}, hierarchy)
    assert (found["raw:(coarser label)"], found["super:sTIL"], found["raw:tumor"]) == (2, 2, 1)


def test_ambiguous_nuclei_do_not_count_for_the_balance_of_classes(tmp_path):
    dataset = made(tmp_path)
    counts = class_counts(dataset.items, count_items(dataset), dataset.hierarchy)
    assert {name: values.tolist() for name, values in counts.items()} == {"a": [1, 1], "b": [1, 1]}


def test_balancing_classes_needs_classes(tmp_path):
    drafts = [marked("a", [("box", (0, 0, 2, 2), "")])]
    dataset = build_version(tmp_path / "y", "y", drafts, {}).dataset
    with pytest.raises(SettingsError, match="none has one"):
        class_counts(dataset.items, count_items(dataset), None)


@pytest.mark.data
def test_real_table_has_the_counts_that_pandas_finds(data, tmp_path):
    folder = data / "nucls_core_tables"
    elements = pd.read_csv(folder / "annotation_elements.csv.gz")
    fields = pd.read_csv(folder / "fov_meta.csv.gz")
    outcome = import_dataset(folder, tmp_path / "d", "nucls")
    row = dataset_stats(outcome.dataset.folder).iloc[-1]
    assert (row["nuclei"], row["images"], row["slides"], row["hospitals"]) == (
        len(elements),
        len(fields),
        fields["slide_name"].nunique(),
        fields["slide_name"].str.split("-").str[1].nunique(),
    )
    assert (row["nuclei"], row["images"], row["slides"], row["hospitals"]) == (59541, 1746, 124, 18)
    kinds = elements["type"].value_counts()
    assert (row["boxes"], row["outlines"], row["points"]) == tuple(
        kinds[["rectangle", "polyline", "point"]]
    )
    raw = elements["group"].str.removeprefix("correction_").value_counts()
    assert {name: row[f"raw:{name}"] for name in raw.index} == raw.to_dict()
    for level in ("raw", "main", "super"):
        assert sum(row[c] for c in row.index if str(c).startswith(f"{level}:")) == 59541
    assert row["super:AMBIGUOUS"] == raw["apoptotic_body"] + raw["unlabeled"]
