"""Every change is recorded whole, reads as a difference, and is taken back whole; that too is history."""

from __future__ import annotations

import json
import zlib

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from casestudies.collection.trees import CASE, REDIRECT, ROOT, read_tree
from casestudies.models import Case, HistoryEntry, Organization
from casestudies.newsroom import history
from casestudies.newsroom.differences import ADDED, CHANGED, REMOVED, differences
from casestudies.newsroom.history import before, current_state, recording, restore, state_of
from tests import factories as f
from tests.casestudies.collection import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", first_name="Ann", last_name="Author")


@pytest.fixture
def vaud() -> Case:
    return build()


def entries(row) -> list[tuple[str, str, str]]:
    found = HistoryEntry.objects.filter(model=row._meta.label_lower, object_id=row.pk).order_by("pk")
    return [(entry.action, entry.by_name, entry.comment) for entry in found]


def edit(case: Case, **fields) -> None:
    Case.objects.filter(pk=case.pk).get()
    for name, value in fields.items():
        setattr(case, name, value)
    case.version += 1
    case.save()


def test_what_is_saved_outside_of_a_recording_is_not_recorded(vaud):
    edit(vaud, title="Other")
    assert HistoryEntry.objects.count() == 0


def test_the_first_edit_keeps_what_was_before(vaud, ann):
    tree = read_tree(vaud)
    with recording(ann, comment="A typing error"):
        edit(vaud, title="Other")
        vaud.figures.first().delete()
    assert entries(vaud) == [("found", "", ""), ("edited", "Ann Author", "A typing error")]
    first, second = HistoryEntry.objects.order_by("pk")
    assert state_of(first).tree == tree
    assert state_of(second).tree == read_tree(vaud)
    assert before(second) == first
    assert before(first) is None
    assert (second.version, second.status, second.name) == (vaud.version, vaud.status, str(vaud))


def test_saving_the_same_is_no_edit(vaud, ann):
    with recording(ann):
        vaud.save()
    assert entries(vaud) == [("found", "", "")]


def test_changes_past_the_recording_are_found_before_the_next_one(vaud, ann):
    with recording(ann):
        edit(vaud, title="One")
    edit(vaud, title="Two")
    with recording(ann):
        edit(vaud, title="Three")
    assert [action for action, *_rest in entries(vaud)] == ["found", "edited", "found", "edited"]


def test_an_error_records_nothing(vaud, ann):
    with pytest.raises(IntegrityError), transaction.atomic(), recording(ann):
        edit(vaud, title="Other", ordinal=0)
    assert HistoryEntry.objects.count() == 0
    assert history.current() is None


def test_rows_of_every_kind_are_noted_with_their_root(vaud, ann):
    body = Organization.objects.get(pk=vaud.caseactors.get(key="canton").organization_id)
    with recording(ann):
        vaud.caseactors.get(key="canton").roles.clear()
    assert [action for action, *_rest in entries(vaud)] == ["found", "edited"]
    with recording(ann):
        f.OrganizationNameFactory(organization=body, name="New")
    assert [action for action, *_rest in entries(body)] == ["found", "edited"]
    with recording(ann):
        new = f.SourceFactory()
    assert [action for action, *_rest in entries(new)] == ["created"]
    kind = f.term("actor-type", "kind")
    with recording(ann):
        kind.organizations.add(body)
    assert [action for action, *_rest in entries(body)] == ["found", "edited", "edited"]
    with recording(ann):
        kind.organizations.clear()
    assert [action for action, *_rest in entries(body)] == ["found", "edited", "edited", "edited"]
    pk = new.pk
    with recording(ann):
        new.delete()
    found = HistoryEntry.objects.filter(object_id=pk, model="casestudies.source")
    assert [entry.action for entry in found] == ["deleted", "created"]


def test_an_edit_reads_as_a_difference(vaud, ann):
    with recording(ann):
        edit(vaud, title=f"{vaud.title} again", is_jmdi_supported=not vaud.is_jmdi_supported)
        vaud.caseactors.get(key="canton").roles.clear()
        f.KeyElementFactory(case=vaud, key="new", title="A new element")
        vaud.milestones.all().delete()
    first, second = HistoryEntry.objects.order_by("pk")
    found = differences(CASE, state_of(first), state_of(second))
    assert (found[0].kind, found[0].change) == ("Case", CHANGED)
    title, supported = found[0].fields
    assert (title.label, [(p.kind, p.text) for p in title.pieces if p.kind != "same"]) == (
        "Title", [("new", " "), ("new", "again")] if len(title.pieces) > 2 else [("new", " again")],
    )  # fmt: skip
    assert (supported.label, {supported.before, supported.after}) == ("Supported by the JMDI", {"yes", "no"})
    kinds = {(row.kind, row.change) for row in found}
    assert kinds == {
        ("Case", CHANGED),
        ("Actor", CHANGED),
        ("Key mainstreaming element", ADDED),
        ("Milestone", REMOVED),
    }
    actor = next(row for row in found if row.kind == "Actor")
    assert [(change.label, change.after) for change in actor.fields] == [("Roles", "")]
    assert next(row.name for row in found if row.change == ADDED) == "A new element"


