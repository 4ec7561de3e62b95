"""The first page of the admin: what waits for the person who looks, as far as their role may see it."""

from __future__ import annotations

import datetime
import re

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from casestudies.models import Case
from casestudies.newsroom import dashboard, workflow
from casestudies.newsroom.dashboard import dashboard_of
from casestudies.newsroom.history import recording
from tests import factories as f
from tests.casestudies.reading import page, text

pytestmark = pytest.mark.django_db

# Session, user, permissions (the person's and those of the groups), Django's list of recent actions; cases in review
# and who handed them in; drafts and what was said of them; messages; the version of the data, the cases edited last,
# what is accepted (two) and the worst; those not checked; the last changes, and which of their rows there are.
QUERIES = 17


def person(name: str, *roles: str) -> User:
    user = User.objects.create_user(name, first_name=name.title(), is_staff=True)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def written(user: User, slug: str, **fields) -> Case:
    """A draft that somebody wrote."""
    with recording(user):
        return f.CaseFactory(slug=slug, name=slug.title(), status="draft", **fields)


def sections(client: Client) -> dict[str, str]:
    """The lists of the page by their headings' names."""
    html = page(client, "/admin/")
    found = re.findall(r'<section aria-labelledby="board-(\w+)">(.*?)</section>', html, re.DOTALL)
    return {name: text(body) for name, body in found}


def test_everyone_sees_what_waits_for_them():
    ed, rita = person("ed", "editor"), person("rita", "reviewer")
    by_ed, by_rita = written(ed, "dakar"), written(rita, "lyon")
    for case, user in ((by_rita, rita), (by_ed, ed)):
        workflow.take("submit", case, user)
    draft, back = written(ed, "souss"), written(ed, "rabat")
    workflow.take("submit", back, ed)
    workflow.take("return", back, rita, "Please cite the law.")
    vaud = f.CaseFactory(slug="vaud", name="Vaud")
    revision = workflow.take("revise", vaud, ed)
    f.MessageFactory(text="The figure is wrong.")
    f.MessageFactory(status="closed")

    mine = sections(client_of(ed))
    assert "Awaiting review 2" in mine["waiting"]
    assert re.search(r"Lyon submitted by Rita, .*? · a reviewer publishes it", mine["waiting"])
    assert re.search(r"Dakar submitted by Ed, .*? · your own work", mine["waiting"])
    assert mine["waiting"].index("Lyon") < mine["waiting"].index("Dakar")
    # What was returned stands first; then what was edited last.
    assert re.findall("Rabat|Souss|Vaud|Dakar|Lyon", mine["mine"]) == ["Rabat", "Vaud", "Souss"]
    assert re.search(r"Rabat draft returned by Rita, .*?: Please cite the law\.", mine["mine"])
    assert "Vaud working revision, draft" in mine["mine"]
    assert "1 new message of a visitor" in mine["messages"]
    assert "The figure is wrong." in mine["messages"]
    assert "working revision started · Ed" in mine["edited"]

    theirs = sections(client_of(rita))
    assert re.search(r"Dakar submitted by Ed, .*? · you can publish it", theirs["waiting"])
    assert re.search(r"Lyon submitted by Rita, .*? · your own work", theirs["waiting"])
    assert "You have no draft" in theirs["mine"]
    # The links lead to the same rows.
    client = client_of(ed)
    for query, expected in (
        ("status__exact=in-review&edition=all", {by_ed, by_rita}),
        ("mine=1&edition=all", {draft, back, revision}),
    ):
        assert query.replace("&", "&amp;") in page(client, "/admin/")
        answer = client.get(f"/admin/casestudies/case/?{query}")
        assert set(answer.context["cl"].queryset) == expected


def test_own_work_may_be_published_where_a_setting_says_so(own_work):
    rita = person("rita", "reviewer")
    workflow.take("submit", written(rita, "lyon"), rita)
    (row,) = dashboard.awaiting_review(rita).rows
    assert (row.may_publish, row.is_own) == (True, True)


def test_whom_a_role_does_not_let_see_is_shown_nothing():
    clerk = person("clerk")
    assert sections(client_of(clerk)) == {}
    clerk.user_permissions.add(Permission.objects.get(codename="view_message"))
    assert set(sections(client_of(clerk))) == {"messages"}
    clerk.user_permissions.add(Permission.objects.get(codename="view_historyentry"))
    with recording(None):
        f.SourceFactory(authors="Hidden")
    assert "Nothing was changed yet." in sections(client_of(clerk))["edited"]


def test_what_is_incomplete_and_what_was_not_checked(monkeypatch):
    today = timezone.localdate()
    old, new, never = (
        f.CaseFactory(slug=slug, name=slug.title(), last_checked_on=when)
        for slug, when in (("old", today - datetime.timedelta(days=400)), ("new", today), ("never", None))
    )
    f.CaseFactory(status="draft", last_checked_on=None)
    # One narrative more is one finding less.
    f.NarrativeFactory(case=new, text="x" * 200, place="Part 4.1, Overview")
    ed = person("ed", "editor")
    assert dashboard.longest_unchecked() == [never, old, new]
    answer = client_of(ed).get("/admin/casestudies/case/?status__exact=published&checked=year&o=6")
    assert set(answer.context["cl"].queryset) == {never, old}
    counts = {row.case: row.open for row in dashboard.incomplete_cases()[0]}
    assert counts[old] == counts[never] == counts[new] + 1
    assert min(counts.values()) > 0
    # What was found is kept, and found anew when the case, or what is accepted, changes.
    looked = []
    reports = dashboard.case_reports
    monkeypatch.setattr(dashboard, "case_reports", lambda cases: looked.append(len(cases)) or reports(cases))
    assert dashboard.incomplete_cases()[1] == 4
    assert looked == []
    finding = f.AcceptedFindingFactory(rule="no-narrative", subject="old/overview")
    assert {row.case: row.open for row in dashboard.incomplete_cases()[0]}[old] == counts[old] - 1
    with recording(ed):
        finding.subject = "never/overview"
        finding.save()
    assert {row.case: row.open for row in dashboard.incomplete_cases()[0]}[old] == counts[old]
    Case.objects.filter(pk=old.pk).update(version=2)
    looked.clear()
    dashboard.incomplete_cases()
    assert looked == [1]


def test_the_page_asks_as_much_whatever_there_is(monkeypatch):
    """Each list has at most so many rows, and none asks for each of them."""
    monkeypatch.setattr(dashboard, "ROWS", 2)
    ed = person("ed", "editor")
    client = client_of(ed)
    asked = []
    for size in (1, 4):
        while Case.objects.filter(status="draft", revises=None).count() < size:
            number = Case.objects.count()
            workflow.take("submit", written(ed, f"submitted-{number}"), ed)
            written(ed, f"draft-{number}")
            f.CaseFactory(slug=f"published-{number}")
            f.MessageFactory(case=Case.objects.first())
            with recording(ed):
                f.OrganizationFactory()
        page(client, "/admin/")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page(client, "/admin/")
        asked.append(len(queries))
    assert asked == [QUERIES, QUERIES]
    board = dashboard_of(ed)
    assert (len(board.waiting.rows), board.waiting.total) == (2, 4)
    assert (len(board.messages.rows), board.messages.total) == (2, 4)
    assert [len(rows) for rows in (board.incomplete, board.unchecked, board.edited)] == [2] * 3
