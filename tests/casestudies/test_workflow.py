"""A case's way to the public: who takes which step, what visitors see of it, and what is told to whom."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from casestudies.collection.trees import CASE, REDIRECT, ROOT, read_tree
from casestudies.models import Case, CaseRedirect, HistoryEntry
from casestudies.newsroom import workflow
from casestudies.newsroom.roles import ADMINISTRATOR, EDITOR, REVIEWER, ROLES
from casestudies.newsroom.workflow import Refused, copy_case, may_edit, restore_entry, revive_case, take
from tests import factories as f
from tests.casestudies.collection import build
from tests.people import account

pytestmark = pytest.mark.django_db


def actions(case_pk: int) -> list[str]:
    return list(HistoryEntry.objects.filter(of_id=case_pk, model=CASE).order_by("pk").values_list("action", flat=True))


def edited(case: Case, user: User, **fields) -> Case:
    with workflow.recording(user):
        for name, value in fields.items():
            setattr(case, name, value)
        case.version += 1
        case.save()
    return case


def test_the_groups_hold_what_the_roles_say():
    found = {
        group.name: {
            f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.select_related("content_type")
        }
        for group in Group.objects.all()
    }
    assert found == {role: set(permissions) for role, permissions in ROLES.items()}
    assert ROLES[EDITOR] < ROLES[REVIEWER] < ROLES[ADMINISTRATOR]


def test_a_case_goes_from_draft_to_the_public_and_back(ed, rev, adm):
    case = f.CaseFactory(status="draft")
    edited(case, ed, title="New")
    assert take("submit", case, ed, "Please look") == case
    take("return", case, rev, "The budget is missing")
    take("submit", case, ed)
    take("publish", case, rev)
    assert Case.objects.published().get() == case
    take("mark-checked", case, rev)
    case.refresh_from_db()
    assert case.last_checked_on == timezone.localdate()
    take("archive", case, adm, "Withdrawn by the canton")
    assert list(Case.objects.published()) == []
    assert list(Case.objects.archived()) == [case]
    take("republish", case, adm, "Back")
    assert Case.objects.published().get() == case
    assert actions(case.pk) == [
        "found", "edited", "submitted", "returned", "submitted", "published", "checked", "archived", "republished",
    ]  # fmt: skip
    comments = HistoryEntry.objects.exclude(comment="").order_by("pk").values_list("by_name", "comment")
    assert list(comments) == [
        ("ed", "Please look"), ("rev", "The budget is missing"), ("adm", "Withdrawn by the canton"), ("adm", "Back"),
    ]  # fmt: skip


STATES = {
    "draft": {"submit", "discard"},
    "in-review": {"withdraw", "publish", "return"},
    "published": {"revise", "mark-checked", "archive"},
    "archived": {"revise", "republish"},
    "revision draft": {"submit", "discard"},
    "revision in-review": {"withdraw", "publish", "return"},
}
STEPS_OF = {
    EDITOR: {"submit", "withdraw", "revise", "discard"},
    REVIEWER: {"submit", "withdraw", "revise", "discard", "publish", "return", "mark-checked"},
    ADMINISTRATOR: {step.name for step in workflow.STEPS},
    "nobody": set(),
}


def in_state(name: str) -> Case:
    if not name.startswith("revision"):
        return f.CaseFactory(status=name)
    revision = take("revise", f.CaseFactory(status="published"), User(is_superuser=True, is_active=True))
    Case.objects.filter(pk=revision.pk).update(status=name.removeprefix("revision "))
    revision.refresh_from_db()
    return revision


@pytest.mark.parametrize("role", STEPS_OF)
def test_every_step_in_every_state_by_every_role(role):
    """The exact set of what goes; all else is refused and writes nothing."""
    user = account("somebody", role)
    for state, steps in STATES.items():
        case = in_state(state)
        offered = {step.name for step, _reason in workflow.steps_for(case, user)}
        assert offered == steps & STEPS_OF[role], state
        assert may_edit(user, case) == (
            role != "nobody" and ("draft" in state or ("in-review" in state and role != EDITOR))
        ), state
        for step in workflow.STEPS:
            before = Case.objects.order_by("pk").values_list("pk", "status", "version")
            before, entries = list(before), HistoryEntry.objects.count()
            if step.name in steps & STEPS_OF[role]:
                assert workflow.reason_against(step, case, user) == "", (state, step.name)
                continue
            with pytest.raises(Refused):
                take(step.name, case, user, "Because")
            assert list(Case.objects.order_by("pk").values_list("pk", "status", "version")) == before
            assert HistoryEntry.objects.count() == entries


def test_nobody_publishes_their_own_work_unless_the_setting_allows(rev, settings):
    case = f.CaseFactory(status="draft")
    edited(case, rev, title="Mine")
    take("submit", case, rev)
    with pytest.raises(Refused, match="somebody else has to publish"):
        take("publish", case, rev)
    boss = User.objects.create_superuser("boss")
    edited(Case.objects.get(pk=case.pk), boss, title="A comma")
    with pytest.raises(Refused, match="somebody else has to publish"):
        take("publish", case, boss)
    settings.PUBLISH_OWN_WORK = True
    take("publish", case, rev)
    assert may_edit(rev, Case.objects.get(pk=case.pk))
    settings.PUBLISH_OWN_WORK = False
    assert not may_edit(rev, Case.objects.get(pk=case.pk))


def test_what_was_published_before_is_nobodys_work_any_more(ed, rev):
    case = f.CaseFactory(status="draft")
    edited(case, rev, title="Mine")
    take("submit", case, rev)
    take("publish", case, account("other", REVIEWER))
    revision = take("revise", case, ed)
    take("submit", revision, ed)
    assert take("publish", revision, rev) == case


def test_a_working_revision_replaces_the_public_text_whole(ed, rev, adm):
    vaud = build()
    vaud = Case.objects.get(pk=vaud.pk)
    before = read_tree(vaud)
    revision = take("revise", vaud, ed)
    edited(revision, ed, title="Corrected", slug="waadt")
    revision.figures.first().delete()
    f.KeyElementFactory(case=revision, key="new")
    assert read_tree(Case.objects.get(pk=vaud.pk)) == before
    take("submit", revision, ed)
    wanted = {label: rows for label, rows in read_tree(revision).items() if label not in (CASE, REDIRECT)}
    done = take("publish", revision, rev)
    assert (done.pk, done.status, done.slug, done.title) == (vaud.pk, "published", "waadt", "Corrected")
    after = read_tree(done)
    assert {label: rows for label, rows in after.items() if label not in (CASE, REDIRECT)} == wanted
    assert not Case.objects.filter(revises__isnull=False).exists()
    assert CaseRedirect.objects.get(old_slug="vaud").case == done
    assert "published" in actions(vaud.pk)


def test_a_revision_does_not_take_another_cases_address(ed, rev):
    vaud, other = f.CaseFactory(slug="vaud"), f.CaseFactory(slug="other")
    CaseRedirect.objects.create(old_slug="once", case=other)
    revision = take("revise", vaud, ed)
    for slug in ("other", "once"):
        edited(revision, ed, slug=slug)
        take("submit", revision, ed)
        with pytest.raises(Refused, match="has, or had, the address"):
            take("publish", revision, rev)
        revision = take("withdraw", revision, ed)


def test_a_step_on_an_older_version_is_refused(ed, rev):
    case = f.CaseFactory(status="draft")
    take("submit", case, ed, version=case.version)
    seen = Case.objects.get(pk=case.pk).version
    Case.objects.filter(pk=case.pk).update(version=seen + 1)
    with pytest.raises(Refused, match="changed the case in the meantime"):
        take("publish", case, rev, version=seen)


def test_what_is_asked_for_is_asked_for(ed, rev):
    case = f.CaseFactory(status="in-review")
    with pytest.raises(Refused, match="say why"):
        take("return", case, rev, "  ")
    with pytest.raises(Refused, match="no such step"):
        take("burn", case, rev)
    case.delete()
    with pytest.raises(Refused, match="not there any more"):
        take("publish", Case(pk=10**6), rev)


def test_with_a_working_revision_the_case_is_neither_archived_nor_revised_again(ed, adm):
    case = f.CaseFactory()
    take("revise", case, ed)
    for name in ("revise", "archive"):
        with pytest.raises(Refused, match="working revision"):
            take(name, Case.objects.get(pk=case.pk), adm, "Because")


def test_a_draft_is_discarded_and_brought_back(ed, adm):
    case = Case.objects.get(pk=build().pk)
    Case.objects.filter(pk=case.pk).update(status="draft")
    CaseRedirect.objects.all().delete()
    tree, pk = read_tree(case), case.pk
    tree[CASE][ROOT]["status"] = "draft"
    assert take("discard", case, ed, "Not ours") is None
    assert not Case.objects.filter(pk=pk).exists()
    entry = HistoryEntry.objects.get(object_id=pk, action="discarded")
    assert entry.comment == "Not ours"
    back = revive_case(entry, adm)
    assert read_tree(back) == tree
    with pytest.raises(Refused):
        take("discard", Case.objects.get(pk=in_state("published").pk), adm, "x")


def test_what_comes_back_takes_another_address_where_its_own_is_taken(ed, adm):
    case = f.CaseFactory(slug="taken", status="draft")
    entry_of = case.pk
    take("discard", case, ed, "x")
    new = f.CaseFactory(slug="taken", collection=case.collection, ordinal=case.ordinal)
    back = revive_case(HistoryEntry.objects.get(object_id=entry_of, action="discarded"), adm)
    assert back.slug.startswith("taken-")
    assert back.ordinal == new.ordinal + 1


def test_once_public_is_never_discarded(ed, rev):
    case = f.CaseFactory(status="in-review")
    take("publish", case, rev)
    Case.objects.filter(pk=case.pk).update(status="draft")
    with pytest.raises(Refused, match="archived, not discarded"):
        take("discard", case, ed, "x")


def test_a_copy_is_a_draft_of_its_own(ed):
    vaud = Case.objects.get(pk=build().pk)
    tree = read_tree(vaud)
    copied = copy_case(vaud, ed, "geneva", "Geneva", 77)
    own = {"slug": "geneva", "name": "Geneva", "ordinal": 77, "status": "draft", "last_checked_on": None}
    assert read_tree(copied)[CASE][ROOT] == tree[CASE][ROOT] | own
    assert {k: v for k, v in read_tree(copied).items() if k != CASE} == {
        k: v for k, v in tree.items() if k not in (CASE, REDIRECT)
    }
    assert actions(copied.pk) == ["copied"]


def test_last_week_is_restored_into_a_draft_at_once_and_into_a_public_case_by_a_revision(ed, rev):
    vaud = Case.objects.get(pk=build().pk)
    Case.objects.filter(pk=vaud.pk).update(status="draft")
    vaud.refresh_from_db()
    edited(vaud, ed, title="One")
    one = HistoryEntry.objects.get(action="edited")
    HistoryEntry.objects.update(at=timezone.now() - datetime.timedelta(days=7))
    tree = read_tree(vaud)
    edited(vaud, ed, title="Two")
    vaud.components.all().delete()
    assert restore_entry(one, vaud, ed) == vaud
    assert read_tree(vaud) == tree
    assert actions(vaud.pk)[-1] == "restored"
    take("submit", vaud, ed)
    vaud = take("publish", vaud, rev)
    edited(vaud, ed, title="Past the rules")
    revision = restore_entry(one, vaud, ed)
    assert (revision.revises, revision.title, revision.status) == (vaud, "One", "draft")
    assert Case.objects.published().get().title == "Past the rules"


def test_a_reviewer_puts_back_at_once_what_was_public(ed, rev):
    case = f.CaseFactory(status="in-review", title="Good", slug="first")
    case = take("publish", case, rev)
    good = HistoryEntry.objects.get(action="published")
    revision = take("revise", case, ed)
    edited(revision, ed, title="Bad", slug="second")
    take("submit", revision, ed)
    take("publish", revision, account("other", REVIEWER))
    done = restore_entry(good, Case.objects.get(pk=case.pk), rev)
    assert (done.pk, done.title, done.slug, done.status) == (case.pk, "Good", "first", "published")
    assert CaseRedirect.objects.get().old_slug == "second"
    with pytest.raises(Refused):
        restore_entry(good, Case.objects.get(pk=case.pk), account("nobody"))


def test_those_whom_a_step_concerns_are_told(ed, rev, django_capture_on_commit_callbacks):
    case = f.CaseFactory(status="draft", name="Vaud")
    edited(case, ed, title="New")
    with django_capture_on_commit_callbacks(execute=True):
        take("submit", case, ed, "Please look", address=lambda case: f"https://example.org/{case.slug}")
    (message,) = mail.outbox
    assert (message.to, "Vaud" in message.subject) == (["rev@example.org"], True)
    assert "Please look" in message.body
    assert f"https://example.org/{case.slug}" in message.body
    assert case.title not in message.body
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        take("return", case, rev, "More, please")
    assert [message.to for message in mail.outbox] == [["ed@example.org"]]
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        take("submit", case, ed)
        take("publish", case, rev)
    assert [message.to for message in mail.outbox] == [["rev@example.org"], ["ed@example.org"]]
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        take("submit", f.CaseFactory(status="draft"), rev)
    # Nobody is told of what they did themselves.
    assert mail.outbox == []


def test_a_mail_server_that_fails_stops_no_step(ed, rev, settings, django_capture_on_commit_callbacks, caplog):
    settings.EMAIL_BACKEND = "nowhere.Backend"
    case = f.CaseFactory(status="draft")
    with django_capture_on_commit_callbacks(execute=True):
        take("submit", case, ed)
    case.refresh_from_db()
    assert case.status == "in-review"
    assert "No e-mail about" in caplog.text


# -- By the admin's addresses


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_step_is_taken_on_its_page(ed, rev):
    case = f.CaseFactory(status="draft")
    f.PeriodFactory(case=case, label="Pilot")
    client = signed_in(ed)
    page = client.get(reverse("admin:casestudies_case_change", args=[case.pk]))
    assert 'name="periods-0-label"' in page.content.decode()
    assert [step.name for step, _reason, _url in page.context["casebook_steps"]] == ["submit", "discard"]
    url = reverse("admin:casestudies_case_step", args=[case.pk, "submit"])
    assert client.get(url).context["form"].initial == {"version": case.version}
    answer = client.post(url, {"comment": "Ready", "version": case.version}, follow=True)
    assert "is now: in review" in answer.content.decode()
    assert client.get(reverse("admin:casestudies_case_step", args=[case.pk, "publish"])).status_code == 403
    again = client.post(url, {"comment": "Ready", "version": case.version})
    assert (again.status_code, "not possible while" in again.content.decode()) == (409, True)
    locked = client.get(reverse("admin:casestudies_case_change", args=[case.pk])).content.decode()
    assert 'name="title"' not in locked
    assert 'name="periods-0-label"' not in locked
    assert client.post(reverse("admin:casestudies_case_change", args=[case.pk]), {"title": "x"}).status_code == 403
    assert client.get(reverse("admin:casestudies_case_step", args=[case.pk, "burn"])).status_code == 404


def test_several_cases_take_a_step_and_those_that_cannot_are_named(ed, rev):
    ready, draft, own = f.CaseFactory(status="in-review"), f.CaseFactory(status="draft"), f.CaseFactory(status="draft")
    edited(own, rev, title="Mine")
    take("submit", own, rev)
    url = reverse("admin:casestudies_case_changelist")
    chosen = {"action": "publish_cases", "_selected_action": [ready.pk, draft.pk, own.pk]}
    answer = signed_in(rev).post(url, chosen, follow=True).content.decode()
    assert "1 case: Publish" in answer
    assert "somebody else has to publish" in answer
    assert set(Case.objects.published()) == {ready}
    assert "publish_cases" not in signed_in(ed).get(url).content.decode()
    signed_in(ed).post(url, {**chosen, "_selected_action": [draft.pk]})
    assert set(Case.objects.published()) == {ready}


def test_history_is_read_and_restored_on_its_pages(ed, rev):
    case = f.CaseFactory(status="draft", title="Before")
    edited(case, ed, title="After")
    client = signed_in(ed)
    listing = client.get(reverse("admin:casestudies_case_history", args=[case.pk]))
    assert [entry.action for entry in listing.context["paged"].page] == ["edited", "found"]
    found = HistoryEntry.objects.get(action="found")
    url = reverse("admin:casestudies_case_history_entry", args=[case.pk, found.pk])
    page = client.get(url).content.decode()
    assert "<del>Before</del>" in page
    assert "<ins>After</ins>" in page
    client.post(url, {"comment": "Was better"})
    case.refresh_from_db()
    assert case.title == "Before"
    assert HistoryEntry.objects.filter(action="restored").get().comment == "Was better"
    other = f.CaseFactory()
    wrong = reverse("admin:casestudies_case_history_entry", args=[other.pk, found.pk])
    assert client.get(wrong).status_code == 404


def test_shared_rows_have_their_history_and_come_back(rev):
    client = signed_in(rev)
    body = f.OrganizationFactory(name="Before")
    with workflow.recording(rev):
        body.name = "After"
        body.save()
    found = HistoryEntry.objects.get(action="found")
    client.post(reverse("admin:casestudies_organization_history_entry", args=[body.pk, found.pk]), {})
    body.refresh_from_db()
    assert body.name == "Before"
    client.post(reverse("admin:casestudies_organization_delete", args=[body.pk]), {"post": "yes"})
    gone = HistoryEntry.objects.get(action="deleted")
    page = client.get(reverse("admin:casestudies_organization_deleted"))
    assert [entry.pk for entry in page.context["paged"].page] == [gone.pk]
    client.post(reverse("admin:casestudies_organization_deleted_entry", args=[gone.pk]))
    assert type(body).objects.get().name == "Before"


def test_a_server_error_in_the_admin_writes_nothing(ed, monkeypatch):
    case = f.CaseFactory(status="draft")

    def broken(*args: object) -> None:
        Case.objects.filter(pk=case.pk).update(title="Half")
        raise ZeroDivisionError

    monkeypatch.setattr("casestudies.admin.workflow.WorkflowMixin._after", broken)
    client = signed_in(ed)
    client.raise_request_exception = False
    url = reverse("admin:casestudies_case_step", args=[case.pk, "submit"])
    assert client.post(url, {"version": case.version}).status_code == 500
    assert Case.objects.get(pk=case.pk).status == "draft"
    assert HistoryEntry.objects.count() == 0


def test_publications_stand_in_the_audit_list(rev, adm, ed):
    case = f.CaseFactory(status="in-review", name="Vaud")
    take("publish", case, rev, "Read twice")
    page = signed_in(adm).get(reverse("admin:audit")).content.decode()
    assert "Vaud: published. Read twice" in page
    assert reverse("admin:casestudies_case_history", args=[case.pk]) in page
    assert signed_in(ed).get(reverse("admin:audit")).status_code == 403
