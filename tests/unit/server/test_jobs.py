import asyncio
import threading

import pytest
from starlette.requests import ClientDisconnect, Request
from tests.studio import Browser, until

from nuclarium.core.errors import ModelError
from nuclarium.server.errors import NotFound, TooMany
from nuclarium.server.events import Events
from nuclarium.server.jobs import MOST_OF_ONE, MOST_WAITING, Jobs
from nuclarium.server.rendering import Rendering


@pytest.fixture
def jobs():
    made = Jobs()
    yield made
    made.close()


def test_job_tells_how_far_it_is_and_what_it_came_to(jobs):
    gate = threading.Event()

    def work(job):
        job.tell(0.5, "half")
        gate.wait(10)
        return {"nuclei": 7}

    job = jobs.submit(work, by="R1")
    until(lambda: job.progress == 0.5)
    assert (job.state, job.message) == ("running", "half")
    gate.set()
    until(lambda: job.is_over)
    assert jobs.job(job.id).to_json() == {
        "id": job.id,
        "state": "done",
        "progress": 1.0,
        "message": "half",
        "result": {"nuclei": 7},
    }


def test_job_that_fails_says_why(jobs, caplog):
    def refuse(job):
        raise ModelError("A model must be there, but is not.")

    refused = jobs.submit(refuse, by="R1")
    broken = jobs.submit(lambda job: 1 / 0, by="R1")
    until(lambda: broken.is_over)
    assert (refused.state, refused.message) == ("failed", "A model must be there, but is not.")
    assert broken.state == "failed"
    assert "division" not in broken.message
    assert "ZeroDivisionError" in caplog.text


def test_job_is_cancelled_while_it_waits_and_while_it_runs(jobs):
    gate = threading.Event()

    def work(job):
        gate.wait(10)
        job.tell(0.1)

    running, waiting = jobs.submit(work, by="R1"), jobs.submit(work, by="R1")
    until(lambda: running.state == "running")
    waiting.cancel()
    assert waiting.state == "failed"
    running.cancel()
    gate.set()
    until(lambda: running.is_over)
    assert (running.state, running.message) == ("failed", "It was cancelled.")


def test_jobs_that_wait_are_bounded(jobs):
    gate = threading.Event()
    first = jobs.submit(lambda job: gate.wait(10), by="R1")
    until(lambda: first.state == "running")
    for number in range(MOST_WAITING):
        jobs.submit(lambda job: None, by=f"R{number // MOST_OF_ONE}")
    with pytest.raises(TooMany):
        jobs.submit(lambda job: None, by="R99")
    gate.set()
    with pytest.raises(NotFound):
        jobs.job("j-unknown")


def test_people_take_turns_and_see_how_many_are_before_them(jobs):
    gate, done = threading.Event(), []
    first = jobs.submit(lambda job: gate.wait(10), by="R1")
    until(lambda: first.state == "running")
    many = [
        jobs.submit(lambda job, n=n: done.append(n), by="R1", message="Masking")
        for n in range(MOST_OF_ONE)
    ]
    with pytest.raises(TooMany, match="of one person"):
        jobs.submit(lambda job: None, by="R1")
    other = jobs.submit(lambda job: done.append("other"), by="R2", message="Masking")
    many[1].cancel()
    assert jobs.told(many[0])["message"] == "Waiting, next in the line: Masking"
    assert jobs.told(other)["message"] == "Waiting, 1 before it: Masking"
    assert jobs.told(many[2])["message"] == "Waiting, 2 before it: Masking"
    gate.set()
    until(lambda: many[-1].is_over)
    assert done[:3] == [0, "other", 2]


def test_jobs_of_others_are_not_there_for_a_rater(app):
    job = app.state.studio.jobs.submit(lambda job: None, by="somebody").id
    assert Browser(app, "rater").get(f"jobs/{job}").status_code == 404
    assert Browser(app, "rater").post(f"jobs/{job}/cancel").status_code == 404
    assert Browser(app, "senior").get(f"jobs/{job}").json()["state"] in ("waiting", "done")


def request_that(*messages):
    """A request of a client that says these things and then waits for ever."""
    left = list(messages)

    async def receive():
        if left:
            return left.pop(0)
        return await asyncio.Event().wait()

    return Request({"type": "http", "method": "GET", "path": "/", "headers": []}, receive)


def test_work_is_not_done_for_who_went_away():
    done, gate = [], threading.Event()

    async def scene():
        rendering = Rendering(threads=1)
        busy = asyncio.ensure_future(rendering.do(request_that(), lambda: gate.wait(10)))
        await asyncio.sleep(0)
        with pytest.raises(ClientDisconnect):
            await rendering.do(request_that({"type": "http.disconnect"}), lambda: done.append(1))
        gate.set()
        await busy
        assert await rendering.do(request_that(), lambda: 7) == 7
        rendering.close()

    asyncio.run(scene())
    assert done == []


def test_listeners_get_the_newest_revision_only_and_are_let_go():
    async def scene():
        events, heard = Events(), []
        events.start()
        listening = events.listen("d", 1)
        heard.append(await anext(listening))
        for revision in (2, 4, 3):
            events.tell("d", revision)
            events.tell("other", 9)
        await asyncio.sleep(0.01)
        heard.append(await anext(listening))
        events.close()
        heard += [event async for event in listening]
        return heard, events.listening

    heard, listening = asyncio.run(scene())
    assert heard == [b'retry: 1000\ndata: {"revision": 1}\n\n', b'data: {"revision": 4}\n\n']
    assert listening == 0
