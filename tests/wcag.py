"""What axe finds against WCAG AA on a page, as far as a machine can check it."""

import json
from pathlib import Path

import pytest

AXE = Path(__file__).parents[1] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


def violations(page):
    if not AXE.exists():
        pytest.skip("axe-core is not installed; run make ui")
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(f"async () => (await axe.run({json.dumps(RULES)})).violations")
    return [(v["id"], [node["html"][:120] for node in v["nodes"]]) for v in found]


def in_both_schemes(page, screen):
    """Violations of a screen in light and in dark."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += [(screen, scheme, *violation) for violation in violations(page)]
    return found
