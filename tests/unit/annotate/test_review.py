"""Who may bring a document from which state to which."""

import pytest

from nuclarium.annotate.review import STATUSES, check_step, may_draw, next_states
from nuclarium.annotate.roles import ROLES
from nuclarium.core.errors import AnnotationError


def test_a_rater_works_and_a_senior_reviews():
    check_step("not_started", "in_work", "rater", draws=True)
    check_step("in_work", "done", "rater", draws=True)
    check_step("done", "needs_work", "senior", draws=False)
    check_step("needs_work", "done", "rater", draws=True)
    check_step("done", "approved", "senior", draws=False)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("role", ROLES)
def test_nobody_but_seniors_approves_or_sends_back(status, role):
    states = set(next_states(status, role, draws=True))
    if role in ("rater", "viewer"):
        assert not states & {"approved", "needs_work"}
    if role == "viewer":
        assert not states


def test_a_step_that_is_not_allowed_is_refused_with_those_that_are():
    with pytest.raises(AnnotationError, match=r"must be one of in_work for a rater, but got"):
        check_step("done", "approved", "rater", draws=True)
    with pytest.raises(AnnotationError, match=r"must stay for a viewer"):
        check_step("done", "approved", "viewer", draws=False)


def test_what_is_approved_is_closed_to_its_rater():
    assert not may_draw("approved", "rater", draws=True)
    assert may_draw("done", "rater", draws=True)
    assert not may_draw("in_work", "rater", draws=False)
