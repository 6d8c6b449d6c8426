"""Every gesture of drawing in a real browser, by fingers, pen and keys: what is stored of it."""

import re

import numpy as np
import pytest
from tests.drawing_pages import SIDE, Studio, area, until

from nuclarium.annotate.checks import new_id
from nuclarium.annotate.store_suggestions import Suggestion

DISCS = ((150, 80), (200, 80), (150, 160), (200, 160))
"""Middles ``x, y`` of bright discs, in the middle plane of three."""
RADIUS = 16
SQUARE = ((90, 40), (130, 40), (130, 80), (90, 80))


def stack():
    y, x = np.mgrid[:SIDE, :SIDE]
    pixels = np.full((3, SIDE, SIDE), 60, np.uint8)
    for cx, cy in DISCS:
        pixels[1][(x - cx) ** 2 + (y - cy) ** 2 <= RADIUS**2] = 200
    return pixels


@pytest.fixture
def studio(tmp_path, browser):
    made = Studio(tmp_path, browser, stack())
    yield made
    made.close()


def suggest(studio):
    """The discs, the first surest."""
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = np.stack([np.cos(turn), np.sin(turn)], 1) * RADIUS
    outlines = [(ring + disc).round(2).ravel().tolist() for disc in DISCS]
    found = [
        Suggestion(new_id("u"), (tuple(one),), "", 0.9 - 0.2 * i, 1, "discs")
        for i, one in enumerate(outlines)
    ]
    studio.store.suggest(studio.image, "discs", found)
    return [one.id for one in found]


def zoom(hand):
    return int(hand.page.locator("output.zoom").inner_text().split()[0])


def middle(nucleus):
    ring = np.reshape(nucleus.rings[0], (-1, 2))
    return (ring.min(0) + ring.max(0)) / 2


def squares(studio, hand, *lefts):
    for x in lefts:
        hand.polygon((x, 30), (x + 20, 30), (x + 20, 50), (x, 50))
    until(lambda: len(studio.nuclei) == len(lefts))


def test_one_finger_draws_two_move_and_zoom_and_a_pen_presses(studio):
    hand = studio.person(has_touch=True)
    hand.press("b")
    hand.fingers([(40, 60), (50, 60), (60, 60)])
    until(lambda: len(studio.nuclei) == 1)
    assert area(studio.nuclei[0]) == pytest.approx(20 * 12 + np.pi * 36, rel=0.05)
    hand.press("Escape", "p")
    for corner in ((100, 40), (140, 40)):
        hand.fingers([corner])
    before = zoom(hand)
    apart = [(128 - d, 128) for d in (20, 30, 40)], [(128 + d, 128) for d in (20, 30, 40)]
    hand.fingers(*apart)
    assert zoom(hand) == pytest.approx(2 * before, rel=0.05)
    hand.press("Home")
    hand.fingers([(140, 80)])  # the polygon goes on behind the pinch
    hand.press("Enter")
    until(lambda: len(studio.nuclei) == 2)
    assert studio.nuclei[1].rings[0] == pytest.approx((100, 40, 140, 40, 140, 80), abs=1)
    hand.press("Escape", "d")
    moved = [[(x + d, y + d) for d in (0, 10, 20, 30)] for x, y in ((100, 100), (140, 100))]
    hand.fingers(*moved)
    assert zoom(hand) == before
    hand.fingers([(180, 180)])  # what was at 150, 150
    until(lambda: len(studio.nuclei) == 3)
    assert studio.nuclei[2].rings[0] == pytest.approx((150, 150), abs=2)
    hand.press("Home", "Escape", "b")
    hand.pen(1.0, (60, 200), (70, 200), (80, 200))
    hand.press("Escape")
    hand.pen(0.1, (200, 200), (210, 200), (220, 200))
    until(lambda: len(studio.nuclei) == 5)
    hard, light = (area(one) for one in studio.nuclei if middle(one)[1] > 190)
    assert hard > 2.5 * light
    assert studio.revision == 5


