"""The network goes, tabs and laptops are many: what is drawn is stored, and conflicts ask."""

import pytest
from tests.drawing_pages import Studio, area, until
from tests.wcag import AXE, in_both_schemes

LEFT = ((20, 20), (60, 20), (60, 60), (20, 60))


@pytest.fixture
def studio(tmp_path, browser):
    made = Studio(tmp_path, browser)
    yield made
    made.close()


def says(hand, text):
    hand.page.locator(".saved", has_text=text).wait_for()


def has_count(hand, number):
    """Wait until the legend counts so many nuclei."""
    hand.page.wait_for_function(
        """(number) => [...document.querySelectorAll('.count')]
            .reduce((sum, one) => sum + Number(one.textContent), 0) === number""",
        arg=number,
    )


def triangle(hand, x):
    hand.polygon((x, 100), (x + 20, 100), (x + 20, 120))


def test_what_is_drawn_without_network_is_stored_when_it_is_back(studio):
    hand = studio.person()
    hand.context.set_offline(True)
    for x in (20, 80):
        triangle(hand, x)
    says(hand, "Offline, 2 waiting")
    assert studio.nuclei == []
    hand.context.set_offline(False)
    says(hand, "Saved")
    assert len(studio.nuclei) == 2
    hand.context.route("**/edits", lambda route: route.abort())
    triangle(hand, 140)
    hand.press("Control+z", "Control+Shift+z")
    says(hand, "Offline, 3 waiting")
    hand.page.reload()
    says(hand, "Offline, 3 waiting")
    has_count(hand, 3)
    triangle(hand, 200)
    says(hand, "Offline, 4 waiting")
    assert len(studio.nuclei) == 2
    hand.context.unroute("**/edits")
    hand.page.reload()
    hand.ready()
    until(lambda: len(studio.nuclei) == 4)
    assert studio.revision == 6


def test_two_tabs_of_one_person_draw_in_one_document(studio):
    hand = studio.person()
    other = studio.tab(hand)
    triangle(hand, 20)
    triangle(other, 80)
    for one in (hand, other):
        has_count(one, 2)
    hand.context.set_offline(True)
    triangle(hand, 140)
    triangle(other, 200)
    says(hand, "Offline, 1 waiting")
    says(other, "Offline, 1 waiting")
    other.page.close()  # what it had is sent by the next tab that opens
    hand.context.set_offline(False)
    until(lambda: len(studio.nuclei) == 3)
    third = studio.tab(hand)
    for one in (hand, third):
        has_count(one, 4)
    assert len(studio.nuclei) == 4
    third.press("Control+z")
    until(lambda: len(studio.nuclei) == 3)
    has_count(hand, 3)


@pytest.mark.parametrize(("choice", "is_mine"), [("Keep mine", True), ("Keep theirs", False)])
def test_two_laptops_of_one_person_choose_and_undo_brings_the_other_back(studio, choice, is_mine):
    bench, home = studio.person(), studio.person()
    bench.polygon(*LEFT)
    has_count(home, 1)
    home.context.set_offline(True)
    home.press("Escape", "b")
    home.stroke((50, 40), (80, 40))
    says(home, "Offline, 1 waiting")
    bench.press("Escape", "v")
    bench.click(30, 40)
    bench.press("1")
    until(lambda: studio.nuclei[0].label == "tumor")
    home.context.set_offline(False)
    card = home.page.get_by_role("alertdialog", name="Two versions of a nucleus")
    card.get_by_text("Another window of yours changed it").wait_for()
    card.get_by_text("Theirs: tumor").wait_for()
    assert not AXE.exists() or in_both_schemes(home.page, "conflict") == []
    card.get_by_role("button", name=choice).click()
    card.wait_for(state="hidden")
    until(lambda: has_mine(studio) is is_mine)
    says(home, "Saved")
    assert studio.revision == (3 if is_mine else 2)
    home.press("Control+z")
    until(lambda: has_mine(studio) is not is_mine)
    says(home, "Saved")


def has_mine(studio):
    """Whether the one nucleus is the one that was painted larger, not the one that got a class."""
    (nucleus,) = studio.nuclei
    is_larger = bool(area(nucleus) > 1700)
    assert (nucleus.label == "tumor") is not is_larger
    return is_larger


def test_what_is_drawn_after_somebody_else_logged_in_waits_for_its_own_person(studio):
    hand = studio.person()
    studio.log_in(hand.context, "ben")  # in another tab
    triangle(hand, 20)
    asked = hand.page.get_by_role("dialog")
    asked.get_by_text("Log in as ann again to send 1 change").wait_for()
    asked.get_by_role("button", name="Stay here").click()
    says(hand, "Log in again to send 1 change")
    assert studio.nuclei == []
    studio.log_in(hand.context, "ann")
    hand.page.evaluate("dispatchEvent(new Event('online'))")
    says(hand, "Saved")
    assert [nucleus.rater for nucleus in studio.nuclei] == ["ann"]


def test_what_is_drawn_after_an_approval_is_kept_and_sent_when_the_document_is_open_again(studio):
    studio.store.add_user("name of sue", "senior", alias="sue")
    hand = studio.person()
    studio.store.set_status(studio.document, "done", "ann")
    studio.store.review(studio.document, "approved", "sue")
    triangle(hand, 20)
    says(hand, "1 change not taken")
    hand.page.get_by_text("This document was approved meanwhile").wait_for()
    assert studio.nuclei == []
    studio.store.review(studio.document, "needs_work", "sue", reason="One is missing.")
    hand.page.evaluate("dispatchEvent(new Event('online'))")
    says(hand, "Saved")
    assert len(studio.nuclei) == 1
