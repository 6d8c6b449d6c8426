"""Aliases of raters: their names stay in the workspace, in one file that says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from nuclarium.core.errors import OutputError, SettingsError
from nuclarium.io.long_table import read_long_table
from nuclarium.io.write import write_table

KEY = "raters_key_private.csv"
RATERS = "raters.csv"
NOTE = "names of raters: keep in the workspace, never publish"
_WORD = re.compile(r"[^\W_]*[^\W\d_][^\W_]*")
_IDS = ("item", "field", "arm", "suggestion", "group")


@dataclass(frozen=True, eq=False)
class Aliased:
    """Ratings in which raters have aliases.

    Parameters
    ----------
    table : DataFrame of str
        With aliases as raters, and in every name that held that of a rater.
    aliases : dict of str to str
        Name → alias; the same where names were kept.
    key : Path or None
        Where the key is, if aliases were made.
    fields : dict of str to str
        Name of a field → that of its image, which may hold the name of a rater.
    remarks : tuple of str
    """

    table: pd.DataFrame
    aliases: Mapping[str, str]
    key: Path | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def hidden(self, text: str) -> str:
        """Return a text with aliases in place of names of raters."""
        return _hidden_texts([text], self.aliases)[0]


def alias_raters(
    table: pd.DataFrame,
    folder: Path,
    out: Path,
    *,
    keep: bool,
    rng: np.random.Generator | None = None,
) -> Aliased:
    """Give every rater an alias, the same one in every run.

    Aliases come from the column ``alias`` of ``raters.csv`` beside the table, else from the key
    that an earlier run wrote there; raters without one get the initials of their group and a
    number, in random order, and the key is written again.

    Parameters
    ----------
    table : DataFrame of str
        With ``rater``; ``group`` is added from ``raters.csv`` where the table lacks it.
    folder : Path
        Of the table; the key is written here.
    out : Path
        Folder of outputs, which must not hold the key.
    keep : bool
        Raters are aliases already.
    rng : numpy.random.Generator, optional
        Draws the order; by default one that cannot be repeated, since whoever knows all names
        could otherwise tell who is who.

    Raises
    ------
    SettingsError
        If the key would lie in `out`, or two raters have one alias.
    OutputError
        If the key cannot be written.
    """
    known = _read_pairs(folder / RATERS)
    if "group" not in table.columns and "group" in known:
        group = dict(zip(known["rater"], known["group"], strict=True))
        table = table.assign(group=table["rater"].map(group).fillna(""))
    names = [name for name in pd.unique(table["rater"]) if name]
    if keep:
        return Aliased(table, dict(zip(names, names, strict=True)))
    aliases = _given(known) or _given(_read_pairs(folder / KEY))
    key = None
    if missing := [name for name in names if name not in aliases]:
        key = _key_place(folder, out)
        rng = np.random.default_rng() if rng is None else rng
        aliases |= _new_aliases(missing, _groups(table), set(aliases.values()), rng)
        _write_key(key, aliases)
    elif (folder / KEY).exists():
        key = folder / KEY
    return _applied(table, {name: aliases[name] for name in names}, key)


def _read_pairs(path: Path) -> pd.DataFrame:
    if not path.is_file():
        return pd.DataFrame()
    table, _ = read_long_table(path)
    return table if "rater" in table.columns else pd.DataFrame()


def _given(table: pd.DataFrame) -> dict[str, str]:
    if "alias" not in table.columns:
        return {}
    pairs = [(n, a) for n, a in zip(table["rater"], table["alias"], strict=True) if n and a]
    aliases = dict(pairs)
    if len(set(aliases.values())) < len(aliases):
        raise SettingsError(
            "Every rater must have an alias of their own, but two of the table of aliases share "
            "one. Correct it and repeat the command."
        )
    return aliases


def _key_place(folder: Path, out: Path) -> Path:
    place = folder.resolve()
    if place == out.resolve() or out.resolve() in place.parents:
        raise SettingsError(
            f"--out must not be a folder that holds the table, since the key with the names of "
            f"raters is written beside it, but got {out}. Choose a folder of its own."
        )
    return folder / KEY


def _groups(table: pd.DataFrame) -> dict[str, str]:
    if "group" not in table.columns:
        return {}
    return dict(zip(table["rater"], table["group"], strict=True))


def _new_aliases(
    names: list[str], groups: Mapping[str, str], taken: set[str], rng: np.random.Generator
) -> dict[str, str]:
    """Return aliases such as P1, NP3, R01 for names, in random order."""
    shuffled = [names[i] for i in rng.permutation(len(names))]
    digits = len(str(len(names) + len(taken)))
    made: dict[str, str] = {}
    for name in shuffled:
        initials = "".join(word[0] for word in re.findall(r"[^\W\d_]+", groups.get(name, "")))
        number = 1
        while (alias := f"{initials.upper() or 'R'}{number:0{digits}d}") in taken:
            number += 1
        taken.add(alias)
        made[name] = alias
    return made


def _write_key(path: Path, aliases: Mapping[str, str]) -> None:
    rows = sorted(aliases.items(), key=lambda pair: pair[1])
    table = pd.DataFrame(rows, columns=["rater", "alias"]).assign(note=NOTE)
    try:
        write_table(path, table)
    except OutputError as error:
        raise OutputError(
            f"The key of aliases must be written beside the table, to {path}, but that is not "
            "possible. Copy the table to a folder of yours; or say --keep-aliases if its raters "
            "are aliases already."
        ) from error


def _applied(table: pd.DataFrame, aliases: Mapping[str, str], key: Path | None) -> Aliased:
    new = table.assign(rater=table["rater"].map(aliases).fillna(""))
    changed, fields = 0, {}
    for column in (name for name in _IDS if name in table.columns):
        unique = list(pd.unique(table[column]))
        hidden = _distinct(unique, _hidden_texts(unique, aliases))
        changed += sum(text != other for text, other in zip(unique, hidden, strict=True))
        new[column] = table[column].map(dict(zip(unique, hidden, strict=True)))
        if column == "field":
            fields = dict(zip(hidden, unique, strict=True))
    remarks = ()
    if changed:
        remarks = (
            f"{changed} names of items, fields, arms or groups held the name of a rater; the "
            "alias stands there instead.",
        )
    return Aliased(new, aliases, key, fields, remarks)


def _distinct(texts: list[str], hidden: list[str]) -> list[str]:
    """Number those that were different and no longer are."""
    taken = {text for text, other in zip(texts, hidden, strict=True) if text == other}
    found = []
    for text, other in zip(texts, hidden, strict=True):
        number, name = 2, other
        while text != other and name in taken:
            name, number = f"{other}-{number}", number + 1
        taken.add(name)
        found.append(name)
    return found


def _hidden_texts(texts: Iterable[str], aliases: Mapping[str, str]) -> list[str]:
    """Put aliases in place of names of raters: whole words with a letter, two letters at least."""
    names = [n for n, a in aliases.items() if n != a and len(n) > 1 and _WORD.search(n)]
    lower = {name.lower(): aliases[name] for name in names}
    if not names:
        return list(texts)
    begins = {_WORD.findall(name)[0] for name in lower}
    longest_first = sorted(map(re.escape, lower), key=len, reverse=True)
    whole = re.compile(rf"(?<![^\W_])({'|'.join(longest_first)})(?![^\W_])", re.IGNORECASE)
    return [
        whole.sub(lambda found: lower[found[0].lower()], text)
        if begins.intersection(_WORD.findall(text.lower()))
        else text
        for text in texts
    ]
