"""A term for several cases at once: shown first, all or nothing, published cases by their working revisions."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from casestudies.models import Case, CaseTerm, HistoryEntry
from casestudies.newsroom import tagging, workflow
from casestudies.newsroom.tagging import (
    GIVE,
    IN_NEW_REVISION,
    IN_PLACE,
    IN_REVISION,
    NOTHING,
    REFUSED,
    TAKE,
    Tagging,
    plan_tagging,
)
from casestudies.newsroom.workflow import Refused
from casestudies.revisions import start_revision
from tests import factories as f
from tests.casestudies.reading import text

pytestmark = pytest.mark.django_db

LIST = "/admin/casestudies/case/"


@pytest.fixture
def ed() -> User:
    user = User.objects.create_user("ed", is_staff=True)
    user.groups.add(Group.objects.get(name="editor"))
    return user


@pytest.fixture
def law():
    return f.term("trigger", "law", label="A law")


def bearing(term) -> set[Case]:
    return {row.case for row in CaseTerm.objects.filter(term=term)}


def planned(cases, wanted, user) -> list[tuple[str, str]]:
    return [(each.where, each.reason) for each in plan_tagging(cases, wanted, user)]


def test_a_term_is_given_to_a_draft_and_by_revisions_to_what_is_published(ed, law):
    client = Client()
    client.force_login(ed)
    draft, public, open_one = (f.CaseFactory(slug=slug, status=status) for slug, status in (
        ("draft", "draft"), ("public", "published"), ("open", "published")))  # fmt: skip
    revision = start_revision(open_one)
    f.CaseTermFactory(case=draft, position=7)
    chosen = client.post(LIST, {"action": "tag_cases", "_selected_action": [draft.pk, public.pk, open_one.pk]})
    page = chosen["Location"]
    assert page == f"{LIST}tag/?cases={draft.pk},{public.pk},{open_one.pk}"
    sent = {"action": GIVE, "term": law.pk, "evidence": "stated", "reason": "The law says so.", "place": "Part 4.1, X"}
    shown = client.post(page, sent)
    assert "not possible: it is published and has no working revision" in text(shown.content.decode())
    assert f'href="?cases={draft.pk},{open_one.pk}"' in shown.content.decode()
    assert client.post(page, {**sent, "apply": "1", "seen": "x"}).status_code == 409
    sent["starts_revisions"] = "on"
    shown = client.post(page, sent)
    html = text(shown.content.decode())
    for told in ("changed in the draft itself", "in its working revision", "in a working revision that is started"):
        assert told in html
    assert bearing(law) == set()
    assert Case.objects.count() == 4
    assert client.post(page, {**sent, "apply": "1", "seen": "older"}).status_code == 409
    assert bearing(law) == set()
    done = client.post(page, {**sent, "apply": "1", "seen": shown.context["seen"]}, follow=True)
    assert "Given: Trigger, A law: 3 cases changed." in text(done.content.decode())
    assert bearing(law) == {draft, revision, public.revision}
    row = CaseTerm.objects.get(case=draft, term=law)
    assert (row.evidence, row.reason, row.place, row.position) == ("stated", "The law says so.", "Part 4.1, X", 8)
    entries = HistoryEntry.objects.filter(action="tagged", by=ed, comment="Given: Trigger, A law")
    assert {entry.object_id for entry in entries} == {draft.pk, revision.pk, public.revision.pk}
    assert Case.objects.get(pk=draft.pk).version == 2
    # Whoever tagged worked on the text: somebody else publishes it.
    assert workflow.authors_of(revision) == {ed.pk}


def test_a_term_is_taken_and_what_speaks_against_is_said(ed, law):
    draft, bare = f.CaseFactory(slug="a", status="draft"), f.CaseFactory(slug="b", status="draft")
    noted = f.CaseFactory(slug="c", status="draft")
    for case in (draft, noted):
        f.CaseTermFactory(case=case, key="law", term=law)
    f.EditorialNoteFactory(case=noted, about="caseterms/law")
    law.is_retired = True
    law.save()
    take = Tagging(TAKE, law)
    assert planned([draft, bare, noted], take, ed) == [
        (IN_PLACE, ""), (NOTHING, "it does not have the term"), (REFUSED, "an editorial note stands beside it"),
    ]  # fmt: skip
    with pytest.raises(Refused, match="editorial note"):
        tagging.tag([draft, bare, noted], take, ed)
    assert bearing(law) == {draft, noted}
    tagging.tag([draft, bare], take, ed)
    assert bearing(law) == {noted}
    assert list(HistoryEntry.objects.filter(action="tagged").values_list("object_id", flat=True)) == [draft.pk]
    # It is retired: taken, not given.
    with pytest.raises(Refused, match="retired"):
        tagging.tag([draft], Tagging(GIVE, law), ed)


def test_the_state_of_a_case_and_the_rules_of_the_vocabulary_hold(ed, law):
    top_down, mixed = f.term("approach", "top-down"), f.term("approach", "mixed")
    classed = f.CaseFactory(status="draft")
    f.CaseTermFactory(case=classed, term=mixed)
    archived, reviewed = f.CaseFactory(status="archived"), f.CaseFactory(status="in-review")
    public = f.CaseFactory()
    start_revision(public)
    Case.objects.filter(revises=public).update(status="in-review")
    give = Tagging(GIVE, top_down, starts_revisions=True)
    assert planned([classed, archived, reviewed, public], give, ed) == [
        (REFUSED, "a case has one term of this vocabulary, and it has “Mixed”"),
        (REFUSED, "it is archived"),
        (REFUSED, "it is in review"),
        (REFUSED, "it is in review"),
    ]
    assert planned([classed], Tagging(GIVE, mixed), ed) == [(NOTHING, "it has the term")]
    # A case and its working revision are one; what counts is what the working revision has.
    other = f.CaseFactory()
    f.CaseTermFactory(case=other, term=law)
    revision = start_revision(other)
    assert planned([other, revision], Tagging(TAKE, law), ed) == [(IN_REVISION, "")]
    revision.caseterms.all().delete()
    assert planned([other], Tagging(GIVE, law), ed) == [(IN_REVISION, "")]
    assert planned([f.CaseFactory()], Tagging(GIVE, law, starts_revisions=True), ed) == [(IN_NEW_REVISION, "")]
    clerk = User.objects.create_user("clerk", is_staff=True)
    assert planned([classed], Tagging(GIVE, law), clerk) == [(REFUSED, "your role does not include this")]
    client = Client()
    client.force_login(clerk)
    assert client.get(f"{LIST}tag/?cases={classed.pk}").status_code == 403


def test_the_page_drops_what_is_no_case_and_asks_as_much_whatever_is_chosen(ed, law):
    client = Client()
    client.force_login(ed)
    assert "No case is chosen" in text(client.get(f"{LIST}tag/?cases=x,,{'9' * 30},7").content.decode())
    asked = []
    for number in (1, 5):
        cases = [f.CaseFactory(status="draft") for _each in range(number)]
        sent = {"action": GIVE, "term": law.pk, "evidence": "stated", "place": "nowhere"}
        page = f"{LIST}tag/?cases={','.join(str(case.pk) for case in cases)}"
        assert client.post(page, sent).status_code == 400
        sent["place"] = ""
        with CaptureQueriesContext(connection) as queries:
            assert client.post(page, sent).status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1]
