"""What annotators wrote for classes in NuCLS's raw data, cleaned to the classes that are meant."""

from __future__ import annotations

from nuclarium.core.classes import shipped_hierarchy

FOV = "fov_basic"
"""Group of a field of view that says nothing more."""

_CORRECTION = "correction_"
_IGNORED = {
    "blabla",
    "correction_lasso_fibroblast",
    "default",
    "meh",
    "nucleus",
    "raghav_fov",
    "raghav_nucleus",
    "roi",
    "slide_complete",
}
_MEANT = (
    ("tumor", ("tumor", "tumour")),
    ("fibroblast", ("fibrobl", "fiborbl", "fiobroblast", "stroma")),
    ("lymphocyte", ("lymphocyt",)),
    ("plasma_cell", ("plasma",)),
    ("macrophage", ("macrophag", "histiocyt")),
    ("mitotic_figure", ("mitot", "mitos")),
    ("vascular_endothelium", ("endoth", "vascul")),
    ("myoepithelium", ("myoepith", "myoeputh")),
    ("apoptotic_body", ("apopt",)),
    ("neutrophil", ("neutroph",)),
    ("ductal_epithelium", ("ductal_epith", "ductal epith")),
    ("eosinophil", ("eosinoph", "esinoph")),
    ("unlabeled", ("unlabel", "mohamed_nucleus", "debri", "rbc", "unknown")),
)


def clean_group(text: str) -> str | None:
    """Return the class that an annotator's text means.

    Parameters
    ----------
    text : str
        As it stands in the column ``group``.

    Returns
    -------
    group : str or None
        A raw class, with ``correction_`` before it where the text begins so; a group that begins
        with ``fov`` for fields of view; empty for texts that are known to mean nothing; None for
        texts that nobody has seen before, which must be said to the user.

    Examples
    --------
    >>> [clean_group(text) for text in ("Tumour?", "correction_histiocyte", "FOV", "roi", "xyz")]
    ['tumor', 'correction_macrophage', 'fov_basic', '', None]
    """
    lower = text.strip().lower()
    if lower in _IGNORED:
        return ""
    plain = lower.removeprefix(_CORRECTION)
    prefix = _CORRECTION if plain != lower else ""
    if plain in shipped_hierarchy().levels[0].classes:
        return prefix + plain
    if "fov" in plain:
        return plain if plain.startswith("fov_") else FOV
    meant = next((name for name, parts in _MEANT if any(part in plain for part in parts)), None)
    return None if meant is None else prefix + meant