def test_wand_vertices_holes_smooth_and_planes(studio):
    hand = studio.person()
    hand.press("w")
    hand.click(*DISCS[0])
    until(lambda: len(studio.nuclei) == 1)
    assert area(studio.nuclei[0]) == pytest.approx(np.pi * RADIUS**2, rel=0.08)
    assert middle(studio.nuclei[0]) == pytest.approx(DISCS[0], abs=1.5)
    assert studio.nuclei[0].z == 1

    hand.press("Escape", "v")
    hand.click(*DISCS[0])
    hand.press("Delete")
    hand.polygon(*SQUARE)
    until(lambda: studio.nuclei and len(studio.nuclei[0].rings[0]) == 8)
    hand.press("t")
    hand.stroke(SQUARE[0], (80, 30))
    hand.stroke((110, 80), (110, 100))  # the middle of a side
    until(lambda: len(studio.nuclei[0].rings[0]) == 10)
    corners = {tuple(map(round, one)) for one in np.reshape(studio.nuclei[0].rings[0], (-1, 2))}
    assert {(80, 30), (110, 100)} <= corners
    hand.page.keyboard.down("Alt")
    hand.click(110, 100)
    hand.page.keyboard.up("Alt")
    until(lambda: len(studio.nuclei[0].rings[0]) == 8)

    hand.press("e")
    hand.stroke((108, 58), (112, 62))
    until(lambda: len(studio.nuclei[0].rings) == 2)
    hand.press("o")
    until(lambda: len(studio.nuclei[0].rings) == 1)
    rough = studio.nuclei[0]
    hand.press("Shift+s")
    until(lambda: studio.nuclei[0].rings != rough.rings)
    assert area(studio.nuclei[0]) == pytest.approx(area(rough), rel=0.05)

    hand.press("n")
    until(lambda: {one.z for one in studio.nuclei} == {1, 2})
    hand.page.get_by_text("3 of 3").wait_for()
    hand.press("n")
    hand.page.get_by_text("There is no plane beyond this one.").wait_for()
    hand.press("PageUp", "PageUp", "Control+z")  # undo is the same on every plane
    until(lambda: {one.z for one in studio.nuclei} == {1})
    hand.page.reload()
    hand.ready()
    hand.press("PageDown", "Control+z", "Control+z")
    until(lambda: len(studio.nuclei[0].rings) == 2)
    hand.press("PageUp", *["Control+Shift+z"] * 3)
    until(lambda: {one.z for one in studio.nuclei} == {1, 2})
    copied, copy = studio.nuclei
    assert copied.rings == copy.rings


def test_many_are_chosen_classified_and_removed_in_one_gesture_each(studio):
    hand = studio.person()
    squares(studio, hand, 90, 130, 170, 210)
    hand.press("Escape", "v")
    hand.stroke((85, 20), (155, 60))
    hand.page.keyboard.down("Shift")
    hand.click(220, 40)
    hand.page.keyboard.up("Shift")
    hand.press("2")
    until(lambda: studio.revision == 7)
    assert [one.label == "fibroblast" for one in studio.nuclei] == [True, True, False, True]
    hand.press("Delete")
    until(lambda: len(studio.nuclei) == 1)
    hand.press("Control+z")
    until(lambda: len(studio.nuclei) == 4)
    hand.press("Control+z")
    until(lambda: {one.label for one in studio.nuclei} == {studio.nuclei[2].label})
    hand.press("Control+y", "Control+y")
    until(lambda: len(studio.nuclei) == 1)


def test_escape_drops_what_is_begun_with_any_tool(studio):
    suggest(studio)
    hand = studio.person()
    squares(studio, hand, 90)
    hand.page.get_by_text("Answer 4 suggestions").wait_for()
    for key in "belrkvwtqa":
        hand.press("Escape", "v")
        hand.click(100, 40)
        hand.press(key)
        corner = (90, 30) if key == "t" else (95, 40)
        hand.begin(corner, (140, 70), (100, 90))
        hand.press("Escape")
        hand.page.mouse.move(*hand.at(160, 90))
        hand.page.mouse.up()
    hand.polygon((90, 90), (100, 90), (100, 110))
    until(lambda: len(studio.nuclei) == 2)
    assert studio.revision == 2
    assert studio.store.document(studio.document).strokes == ()


