"""The table of edits that the page's fold is held to as well, by ui/test/fold.test.ts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nuclarium.annotate.changes import change_from_json
from nuclarium.annotate.document import Document, DocumentHead, EditConflict, apply

TABLE = Path(__file__).parents[2] / "cases" / "edits.json"
CASES = json.loads(TABLE.read_text("utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_edits_make_of_a_document_what_the_table_says(case: dict[str, Any]) -> None:
    document = Document(DocumentHead("d-" + "0" * 32, "i-" + "0" * 32))
    for step in case["steps"]:
        change = change_from_json(step["edit"])
        if step["taken"]:
            document = apply(document, change, step["by"])
        else:
            with pytest.raises(EditConflict):
                apply(document, change, step["by"])
    nuclei = sorted((one.to_json() for one in document.nuclei.values()), key=lambda one: one["id"])
    assert nuclei == case["nuclei"]
    assert dict(document.removed) == case["removed"]
    assert [stroke.id for stroke in document.strokes] == case["strokes"]
