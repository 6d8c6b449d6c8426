"""A study that is served: three raters with what they drew, and the routes of teamwork by role."""

from tests.studio import Browser, until

from nuclarium.annotate.checks import new_id

LEAST = {
    "GET /api/studies": "senior",
    "POST /api/studies": "senior",
    "POST /api/studies/plan": "senior",
    "POST /api/studies/unsuggested": "senior",
    "POST /api/studies/suggest": "senior",
    "GET /api/studies/{study}": "senior",
    "POST /api/studies/{study}/raters": "senior",
    "POST /api/studies/{study}/raters/{alias}/withdraw": "senior",
    "POST /api/studies/{study}/fields": "senior",
    "POST /api/studies/{study}/fields/{field}/gold": "senior",
    "GET /api/my/fields": "rater",
    "POST /api/my/fields/{task}": "rater",
    "POST /api/documents/{document}/status": "rater",
    "GET /api/documents/{document}/states": "rater",
    "GET /api/documents/{document}/feedback": "rater",
    "GET /api/review": "senior",
    "POST /api/documents/{document}/review": "senior",
    "POST /api/studies/{study}/consensus": "senior",
    "GET /api/studies/{study}/consensus": "senior",
    "GET /api/studies/{study}/consensus/{file}": "senior",
    "GET /api/studies/{study}/disputed": "senior",
    "GET /api/studies/{study}/disputed/picture": "senior",
    "POST /api/studies/{study}/adjudications": "senior",
    "POST /api/studies/{study}/adjudications/open": "senior",
    "GET /api/export": "senior",
}
"""The least role that each route of teamwork needs."""
TWO_ARMS = [{"name": "with", "suggestions": True}, {"name": "without", "suggestions": False}]


class Team:
    """An admin's browser, and those of raters who are made for one study."""

    def __init__(self, app, number, *, raters=3):
        self.app, self.store = app, app.state.studio.store
        self.name = f"study {number}"
        self.aliases = [f"P{number}x{i}" for i in range(raters)]
        for alias in self.aliases:
            self.store.add_user(f"Ms {alias} Realname", "rater", alias=alias)
        self.senior = Browser(app, "senior")
        self.raters = {alias: Browser(app, alias) for alias in self.aliases}

    def study(self, fields, **design):
        body = {"name": self.name, "fields": fields, "raters": self.aliases, "design": design}
        answer = self.senior.post("studies", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def open_all(self, alias):
        """Open all fields of a rater; gives (field as listed, id of the document)."""
        browser = self.raters[alias]
        fields = browser.get("my/fields").json()
        return [(f, browser.post(f"my/fields/{f['task']}").json()["document"]) for f in fields]

    def draw(self, alias, document, squares):
        """Draw squares ``x, y, side, label`` and say that it is done."""
        edits = [square(*one) for one in squares]
        answer = self.raters[alias].post(f"documents/{document}/edits", {"edits": edits})
        assert answer.status_code == 200, answer.text
        self.done(alias, document)

    def done(self, alias, document, seconds=12.5):
        body = {"status": "done", "seconds": seconds}
        answer = self.raters[alias].post(f"documents/{document}/status", body)
        assert answer.status_code == 200, answer.text

    def consensus(self, study):
        job = self.senior.post(f"studies/{study}/consensus").json()["id"]
        until(lambda: self.senior.get(f"jobs/{job}").json()["state"] in ("done", "failed"))
        return self.senior.get(f"jobs/{job}").json()


def square(x, y, side, label):
    """An edit that draws a square."""
    nucleus = new_id("n")
    ring = [x, y, x + side, y, x + side, y + side, x, y + side]
    after = {"id": nucleus, "kind": "outline", "rings": [ring], "label": label}
    return {
        "id": new_id("e"),
        "gesture": new_id("g"),
        "nucleus": nucleus,
        "base": 0,
        "after": after,
        "tool": "brush",
    }