def test_keys_alone_choose_classify_remove_and_answer(studio):
    ids = suggest(studio)
    hand = studio.person()
    squares(studio, hand, 90, 130, 170)
    hand.press("Escape", "v", ".", ".", "2")
    until(lambda: studio.nuclei[1].label == "fibroblast")
    hand.press(",", "Delete")
    until(lambda: len(studio.nuclei) == 2)
    assert studio.nuclei[0].label == "fibroblast"
    hand.press("a", ".", "3", "Enter", "r", "Enter")
    until(lambda: studio.revision == 8)
    answers = {one.suggestion: one for one in studio.nuclei_with_rejected if one.suggestion}
    assert {ids.index(of): one.kind for of, one in answers.items()} == {
        0: "outline",
        1: "rejected",
        2: "outline",
    }
    assert answers[ids[0]].label == "lymphocyte"
    hand.press("Control+z", "Control+z", "Control+z")
    until(lambda: len(studio.nuclei_with_rejected) == 2)

    sure = hand.page.get_by_role("slider", name="Confidence")
    sure.focus()
    sure.evaluate("s => { s.value = 0.6; s.dispatchEvent(new Event('input')); }")
    hand.page.get_by_role("button", name="Accept 2 sure").press("Enter")
    until(lambda: len(studio.nuclei) == 4)
    assert sum(one.verdict == "accepted" for one in studio.nuclei) == 2
    hand.press("Control+z")
    until(lambda: len(studio.nuclei) == 2)
    hand.page.reload()
    hand.ready()
    hand.press("Control+Shift+z")
    until(lambda: len(studio.nuclei) == 4)


def test_help_lists_each_key_once_and_every_key_that_the_page_names(studio):
    page = studio.person().page
    named = set()
    for tool in page.locator(".rail .tool").all():
        if key := re.search(r"\((.+)\)$", tool.get_attribute("title")):
            named.add(key[1])
        tool.click()
        named |= {cap.replace("⇧", "Shift+") for cap in page.locator("kbd").all_inner_texts()}
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    listed = {}
    for section in keys.locator("section").all():
        group = section.locator("h3").inner_text()
        rows = section.evaluate(
            "s => [...s.querySelectorAll('dt')].map((d) => [...d.children].map((c) => c.innerText))"
        )
        listed.setdefault("While" in group and group, []).extend("+".join(row) for row in rows)
    assert all(len(found) == len(set(found)) for found in listed.values())
    assert named <= {key for found in listed.values() for key in found}
    assert set("VBEPLRDWKTHQA123MON.,") <= set(listed[False])


def test_side_by_side_swipe_and_the_view_of_uncertainty(studio):
    hand = studio.person()
    page = hand.page
    page.get_by_role("button", name="Side by side").click()
    box = page.locator(".viewer").bounding_box()
    page.wait_for_function(
        "() => !document.querySelector('output.zoom').textContent.startsWith('0')"
    )
    hand.press("Home", "d")
    half = (box["width"] - 2) / 2
    scale = 0.96 * min(half, box["height"]) / SIDE
    for left in (0, half + 1):  # the same place in both
        page.mouse.click(box["x"] + left + half / 2, box["y"] + box["height"] / 2 + 20 * scale)
    until(lambda: len(studio.nuclei) == 2)
    for one in studio.nuclei:
        assert one.rings[0] == pytest.approx((128, 148), abs=1.5)
    page.get_by_role("button", name="Swipe").click()
    hand.press("Home")
    line = page.get_by_role("slider", name="Where the first layer ends")
    line.wait_for()
    at = line.bounding_box()
    page.mouse.move(at["x"] + at["width"] / 2, at["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.3, at["y"] + 140, steps=4)
    page.mouse.up()
    assert int(line.get_attribute("aria-valuenow")) == pytest.approx(30, abs=1)
    hand.click(180, 200)
    until(lambda: len(studio.nuclei) == 3)
    assert studio.nuclei[2].rings[0] == pytest.approx((180, 200), abs=1)
    page.get_by_role("button", name="One", exact=True).click()

    hand.press("q")
    hand.stroke((146, 80), (154, 80))
    hand.press("g")
    hand.stroke((175, 60), (175, 180))
    page.get_by_text("The mask covers the whole plane.").wait_for()
    before = page.locator(".viewer").screenshot()
    with page.expect_request(lambda request: "uncertainty" in (request.post_data or request.url)):
        page.get_by_role("button", name="Uncertainty").click()
    page.get_by_text("The mask covers the whole plane.").wait_for()
    until(lambda: page.locator(".viewer").screenshot() != before)
    assert [one.class_id for one in studio.store.document(studio.document).strokes] == [2, 1]
    hand.press("Control+z")
    until(lambda: len(studio.store.document(studio.document).strokes) == 1)
