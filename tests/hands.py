"""Gestures over an image in a page, in pixels of the image: mouse, keys, fingers, pen."""


class Hands:
    """A person's hands while all of a square image is in view."""

    def __init__(self, page, side=256):
        self.page, self.side = page, side

    def at(self, x, y):
        """Place on the screen of a pixel."""
        box = self.page.locator(".viewer").bounding_box()
        scale = min(16, 0.96 * min(box["width"], box["height"]) / self.side)
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        return middle[0] + (x - self.side / 2) * scale, middle[1] + (y - self.side / 2) * scale

    def begin(self, *points):
        """Press at the first point and go through the others."""
        self.page.mouse.move(*self.at(*points[0]))
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.at(*point), steps=4)

    def stroke(self, *points):
        self.begin(*points)
        self.page.mouse.up()

    def click(self, x, y):
        self.page.mouse.click(*self.at(x, y))

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def polygon(self, *corners):
        self.press("Escape", "p")
        for corner in corners:
            self.click(*corner)
        self.press("Enter")

    def fingers(self, *paths):
        """Fingers that go down one after the other, move together along their paths and leave."""
        send = self.page.context.new_cdp_session(self.page).send

        def touch(kind, points):
            touched = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
            send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})

        places = [[self.at(*point) for point in path] for path in paths]
        for count in range(1, len(places) + 1):
            touch("touchStart", [path[0] for path in places[:count]])
        for step in zip(*(path[1:] for path in places), strict=True):
            touch("touchMove", step)
        touch("touchEnd", [])

    def pen(self, pressure, *points):
        send = self.page.context.new_cdp_session(self.page).send

        def point(kind, at, **more):
            x, y = self.at(*at)
            what = {"type": kind, "x": x, "y": y, "pointerType": "pen", "button": "left"}
            send("Input.dispatchMouseEvent", what | more)

        down = {"buttons": 1, "force": pressure}
        point("mousePressed", points[0], clickCount=1, **down)
        for at in points[1:]:
            point("mouseMoved", at, **down)
        point("mouseReleased", points[-1], clickCount=1)
