"""The command line: parse, call one function, print."""

from nuclarium.cli.app import main

__all__ = ["main"]
