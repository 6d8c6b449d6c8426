"""Audit a dataset, and show what was found as a gallery."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import numpy as np

import nuclarium
from nuclarium.core.geometry import Box
from nuclarium.core.labels import Labels
from nuclarium.dataset.audit import KINDS, Audit, audit
from nuclarium.dataset.item import Item
from nuclarium.dataset.leaks import Finding, leak_summary
from nuclarium.dataset.manifest import Dataset
from nuclarium.dataset.pixels import Pixels
from nuclarium.dataset.read import read_dataset
from nuclarium.io.write import write_text
from nuclarium.report.gallery import GalleryCard, GalleryHead, GallerySection, render_gallery
from nuclarium.report.pictures import Picture, picture_of
from nuclarium.workspace.dataset import Advance, uncounted

SHOWN_OF_A_KIND = 24
_MARGIN = 24
_LEAST_WINDOW = 96


def audit_dataset(
    dataset: Path, *, page: Path | None = None, workers: int = 2, advance: Advance = uncounted
) -> Audit:
    """Look for leaks and for trouble with labels; see `dataset.audit`.

    Parameters
    ----------
    dataset : Path
    page : Path, optional
        HTML file to write the gallery to.
    workers : int
        Images that are looked at side by side.
    advance : callable
        Called with 1 for every image that was looked at.
    """
    opened = read_dataset(dataset)
    found = audit(opened, workers=workers, advance=advance)
    if page is not None:
        write_text(page, audit_page(opened, found))
    return found


def audit_page(dataset: Dataset, found: Audit) -> str:
    """Return the gallery of an audit as HTML."""
    items = {item.id: item for item in dataset.items}
    sections = []
    for kind, findings in groupby(found.findings, key=lambda finding: finding.kind):
        cards = [
            GalleryCard(
                finding.text,
                tuple(_pictures(dataset, items, finding)) if place < SHOWN_OF_A_KIND else (),
                finding.is_leak,
            )
            for place, finding in enumerate(findings)
        ]
        sections.append(GallerySection(kind, KINDS[kind], cards))
    facts = {key.capitalize(): str(dataset.meta.get(key, "")) for key in ("licence", "origin")}
    head = GalleryHead(
        title=f"{dataset.name}, synthetic images" if dataset.is_synthetic else dataset.name,
        version=dataset.version,
        verdict=verdict(dataset, found),
        tiles={
            "images": found.images,
            "nuclei": found.nuclei,
            "leaks between parts": len(found.leaks),
            "other findings": len(found.findings) - len(found.leaks),
        },
        facts={key: value for key, value in facts.items() if value},
        program=f"nuclarium {nuclarium.__version__}",
    )
    return render_gallery(head, sections)


def verdict(dataset: Dataset, found: Audit) -> str:
    """Say in a sentence whether the parts are apart."""
    if found.leaks:
        return f"What is in one part leaks into another: {leak_summary(found.findings)}."
    if not any(item.split or item.fold is not None for item in dataset.items):
        return "The dataset is not split, so nothing can leak yet."
    known = any(item.group or item.patient or item.slide for item in dataset.items)
    said = "" if known else " Groups, patients and slides are not known, so they were not checked."
    return f"No leak between the parts was found.{said}"


def _pictures(dataset: Dataset, items: dict[str, Item], finding: Finding) -> Iterator[Picture]:
    """Yield the first two items of a finding; where it is about nuclei, the largest of these."""
    for name in finding.ids[:2]:
        item = items[name]
        if not item.has_pixels:
            return
        pixels, labels = item.read_image(dataset.folder), item.read_labels(dataset.folder)
        part = f" ({item.split})" if item.split else ""
        shown = np.zeros_like(labels) if "duplicate" in finding.kind else labels
        yield picture_of(pixels, shown, caption=f"{name}{part}")
    if finding.labels:
        yield _detail(pixels, labels, finding)


def _detail(pixels: Pixels, labels: Labels, finding: Finding) -> Picture:
    """Picture of the nuclei of a finding that lie together, enlarged."""
    window = _window(labels, finding)
    cut = pixels[window.slices]
    shown = np.where(np.isin(labels, finding.labels), labels, 0)[window.slices].astype(np.int32)
    times = max(1, 256 // max(window.shape))
    large = cut.repeat(times, axis=0).repeat(times, axis=1)
    outlines = shown.repeat(times, axis=0).repeat(times, axis=1)
    numbers = [n for n in finding.labels if (shown == n).any()]
    caption = f"nucleus {', '.join(map(str, numbers[:4]))}"
    return picture_of(large, outlines, caption=caption)


def _window(labels: Labels, finding: Finding) -> Box:
    """Window around the first nucleus of a finding and, if it is near, the second."""
    rows, columns = np.nonzero(labels == finding.labels[0])
    y, x = int(rows.mean()), int(columns.mean())
    reach = max(_LEAST_WINDOW // 2, int(np.ptp(rows)), int(np.ptp(columns))) + _MARGIN
    height, width = (min(2 * reach, side) for side in labels.shape)
    y0 = min(max(0, y - reach), labels.shape[0] - height)
    x0 = min(max(0, x - reach), labels.shape[1] - width)
    return Box(y0, x0, y0 + height, x0 + width)
