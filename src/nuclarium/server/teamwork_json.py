"""Studies, tasks and reviews as the page gets them: what a rater is blind to is left out here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nuclarium.annotate.document_classes import study_hierarchy
from nuclarium.annotate.store import Store
from nuclarium.annotate.store_documents import StoredImage
from nuclarium.annotate.store_studies import Study, Task
from nuclarium.annotate.study_board import FINISHED, progress
from nuclarium.core.class_lists import content_of

Json = dict[str, Any]


def study_line(study: Study, tasks: Iterable[Task]) -> Json:
    """Return a study as a line of a list."""
    own = list(tasks)
    return {
        "id": study.id,
        "name": study.name,
        "since": study.since,
        "by": study.made_by,
        "fields": len(study.fields),
        "raters": sum(rater.active for rater in study.raters),
        "arms": [arm.name for arm in study.design.arms],
        "total": len(own),
        "done": sum(task.status in FINISHED for task in own),
        "to_review": sum(task.status == "done" for task in own),
        "needs_work": sum(task.status == "needs_work" for task in own),
    }


def study_board(study: Study, tasks: list[Task], images: Mapping[str, StoredImage]) -> Json:
    """Return a study with how far each rater is in each field: for those who lead it."""
    aliases = [rater.alias for rater in study.raters]
    return study_line(study, tasks) | {
        "design": study.design.to_json(),
        "hierarchy": content_of(study_hierarchy(study.hierarchy)),
        "fields_list": [
            {
                "id": field.id,
                "number": number,
                "image": field.image,
                "image_name": images[field.image].name if field.image in images else "",
                "box": None if field.box is None else list(field.box),
                "gold": field.gold,
            }
            for number, field in enumerate(study.fields, 1)
        ],
        "raters_list": [
            {"alias": rater.alias, "active": rater.active, "since": rater.since}
            for rater in study.raters
        ],
        "progress": [one.to_json() for one in progress(aliases, tasks)],
        "tasks": [
            {
                "field": task.field,
                "rater": task.rater,
                "arm": task.arm,
                "repeat": task.repeat,
                "status": task.status,
                "document": task.document,
                "seconds": round(task.seconds, 1),
            }
            for task in tasks
        ],
    }


def own_fields(store: Store, alias: str) -> list[Json]:
    """Return what a rater has to do, in the rater's own order.

    Nothing tells of others, of arms, or of fields that come again: a field has a number in the
    rater's own order and no name.
    """
    studies = {study.id: study for study in store.studies()}
    found: list[Json] = []
    numbers: dict[str, int] = {}
    for task in store.tasks(rater=alias):
        study = studies[task.study]
        if not any(one.alias == alias and one.active for one in study.raters):
            continue
        numbers[study.id] = numbers.get(study.id, 0) + 1
        shown = {arm.name: arm.suggestions for arm in study.design.arms}
        found.append(
            {
                "task": task.id,
                "study": {"id": study.id, "name": study.name},
                "number": numbers[study.id],
                "image": task.image,
                "box": None if task.box is None else list(task.box),
                "document": task.document,
                "status": task.status,
                "seconds": round(task.seconds, 1),
                "suggestions": shown.get(task.arm, True),
                "feedback": study.design.feedback,
                "review": _last_reason(store, task),
            }
        )
    return [row | {"of": numbers[row["study"]["id"]]} for row in found]


def _last_reason(store: Store, task: Task) -> Json | None:
    """Why a field came back, while it does not count as done again."""
    if task.document is None or task.status != "needs_work":
        return None
    steps = [state for state in store.states(task.document) if state.status == "needs_work"]
    reasons = [state for state in steps if state.reason]
    if not reasons:
        return None
    last = reasons[-1]
    return {"reason": last.reason, "mark": None if last.mark is None else list(last.mark)}
