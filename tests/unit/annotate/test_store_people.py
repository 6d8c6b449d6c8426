"""Accounts and invitations."""

import pytest

from nuclarium.annotate.store_people import FIRST
from nuclarium.core.errors import AnnotationError


def test_people_are_known_by_an_alias(store):
    assert store.add_user("Ada", "admin", group="pathologists").alias == "R1"
    assert store.add_user("Grace", "rater", alias="G").group == ""
    assert [user.alias for user in store.users()] == ["R1", "G"]
    assert store.user("R1").group == "pathologists"
    with pytest.raises(AnnotationError, match="A person of the store was expected"):
        store.user("R9")


@pytest.mark.parametrize("wrong", [{"name": "Ada"}, {"name": "x", "alias": "R1"}, {"name": " "}])
def test_names_and_aliases_are_taken_once(store, wrong):
    store.add_user("Ada", "admin")
    with pytest.raises(AnnotationError):
        store.add_user(**{"role": "rater"} | wrong)


def test_the_hash_of_a_password_is_kept_as_it_came(store):
    store.add_user("Ada", "admin", password_hash="$argon2id$…")
    user, kept = store.password_hash("Ada")
    assert (user.alias, kept) == ("R1", "$argon2id$…")
    assert store.password_hash("Grace") is None


def test_the_last_admin_stays(store):
    store.add_user("Ada", "admin")
    with pytest.raises(AnnotationError, match="must have an active admin"):
        store.change_user("R1", role="rater")
    with pytest.raises(AnnotationError, match="must have an active admin"):
        store.change_user("R1", active=False)
    store.add_user("Grace", "admin")
    assert store.change_user("R1", role="rater", group="g").role == "rater"


def test_an_invitation_is_used_once(store):
    store.add_user("Ada", "admin")
    store.invite("hash", "rater", by="R1", expires="2026-12-01T00:00:00Z", group="residents")
    user = store.accept_invitation("hash", "Grace", "$argon2id$")
    assert (user.role, user.group) == ("rater", "residents")
    assert store.invitation("hash").accepted_by == user.alias
    with pytest.raises(AnnotationError, match="not used before"):
        store.accept_invitation("hash", "Eve", "")


def test_other_links_for_the_first_admin_end_with_the_first_admin(store):
    for token in ("of one start", "of the next"):
        store.invite(token, "admin", by=FIRST, expires="2099-01-01T00:00:00+00:00")
    assert store.accept_invitation("of the next", "Ada", "a hash").role == "admin"
    with pytest.raises(AnnotationError, match="there is an admin already"):
        store.accept_invitation("of one start", "Eve", "a hash")
