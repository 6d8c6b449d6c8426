"""Long tables of any spreadsheet, compressed or Parquet, read as text."""

import gzip

import pandas as pd
import pytest

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.io.long_table import read_long_table

TEXT = "item;rater;label\n1.0;Ada;tumor\n;;\n2.0;Bo;\n"


def test_rows_keep_the_numbers_that_a_spreadsheet_shows(tmp_path):
    (tmp_path / "t.csv").write_text(TEXT, "utf-8")
    table, mistakes = read_long_table(tmp_path / "t.csv")
    assert table.to_dict("list") == {
        "item": ["1", "2"],
        "rater": ["Ada", "Bo"],
        "label": ["tumor", ""],
    }
    assert list(table.index) == [2, 4]
    assert mistakes == ()


def test_a_compressed_table_is_read(tmp_path):
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(TEXT.encode("cp1252")))
    assert len(read_long_table(tmp_path / "t.csv.gz")[0]) == 2


def test_a_cut_compressed_table_is_refused(tmp_path):
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(TEXT.encode() * 99)[:-20])
    with pytest.raises(SettingsError, match="cut short or damaged"):
        read_long_table(tmp_path / "t.csv.gz")


def test_parquet_gives_the_same_text(tmp_path):
    given = pd.DataFrame({"item": [1.0, 2.0], "rater": [1, 2], "label": ["tumor", None]})
    given.to_parquet(tmp_path / "t.parquet")
    table, _ = read_long_table(tmp_path / "t.parquet")
    assert table.to_numpy().tolist() == [["1", "1", "tumor"], ["2", "2", ""]]


def test_numbers_that_are_not_all_whole_stay_as_they_are(tmp_path):
    (tmp_path / "t.csv").write_text("x\n1.0\n1.5\n", "utf-8")
    assert list(read_long_table(tmp_path / "t.csv")[0]["x"]) == ["1.0", "1.5"]


def test_a_missing_or_broken_parquet_is_one_sentence(tmp_path):
    with pytest.raises(InputNotFoundError, match="there is nothing"):
        read_long_table(tmp_path / "none.parquet")
    (tmp_path / "t.parquet").write_bytes(b"nope")
    with pytest.raises(SettingsError, match="must be a Parquet file"):
        read_long_table(tmp_path / "t.parquet")


def test_a_row_with_too_many_values_is_left_out_and_told(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n1,2,3\n", "utf-8")
    table, mistakes = read_long_table(tmp_path / "t.csv")
    assert len(table) == 1
    assert mistakes == ((3, "has 3 values for 2 columns"),)
