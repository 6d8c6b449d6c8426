import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PARENT = """
from nuclarium.train.fresh import FreshProcesses
from tests.unit.train.test_fresh import tell_and_sleep
import sys

if __name__ == "__main__":
    with FreshProcesses() as processes:
        processes.run(tell_and_sleep, sys.argv[1])
"""


def tell_and_sleep(path):
    Path(path).write_text(str(os.getpid()))
    time.sleep(60)


def is_running(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")  # one that ended and that nobody has waited for is a Z
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_step_ends_when_the_process_that_started_it_is_killed(tmp_path, ending):
    script, told = tmp_path / "parent.py", tmp_path / "pid"
    script.write_text(PARENT)
    path = os.pathsep.join([str(Path.cwd()), os.environ.get("PYTHONPATH", "")])
    parent = subprocess.Popen(
        [sys.executable, str(script), str(told)], env={**os.environ, "PYTHONPATH": path}
    )
    deadline = time.monotonic() + 50
    while not (told.exists() and told.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    child = int(told.read_text())
    parent.send_signal(ending)
    parent.wait(10)
    while is_running(child) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_running(child)
