"""Laws of sheets: what any spreadsheet writes is read; names of images are never doubled."""

import csv
import io
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from nuclarium.io.rows import read_rows
from nuclarium.workspace.layout import free_name

letters = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp", "Cf"])
cells = st.text(letters, max_size=6).filter(lambda cell: not cell.startswith('="'))
tables = st.lists(st.tuples(cells.filter(bool), cells, cells), max_size=5)


@given(
    rows=tables,
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    is_named=st.booleans(),
)
@settings(deadline=None)
def test_table_is_read_back_whatever_the_spreadsheet(
    tmp_path_factory, rows, delimiter, encoding, line_end, quoting, is_named
):
    text = io.StringIO()
    if is_named:
        text.write(f"sep={delimiter}{line_end}")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=quoting)
    writer.writerows([("file", "condition", "note"), *rows])
    path = tmp_path_factory.mktemp("sheet") / "sheet.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    found = read_rows(path)
    assert found.columns == ("file", "condition", "note")
    assert [tuple(row.cells.values()) for row in found.rows] == rows
    assert [row.number for row in found.rows] == list(range(2, len(rows) + 2))
    assert not found.mistakes


names = st.lists(st.tuples(st.sampled_from(["a", "A", "b", "f_a", "f_a_2"]), st.sampled_from("fg")))


@given(names=names)
def test_names_are_never_doubled_on_any_file_system(names):
    taken = set()
    for name, folder in names:
        free = free_name(name, folder, taken)
        assert free.casefold() not in taken
        assert Path(free).name == free
        taken.add(free.casefold())
