"""What somebody hostile or careless could try in the newsroom: text past its review, work undone unseen, garbage."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from casestudies.models import Acronym, Case, HistoryEntry
from casestudies.newsroom.history import recording
from casestudies.newsroom.roles import ADMINISTRATOR, EDITOR, REVIEWER
from casestudies.newsroom.workflow import Refused, restore_entry, revive_case, take
from tests import factories as f

pytestmark = pytest.mark.django_db


def account(name: str, role: str) -> User:
    user = User.objects.create_user(name, f"{name}@example.org", "x", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def ed() -> User:
    return account("ed", EDITOR)


@pytest.fixture
def rev() -> User:
    return account("rev", REVIEWER)


def edited(case: Case, user: User, **fields) -> Case:
    """The case, changed by somebody."""
    with recording(user):
        for name, value in fields.items():
            setattr(case, name, value)
        case.version += 1
        case.save()
    return case


# -- Past the review


def test_an_acronym_of_a_draft_does_not_go_to_all_cases_when_the_draft_goes(ed):
    """Without a case it would mean the same everywhere: in public."""
    draft, other = f.CaseFactory(status="draft"), f.CaseFactory(status="draft")
    alone = f.AcronymFactory(acronym="ILO", meaning="Nobody reviewed this", slug="alone")
    both = f.AcronymFactory(acronym="CCCI", slug="both")
    alone.cases.set([draft])
    both.cases.set([draft, other])
    take("discard", draft, ed, "Not needed")
    assert not Acronym.objects.published().exists()
    assert list(Acronym.objects.get(slug="both").cases.all()) == [other]
    # What the draft's end did to them stands in their own history.
    changed = HistoryEntry.objects.filter(model="casestudies.acronym", by=ed)
    assert set(changed.values_list("object_id", "action")) == {(alone.pk, "deleted"), (both.pk, "edited")}


def test_an_editor_puts_no_shared_row_back_to_where_visitors_see_it(ed, rev):
    case = f.CaseFactory()
    entry = f.AcronymFactory(acronym="ILO", slug="ilo")
    with recording(rev):
        entry.cases.set([case])
    shown = HistoryEntry.objects.get(model="casestudies.acronym", object_id=entry.pk, by=rev)
    with recording(rev):
        entry.cases.set([f.CaseFactory(status="draft")])
    address = reverse("admin:casestudies_acronym_history_entry", args=[entry.pk, shown.pk])
    browser(ed).post(address)
    assert not Acronym.objects.published().exists()
    with recording(rev):
        entry.cases.set([case])
    with recording(rev):
        entry.delete()
    gone = HistoryEntry.objects.get(model="casestudies.acronym", action="deleted")
    back = reverse("admin:casestudies_acronym_deleted_entry", args=[gone.pk])
    browser(ed).post(back)
    assert not Acronym.objects.published().exists()
    browser(rev).post(back)
    assert Acronym.objects.published().get().acronym == "ILO"
