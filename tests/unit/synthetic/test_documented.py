"""docs/synthetic.md says what is planted, with the numbers that are in the code."""

import re
from pathlib import Path

import numpy as np
import pytest

from nuclarium.synthetic import conditions as planted
from nuclarium.synthetic.organoid import OrganoidSpec, organoid

PAGE = (Path(__file__).parents[3] / "docs" / "synthetic.md").read_text("utf-8")
WORDS = " ".join(PAGE.split())


def test_every_column_is_documented():
    table = organoid(OrganoidSpec(shape=(14, 72, 72)), np.random.default_rng(0))[2]
    documented = set(re.findall(r"`(\w+)`", PAGE))
    assert set(table.columns) | {"image", "group"} <= documented


@pytest.mark.parametrize("condition", planted.CONDITIONS, ids=lambda c: c.name)
def test_every_condition_is_documented_with_its_numbers(condition):
    first = planted.CONDITIONS[0]
    row = (
        f"| `{condition.name}` | {condition.volume_um3:.0f} "
        f"| {condition.volume_um3 / first.volume_um3:.2f} | {condition.elongation:.2f} "
        f"| {condition.elongation / first.elongation:.2f} |"
    )
    assert row in PAGE


@pytest.mark.parametrize("name", ["volume", "elongation", "flatness", "intensity", "texture"])
def test_every_spread_is_documented_with_its_numbers(name):
    spread = getattr(planted, name.upper())
    assert re.search(
        rf"^\| {name} \|.*\| {spread.colony:.2f} \| {spread.nucleus:.2f} \|", PAGE, re.M
    )


def test_optics_are_documented_with_their_numbers():
    optics = OrganoidSpec().optics
    near, far = optics.axial_um
    deep, wide = optics.glow_um
    for said in (
        f"{optics.lateral_um:g} µm wide (standard deviation) sideways and {near:g} µm along z",
        f"widening to {far:g} µm",
        f"{optics.glow:.0%} of the light".replace("%", " %"),
        f"{deep:g} µm along z and {wide:g} µm sideways",
        f"1/e over {optics.depth_um:g} µm",
        f"{optics.photons:g} photons a pixel",
        f"{optics.gain:g} grey values a photon",
        f"offset {optics.offset:g}",
        f"read noise of {optics.read_noise:g}",
    ):
        assert said in WORDS


def test_shares_of_kinds_are_documented():
    for kind in planted.KINDS:
        assert f"{kind.fraction * 100:g} %" in WORDS
