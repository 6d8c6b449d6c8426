"""Every screen, light and dark, holds WCAG AA as far as axe can check it."""

import json
from pathlib import Path

import pytest

AXE = Path(__file__).parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


def violations(page):
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(f"async () => (await axe.run({json.dumps(RULES)})).violations")
    return [(v["id"], [node["html"][:120] for node in v["nodes"]]) for v in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_screens_hold_wcag_aa(page, scheme):
    if not AXE.exists():
        pytest.skip("axe-core is not installed; run make ui")
    page.emulate_media(color_scheme=scheme)
    page.get_by_role("link", name="stack").wait_for()
    assert violations(page) == []
    page.get_by_role("link", name="stack").click()
    page.get_by_role("slider", name="Plane").wait_for()
    assert violations(page) == []
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.evaluate("location.hash = '#/login'")
    page.get_by_role("button", name="Log in").wait_for()
    assert violations(page) == []
