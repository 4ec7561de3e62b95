"""What somebody hostile or careless could try in the newsroom: text past its review, work undone unseen, garbage."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from casestudies.abbreviations import explainers
from casestudies.admin.merging import keep_address
from casestudies.models import Acronym, Case, HistoryEntry
from casestudies.newsroom.history import recording
from casestudies.newsroom.merging import merge
from casestudies.newsroom.roles import ADMINISTRATOR, REVIEWER
from casestudies.newsroom.workflow import Refused, authors_of, copy_case, restore_entry, revive_case, take
from casestudies.sheets import applying
from casestudies.sheets.reading import EMPTY_ROW, MERGED
from tests import factories as f
from tests.admin_forms import submitted
from tests.people import account

from .workbooks import cell, saved, taken_by_staff

pytestmark = pytest.mark.django_db


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


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


def test_what_was_archived_comes_back_by_an_administrator_alone(ed, rev):
    """A working revision is no way around: published, it would make the case public again."""
    adm = account("adm", ADMINISTRATOR)
    case = take("archive", f.CaseFactory(), adm, "Withdrawn by the canton")
    revision = take("revise", case, ed)
    take("submit", revision, ed)
    with pytest.raises(Refused, match="archived"):
        take("publish", revision, rev)
    assert not Case.objects.published().exists()
    assert take("publish", revision, adm).status == "published"


def test_an_editors_source_takes_no_public_sources_former_address(ed):
    work = f.SourceFactory(slug="now", in_bibliography=True)
    keep_address(work, "once")
    own = f.SourceFactory(slug="mine", in_bibliography=False)
    client = browser(ed)
    for address in ("/admin/casestudies/source/add/", f"/admin/casestudies/source/{own.pk}/change/"):
        fields = submitted(client.get(address).content.decode(), "source_form")
        response = client.post(address, {**fields, "slug": "once", "authors": "A", "title": "T", "kind": "report"})
        assert response.context["adminform"].form.errors.keys() == {"slug"}
    assert Client().get("/sources/once/", follow=True).redirect_chain[-1][0] == "/sources/now/"


def test_a_retired_acronym_is_explained_no_more():
    """As its form says."""
    case = f.CaseFactory()
    f.AcronymFactory(acronym="ILO", slug="all", is_retired=True)
    f.AcronymFactory(acronym="CCCI", slug="one", is_retired=True).cases.add(case)
    assert [each.entries for each in explainers([case]).values()] == [{}, {}]


def test_a_source_put_back_to_a_former_address_leaves_none_dead(rev):
    work = f.SourceFactory(slug="first", in_bibliography=True)
    with recording(rev):
        work.title = "Title"
        work.save()
    entry = HistoryEntry.objects.get(action="edited")
    with recording(rev):
        work.slug = "second"
        work.save()
        keep_address(work, "first")
    browser(rev).post(reverse("admin:casestudies_source_history_entry", args=[work.pk, entry.pk]))
    client = Client()
    assert client.get("/sources/first/").status_code == 200
    assert client.get("/sources/second/", follow=True).redirect_chain[-1][0] == "/sources/first/"


# -- What a working revision would undo


def test_a_working_revision_keeps_when_the_public_text_was_checked(ed, rev):
    case = f.CaseFactory(last_checked_on=datetime.date(2020, 1, 1))
    revision = take("revise", case, ed)
    checked = take("mark-checked", case, rev).last_checked_on
    take("submit", revision, ed)
    assert take("publish", revision, rev).last_checked_on == checked


def test_what_changed_in_public_since_is_not_undone_unseen(ed, rev):
    """Neither by the step's page as it was shown before, nor by the action of the list."""
    case = f.CaseFactory(slug="vaud")
    f.FigureFactory(case=case, key="members", label="Members")
    revision = edited(take("revise", case, ed), ed, title="By the editor")
    take("submit", revision, ed)
    page = reverse("admin:casestudies_case_step", args=[revision.pk, "publish"])
    client = browser(rev)
    fields = client.get(page).context["form"].initial
    # As a load from files does, or who may edit what is public.
    case = Case.objects.get(pk=case.pk)
    other = account("other", REVIEWER)
    case = edited(case, other, updated_at=timezone.now(), purpose="Corrected in public")
    assert client.post(page, fields).status_code == 409
    client.post("/admin/casestudies/case/", {"action": "publish_cases", "_selected_action": [revision.pk]})
    assert Case.objects.published().get().purpose == "Corrected in public"
    # Both are shown; who has seen it publishes it.
    response = client.post(page, fields)
    assert "Corrected in public" in response.content.decode()
    assert [field.name for row in response.context["undone"] for field in row.fields] == ["purpose"]
    assert (
        client.post(page, {**fields, "live_version": response.context["form"]["live_version"].value()}).status_code
        == 302
    )
    done = Case.objects.published().get()
    assert (done.title, done.purpose) == ("By the editor", "")