def test_an_earlier_state_comes_back_whole(vaud, ann):
    tree = read_tree(vaud)
    with recording(ann):
        edit(vaud, title="Other")
        vaud.components.all().delete()
        vaud.caseactors.all().delete()
        vaud.budget.delete()
    first = HistoryEntry.objects.order_by("pk").first()
    with recording(ann) as notes:
        assert restore(Case.objects.get(pk=vaud.pk), state_of(first))
        notes.say(vaud, "restored", "Back")
    assert read_tree(vaud) == tree
    assert entries(vaud)[-1] == ("restored", "Ann Author", "Back")


def test_a_state_survives_new_addresses_of_what_it_links_to(vaud, ann):
    actor = vaud.caseactors.get(key="canton")
    with recording(ann):
        edit(vaud, title="One")
    state = state_of(HistoryEntry.objects.filter(model=CASE).order_by("pk").first())
    Organization.objects.filter(pk=actor.organization_id).update(slug="another-slug")
    actor.delete()
    restore(vaud, state)
    assert vaud.caseactors.get(key="canton").organization_id == actor.organization_id


def test_what_was_deleted_since_comes_back_retired(vaud, ann):
    body = f.OrganizationFactory(slug="gone", name="Gone")
    f.OrganizationNameFactory(organization=body, key="old", name="Old name")
    actor = f.CaseActorFactory(case=vaud, key="goes", organization=body)
    with recording(ann):
        edit(vaud, title="One")
    state = current_state(vaud)
    actor.delete()
    with recording(ann):
        body.delete()
    with recording(ann):
        restore(vaud, state)
    back = vaud.caseactors.get(key="goes").organization
    assert (back.slug, back.is_retired, [name.name for name in back.other_names.all()]) == ("gone", True, ["Old name"])


def test_what_was_merged_since_leads_to_what_it_was_merged_into(vaud, ann):
    body, into = f.OrganizationFactory(), f.OrganizationFactory()
    actor = f.CaseActorFactory(case=vaud, key="goes", organization=body)
    state = current_state(vaud)
    actor.delete()
    with recording(ann) as notes:
        notes.say(body, "merged", "The same", of=into.pk)
        body.delete()
    restore(vaud, state)
    assert vaud.caseactors.get(key="goes").organization == into


def test_an_entry_of_another_schema_is_read_in_that_of_today(vaud, ann, monkeypatch):
    """A field that is gone, one that is new, one that was renamed, and a layout of before."""
    with recording(ann):
        edit(vaud, title="One")
    entry = HistoryEntry.objects.order_by("pk").first()
    data = entry.data
    own = data["tree"][CASE][ROOT]
    own["left_since"] = "x"
    own["heading"] = own.pop("title")
    own.pop("purpose")
    entry.content, entry.layout = zlib.compress(json.dumps({"old": data}).encode()), 0
    monkeypatch.setitem(history.RENAMED_FIELDS, (CASE, "heading"), "title")
    monkeypatch.setitem(history.UPGRADES, 0, lambda content: content["old"])
    assert state_of(entry).tree[CASE][ROOT] == read_tree(vaud)[CASE][ROOT] | {"title": own["heading"], "purpose": ""}


def test_a_state_written_by_the_first_version_is_still_read():
    """Kept as it was written then: what a later schema does with it is seen here first."""
    own = {
        "slug": "body", "name": "Body", "original_name": "", "acronym": "B", "types": [["actor-type", "ngo"]],
        "country": ["CH"], "parent": None, "successor": None, "is_collective": False, "description": "",
        "is_retired": False,
    }  # fmt: skip
    names = {"one": {"key": "one", "name": "One", "note": ""}}
    terms, countries = {'["actor-type", "ngo"]': [7, "NGO"]}, {'["CH"]': [1, "Switzerland"]}
    content = {
        "tree": {"casestudies.organization": {"": own}, "casestudies.organizationname": names},
        "targets": {"casestudies.term": terms, "casestudies.country": countries},
    }
    entry = HistoryEntry(
        model="casestudies.organization", object_id=1, of_id=1, content=zlib.compress(json.dumps(content).encode())
    )
    f.term("actor-type", "ngo")
    f.CountryFactory(code="CH")
    body = f.OrganizationFactory(slug="other")
    restore(body, state_of(entry))
    assert read_tree(body) == content["tree"]


def test_redirects_are_part_of_the_state_and_never_taken(vaud, ann):
    tree = read_tree(vaud)
    assert REDIRECT in tree
    with recording(ann):
        vaud.redirects.all().delete()
    assert [action for action, *_rest in entries(vaud)] == ["found", "edited"]
    restore(vaud, state_of(HistoryEntry.objects.order_by("pk").first()))
    assert read_tree(vaud) == tree
