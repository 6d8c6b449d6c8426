"""Which classes a document has: those that its study was begun with, or the project's now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nuclarium.annotate.document import DocumentHead
from nuclarium.core.class_lists import content_of
from nuclarium.core.classes import Hierarchy, hierarchy_of_content, shipped_hierarchy


def classes_of(head: DocumentHead, of_project: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the classes that the page offers in a document, as JSON carries them.

    Parameters
    ----------
    head : DocumentHead
        Its own classes, which those of studies keep from the start, count first.
    of_project : mapping
        Classes of the project now, for documents outside of studies.
    """
    if head.hierarchy:
        return head.hierarchy
    return of_project if head.study is None else content_of(study_hierarchy({}))


def study_hierarchy(content: Mapping[str, Any]) -> Hierarchy:
    """Return the classes that a study was begun with.

    Studies of versions in which a project had no classes of its own were shown those of NuCLS.
    """
    is_kept = bool(content.get("levels"))
    return hierarchy_of_content(content, "The study") if is_kept else shipped_hierarchy()
