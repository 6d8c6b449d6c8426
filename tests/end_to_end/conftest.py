import sys

import pytest

from nuclarium.cli import main


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command in this process: exit code, stdout, stderr."""

    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["nuclarium", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return ended.value.code or 0, out, err

    return command