def test_what_was_changed_in_both_is_no_reason_to_ask(ed, rev):
    """A merger reaches the working revision as well."""
    case = f.CaseFactory()
    one, two = f.OrganizationFactory(), f.OrganizationFactory()
    f.CaseActorFactory(case=case, organization=one)
    revision = take("revise", case, ed)
    take("submit", revision, ed)
    merge(one, two, account("other", REVIEWER))
    done = take("publish", Case.objects.get(pk=revision.pk), rev)
    assert [row.organization for row in done.caseactors.all()] == [two]


# -- Whose work it is


def test_what_was_discarded_stays_its_authors_work_when_somebody_else_puts_it_back(ed, rev):
    """A reviewer writes, discards, has it put back by an editor, and would publish it."""
    live = f.CaseFactory()
    revision = edited(take("revise", live, rev), rev, title="By the reviewer")
    written = HistoryEntry.objects.get(object_id=revision.pk, action="edited")
    take("discard", revision, rev, "Away with it")
    again = restore_entry(written, Case.objects.get(pk=live.pk), ed)
    take("submit", again, ed)
    with pytest.raises(Refused, match="yourself"):
        take("publish", again, rev)
    take("publish", again, account("other", REVIEWER))

    draft = edited(f.CaseFactory(status="draft"), rev, title="By the reviewer")
    take("discard", draft, rev, "Away with it")
    back = revive_case(HistoryEntry.objects.get(object_id=draft.pk, action="discarded"), ed)
    take("submit", back, ed)
    with pytest.raises(Refused, match="yourself"):
        take("publish", back, rev)


def test_a_copy_of_ones_own_draft_is_ones_own_work(ed, rev):
    draft = edited(f.CaseFactory(status="draft"), rev, title="By the reviewer")
    copied = copy_case(draft, ed, "copied", "Copied", 99)
    take("submit", copied, ed)
    with pytest.raises(Refused, match="yourself"):
        take("publish", copied, rev)


def test_a_file_is_applied_by_who_sent_it(ed, rev):
    """Else a reviewer's text would count as the work of the editor who pressed the button."""
    case = f.CaseFactory(status="draft", slug="vaud", title="Before")
    book = taken_by_staff(case)
    cell(book, "cases", "vaud", "title").value = "By the reviewer"
    sent = applying.take_in("cases.xlsx", saved(book), rev)
    list(applying.check(sent))
    with pytest.raises(applying.Refused, match="sent"):
        list(applying.apply(sent.pk, sent.digest, ed))
    list(applying.apply(sent.pk, sent.digest, rev))
    case.refresh_from_db()
    assert case.title == "By the reviewer"
    assert authors_of(case) == {rev.pk}


# -- Files


def test_a_file_of_beginnings_is_not_looked_at_once_for_each():
    """A hundred kilobytes of «<row » would hold a worker for a minute: no pattern may go past the next «<»."""
    assert EMPTY_ROW.sub(b"", b'<row <row r="1"/>') == b"<row "
    assert EMPTY_ROW.sub(b"", b'<row r="1"><c <c r="A1"/></row>') == b'<row r="1"><c <c r="A1"/></row>'
    assert [match.start() for match in MERGED.finditer(b'<mergeCell <mergeCell ref="A1:B2"/>')] == [11]


