"""One level of a hierarchy of classes, and what a colour is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""


@dataclass(frozen=True)
class Level:
    """The classes of one level of a hierarchy.

    Parameters
    ----------
    name : str
        Such as ``"raw"``.
    classes : tuple of str
        In the order of the file, which is the order of every table and figure.
    codes : mapping of str to int
        What stands for a class in files; positive, no two alike.
    colours : mapping of str to (red, green, blue)
        0 to 255 each; two classes may share one, so a colour does not tell the class.
    parents : mapping of str to str
        Class of the next level that each belongs to; empty in the last level.
    model_codes : mapping of str to int
        What stands for a class in a network's answer; `codes` where the file says nothing else.
    """

    name: str
    classes: tuple[str, ...]
    codes: Mapping[str, int] = field(hash=False)
    colours: Mapping[str, Colour] = field(hash=False)
    parents: Mapping[str, str] = field(default_factory=dict, hash=False)
    model_codes: Mapping[str, int] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "model_codes", {**self.codes, **self.model_codes})

    @property
    def names_of_codes(self) -> dict[int, str]:
        """Class of each code in files."""
        return {code: name for name, code in self.codes.items()}
