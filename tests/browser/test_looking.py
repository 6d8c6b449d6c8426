"""Looking at images in the browser: what is asked of the server, and what is seen."""

import re


def open_image(page, name):
    page.get_by_role("link", name=name).click()
    page.locator("header .title", has_text=name).wait_for()


def zoom(page):
    return int(page.locator("output.zoom").inner_text().split()[0])


def tiles_asked(page, act):
    """The tiles that an act asks for: level, row, column and the rest of each address."""
    found = []

    def note(request):
        if "/tiles/" in request.url:
            found.append(request.url)

    page.on("request", note)
    act()
    page.wait_for_timeout(700)
    page.remove_listener("request", note)
    return [re.search(r"tiles/(\d+)/(\d+)/(\d+)\??(.*)", url).groups() for url in found]


def test_wheel_zooms_to_sharper_tiles_and_contrast_asks_for_them_anew(page):
    open_image(page, "stack")
    page.wait_for_timeout(700)
    before = zoom(page)
    viewer = page.locator(".viewer")
    viewer.hover(position={"x": 300, "y": 300})
    zoomed = tiles_asked(page, lambda: page.mouse.wheel(0, -900))
    assert zoom(page) > 2 * before
    assert all(level == "0" for level, *_ in zoomed)
    white = page.get_by_role("slider", name="White").first
    changed = tiles_asked(
        page, lambda: white.evaluate("s => { s.value = 777; s.dispatchEvent(new Event('input')); }")
    )
    assert changed
    assert all(":777:1:" in query for *_, query in changed)


def test_dragging_moves_the_image_and_a_plane_has_its_own_tiles(page):
    open_image(page, "stack")
    viewer = page.locator(".viewer")
    viewer.hover(position={"x": 300, "y": 300})
    where = page.locator("output.where")
    page.wait_for_function(
        "() => document.querySelector('output.where').textContent.startsWith('x ')"
    )
    x, _ = map(int, re.findall(r"\d+", where.inner_text()))
    page.mouse.down()
    page.mouse.move(500, 420, steps=5)
    page.mouse.up()
    page.mouse.move(352 + 1, 349)
    page.wait_for_function(
        "(old) => !document.querySelector('output.where').textContent.includes(old)", arg=f"x {x} "
    )
    asked = tiles_asked(page, lambda: page.keyboard.press("PageDown"))
    assert {re.search(r"z=(\d)", query)[1] for *_, query in asked} == {"3"}
    page.get_by_text("4 of 5").wait_for()


def test_image_without_pixel_size_is_measured_in_pixels(page):
    page.get_by_role("link", name="plain").get_by_text("no pixel size").wait_for()


def test_question_mark_lists_every_key(page):
    open_image(page, "plain")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    keys.get_by_text("Show the whole image").wait_for()
    page.keyboard.press("Escape")
    keys.wait_for(state="detached")
