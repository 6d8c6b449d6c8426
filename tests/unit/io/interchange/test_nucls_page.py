"""What docs/nucls.md says of classes is what the shipped file holds, and its examples work."""

import re
from pathlib import Path

from tests.nucls_files import write_field

from nuclarium.core.classes import hierarchy_of, shipped_hierarchy

PAGE = (Path(__file__).parents[4] / "docs" / "nucls.md").read_text("utf-8")
NUCLS = shipped_hierarchy()


def rows(first):
    """Cells of the rows of the table whose header begins with a cell."""
    table = PAGE.split(f"\n| {first} |")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def shown(colour):
    return ", ".join(map(str, colour))


def test_table_of_raw_classes_is_that_of_the_file():
    raw = NUCLS.level("raw")
    assert rows("Raw") == [
        [
            name,
            str(raw.codes[name]),
            str(raw.model_codes[name]),
            shown(raw.colours[name]),
            NUCLS.roll_up(name, "main"),
            NUCLS.roll_up(name, "super"),
        ]
        for name in raw.classes
    ]


def test_table_of_main_classes_is_that_of_the_file():
    main, top = NUCLS.level("main"), NUCLS.level("super")
    assert rows("Main") == [
        [
            name,
            str(main.codes[name]),
            shown(main.colours[name]),
            main.parents[name],
            str(top.codes[main.parents[name]]),
            shown(top.colours[main.parents[name]]),
        ]
        for name in main.classes
    ]


def test_hierarchy_of_the_example_is_one():
    blood = hierarchy_of(re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)[1], "blood.toml")
    assert blood.roll_up("checked_B", "line") == "lymphoid"
    assert blood.ambiguous == "unclear"


def test_code_of_the_example_runs(tmp_path, monkeypatch, capsys):
    write_field(tmp_path / "corrected_single_rater")
    monkeypatch.chdir(tmp_path)
    exec(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1], {})
    assert capsys.readouterr().out.startswith("A2 4 (")
