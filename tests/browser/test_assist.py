"""Scribbles, nuclei of the mask and answers to suggestions, by gestures in a real browser."""

import cv2
import numpy as np
import pytest
import tifffile
from tests.assist_pages import opened_page, served_colony, until
from tests.hands import Hands

pytestmark = pytest.mark.slow

PLANE = 1


def places(truth):
    """Middles of nuclei that a stroke fits into, and a stroke of background near the right edge."""
    inside = cv2.distanceTransform((truth > 0).astype(np.uint8), cv2.DIST_L2, 5)
    found = []
    for number in np.unique(truth[truth > 0]):
        depth = np.where(truth == number, inside, 0)
        y, x = np.unravel_index(depth.argmax(), depth.shape)
        if depth.max() > 9 and x > 60:  # the brush's options lie over the left
            found.append((int(x), int(y)))
    return found


def test_scribble_mask_nuclei_accept_reject_reload(tmp_path, browser):
    with served_colony(tmp_path) as (address, store, truth), opened_page(browser, address) as page:
        hand = Hands(page)
        nuclei = places(truth[PLANE])
        page.keyboard.press("q")
        for x, y in nuclei[:3]:
            hand.stroke((x - 4, y), (x + 4, y))
        page.keyboard.press("g")
        hand.stroke((248, 120), (248, 230))
        hand.stroke((200, 250), (120, 250))
        page.get_by_text("The mask covers the whole plane.").wait_for()
        document = store.documents()[0].id
        until(lambda: len(store.document(document).strokes) == 5)
        strokes = store.document(document).strokes
        assert [stroke.class_id for stroke in strokes] == [2, 2, 2, 1, 1]
        assert {stroke.z for stroke in strokes} == {PLANE}

        page.get_by_label("Preview in view").check()
        page.get_by_text("nuclei in view").wait_for()
        assert store.suggestions(store.documents()[0].image) == []
        page.get_by_role("button", name="Make nuclei").click()
        page.get_by_text("for an answer").wait_for()
        suggested = store.suggestions(store.documents()[0].image)
        assert len(suggested) > 4
        assert {one.z for one in suggested} == {PLANE}

        hand.click(*nuclei[0])
        page.mouse.move(*hand.at(*nuclei[1]))
        page.keyboard.press("r")
        x, y = nuclei[2]
        hand.stroke((x - 14, y - 14), (x + 13, y + 15))
        answers = until(lambda: _answers(store, document, 3))
        assert [one.kind for one in answers] == ["outline", "rejected", "box"]
        assert [one.verdict for one in answers] == ["accepted", None, "wrong_outline"]
        of = {one.id: one for one in suggested}
        assert answers[0].rings == of[answers[0].suggestion].rings
        assert abs(answers[2].rings[0][0] - (x - 14)) < 1

        page.get_by_role("button", name="Accept ").last.click()
        until(lambda: _answers(store, document, 4))
        gestures = [one for one in store.changes(document) if one.change.tool == "accept all"]
        assert len({one.change.gesture for one in gestures}) == 1
        assert len(gestures) > 1
        page.reload()
        page.get_by_text("No suggestions wait here").wait_for()
        shown = store.document(document)
        assert {n.verdict for n in shown.nuclei.values() if n.kind == "outline"} == {"accepted"}
        page.keyboard.press("q")
        page.get_by_text("The mask covers the whole plane.").wait_for()


def _answers(store, document, least):
    found = sorted(store.document(document).nuclei.values(), key=lambda one: one.revision)
    return found if len(found) >= least else None


def test_labels_of_another_program_are_imported_and_taken_back(tmp_path, browser):
    with served_colony(tmp_path) as (address, store, truth), opened_page(browser, address) as page:
        labels = truth.astype(np.uint16)
        tifffile.imwrite(tmp_path / "cellpose.tif", labels, imagej=True, metadata={"axes": "ZYX"})
        nuclei = sum(len(np.unique(plane)) - 1 for plane in truth)
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Import outlines").click()
        chooser.value.set_files(tmp_path / "cellpose.tif")
        page.get_by_text("nuclei imported").wait_for()
        document = store.documents()[0].id
        drawn = store.document(document).nuclei.values()
        assert len(drawn) == nuclei
        assert {one.z for one in drawn} == set(range(len(truth)))
        page.keyboard.press("Control+z")
        until(lambda: not store.document(document).nuclei)
        page.keyboard.press("Control+Shift+z")
        until(lambda: len(store.document(document).nuclei) == nuclei)
        page.reload()
        page.locator(".saved", has_text="Saved").wait_for()
        with page.expect_file_chooser() as chooser:
            page.evaluate("0")  # a key may overtake the message that a chooser is awaited
            page.keyboard.press("Shift+i")
        chooser.value.set_files(tmp_path / "cellpose.tif")
        page.get_by_text(f"0 nuclei imported. {nuclei} were there already.").wait_for()