# -- Garbage


def test_garbage_is_answered_and_never_an_error_of_the_server(rev, db):
    """What no form of ours would send: bytes that PostgreSQL does not take, numbers that are none, or far too large."""
    root = User.objects.create_superuser("root", "root@example.org", "x")
    client = browser(root)
    client.raise_request_exception = False
    case, source = f.CaseFactory(slug="vaud"), f.SourceFactory()
    draft = f.CaseFactory(status="draft")
    with recording(rev):
        source.title = "Changed"
        source.save()
    edited(draft, rev, title="Changed")
    edited(case, rev, title="Changed")
    entry = {row.name: row.pk for row in HistoryEntry.objects.order_by("pk")}
    one = "/admin/casestudies/case/"
    nul, huge, found = "a%00b", "9" * 30, {}
    for address in (
        f"/admin/audit/?who={nul}", f"/admin/audit/?kind={nul}", f"/admin/audit/?page={huge}",
        f"/admin/audit.csv?who={nul}",
        f"{one}tag/?cases={nul},{huge},²,-1,{case.pk}", f"{one}deleted/?page={nul}", f"{one}deleted/{huge}/",
        f"{one}{huge}/history/", f"{one}{case.pk}/history/{huge}/", f"{one}{case.pk}/history/?page={nul}",
        f"{one}{nul}/history/", f"{one}{nul}/step/publish/", f"{one}{case.pk}/step/{'x' * 300}/", f"{one}{nul}/copy/",
        f"{one}{nul}/preview/", f"{one}{huge}/preview/", f"{one}{nul}/links/", f"{one}{draft.pk}/links/{huge}/",
        f"{one}import/{huge}/", f"{one}{nul}/section/results/", f"{one}?q={nul}", f"{one}?edition={nul}",
        f"{one}?mine={nul}",
        f"{one}?checked={nul}", f"/admin/casestudies/source/{source.pk}/merge/?into={nul}",
        f"/admin/casestudies/source/{source.pk}/merge/?into={huge}", f"/admin/casestudies/source/{nul}/merge/?into=1",
        f"/preview/{nul}/", f"/preview/{'x' * 3000}/", "/preview/%ff.%ff/",
    ):  # fmt: skip
        found[address] = client.get(address).status_code
    junk = {
        "comment": "a\0b",
        "version": huge,
        "live_version": "x",
        "seen": "a\0b",
        "digest": "a\0b",
        "_opened": "a\0b",
    }
    junk |= {"name": "a\0b", "slug": "a\0b", "term": "a\0b", "action": "give", "_apply": "1", "for_whom": "a\0b"}
    for address in (
        f"{one}{draft.pk}/step/submit/", f"{one}{draft.pk}/copy/", f"{one}{draft.pk}/links/",
        f"{one}tag/?cases={draft.pk}",
        f"{one}{draft.pk}/change/", f"{one}{draft.pk}/section/results/", f"{one}{draft.pk}/check/",
        f"{one}{draft.pk}/section/results/check/", f"{one}{draft.pk}/history/{entry[str(draft)]}/",
        f"/admin/casestudies/source/{source.pk}/history/{entry[str(source)]}/", f"{one}{huge}/change/",
        f"{one}{nul}/check/",
        f"/admin/casestudies/source/{source.pk}/merge/?into={f.SourceFactory().pk}",
    ):  # fmt: skip
        found[f"POST {address}"] = client.post(address, junk).status_code
    assert {address: status for address, status in found.items() if status >= 500} == {}
    assert not any("\0" in each for each in HistoryEntry.objects.values_list("comment", flat=True))
    assert HistoryEntry.objects.filter(comment="ab", action="restored").count() == 2
