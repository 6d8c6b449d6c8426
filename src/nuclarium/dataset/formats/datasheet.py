"""The data sheet of a dataset: what it is, under which licence, how it was made, what it holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from nuclarium.dataset.item import SPLITS, Item
from nuclarium.dataset.manifest import Dataset
from nuclarium.dataset.stats import natural

_MISSING = "not said"


def datasheet(dataset: Dataset) -> str:
    """Return the data sheet as Markdown, with a head that Hugging Face reads."""
    return "\n".join([*_head(dataset), *_lines(dataset)]) + "\n"


def _head(dataset: Dataset) -> Iterator[str]:
    """Yield the YAML that dataset hubs read."""
    licence = re.sub(r"\s+", "-", str(dataset.meta.get("licence", "")).strip()).lower()
    yield "---"
    if re.fullmatch(r"[a-z0-9.+-]+", licence):
        yield f"license: {licence}"
    yield "task_categories: [image-segmentation]"
    yield "tags: [microscopy, nuclei]"
    yield "---"
    yield ""


def _lines(dataset: Dataset) -> Iterator[str]:
    meta, items = dataset.meta, dataset.items
    nuclei = sum(item.n_nuclei for item in items)
    yield f"# {dataset.name} {dataset.version}"
    yield ""
    how = "marked by outlines, boxes or points" if dataset.has_marks else "outlined"
    yield f"{len(items):,} images of cell nuclei with {nuclei:,} nuclei {how}."
    yield ""
    for title, key in (
        ("Licence", "licence"),
        ("Origin", "origin"),
        ("How it was annotated", "annotation"),
    ):
        yield f"- **{title}:** {meta.get(key) or _MISSING}"
    yield f"- **Created:** {meta.get('created') or _MISSING}, {meta.get('made_by') or 'nuclarium'}"
    yield f"- **Split:** {_split(dataset)}"
    yield f"- **Size of a pixel:** {_spacings(items)}"
    yield f"- **Size of an image:** {_sizes(items)}"
    yield f"- **Hash of the contents:** `{dataset.content_hash}`"
    yield ""
    yield "| Condition | Images | Nuclei | Nuclei an image |"
    yield "|---|---|---|---|"
    conditions = sorted({item.condition for item in items}, key=natural)
    for condition in conditions:
        yield _row(condition or "–", [item for item in items if item.condition == condition])
    if len(conditions) > 1:
        yield _row("all", items)


def _row(name: str, items: list[Item] | tuple[Item, ...]) -> str:
    nuclei = sum(item.n_nuclei for item in items)
    cell = name.replace("|", "\\|")
    return f"| {cell} | {len(items):,} | {nuclei:,} | {nuclei / len(items):.2f} |"


def _split(dataset: Dataset) -> str:
    counts = Counter(item.split for item in dataset.items)
    parts = ", ".join(f"{name} {counts[name]:,}" for name in SPLITS if counts[name])
    how = dataset.meta.get("split")
    said = ", ".join(f"{k} {v}" for k, v in how.items()) if isinstance(how, dict) else ""
    return f"{parts} ({said})" if parts and said else parts or "none"


def _spacings(items: tuple[Item, ...]) -> str:
    counts = Counter(item.spacing_um for item in items)
    return "; ".join(
        f"{f'{s[0]:g} × {s[1]:g} µm' if s else 'not known'} ({count:,})"
        for s, count in counts.most_common(4)
    )


def _sizes(items: tuple[Item, ...]) -> str:
    counts = Counter((item.width, item.height) for item in items)
    return "; ".join(
        f"{f'{w} × {h} px' if w and h else 'no pixels'} ({count:,})"
        for (w, h), count in counts.most_common(4)
    )
